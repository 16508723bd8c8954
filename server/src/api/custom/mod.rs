//! Fields and objects that administrators define, in the API. The schema stays the same whatever they define: values go by
//! their fields' keys.

mod field;
mod filter;
mod object;
mod record;
mod value;

use async_graphql::{Context, MergedObject};

pub use filter::CustomFilter;
pub use record::{CustomRecord, CustomRecordFilter, referring};
pub use value::{custom_field, read_custom, values};

use super::{
    caller::part,
    error::{Error, Result},
    payload::UserError,
};
use crate::{
    crm::{
        custom::define,
        keyed::{Key, Request},
        write::Problem,
    },
    workflow::manage::Workflows,
};

/// Reads definitions, and the records of custom objects.
#[derive(Default, MergedObject)]
pub struct CustomQueries(field::FieldQueries, object::ObjectQueries, record::RecordQueries);

/// Changes definitions, and the records of custom objects.
#[derive(Default, MergedObject)]
pub struct CustomMutations(field::FieldMutations, object::ObjectMutations, record::RecordMutations);

impl From<define::Error> for Error {
    fn from(error: define::Error) -> Self {
        match error {
            define::Error::Store(error) => error.into(),
            define::Error::KeyReused => Self::key_reused(),
        }
    }
}

/// Either the definition or the problem, in the two places of a payload. `path` is the argument that holds the values.
fn told<M, T: From<M>>(answer: std::result::Result<M, Problem>, path: &[&str]) -> Result<(Option<T>, Vec<UserError>)> {
    Ok(match answer {
        Ok(row) => (Some(row.into()), Vec::new()),
        Err(problem) => {
            let argument = matches!(problem.field, Some("expectedVersion" | "id"));
            let path = if argument { &[] } else { path };
            (None, vec![UserError::of_argument(problem, path)?])
        }
    })
}

/// What rests on the definitions.
fn dependants<'a>(context: &Context<'a>) -> Result<&'a Workflows> {
    part::<Workflows>(context).map(|workflows| &**workflows)
}

/// The caller's request, with their promise that it comes once.
fn request<'a>(context: &Context<'a>, key: Option<&'a Key>) -> Result<Request<'a>> {
    let access = super::caller::caller(context)?.access();
    Ok(Request { access, key })
}

/// The id of a definition.
fn definition<T: From<uuid::Uuid>>(prefix: &str, id: &async_graphql::ID) -> std::result::Result<T, UserError> {
    let missing = || {
        UserError::at(
            &["id"],
            super::payload::UserErrorCode::NotFound,
            "there is no such definition",
        )
    };
    crate::crm::id::parse(prefix, id).ok_or_else(missing)
}
