//! Who may speak to Pointsman: users with passwords and sessions, programs with keys. Turns what they show into an
//! [`crate::crm::Access`]; what that allows is the CRM's to say.

mod key;
mod known;
pub mod password;
mod principal;
mod session;
mod set_up;
pub mod throttle;
pub mod token;
mod user;

use std::sync::{Arc, Mutex};

pub use key::{NewKey, ShownKey};
pub use principal::{Credential, Principal};
pub use session::{LIFE as SESSION_LIFE, SignIn, SignedIn};
pub use set_up::{FirstUser, SetUp};
pub use user::NewUser;

use crate::{crm::Crm, store};
use known::Known;
use password::Passwords;
use throttle::Throttle;

/// The accounts of an installation.
pub struct Accounts {
    crm: Arc<Crm>,
    passwords: Passwords,
    throttle: Mutex<Throttle>,
    known: Known,
}

/// Why an account could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("an account could not be read or written")]
    Store(#[from] store::Error),
    #[error("a password could not be hashed or compared")]
    Password(#[from] password::Error),
    #[error("an account's row was refused: {refusal}")]
    Refused { refusal: store::Refusal },
    #[error("the catalogue has no users")]
    NoUsers,
    /// The row can't be what was written.
    #[error("row {id} of `{table}` is damaged")]
    Damaged { table: &'static str, id: String },
}

impl Accounts {
    #[must_use]
    pub fn new(crm: Arc<Crm>) -> Self {
        Self {
            crm,
            passwords: Passwords::default(),
            throttle: Mutex::default(),
            known: Known::default(),
        }
    }
}

impl From<sea_orm::DbErr> for Error {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}
