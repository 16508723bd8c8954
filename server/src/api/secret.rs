//! Secrets, for administrators. A value goes in and never comes out again.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use pointsman_entities::secret;

use super::{
    caller::{Caller, caller, part},
    error::{Error, Result},
    payload::{UserError, UserErrorCode},
    scalar::DateTime,
};
use crate::{
    crm::{access::Permission, id},
    secrets::{self, Change, New, Problem, Secrets},
};

/// A named value that workflows may send without seeing it.
pub struct Secret(secret::Model);

/// A named value that workflows may send without seeing it. The value itself can't be read.
#[Object]
impl Secret {
    /// The global id.
    async fn id(&self) -> ID {
        id::format("secret", self.0.id).into()
    }

    /// What templates of HTTP requests call it: `{{ secrets.<name> }}`.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The hosts it may be sent to; none where it only verifies what comes in.
    async fn hosts(&self) -> Vec<&str> {
        secrets::split(&self.0.hosts).collect()
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When its value or its hosts were last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// When it was last used, to the minute.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(DateTime)
    }
}

/// Lists secrets.
#[derive(Default)]
pub struct SecretQueries;

#[Object]
impl SecretQueries {
    /// All secrets by name, without their values.
    async fn secrets(&self, context: &Context<'_>) -> Result<Option<Vec<Secret>>> {
        manager(context)?;
        let secrets = part::<Secrets>(context)?.list().await?;
        Ok(Some(secrets.into_iter().map(Secret).collect()))
    }
}

/// A secret to be.
#[derive(InputObject)]
pub struct SecretCreateInput {
    /// What templates call it: letters, digits and `_`.
    name: String,
    /// The value. It can't be read back.
    value: String,
    /// The hosts it may be sent to, such as `api.example.com`, with a port where it is not the usual one.
    #[graphql(default)]
    hosts: Vec<String>,
}

/// What changes of a secret.
#[derive(InputObject)]
pub struct SecretUpdateInput {
    /// The global id.
    id: ID,
    /// A new value; it stays where none is given.
    value: Option<String>,
    /// The hosts it may be sent to from now on; they stay where none are given.
    hosts: Option<Vec<String>>,
}

/// What became of making a secret.
#[derive(SimpleObject)]
pub struct SecretCreatePayload {
    /// The secret, without its value.
    secret: Option<Secret>,
    /// Why none was made; empty where one was.
    user_errors: Vec<UserError>,
}

/// What became of changing a secret.
#[derive(SimpleObject)]
pub struct SecretUpdatePayload {
    /// The secret as it is now, without its value.
    secret: Option<Secret>,
    /// Why nothing was changed; empty where it was.
    user_errors: Vec<UserError>,
}

/// What became of forgetting a secret.
#[derive(SimpleObject)]
pub struct SecretDeletePayload {
    /// The secret that is gone.
    deleted_id: Option<ID>,
    /// Why nothing was deleted; empty where it was.
    user_errors: Vec<UserError>,
}

/// Makes secrets, changes and forgets them.
#[derive(Default)]
pub struct SecretMutations;

#[Object]
impl SecretMutations {
    /// Keeps a secret.
    async fn secret_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its name, its value, and where it may go.")] input: SecretCreateInput,
    ) -> Result<Option<SecretCreatePayload>> {
        let new = New {
            name: input.name,
            value: input.value.into(),
            hosts: input.hosts,
            by: manager(context)?.access().user(),
        };
        let created = part::<Secrets>(context)?.create(new).await?;
        let (secret, user_errors) = told(created);
        Ok(Some(SecretCreatePayload { secret, user_errors }))
    }

    /// Changes the value or the hosts of a secret; calls take the new ones from now on.
    async fn secret_update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which, and what changes.")] input: SecretUpdateInput,
    ) -> Result<Option<SecretUpdatePayload>> {
        manager(context)?;
        let change = Change {
            value: input.value.map(Into::into),
            hosts: input.hosts,
        };
        let changed = match id::parse("secret", &input.id) {
            Some(id) => part::<Secrets>(context)?.update(id, change).await?,
            None => Err(Problem::NotFound),
        };
        let (secret, user_errors) = told(changed);
        Ok(Some(SecretUpdatePayload { secret, user_errors }))
    }

    /// Forgets a secret for good. Calls that need it fail from now on.
    async fn secret_delete(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
    ) -> Result<Option<SecretDeletePayload>> {
        manager(context)?;
        let deleted = match id::parse("secret", &id) {
            Some(known) => part::<Secrets>(context)?.delete(known).await?,
            None => false,
        };
        let missing = UserError::at(&["id"], UserErrorCode::NotFound, "there is no such secret");
        Ok(Some(SecretDeletePayload {
            deleted_id: deleted.then_some(id),
            user_errors: if deleted { Vec::new() } else { vec![missing] },
        }))
    }
}

fn told(outcome: std::result::Result<secret::Model, Problem>) -> (Option<Secret>, Vec<UserError>) {
    match outcome {
        Ok(secret) => (Some(Secret(secret)), Vec::new()),
        Err(problem) => (None, vec![UserError::from(problem)]),
    }
}

impl From<Problem> for UserError {
    fn from(problem: Problem) -> Self {
        let message = problem.to_string();
        let at = |field: &[&str], code| Self::at(&[&["input"], field].concat(), code, message.clone());
        match problem {
            Problem::Name(_) => at(&["name"], UserErrorCode::Invalid),
            Problem::Taken => at(&["name"], UserErrorCode::Taken),
            Problem::Host { place, .. } => at(&["hosts", &place.to_string()], UserErrorCode::Invalid),
            Problem::NoValue => at(&["value"], UserErrorCode::Required),
            Problem::LongValue => at(&["value"], UserErrorCode::TooLong),
            Problem::NotFound => at(&["id"], UserErrorCode::NotFound),
        }
    }
}

impl From<secrets::Error> for Error {
    fn from(error: secrets::Error) -> Self {
        Self::fault(&error)
    }
}

fn manager<'a>(context: &Context<'a>) -> Result<&'a Caller> {
    let caller = caller(context)?;
    if caller.access().has(Permission::ManageSecrets) {
        Ok(caller)
    } else {
        Err(Error::forbidden("Your role may not manage secrets."))
    }
}
