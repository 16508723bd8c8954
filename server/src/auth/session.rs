//! Signing in and out. A session is a row with the digest of a token that only the client holds.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::PoisonError,
    time::Duration,
};

use pointsman_entities::{credential, ids::UserId, session, user};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use secrecy::SecretString;

use super::{
    Accounts, Credential, Error, Principal,
    password::{NewPassword, Verdict},
    throttle::Throttle,
    token::SessionToken,
};
use crate::store::{Delete, Write, WriteSet};

/// How long a session lasts, in microseconds: 30 days.
pub const LIFE: i64 = 30 * 86_400 * 1_000_000;

/// What a user signs in with.
#[derive(Debug)]
pub struct SignIn {
    pub email: String,
    pub password: SecretString,
    /// Where the attempt comes from.
    pub address: Option<IpAddr>,
    pub user_agent: Option<String>,
}

/// What came of signing in.
#[derive(Debug)]
pub enum SignedIn {
    Opened {
        user: UserId,
        token: SecretString,
    },
    /// The address or the password is wrong, or the user disabled: which of them is not told.
    Refused,
    /// Too many attempts; the next one counts after this time.
    Throttled {
        wait: Duration,
    },
}

impl Accounts {
    /// Opens a session.
    ///
    /// # Errors
    /// Where the database fails, or too many passwords are being compared.
    pub async fn sign_in(&self, sign_in: SignIn) -> Result<SignedIn, Error> {
        let email = sign_in.email.trim().to_lowercase();
        let address = sign_in.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let now = self.crm.source().now();
        if let Err(wait) = self.throttle(|throttle| throttle.admit(&email, address, now)) {
            return Ok(SignedIn::Throttled { wait: wait.0 });
        }
        let Some(user) = self.check(&email, sign_in.password).await? else {
            return Ok(SignedIn::Refused);
        };
        self.throttle(|throttle| throttle.succeeded(&email, address, now));
        let token = self.open(user, sign_in.user_agent).await?;
        Ok(SignedIn::Opened { user, token })
    }

    /// Opens a session of a user who has proved who they are.
    pub(super) async fn open(&self, user: UserId, user_agent: Option<String>) -> Result<SecretString, Error> {
        let source = self.crm.source();
        let token = SessionToken::new(source.secret());
        let now = source.now();
        let mut set = WriteSet::new();
        set.insert(session::ActiveModel {
            token_hash: Set(token.digest().as_bytes().to_vec()),
            user_id: Set(user),
            created_at: Set(now),
            expires_at: Set(now.plus_micros(LIFE)),
            user_agent: Set(user_agent),
        });
        self.write(set).await?;
        Ok(token.expose())
    }

    /// Ends the session that the principal came with; false where it came with a key.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn sign_out(&self, principal: &Principal) -> Result<bool, Error> {
        let Credential::Session(digest) = &principal.credential else {
            return Ok(false);
        };
        let mut set = WriteSet::new();
        set.push(Write::Delete(Delete {
            table: "session",
            key: vec![("token_hash", digest.clone().into())],
            must_match: false,
        }));
        let written = self.write(set).await;
        // Also after an error: the commit may have gone through.
        self.crm.revocations().note();
        written.map(|()| true)
    }

    async fn check(&self, email: &str, password: SecretString) -> Result<Option<UserId>, Error> {
        let reads = self.crm.store().reads();
        let user = user::Entity::find()
            .filter(user::Column::Email.eq(email))
            .filter(user::Column::DeletedAt.is_null())
            .one(reads)
            .await?;
        let known = match &user {
            Some(user) => credential::Entity::find_by_id(user.id).one(reads).await?,
            None => None,
        };
        let stored = known.map(|credential| credential.password_hash);
        let verdict = self.passwords.verify(password.clone(), stored).await?;
        let now = self.crm.source().now();
        let user = user.filter(|user| user.disabled_at.is_none_or(|at| at > now));
        match (verdict, user) {
            (Verdict::Wrong, _) | (_, None) => Ok(None),
            (Verdict::Right { outdated }, Some(user)) => {
                if outdated && let Ok(password) = NewPassword::new(password) {
                    self.set_password(user.id.into(), password).await?;
                }
                Ok(Some(user.id.into()))
            }
        }
    }

    fn throttle<T>(&self, act: impl FnOnce(&mut Throttle) -> T) -> T {
        act(&mut self.throttle.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Commits rows that no guard can refuse but by a collision of chance.
    pub(super) async fn write(&self, set: WriteSet) -> Result<(), Error> {
        match self.crm.store().commit(set).await? {
            Ok(()) => Ok(()),
            Err(refusal) => Err(Error::Refused { refusal }),
        }
    }
}
