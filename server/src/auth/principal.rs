//! Recognises users and programs by what they show. Never tells why something was not recognised, and never remembers it
//! longer than [`super::known`] says.

use std::{sync::Arc, time::Duration};

use pointsman_entities::{
    api_key,
    ids::{KeyId, UserId},
    session,
    time::Timestamp,
};
use sea_orm::{ActiveValue::Set, EntityTrait};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Accounts, Error,
    known::{AGE, Moment, Standing},
    token::{ApiKey, SessionToken},
};
use crate::{
    crm::{Access, access::Role, cause::Actor, standing},
    store::{Update, Write, WriteSet},
};

/// How far the time of a key's last use may lag, in microseconds: a write for each request would cost more than it tells.
const LAST_USE: i64 = 60_000_000;
/// How often an open connection looks whether what it was opened with still counts.
const RECHECK: Duration = Duration::from_micros(AGE.unsigned_abs());

/// Somebody who was recognised.
#[derive(Clone, Debug)]
pub struct Principal {
    pub access: Access,
    pub credential: Credential,
}

/// What a principal was recognised by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// A session, by the digest of its token.
    Session(Vec<u8>),
    Key(KeyId),
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
        let Ok(token) = token.expose_secret().parse::<SessionToken>() else {
            return Ok(None);
        };
        let credential = Credential::Session(token.digest().as_bytes().to_vec());
        let standing = self.standing(&credential).await?;
        Ok(standing.map(|standing| Principal {
            access: standing.access,
            credential,
        }))
    }

    async fn by_key(&self, shown: &ApiKey) -> Result<Option<Principal>, Error> {
        let credential = Credential::Key(shown.id);
        let Some(standing) = self.standing(&credential).await? else {
            return Ok(None);
        };
        let matches = |key: &Arc<api_key::Model>| shown.digest().matches(&key.secret_hash);
        let Some(key) = standing.key.filter(matches) else {
            return Ok(None);
        };
        self.note_use(&key);
        Ok(Some(Principal {
            access: standing.access,
            credential,
        }))
    }

    /// Returns once the principal is no longer recognised, or may do more or less than it could.
    pub async fn revoked(self: Arc<Self>, principal: Principal) {
        let mut revocations = self.crm.revocations().watch();
        // What was taken back between the recognition and now is looked at too.
        revocations.mark_changed();
        loop {
            tokio::select! {
                () = self.crm.source().sleep(RECHECK) => {}
                changed = revocations.changed() => if changed.is_err() { return },
            }
            match self.standing(&principal.credential).await {
                Ok(Some(standing)) if standing.access == principal.access => {}
                Ok(_) => return,
                // A connection outlives a short failure of the database, which requests on it will show.
                Err(error) => tracing::warn!(%error, "an open connection's credential could not be checked"),
            }
        }
    }

    /// What a credential is good for, from memory where that is recent enough.
    async fn standing(&self, credential: &Credential) -> Result<Option<Standing>, Error> {
        let now = Moment {
            at: self.crm.source().now(),
            revocations: self.crm.revocations().count(),
        };
        if let Some(standing) = self.known.get(credential, now) {
            return Ok(Some(standing));
        }
        let read = match credential {
            Credential::Session(digest) => self.session(digest, now.at).await?,
            Credential::Key(id) => self.valid_key(*id, now.at).await?,
        };
        if let Some(standing) = &read {
            self.known.put(credential.clone(), standing.clone(), now);
        }
        Ok(read)
    }

    async fn session(&self, digest: &[u8], now: Timestamp) -> Result<Option<Standing>, Error> {
        let reads = self.crm.store().reads();
        let session = session::Entity::find_by_id(digest.to_vec()).one(reads).await?;
        let Some(session) = session.filter(|session| session.expires_at > now) else {
            return Ok(None);
        };
        let active = self.active(session.user_id, now).await?;
        Ok(active.map(|user| Standing {
            access: Access::of(Actor::User(session.user_id), &user),
            key: None,
            ends_at: earlier(Some(session.expires_at), user.disabled_at),
        }))
    }

    /// What a key may do; none where it was taken back or is too old, or its owner may do nothing.
    async fn valid_key(&self, id: KeyId, now: Timestamp) -> Result<Option<Standing>, Error> {
        let key = api_key::Entity::find_by_id(id).one(self.crm.store().reads()).await?;
        let valid = |key: &api_key::Model| key.revoked_at.is_none() && key.expires_at.is_none_or(|end| end > now);
        let Some(key) = key.filter(valid) else {
            return Ok(None);
        };
        let role = Role::parse(&key.role).ok_or_else(|| Error::Damaged {
            table: "api_key",
            id: key.id.0.to_string(),
        })?;
        let access = Access::with(Actor::Key(key.id), role, self.crm.rights(role).await?);
        let (access, ends_at) = match key.user_id {
            None => (access, key.expires_at),
            Some(owner) => match self.active(owner, now).await? {
                None => return Ok(None),
                Some(user) => (access.owned_by(&user), earlier(key.expires_at, user.disabled_at)),
            },
        };
        Ok(Some(Standing {
            access,
            key: Some(Arc::new(key)),
            ends_at,
        }))
    }

    /// What the user may do; none where the user is deleted or disabled.
    async fn active(&self, id: UserId, now: Timestamp) -> Result<Option<Arc<standing::Standing>>, Error> {
        let standing = self.crm.standing(id).await?;
        Ok(standing.filter(|standing| standing.counts(now)))
    }

    fn note_use(&self, key: &api_key::Model) {
        let now = self.crm.source().now();
        if key.last_used_at.is_some_and(|last| now < last.plus_micros(LAST_USE)) {
            return;
        }
        self.known.used(&Credential::Key(key.id), now);
        let (store, id) = (Arc::clone(self.crm.store()), key.id);
        // Nobody waits for it, and what is lost in a crash is a minute.
        tokio::spawn(async move {
            if let Err(error) = store.commit(used(id, now)).await {
                tracing::warn!(%error, "the last use of a key could not be noted");
            }
        });
    }
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

fn used(id: KeyId, now: Timestamp) -> WriteSet {
    let row = api_key::ActiveModel {
        last_used_at: Set(Some(now)),
        ..Default::default()
    };
    let mut set = WriteSet::new();
    set.push(Write::Update(Update::of(vec![("id", id.0.into())], &row)));
    set
}
