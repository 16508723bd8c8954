//! Messages that come in and what people say about those that go out: answers, bounces, opt-outs. Writes them as records of
//! the CRM and never sends anything itself.

mod bounce;
mod consent;
mod incoming;
mod links;
pub mod mail;
pub mod postmark;
mod receive;
pub mod suppression;

use std::sync::Arc;

use pointsman_entities::ids::RecordId;
use pointsman_graph::expression::Comparison;

use crate::{
    crm::{
        Access, Crm, Record, Value,
        filter::{Filter, Test},
        object::Object,
        query::{Page, Query, Sort},
        write::{Command, Problem, Verb},
    },
    store,
};

pub use bounce::{Bounce, Report};
pub use incoming::{Channel, Incoming};
pub use links::{Links, Ticket};
pub use receive::Received;

/// How often a decision is made anew where others are quicker.
const ATTEMPTS: usize = 10;

/// Contacts that may share an address.
const MOST_CONTACTS: u64 = 1_000;

/// The two-way side of an installation's messages.
pub struct Messaging {
    crm: Arc<Crm>,
}

/// Why something that came in was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("what came in could not be kept")]
    Store(#[from] store::Error),
    #[error("the catalogue has no {0}s")]
    NoObject(&'static str),
    /// It may be taken later: whoever brought it should bring it again.
    #[error("others are in the way again and again")]
    Contended,
    /// It never will be.
    #[error("a record that it makes is refused: {}", problems.iter().map(|p| p.message.as_str()).collect::<Vec<_>>().join("; "))]
    Refused { problems: Vec<Problem> },
}

impl From<sea_orm::DbErr> for Error {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}

impl Messaging {
    #[must_use]
    pub fn new(crm: Arc<Crm>) -> Self {
        Self { crm }
    }

    fn object(&self, name: &'static str) -> Result<Arc<Object>, Error> {
        self.crm.object(name).ok_or(Error::NoObject(name))
    }

    /// Records of an object whose fields have these values, the newest first.
    async fn find(&self, object: &Arc<Object>, fields: &[(&str, Value)], most: u64) -> Result<Vec<Arc<Record>>, Error> {
        let test = |(name, value): &(&str, Value)| {
            let (index, _) = object.field(name)?;
            let test = Test::Compare(Comparison::Equal, value.clone());
            Some(Filter::Field { index, test })
        };
        let query = Query {
            object: Arc::clone(object),
            filter: Filter::All(fields.iter().filter_map(test).collect()),
            order: vec![Sort {
                field: crate::crm::object::CREATED_AT,
                descending: true,
                nulls_first: false,
            }],
        };
        let page = Page {
            size: most,
            backward: false,
            from: None,
        };
        Ok(self.crm.find(&Access::system(), &query, &page).await?.records)
    }
}

/// A change of some fields, by name.
fn update(object: &Arc<Object>, id: RecordId, values: Vec<(&str, Value)>) -> Command {
    Command {
        object: Arc::clone(object),
        verb: Verb::Update {
            id,
            expected: None,
            values: indexed(object, values),
        },
    }
}

fn indexed(object: &Object, values: Vec<(&str, Value)>) -> Vec<(usize, Value)> {
    let place = |(name, value): (&str, Value)| Some((object.field(name)?.0, value));
    values.into_iter().filter_map(place).collect()
}
