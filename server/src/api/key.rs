//! API keys, for administrators.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use pointsman_entities::api_key;
use secrecy::ExposeSecret;

use super::{
    account::refuse_key,
    caller::{Caller, caller, part},
    error::{Error, Result},
    noun::Noun,
    object::User,
    payload::{UserError, UserErrorCode},
    scalar::{DateTime, RoleName},
};
use crate::{
    auth::{Accounts, NewKey},
    crm::{Crm, access::Permission, id, roles::Described},
};

/// What a program signs in with.
pub struct ApiKey(api_key::Model);

/// What a program signs in with.
#[Object]
impl ApiKey {
    /// The global id.
    async fn id(&self) -> ID {
        id::format("key", self.0.id).into()
    }

    /// What the key is for.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What the key may do, as far as its owner may.
    async fn role(&self) -> RoleName {
        RoleName(self.0.role.clone())
    }

    /// The user it acts for; null where it acts for nobody.
    async fn owner(&self, context: &Context<'_>) -> Result<Option<User>> {
        match self.0.user_id {
            Some(user) => Ok(caller(context)?
                .record(User::OBJECT, user.into())
                .await?
                .map(User::from)),
            None => Ok(None),
        }
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it stops working by itself.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime)
    }

    /// When it was taken back.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(DateTime)
    }

    /// When it was last used, to the minute.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(DateTime)
    }
}

/// Lists keys.
#[derive(Default)]
pub struct KeyQueries;

#[Object]
impl KeyQueries {
    /// All API keys, the newest first.
    async fn api_keys(&self, context: &Context<'_>) -> Result<Option<Vec<ApiKey>>> {
        manager(context)?;
        let keys = part::<Accounts>(context)?.keys().await?;
        Ok(Some(keys.into_iter().map(ApiKey).collect()))
    }
}

/// A key to be.
#[derive(InputObject)]
pub struct ApiKeyCreateInput {
    /// What the key is for.
    name: String,
    /// What the key may do.
    role: RoleName,
    /// When it stops working by itself.
    expires_at: Option<DateTime>,
}

/// What became of making a key.
#[derive(SimpleObject)]
pub struct ApiKeyCreatePayload {
    /// The key's record.
    api_key: Option<ApiKey>,
    /// The key itself, `pm_…`: shown this once.
    secret: Option<String>,
    /// Why no key was made; empty where one was.
    user_errors: Vec<UserError>,
}

/// What became of taking a key back.
#[derive(SimpleObject)]
pub struct ApiKeyRevokePayload {
    /// The key as it is now.
    api_key: Option<ApiKey>,
    /// Why no key was taken back; empty where one was.
    user_errors: Vec<UserError>,
}

/// Makes keys and takes them back.
#[derive(Default)]
pub struct KeyMutations;

#[Object]
impl KeyMutations {
    /// Makes an API key that acts for the caller.
    async fn api_key_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What it is for and may do.")] input: ApiKeyCreateInput,
    ) -> Result<Option<ApiKeyCreatePayload>> {
        let caller = manager(context)?;
        refuse_key(context)?;
        if let Some(error) = nameless(&input.name) {
            return Ok(Some(ApiKeyCreatePayload::refused(error)));
        }
        let Some(Described { role, .. }) = part::<Crm>(context)?.role_named(&input.role.0).await? else {
            let error = UserError::at(&["input", "role"], UserErrorCode::NotFound, "there is no such role");
            return Ok(Some(ApiKeyCreatePayload::refused(error)));
        };
        let accounts = part::<Accounts>(context)?;
        let shown = accounts
            .create_key(NewKey {
                name: input.name.trim().to_owned(),
                role,
                owner: caller.access().user(),
                expires_at: input.expires_at.map(|time| time.0),
            })
            .await?;
        Ok(Some(ApiKeyCreatePayload {
            api_key: accounts.key(shown.id).await?.map(ApiKey),
            secret: Some(shown.text.expose_secret().to_owned()),
            user_errors: Vec::new(),
        }))
    }

    /// Takes an API key back for good. Connections that it opened are closed.
    async fn api_key_revoke(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
    ) -> Result<Option<ApiKeyRevokePayload>> {
        manager(context)?;
        let accounts = part::<Accounts>(context)?;
        let key = match id::parse("key", &id) {
            Some(id) => accounts.revoke_key(id).await?,
            None => None,
        };
        let missing = || UserError::at(&["id"], UserErrorCode::NotFound, "there is no such key");
        Ok(Some(ApiKeyRevokePayload {
            user_errors: if key.is_none() { vec![missing()] } else { Vec::new() },
            api_key: key.map(ApiKey),
        }))
    }
}

impl ApiKeyCreatePayload {
    fn refused(error: UserError) -> Self {
        Self {
            api_key: None,
            secret: None,
            user_errors: vec![error],
        }
    }
}

fn nameless(name: &str) -> Option<UserError> {
    let at = |code, message: &str| Some(UserError::at(&["input", "name"], code, message));
    match name.trim().chars().count() {
        0 => at(UserErrorCode::Required, "`name` must be given"),
        1..=255 => None,
        _ => at(UserErrorCode::TooLong, "`name` must have at most 255 characters"),
    }
}

fn manager<'a>(context: &Context<'a>) -> Result<&'a Caller> {
    let caller = caller(context)?;
    if caller.access().has(Permission::ManageKeys) {
        Ok(caller)
    } else {
        Err(Error::forbidden("Your role may not manage API keys."))
    }
}
