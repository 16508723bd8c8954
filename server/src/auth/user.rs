//! Users and their passwords. A user is a record like any other; the password stands in a row of its own.

use std::sync::Arc;

use pointsman_entities::{credential, ids::UserId};
use sea_orm::ActiveValue::Set;

use super::{Accounts, Error, password::NewPassword, set_up};
use crate::{
    crm::{
        Access, Record, Value,
        mutate::{Key, Mutation, Outcome},
        object::Object,
        write::{Automation, Command, Verb},
    },
    store::{Delete, Write, WriteSet},
};

/// A user to be.
#[derive(Debug)]
pub struct NewUser {
    /// Values of the record beside the indexes of their fields.
    pub values: Vec<(usize, Value)>,
    /// Without one the user can't sign in yet.
    pub password: Option<NewPassword>,
}

impl Accounts {
    /// Creates a user, and with it ends the set-up where it was still open.
    ///
    /// # Errors
    /// Where the database or the hashing fails.
    pub async fn create_user(&self, access: &Access, user: NewUser, key: Option<Key>) -> Result<Outcome, Error> {
        let hash = self.hash(user.password).await?;
        let beside = |records: &[Arc<Record>], set: &mut WriteSet| {
            set.push(Write::Delete(Delete {
                table: "setting",
                key: vec![("name", set_up::SETTING.into())],
                must_match: false,
            }));
            for (record, hash) in records.iter().zip(&hash) {
                set.insert(self.credential(record.id.into(), hash));
            }
        };
        let mutation = Mutation {
            access,
            commands: vec![Command {
                object: self.users()?,
                verb: Verb::Create { values: user.values },
            }],
            automation: Automation::Run,
            key,
            beside: Some(&beside),
        };
        Ok(self.crm.mutate(&mutation).await?)
    }

    /// Gives a user a password in place of the one before.
    pub(super) async fn set_password(&self, user: UserId, password: NewPassword) -> Result<(), Error> {
        let mut set = WriteSet::new();
        set.push(Write::Delete(Delete {
            table: "credential",
            key: vec![("user_id", user.0.into())],
            must_match: false,
        }));
        if let Some(hash) = self.hash(Some(password)).await? {
            set.insert(self.credential(user, &hash));
        }
        self.write(set).await
    }

    pub(super) async fn hash(&self, password: Option<NewPassword>) -> Result<Option<String>, Error> {
        Ok(match password {
            Some(password) => Some(self.passwords.hash(password, self.crm.source().secret()).await?),
            None => None,
        })
    }

    pub(super) fn credential(&self, user: UserId, hash: &str) -> credential::ActiveModel {
        credential::ActiveModel {
            user_id: Set(user),
            password_hash: Set(hash.to_owned()),
            updated_at: Set(self.crm.source().now()),
        }
    }

    pub(super) fn users(&self) -> Result<Arc<Object>, Error> {
        self.crm.object("user").ok_or(Error::NoUsers)
    }
}
