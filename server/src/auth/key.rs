//! API keys: made, listed, taken back. The key itself is shown once; a digest is kept.

use pointsman_entities::{
    api_key,
    ids::{KeyId, UserId},
    time::Timestamp,
};
use sea_orm::{ActiveValue::Set, EntityTrait, QueryOrder};
use secrecy::SecretString;

use super::{Accounts, Error, token::ApiKey};
use crate::{
    crm::access::Role,
    store::{Update, Write, WriteSet},
};

/// A key to be.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub name: String,
    pub role: Role,
    /// Whom it acts for; keys made on the command line act for nobody.
    pub owner: Option<UserId>,
    pub expires_at: Option<Timestamp>,
}

/// A new key, shown this once.
#[derive(Debug)]
pub struct ShownKey {
    pub id: KeyId,
    pub text: SecretString,
}

impl Accounts {
    /// Makes a key.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn create_key(&self, key: NewKey) -> Result<ShownKey, Error> {
        let source = self.crm.source();
        let secret = ApiKey::new(source.id(), source.secret());
        let mut set = WriteSet::new();
        set.insert(api_key::ActiveModel {
            id: Set(secret.id),
            name: Set(key.name),
            role: Set(key.role.text()),
            user_id: Set(key.owner),
            secret_hash: Set(secret.digest().as_bytes().to_vec()),
            created_at: Set(source.now()),
            created_by: Set(key.owner),
            expires_at: Set(key.expires_at),
            revoked_at: Set(None),
            last_used_at: Set(None),
        });
        self.write(set).await?;
        Ok(ShownKey {
            id: secret.id,
            text: secret.expose(),
        })
    }

    /// Takes a key back for good; none where there is no such key. Taking it back twice changes nothing.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn revoke_key(&self, id: KeyId) -> Result<Option<api_key::Model>, Error> {
        let row = api_key::ActiveModel {
            revoked_at: Set(Some(self.crm.source().now())),
            ..Default::default()
        };
        let mut update = Update::of(vec![("id", id.0.into()), ("revoked_at", no_time())], &row);
        update.must_match = false;
        let mut set = WriteSet::new();
        set.push(Write::Update(update));
        let written = self.write(set).await;
        // Also after an error: the commit may have gone through.
        self.crm.revocations().note();
        written?;
        self.key(id).await
    }

    /// A key's row.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn key(&self, id: KeyId) -> Result<Option<api_key::Model>, Error> {
        Ok(api_key::Entity::find_by_id(id).one(self.crm.store().reads()).await?)
    }

    /// All keys, the newest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn keys(&self) -> Result<Vec<api_key::Model>, Error> {
        let newest_first = api_key::Entity::find().order_by_desc(api_key::Column::Id);
        Ok(newest_first.all(self.crm.store().reads()).await?)
    }
}

fn no_time() -> sea_orm::Value {
    sea_orm::Value::BigInt(None)
}
