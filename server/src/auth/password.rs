//! Passwords: which are taken, how they are hashed and compared. Never logs one, never hashes on a thread that serves
//! requests, and never more than two at a time: each hash takes 19 MB.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use argon2::password_hash::Error as HashError;
use argon2::password_hash::phc::PasswordHash;
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

const AT_ONCE: usize = 2;
/// Who waits longer is told so: a queue of sign-ins must not grow without end.
const MAX_WAIT: Duration = Duration::from_secs(5);

const SHORTEST: usize = 10;
const LONGEST: usize = 256;

/// Compared where the user is unknown, so that the answer takes as long as for one who is known. Of no password: its
/// hash was drawn, not computed.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$cG9pbnRzbWFuLW5vYm9keQ$3q2+796tvu/erb7v3q2+796tvu/erb7v3q2+796tvu8";

/// Those of 10 characters and more that lists of leaked passwords have at their top, in lower case.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// A password that may be taken: 10 to 256 characters, not among the most common.
#[derive(Debug, Clone)]
pub struct NewPassword(SecretString);

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    /// Under 10 characters.
    #[error("a password has at least {SHORTEST} characters")]
    Short,
    /// Over 256 characters.
    #[error("a password has at most {LONGEST} characters")]
    Long,
    /// One that everybody tries first.
    #[error("this password is too common")]
    Common,
}

/// What a comparison found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password is right.
    Right {
        /// Its hash is of older parameters: store a new one.
        outdated: bool,
    },
    /// The password is wrong, or the user unknown.
    Wrong,
}

/// Why a password could not be hashed or compared.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too many wait; the client should try again.
    #[error("too many passwords are being checked")]
    Busy,
    /// The stored hash cannot be read.
    #[error("the stored password hash is damaged")]
    Damaged(#[source] HashError),
    /// Hashing failed.
    #[error("could not hash a password")]
    Hash(#[source] HashError),
    /// The thread that hashed has died.
    #[error("hashing a password was cut off")]
    Thread(#[from] tokio::task::JoinError),
}

/// Hashes and compares, two at a time. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Passwords {
    slots: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            slots: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl NewPassword {
    /// Takes a password, if it may be taken.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(password: SecretString) -> Result<Self, Weak> {
        match password.expose_secret().chars().count() {
            ..SHORTEST => Err(Weak::Short),
            SHORTEST..=LONGEST if is_common(password.expose_secret()) => Err(Weak::Common),
            SHORTEST..=LONGEST => Ok(Self(password)),
            _ => Err(Weak::Long),
        }
    }
}

fn is_common(password: &str) -> bool {
    let mut characters = password.chars();
    let first = characters.next();
    COMMON.contains(password.to_lowercase().as_str()) || characters.all(|one| Some(one) == first)
}

impl Passwords {
    /// The hash to store, in PHC string format. The salt is 128 bits of chance.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn hash(&self, password: NewPassword, salt: [u8; 16]) -> Result<String, Error> {
        self.run(move || {
            let hash = argon2()?.hash_password_with_salt(password.0.expose_secret().as_bytes(), &salt);
            Ok(hash.map_err(Error::Hash)?.to_string())
        })
        .await
    }

    /// Compares a password with what is stored of the user, or with nobody's where there is no such user: both take
    /// the same time.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn verify(&self, password: SecretString, stored: Option<String>) -> Result<Verdict, Error> {
        self.run(move || compare(&password, stored.as_deref().unwrap_or(NOBODY)))
            .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let slot = timeout(MAX_WAIT, Arc::clone(&self.slots).acquire_owned()).await;
        let Ok(Ok(slot)) = slot else { return Err(Error::Busy) };
        tokio::task::spawn_blocking(move || {
            // Held by the work, not by who waits for it: a client that goes away frees no memory.
            let _slot = slot;
            work()
        })
        .await?
    }
}

fn compare(password: &SecretString, stored: &str) -> Result<Verdict, Error> {
    let hash = PasswordHash::new(stored).map_err(|error| Error::Damaged(error.into()))?;
    match argon2()?.verify_password(password.expose_secret().as_bytes(), &hash) {
        Ok(()) => Ok(Verdict::Right {
            outdated: is_outdated(&hash),
        }),
        Err(HashError::PasswordInvalid) => Ok(Verdict::Wrong),
        Err(error) => Err(Error::Damaged(error)),
    }
}

fn is_outdated(hash: &PasswordHash) -> bool {
    let current = |params: Params| (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES);
    hash.algorithm != ARGON2ID_IDENT || !Params::try_from(hash).is_ok_and(current)
}

fn argon2() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| Error::Hash(error.into()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: [u8; 16] = [7; 16];

    fn taken(password: &str) -> Result<NewPassword, Weak> {
        NewPassword::new(password.into())
    }

    #[tokio::test]
    async fn the_right_password_is_right_and_another_wrong() {
        let passwords = Passwords::default();
        let stored = passwords.hash(taken("correct horse").unwrap(), SALT).await.unwrap();

        let right = passwords
            .verify("correct horse".into(), Some(stored.clone()))
            .await
            .unwrap();
        let wrong = passwords.verify("correct horsf".into(), Some(stored)).await.unwrap();

        assert_eq!((right, wrong), (Verdict::Right { outdated: false }, Verdict::Wrong));
    }

    #[tokio::test]
    async fn nobody_is_compared_at_full_cost_and_is_always_wrong() {
        let verdict = Passwords::default().verify("correct horse".into(), None).await.unwrap();

        assert_eq!(verdict, Verdict::Wrong);
        assert!(!is_outdated(&PasswordHash::new(NOBODY).unwrap()));
    }

    #[tokio::test]
    async fn a_hash_of_older_parameters_is_right_and_outdated() {
        let older = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(64, 1, 1, None).unwrap(),
        );
        let stored = older
            .hash_password_with_salt(b"correct horse", &SALT)
            .unwrap()
            .to_string();

        let verdict = Passwords::default()
            .verify("correct horse".into(), Some(stored))
            .await
            .unwrap();

        assert_eq!(verdict, Verdict::Right { outdated: true });
    }

    #[tokio::test]
    async fn a_damaged_hash_is_an_error_not_a_refusal() {
        let verdict = Passwords::default()
            .verify("correct horse".into(), Some("$argon2id$x".into()))
            .await;

        assert!(matches!(verdict, Err(Error::Damaged(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_is_told() {
        let passwords = Passwords::default();
        let _busy = Arc::clone(&passwords.slots).acquire_many_owned(2).await.unwrap();

        assert!(matches!(
            passwords.verify("correct horse".into(), None).await,
            Err(Error::Busy)
        ));
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(taken("ääääööööü").err(), Some(Weak::Short));
        assert!(taken("ääääööööüü").is_ok());
        assert!(taken(&"pq".repeat(128)).is_ok());
        assert_eq!(taken(&"pq".repeat(129)).err(), Some(Weak::Long));
    }

    #[test]
    fn what_everybody_tries_first_is_not_taken() {
        for password in ["1234567890", "Password123", "QWERTYUIOP", "aaaaaaaaaaaa", "iloveyou123"] {
            assert_eq!(taken(password).err(), Some(Weak::Common), "{password}");
        }
    }

    #[test]
    fn the_list_of_common_passwords_is_as_it_is_read() {
        for line in include_str!("common_passwords.txt").lines() {
            assert!(
                line.chars().count() >= SHORTEST && line == line.to_lowercase(),
                "{line}"
            );
        }
    }

    #[test]
    fn a_password_is_not_printed() {
        assert!(!format!("{:?}", taken("correct horse").unwrap()).contains("horse"));
    }
}
