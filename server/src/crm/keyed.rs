//! Requests that come twice: what a client's key was used for, and the row that remembers it.

use pointsman_entities::{idempotency, time::Timestamp};
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::json;
use uuid::Uuid;

use super::{Access, cause::Actor};
use crate::store::{self, Store, WriteSet};

/// A client's promise that a repeated request is the same request.
#[derive(Clone, Debug)]
pub struct Key {
    pub key: String,
    /// SHA-256 of the request.
    pub hash: Vec<u8>,
}

/// What a key was used for before.
#[derive(Debug)]
pub enum Seen {
    /// The same request, which was answered about these rows.
    Same(Vec<Uuid>),
    /// Another request.
    Other,
}

impl Key {
    /// What the actor used the key for; none where it is new.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn seen(&self, store: &Store, actor: Actor) -> Result<Option<Seen>, store::Error> {
        let id = (actor.text(), self.key.clone());
        let known = idempotency::Entity::find_by_id(id).one(store.reads()).await?;
        Ok(known.map(|known| match known.request_hash == self.hash {
            true => Seen::Same(serde_json::from_str(&known.outcome).unwrap_or_default()),
            false => Seen::Other,
        }))
    }

    /// The row that remembers the answer. Belongs into the write set of what was answered.
    #[must_use]
    pub fn row(&self, actor: Actor, ids: &[Uuid], now: Timestamp) -> idempotency::ActiveModel {
        idempotency::ActiveModel {
            principal: Set(actor.text()),
            key: Set(self.key.clone()),
            request_hash: Set(self.hash.clone()),
            outcome: Set(json!(ids).to_string()),
            created_at: Set(now),
        }
    }
}

/// Who asks for something, and perhaps promises that they ask for it once.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub access: &'a Access,
    pub key: Option<&'a Key>,
}

impl<'a> From<&'a Access> for Request<'a> {
    fn from(access: &'a Access) -> Self {
        Self { access, key: None }
    }
}

impl Request<'_> {
    /// As [`Key::seen`]; none without a key.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn seen(&self, store: &Store) -> Result<Option<Seen>, store::Error> {
        match self.key {
            Some(key) => key.seen(store, self.access.actor()).await,
            None => Ok(None),
        }
    }

    /// Adds the row that remembers what the request is answered about.
    pub fn remember(&self, set: &mut WriteSet, ids: &[Uuid], now: Timestamp) {
        if let Some(key) = self.key {
            set.insert(key.row(self.access.actor(), ids, now));
        }
    }
}
