//! Slows down guessing, by account and by address. Pure: time comes from outside. Never holds more than a fixed number
//! of subjects, and never the names of accounts.

use std::collections::HashMap;
use std::mem;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use pointsman_entities::time::Timestamp;
use sha2::{Digest, Sha256};

/// Attempts that cost nothing, the first wait, and the longest.
struct Policy {
    free: u32,
    first: Duration,
    longest: Duration,
}

/// Short at its longest: whoever guesses at an account also locks its owner out.
const ACCOUNT: Policy = Policy {
    free: 5,
    first: Duration::from_secs(1),
    longest: Duration::from_secs(60),
};
/// An office may sit behind one address.
const ADDRESS: Policy = Policy {
    free: 20,
    first: Duration::from_secs(1),
    longest: Duration::from_secs(15 * 60),
};
/// Without an attempt for so long, a subject starts afresh.
const MEMORY: Duration = Duration::from_secs(60 * 60);
/// Of each of the two generations.
const CAPACITY: usize = 50_000;

/// The failed attempts of late. The newer half of the subjects survives where there are too many; to push one out,
/// somebody must make 50,000 attempts, each of which costs a password hash.
#[derive(Debug, Default)]
pub struct Throttle {
    young: HashMap<Subject, Attempts>,
    old: HashMap<Subject, Attempts>,
}

/// An attempt comes too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts: wait {} s", .0.as_secs().max(1))]
pub struct Wait(pub Duration);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Subject {
    Account([u8; 32]),
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy, Default)]
struct Attempts {
    count: u32,
    last: Timestamp,
}

impl Throttle {
    /// Asks to make an attempt, and counts it as failed until [`Throttle::succeeded`] says otherwise: so that a
    /// thousand attempts at once are not all let through before the first has failed.
    ///
    /// # Errors
    /// How long to wait, where the account or the address has failed too often. Such an attempt is not counted.
    pub fn admit(&mut self, account: &str, address: IpAddr, now: Timestamp) -> Result<(), Wait> {
        let subjects = [
            (Subject::account(account), &ACCOUNT),
            (Subject::address(address), &ADDRESS),
        ];
        let wait = subjects
            .iter()
            .map(|(subject, policy)| self.known(subject, now).wait(policy, now))
            .max();
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            return Err(Wait(wait));
        }
        for (subject, _) in subjects {
            let count = self.known(&subject, now).count.saturating_add(1);
            self.remember(subject, Attempts { count, last: now });
        }
        Ok(())
    }

    /// The attempt was right. The account starts afresh; the address only gets this attempt back, or whoever has an
    /// account of his own could guess at others for ever.
    pub fn succeeded(&mut self, account: &str, address: IpAddr, now: Timestamp) {
        self.remember(Subject::account(account), Attempts::default());
        let address = Subject::address(address);
        let attempts = self.known(&address, now);
        self.remember(
            address,
            Attempts {
                count: attempts.count.saturating_sub(1),
                ..attempts
            },
        );
    }

    fn known(&self, subject: &Subject, now: Timestamp) -> Attempts {
        let known = self.young.get(subject).or_else(|| self.old.get(subject));
        known
            .copied()
            .filter(|attempts| span(attempts.last, now) < MEMORY)
            .unwrap_or_default()
    }

    fn remember(&mut self, subject: Subject, attempts: Attempts) {
        if self.young.len() >= CAPACITY && !self.young.contains_key(&subject) {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(subject, attempts);
    }
}

impl Subject {
    /// A digest, so that a long name takes no more room than a short one.
    fn account(name: &str) -> Self {
        Self::Account(Sha256::digest(name.trim().to_lowercase()).into())
    }

    /// Of IPv6 the network of 64 bits, which is the least that a customer gets; IPv4 in its own form however it comes.
    fn address(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits())),
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        })
    }
}

impl Attempts {
    /// What is left of the wait: it doubles with each attempt that was not free.
    fn wait(self, policy: &Policy, now: Timestamp) -> Duration {
        let Some(paid) = self.count.checked_sub(policy.free) else {
            return Duration::ZERO;
        };
        let whole = policy
            .first
            .saturating_mul(2_u32.saturating_pow(paid))
            .min(policy.longest);
        whole.saturating_sub(span(self.last, now))
    }
}

/// A clock that was set back counts as one that stands: a wait never grows by it.
fn span(from: Timestamp, to: Timestamp) -> Duration {
    Duration::from_micros(u64::try_from(to.micros().saturating_sub(from.micros())).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: &str = "ann@example.com";

    fn at(seconds: i64) -> Timestamp {
        Timestamp(1_000_000_000_000_000).plus_micros(seconds * 1_000_000)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Fails from a new address each time, as fast as it may, and gives the waits.
    fn waits_of_account(attempts: u32) -> Vec<u64> {
        let (mut throttle, mut now, mut waits) = (Throttle::default(), 0, Vec::new());
        for n in 0..attempts {
            let address = IpAddr::V4(Ipv4Addr::from_bits(n << 8));
            if let Err(Wait(wait)) = throttle.admit(ANN, address, at(now)) {
                waits.push(wait.as_secs());
                now += i64::try_from(wait.as_secs()).unwrap();
                throttle.admit(ANN, address, at(now)).unwrap();
            }
        }
        waits
    }

    #[test]
    fn the_wait_doubles_up_to_its_longest() {
        assert_eq!(waits_of_account(14), [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn an_address_that_tries_many_accounts_waits() {
        let mut throttle = Throttle::default();
        for n in 0..20 {
            throttle.admit(&format!("user{n}"), ip("192.0.2.1"), at(0)).unwrap();
        }

        assert_eq!(
            throttle.admit("user20", ip("192.0.2.1"), at(0)),
            Err(Wait(Duration::from_secs(1)))
        );
        assert_eq!(
            throttle.admit("user20", ip("::ffff:192.0.2.1"), at(0)),
            Err(Wait(Duration::from_secs(1)))
        );
        assert_eq!(throttle.admit("user20", ip("192.0.2.2"), at(0)), Ok(()));
    }

    #[test]
    fn a_customer_of_ipv6_is_one_address() {
        let mut throttle = Throttle::default();
        for n in 0..20 {
            throttle
                .admit(&format!("user{n}"), ip(&format!("2001:db8::{n}")), at(0))
                .unwrap();
        }

        assert!(throttle.admit("user20", ip("2001:db8::ffff"), at(0)).is_err());
        assert!(throttle.admit("user20", ip("2001:db8:0:1::1"), at(0)).is_ok());
    }

    #[test]
    fn an_account_is_the_same_in_any_spelling() {
        let mut throttle = Throttle::default();
        for name in [
            "ann@example.com",
            "Ann@example.com",
            " ANN@example.com",
            "ann@EXAMPLE.com ",
            "ann@example.coM",
        ] {
            throttle.admit(name, ip("192.0.2.1"), at(0)).unwrap();
        }

        assert!(throttle.admit(ANN, ip("192.0.2.1"), at(0)).is_err());
    }

    #[test]
    fn attempts_at_once_are_all_counted() {
        let mut throttle = Throttle::default();

        let admitted = (0..1000)
            .filter(|_| throttle.admit(ANN, ip("192.0.2.1"), at(0)).is_ok())
            .count();

        assert_eq!(admitted, 5);
    }

    #[test]
    fn success_frees_the_account_but_not_the_address() {
        let mut throttle = Throttle::default();
        for n in 0..19 {
            throttle.admit(&format!("user{n}"), ip("192.0.2.1"), at(0)).unwrap();
        }
        for _ in 0..10 {
            throttle.admit("mallory", ip("192.0.2.1"), at(0)).unwrap();
            throttle.succeeded("mallory", ip("192.0.2.1"), at(0));
        }

        assert!(throttle.admit(ANN, ip("192.0.2.1"), at(0)).is_ok());
        assert!(throttle.admit(ANN, ip("192.0.2.1"), at(0)).is_err());
    }

    #[test]
    fn an_hour_without_attempts_is_a_fresh_start() {
        let mut throttle = Throttle::default();
        for _ in 0..5 {
            throttle.admit(ANN, ip("192.0.2.1"), at(0)).unwrap();
        }

        for _ in 0..5 {
            assert_eq!(throttle.admit(ANN, ip("192.0.2.1"), at(3600)), Ok(()));
        }
    }

    #[test]
    fn a_clock_that_is_set_back_makes_no_wait_longer() {
        let mut throttle = Throttle::default();
        for _ in 0..5 {
            throttle.admit(ANN, ip("192.0.2.1"), at(0)).unwrap();
        }

        assert_eq!(
            throttle.admit(ANN, ip("192.0.2.1"), at(-3600)),
            Err(Wait(Duration::from_secs(1)))
        );
    }

    #[test]
    fn memory_is_bounded_and_keeps_the_newer_half() {
        let mut throttle = Throttle::default();
        for n in 0..200_000_u32 {
            throttle
                .admit(&n.to_string(), IpAddr::V4(Ipv4Addr::from_bits(n)), at(0))
                .unwrap();
        }

        assert!(throttle.young.len() + throttle.old.len() <= 2 * CAPACITY);
        for _ in 0..4 {
            throttle.admit("199999", ip("192.0.2.1"), at(0)).unwrap();
        }
        assert!(throttle.admit("199999", ip("192.0.2.1"), at(0)).is_err());
    }
}
