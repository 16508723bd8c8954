//! Named secrets of workflows and channels: sealed at rest, written and never read back by people. A value leaves here
//! only for the moment of a call, bound to the hosts it may go to.

pub mod keyring;
mod name;

use std::sync::Arc;

use pointsman_entities::{
    ids::{SecretId, UserId},
    secret,
    time::Timestamp,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityName, EntityTrait, QueryFilter, QueryOrder};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    actions::egress::Bound,
    source::Source,
    store::{self, Delete, Refusal, Store, Update, Write, WriteSet},
};
use keyring::{Keyring, Sealed, Unopened};

pub use name::{InvalidName, Name};

/// The longest value, in bytes.
const MAX_VALUE: usize = 8_192;

/// How exactly the last use is kept, in microseconds.
const MINUTE: i64 = 60_000_000;

/// The secrets of an installation.
pub struct Secrets {
    store: Arc<Store>,
    source: Arc<Source>,
    keyring: Arc<Keyring>,
}

/// A secret to be.
pub struct New {
    pub name: String,
    pub value: SecretString,
    /// Where it may be sent; none at all for one that only verifies what comes in.
    pub hosts: Vec<String>,
    pub by: Option<UserId>,
}

/// What changes of a secret; what is none stays.
#[derive(Default)]
pub struct Change {
    pub value: Option<SecretString>,
    pub hosts: Option<Vec<String>>,
}

/// A secret in the moment of its use.
#[derive(Debug, Clone)]
pub struct Revealed {
    pub name: Name,
    pub value: SecretString,
    pub hosts: Vec<Bound>,
}

/// Why a secret can't be kept so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("{0}")]
    Name(#[from] InvalidName),
    #[error("there is a secret of this name already")]
    Taken,
    #[error("{message}")]
    Host {
        /// Its place in the list.
        place: usize,
        message: String,
    },
    #[error("`value` must be given")]
    NoValue,
    #[error("`value` must have at most {MAX_VALUE} bytes")]
    LongValue,
    #[error("there is no such secret")]
    NotFound,
}

/// Why secrets could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("a secret could not be read or written")]
    Store(#[from] store::Error),
    #[error("there is no key for secrets")]
    Keyring(#[from] keyring::Error),
    #[error("secret {} can't be opened", id.0)]
    Sealed {
        id: SecretId,
        #[source]
        source: Unopened,
    },
    #[error("row {} of `secret` is damaged", id.0)]
    Damaged { id: SecretId },
    #[error("a secret's row was refused: {refusal}")]
    Refused { refusal: Refusal },
}

impl From<sea_orm::DbErr> for Error {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}

impl Secrets {
    #[must_use]
    pub fn new(store: Arc<Store>, source: Arc<Source>, keyring: Arc<Keyring>) -> Self {
        Self { store, source, keyring }
    }

    /// All secrets by name, without their values.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn list(&self) -> Result<Vec<secret::Model>, Error> {
        let by_name = secret::Entity::find().order_by_asc(secret::Column::Name);
        Ok(by_name.all(self.store.reads()).await?)
    }

    /// Keeps a new secret.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn create(&self, new: New) -> Result<Result<secret::Model, Problem>, Error> {
        let checked = new.name.parse::<Name>().map_err(Problem::from).and_then(|name| {
            check_value(&new.value)?;
            Ok((name, hosts(&new.hosts)?))
        });
        let (name, hosts) = match checked {
            Ok(checked) => checked,
            Err(problem) => return Ok(Err(problem)),
        };
        let (id, now): (SecretId, _) = (self.source.id(), self.source.now());
        let sealed = self.seal(id, &new.value)?;
        let row = secret::Model {
            id,
            name: name.to_string(),
            hosts,
            key_id: sealed.key,
            sealed: sealed.bytes,
            version: 1,
            created_at: now,
            created_by: new.by,
            updated_at: now,
            last_used_at: None,
        };
        let mut set = WriteSet::new();
        set.insert(secret::ActiveModel::from(row.clone()));
        match self.store.commit(set).await? {
            Ok(()) => Ok(Ok(row)),
            Err(Refusal::Taken { .. }) => Ok(Err(Problem::Taken)),
            Err(refusal) => Err(Error::Refused { refusal }),
        }
    }

    /// Changes a secret. The last of two who change it at once wins whole.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn update(&self, id: SecretId, change: Change) -> Result<Result<secret::Model, Problem>, Error> {
        let mut row = secret::ActiveModel {
            updated_at: Set(self.source.now()),
            ..Default::default()
        };
        if let Some(value) = &change.value {
            if let Err(problem) = check_value(value) {
                return Ok(Err(problem));
            }
            let sealed = self.seal(id, value)?;
            (row.key_id, row.sealed) = (Set(sealed.key), Set(sealed.bytes));
        }
        if let Some(given) = &change.hosts {
            match hosts(given) {
                Ok(hosts) => row.hosts = Set(hosts),
                Err(problem) => return Ok(Err(problem)),
            }
        }
        let mut update = Update::of(vec![("id", id.0.into())], &row);
        update.set.push(("version", store::Assign::Increment));
        let mut set = WriteSet::new();
        set.push(Write::Update(update));
        match self.store.commit(set).await? {
            Ok(()) => Ok(self.find(id).await?.ok_or(Problem::NotFound)),
            Err(Refusal::Row { .. }) => Ok(Err(Problem::NotFound)),
            Err(refusal) => Err(Error::Refused { refusal }),
        }
    }

    /// Forgets a secret for good; false where there is none. Calls that need it fail from now on.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn delete(&self, id: SecretId) -> Result<bool, Error> {
        let mut set = WriteSet::new();
        set.push(Write::Delete(Delete {
            table: secret::Entity.table_name(),
            key: vec![("id", id.0.into())],
            must_match: true,
        }));
        Ok(self.store.commit(set).await?.is_ok())
    }

    /// The secret of that name, for the moment of its use; none where there is none.
    ///
    /// # Errors
    /// Where the database fails, or its value can't be opened.
    pub async fn reveal(&self, name: &str) -> Result<Option<Revealed>, Error> {
        let found = secret::Entity::find().filter(secret::Column::Name.eq(name));
        let Some(row) = found.one(self.store.reads()).await? else {
            return Ok(None);
        };
        let revealed = Revealed {
            name: row.name.parse().map_err(|_| Error::Damaged { id: row.id })?,
            value: self.open(&row)?,
            hosts: split(&row.hosts)
                .map(str::parse)
                .collect::<Result<_, _>>()
                .map_err(|_| Error::Damaged { id: row.id })?,
        };
        self.note_use(&row).await?;
        Ok(Some(revealed))
    }

    /// Seals anew whatever an older key has sealed, so that that key can go. Several server nodes may do it at once.
    ///
    /// # Errors
    /// Where the database fails, or a value can't be opened.
    pub async fn reseal(&self) -> Result<(), Error> {
        let older = secret::Entity::find().filter(secret::Column::KeyId.ne(self.keyring.current()));
        for row in older.all(self.store.reads()).await? {
            let sealed = self.seal(row.id, &self.open(&row)?)?;
            let fresh = secret::ActiveModel {
                key_id: Set(sealed.key),
                sealed: Set(sealed.bytes),
                version: Set(row.version + 1),
                ..Default::default()
            };
            let update = Update::of(vec![("id", row.id.0.into())], &fresh).guarded("version", row.version);
            let mut set = WriteSet::new();
            set.push(Write::Update(update));
            let _another_was_quicker = self.store.commit(set).await?;
        }
        Ok(())
    }

    async fn find(&self, id: SecretId) -> Result<Option<secret::Model>, Error> {
        Ok(secret::Entity::find_by_id(id).one(self.store.reads()).await?)
    }

    async fn note_use(&self, row: &secret::Model) -> Result<(), Error> {
        let now = self.source.now();
        let recent = |last: Timestamp| now.micros() - last.micros() < MINUTE;
        if row.last_used_at.is_some_and(recent) {
            return Ok(());
        }
        let used = secret::ActiveModel {
            last_used_at: Set(Some(now)),
            ..Default::default()
        };
        let mut update = Update::of(vec![("id", row.id.0.into())], &used);
        update.must_match = false;
        let mut set = WriteSet::new();
        set.push(Write::Update(update));
        let _told_another_time = self.store.commit(set).await?;
        Ok(())
    }

    fn seal(&self, id: SecretId, value: &SecretString) -> Result<Sealed, Error> {
        let sealed = self
            .keyring
            .seal(&place(id), value.expose_secret().as_bytes(), self.source.secret());
        sealed.map_err(|source| Error::Sealed { id, source })
    }

    fn open(&self, row: &secret::Model) -> Result<SecretString, Error> {
        let sealed = Sealed {
            key: row.key_id.clone(),
            bytes: row.sealed.clone(),
        };
        let opened = self.keyring.open(&place(row.id), &sealed);
        let opened = opened.map_err(|source| Error::Sealed { id: row.id, source })?;
        let text = str::from_utf8(opened.expose_secret()).map_err(|_| Error::Damaged { id: row.id })?;
        Ok(text.into())
    }
}

/// The hosts of a row's text.
pub fn split(hosts: &str) -> impl Iterator<Item = &str> {
    hosts.split(',').filter(|host| !host.is_empty())
}

/// Table, row and column, so that a sealed value can't be moved to another.
fn place(id: SecretId) -> String {
    format!("secret/{}/value", id.0)
}

fn check_value(value: &SecretString) -> Result<(), Problem> {
    match value.expose_secret().len() {
        0 => Err(Problem::NoValue),
        1..=MAX_VALUE => Ok(()),
        _ => Err(Problem::LongValue),
    }
}

fn hosts(given: &[String]) -> Result<String, Problem> {
    let host = |(place, text): (usize, &String)| {
        let bound = text.parse::<Bound>().map_err(|invalid| Problem::Host {
            place,
            message: invalid.to_string(),
        })?;
        Ok(bound.to_string())
    };
    let hosts = given
        .iter()
        .enumerate()
        .map(host)
        .collect::<Result<Vec<_>, Problem>>()?;
    Ok(hosts.join(","))
}
