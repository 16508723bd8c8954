//! Recognises users and programs by what they show. Never tells why something was not recognised.

use std::{sync::Arc, time::Duration};

use pointsman_entities::{api_key, ids::UserId, session, time::Timestamp, user};
use sea_orm::{ActiveValue::Set, EntityTrait};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Accounts, Error,
    token::{ApiKey, SessionToken},
};
use crate::{
    crm::{Access, access::Role, cause::Actor},
    store::{Update, Write, WriteSet},
};

/// How far the time of a key's last use may lag, in microseconds: a write for each request would cost more than it tells.
const LAST_USE: i64 = 60_000_000;
/// How often an open connection looks whether what it was opened with still counts.
const RECHECK: Duration = Duration::from_secs(30);

/// Somebody who was recognised.
#[derive(Clone, Debug)]
pub struct Principal {
    pub access: Access,
    pub credential: Credential,
}

/// What a principal was recognised by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A session, by the digest of its token.
    Session(Vec<u8>),
    Key(pointsman_entities::ids::KeyId),
}

impl Accounts {
    /// Whom a bearer token belongs to: an API key, or a session.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn recognise(&self, token: &SecretString) -> Result<Option<Principal>, Error> {
        match token.expose_secret().parse::<ApiKey>() {
            Ok(key) => self.by_key(&key).await,
            Err(_) => self.by_session(token).await,
        }
    }

    /// Whom a session's token belongs to.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn by_session(&self, token: &SecretString) -> Result<Option<Principal>, Error> {
        match token.expose_secret().parse::<SessionToken>() {
            Ok(token) => self.session(token.digest().as_bytes()).await,
            Err(_) => Ok(None),
        }
    }

    /// Returns once the principal is no longer recognised.
    pub async fn revoked(self: Arc<Self>, principal: Principal) {
        let mut revocations = self.revocations.subscribe();
        loop {
            tokio::select! {
                () = self.crm.source().sleep(RECHECK) => {}
                changed = revocations.changed() => if changed.is_err() { return },
            }
            match self.still(&principal).await {
                Ok(true) => {}
                Ok(false) => return,
                // A connection outlives a short failure of the database, which requests on it will show.
                Err(error) => tracing::warn!(%error, "an open connection's credential could not be checked"),
            }
        }
    }

    async fn still(&self, principal: &Principal) -> Result<bool, Error> {
        Ok(match &principal.credential {
            Credential::Session(digest) => self.session(digest).await?.is_some(),
            Credential::Key(id) => match self.valid_key(*id).await? {
                Some(key) => self.owned(&key).await?.is_some(),
                None => false,
            },
        })
    }

    async fn session(&self, digest: &[u8]) -> Result<Option<Principal>, Error> {
        let reads = self.crm.store().reads();
        let session = session::Entity::find_by_id(digest.to_vec()).one(reads).await?;
        let Some(session) = session.filter(|session| session.expires_at > self.crm.source().now()) else {
            return Ok(None);
        };
        let role = self.active(session.user_id).await?;
        Ok(role.map(|role| Principal {
            access: Access::new(Actor::User(session.user_id), role),
            credential: Credential::Session(session.token_hash),
        }))
    }

    async fn by_key(&self, shown: &ApiKey) -> Result<Option<Principal>, Error> {
        let key = self.valid_key(shown.id).await?;
        let Some(key) = key.filter(|key| shown.digest().matches(&key.secret_hash)) else {
            return Ok(None);
        };
        let access = self.owned(&key).await?;
        if access.is_some() {
            self.note_use(&key);
        }
        Ok(access.map(|access| Principal {
            access,
            credential: Credential::Key(key.id),
        }))
    }

    async fn valid_key(&self, id: pointsman_entities::ids::KeyId) -> Result<Option<api_key::Model>, Error> {
        let now = self.crm.source().now();
        let key = api_key::Entity::find_by_id(id).one(self.crm.store().reads()).await?;
        Ok(key.filter(|key| key.revoked_at.is_none() && key.expires_at.is_none_or(|end| end > now)))
    }

    /// What a key may do; none where its owner may do nothing.
    async fn owned(&self, key: &api_key::Model) -> Result<Option<Access>, Error> {
        let role = Role::parse(&key.role).ok_or_else(|| Error::Damaged {
            table: "api_key",
            id: key.id.0.to_string(),
        })?;
        let access = Access::new(Actor::Key(key.id), role);
        match key.user_id {
            None => Ok(Some(access)),
            Some(owner) => Ok(self.active(owner).await?.map(|role| access.owned_by(owner, role))),
        }
    }

    /// The user's role; none where the user is deleted or disabled.
    async fn active(&self, id: UserId) -> Result<Option<Role>, Error> {
        let now = self.crm.source().now();
        let user = user::Entity::find_by_id(id).one(self.crm.store().reads()).await?;
        let active = |user: &user::Model| user.deleted_at.is_none() && user.disabled_at.is_none_or(|at| at > now);
        let damaged = || Error::Damaged {
            table: "user",
            id: id.0.to_string(),
        };
        user.filter(active)
            .map(|user| Role::parse(&user.role).ok_or_else(damaged))
            .transpose()
    }

    fn note_use(&self, key: &api_key::Model) {
        let now = self.crm.source().now();
        if key.last_used_at.is_some_and(|last| now < last.plus_micros(LAST_USE)) {
            return;
        }
        let (store, id) = (Arc::clone(self.crm.store()), key.id);
        // Nobody waits for it, and what is lost in a crash is a minute.
        tokio::spawn(async move {
            if let Err(error) = store.commit(used(id, now)).await {
                tracing::warn!(%error, "the last use of a key could not be noted");
            }
        });
    }
}

fn used(id: pointsman_entities::ids::KeyId, now: Timestamp) -> WriteSet {
    let row = api_key::ActiveModel {
        last_used_at: Set(Some(now)),
        ..Default::default()
    };
    let mut set = WriteSet::new();
    set.push(Write::Update(Update::of(vec![("id", id.0.into())], &row)));
    set
}
