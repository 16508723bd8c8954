//! Remembers for a few seconds what a session or a key is good for, so that not every request asks the database. What this
//! server node takes back is forgotten at once, what another takes back within [`AGE`]. What is good for nothing is never
//! remembered.

use std::sync::Arc;

use moka::sync::Cache;
use pointsman_entities::{api_key, time::Timestamp};

use super::Credential;
use crate::crm::Access;

/// How long it may still count here what another server node has taken back, in microseconds.
pub(super) const AGE: i64 = 5_000_000;

/// Credentials remembered; of more, those that are used least are asked for again.
const KEPT: u64 = 10_000;

/// What a credential is good for.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub access: Access,
    /// The key's row; none for a session.
    pub key: Option<Arc<api_key::Model>>,
    /// When it ends by itself.
    pub ends_at: Option<Timestamp>,
}

/// When something was read: the time, and the count of revocations before the reading began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub at: Timestamp,
    pub revocations: u64,
}

/// What is remembered.
pub(super) struct Known(Cache<Credential, (Standing, Moment)>);

impl Default for Known {
    fn default() -> Self {
        Self(Cache::new(KEPT))
    }
}

impl Known {
    /// What the credential is good for, where that is known well enough now.
    pub fn get(&self, credential: &Credential, now: Moment) -> Option<Standing> {
        let (standing, read) = self.0.get(credential)?;
        let age = now.at.micros() - read.at.micros();
        // A clock that was set back makes nothing younger.
        let recent = (0..AGE).contains(&age) && read.revocations == now.revocations;
        let lasts = standing.ends_at.is_none_or(|end| end > now.at);
        (recent && lasts).then_some(standing)
    }

    /// Remembers what was read, as of the moment before it was.
    pub fn put(&self, credential: Credential, standing: Standing, read: Moment) {
        self.0.insert(credential, (standing, read));
    }

    /// Remembers when a key was used last, without making what is known of it any newer.
    pub fn used(&self, credential: &Credential, now: Timestamp) {
        let Some((mut standing, read)) = self.0.get(credential) else {
            return;
        };
        if let Some(key) = &mut standing.key {
            Arc::make_mut(key).last_used_at = Some(now);
            self.0.insert(credential.clone(), (standing, read));
        }
    }
}

#[cfg(test)]
mod tests {
    use pointsman_entities::ids::KeyId;
    use uuid::Uuid;

    use super::*;

    const CREDENTIAL: Credential = Credential::Key(KeyId(Uuid::nil()));

    fn moment(at: i64, revocations: u64) -> Moment {
        Moment {
            at: Timestamp(at),
            revocations,
        }
    }

    /// What is known at a moment of what was read at the time 100, after 7 revocations.
    fn is_known(ends_at: Option<i64>, now: Moment) -> bool {
        let known = Known::default();
        let standing = Standing {
            access: Access::system(),
            key: None,
            ends_at: ends_at.map(Timestamp),
        };
        known.put(CREDENTIAL, standing, moment(100, 7));
        known.get(&CREDENTIAL, now).is_some()
    }

    #[test]
    fn what_was_read_counts_for_five_seconds() {
        assert!(is_known(None, moment(100, 7)));
        assert!(is_known(None, moment(100 + AGE - 1, 7)));
        assert!(!is_known(None, moment(100 + AGE, 7)));
    }

    #[test]
    fn a_revocation_ends_it_at_once() {
        assert!(!is_known(None, moment(100, 8)));
    }

    #[test]
    fn it_never_outlives_its_own_end() {
        assert!(is_known(Some(102), moment(101, 7)));
        assert!(!is_known(Some(102), moment(102, 7)));
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nothing_younger() {
        assert!(!is_known(None, moment(99, 7)));
    }
}
