//! The first user: whoever holds the one-time link that `serve` prints becomes the administrator.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use pointsman_entities::{setting, user};
use sea_orm::{ActiveValue::Set, EntityTrait, PaginatorTrait};
use secrecy::{ExposeSecret, SecretString};

use super::{Accounts, Error, password::NewPassword, token::SessionToken};
use crate::{
    crm::{
        Access, Value,
        cause::Cause,
        write::{Command, Decision, Problem, Verb},
    },
    store::{Delete, Write, WriteSet},
};

/// The setting that holds the digest of the link's token while there is no user.
pub(super) const SETTING: &str = "set_up";

/// The administrator to be.
#[derive(Debug)]
pub struct FirstUser {
    /// The token of the link.
    pub token: SecretString,
    pub email: String,
    pub name: String,
    pub password: NewPassword,
}

/// What came of the set-up.
#[derive(Debug)]
pub enum SetUp {
    /// The administrator is there, and signed in.
    Done {
        user: pointsman_entities::ids::UserId,
        session: SecretString,
    },
    /// The link is not the last one that was printed, or it was used.
    WrongLink,
    Refused(Vec<Problem>),
}

impl Accounts {
    /// A new token for the link, where there is no user yet; the tokens before it no longer count.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn invite(&self) -> Result<Option<SecretString>, Error> {
        if user::Entity::find().count(self.crm.store().reads()).await? > 0 {
            return Ok(None);
        }
        let token = SessionToken::new(self.crm.source().secret());
        let mut set = closing(false);
        set.insert(setting::ActiveModel {
            name: Set(SETTING.to_owned()),
            value: Set(serde_json::json!({ "digest": digest(&token) }).to_string()),
        });
        self.write(set).await?;
        Ok(Some(token.expose()))
    }

    /// Makes the holder of the link the administrator.
    ///
    /// # Errors
    /// Where the database or the hashing fails.
    pub async fn set_up(&self, first: FirstUser) -> Result<SetUp, Error> {
        if !self.is_invited(&first.token).await? {
            return Ok(SetUp::WrongLink);
        }
        let object = self.users()?;
        let given = [
            ("email", first.email),
            ("name", first.name),
            ("role", "ADMIN".to_owned()),
        ];
        let values = given
            .into_iter()
            .filter_map(|(name, value)| Some((object.field(name)?.0, Value::text(value))));
        let command = Command {
            object: Arc::clone(&object),
            verb: Verb::Create {
                values: values.collect(),
            },
        };
        let access = Access::system();
        let mut decision = Decision::new(&self.crm, &access, Cause::Request);
        // Two who hold the link at once: the row can be deleted only once.
        decision.set = closing(true);
        let record = match self.crm.write(&mut decision, &command).await? {
            Ok(record) => record,
            Err(problems) => return Ok(SetUp::Refused(problems)),
        };
        if let Some(hash) = self.hash(Some(first.password)).await? {
            decision.set.insert(self.credential(record.id.into(), &hash));
        }
        if self.crm.settle(decision, None).await?.is_err() {
            return Ok(SetUp::WrongLink);
        }
        let user = record.id.into();
        let session = self.open(user, None).await?;
        Ok(SetUp::Done { user, session })
    }

    async fn is_invited(&self, token: &SecretString) -> Result<bool, Error> {
        let Ok(token) = token.expose_secret().parse::<SessionToken>() else {
            return Ok(false);
        };
        let known = setting::Entity::find_by_id(SETTING)
            .one(self.crm.store().reads())
            .await?;
        let stored = known.and_then(|setting| serde_json::from_str::<serde_json::Value>(&setting.value).ok());
        let stored = stored.and_then(|value| BASE64_STANDARD.decode(value.get("digest")?.as_str()?).ok());
        Ok(stored.is_some_and(|stored| token.digest().matches(&stored)))
    }
}

fn digest(token: &SessionToken) -> String {
    BASE64_STANDARD.encode(token.digest().as_bytes())
}

/// Takes the link back.
fn closing(must_match: bool) -> WriteSet {
    let mut set = WriteSet::new();
    set.push(Write::Delete(Delete {
        table: "setting",
        key: vec![("name", SETTING.into())],
        must_match,
    }));
    set
}
