//! What server nodes tell each other, and how it is written. Pure.

use std::collections::BTreeSet;

use pointsman_entities::ids::{MemberId, RunId};
use serde::{Deserialize, Serialize};

/// Runs named one by one at most: a notice stays below the 8,000 bytes that PostgreSQL carries.
const NAMED: usize = 150;

/// "Look again": where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The change log grew.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub changes: bool,
    /// Users were notified.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub notifications: bool,
    /// The runs whose histories grew.
    #[serde(default, skip_serializing_if = "Runs::is_empty")]
    pub runs: Runs,
}

/// Some runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Runs {
    These(BTreeSet<RunId>),
    /// Any may be among them.
    Any,
}

impl Default for Runs {
    fn default() -> Self {
        Self::These(BTreeSet::new())
    }
}

impl Runs {
    /// The runs, one by one where they are few.
    #[must_use]
    pub fn these(runs: impl IntoIterator<Item = RunId>) -> Self {
        let runs: BTreeSet<_> = runs.into_iter().collect();
        if runs.len() > NAMED {
            Self::Any
        } else {
            Self::These(runs)
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::These(runs) => runs.is_empty(),
            Self::Any => false,
        }
    }

    fn and(self, others: Self) -> Self {
        match (self, others) {
            (Self::These(these), Self::These(others)) => Self::these(these.into_iter().chain(others)),
            (Self::Any, _) | (_, Self::Any) => Self::Any,
        }
    }
}

/// A notice and who sends it.
#[derive(Serialize, Deserialize)]
struct Letter {
    from: MemberId,
    #[serde(flatten)]
    notice: Notice,
}

impl Notice {
    /// Look everywhere.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            changes: true,
            notifications: true,
            runs: Runs::Any,
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Both notices as one.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            changes: self.changes || other.changes,
            notifications: self.notifications || other.notifications,
            runs: self.runs.and(other.runs),
        }
    }

    /// As it goes over the wire.
    pub(super) fn text(self, from: MemberId) -> String {
        serde_json::to_string(&Letter { from, notice: self }).unwrap_or_default()
    }

    /// Reads what a node has sent; none of one's own. What can't be read, as from another release, may mean anything.
    pub(super) fn parse(text: &str, reader: MemberId) -> Option<Self> {
        match serde_json::from_str::<Letter>(text) {
            Ok(letter) if letter.from == reader => None,
            Ok(letter) => Some(letter.notice),
            Err(_) => Some(Self::everything()),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn run(number: u128) -> RunId {
        RunId(Uuid::from_u128(number))
    }

    fn member(number: u128) -> MemberId {
        MemberId(Uuid::from_u128(number))
    }

    #[test]
    fn a_notice_reads_as_it_was_written_but_for_its_sender() {
        let notice = Notice {
            changes: true,
            runs: Runs::these([run(1), run(2)]),
            ..Notice::default()
        };

        let text = notice.clone().text(member(1));

        assert_eq!(Notice::parse(&text, member(2)), Some(notice));
        assert_eq!(Notice::parse(&text, member(1)), None);
        assert_eq!(
            Notice::parse("of another release", member(1)),
            Some(Notice::everything())
        );
    }

    #[test]
    fn many_notices_are_one_that_fits() {
        let many = (0..10_000).map(|number| Notice {
            runs: Runs::these([run(number)]),
            ..Notice::default()
        });
        let few = Runs::these((0..NAMED as u128).map(|number| run(u128::MAX - number)));

        let together = many.fold(Notice::default(), Notice::and);
        let longest = Notice {
            changes: true,
            notifications: true,
            runs: few,
        };

        assert_eq!(together.runs, Runs::Any);
        assert!(longest.text(member(u128::MAX)).len() < 8_000);
    }
}
