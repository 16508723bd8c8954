//! When triggers of time look, and at what. Pure: what time it is now, and what was looked at before, come from outside.

mod cron;
mod date;
mod wall;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

pub use cron::{Cron, NotACron};
pub use date::{DateRule, NotAnOffset, Offset};
pub use wall::{NotATimeOfDay, TimeOfDay, instant};

/// When a trigger looks.
#[derive(Clone, Debug)]
pub struct Timetable {
    /// Its times.
    pub cron: Cron,
    /// None where they are those of the workflow's zone.
    pub zone: Option<Tz>,
    /// What becomes of times at which nobody could look.
    pub catch_up: CatchUp,
    /// Present where it looks for records whose date has come; what it has not looked at yet is never left out.
    pub date: Option<DateRule>,
}

/// What becomes of times that passed while no server ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CatchUp {
    /// Nothing, unless the last of them passed within [`GRACE`].
    #[default]
    Skip,
    /// The last of them is made up for.
    Latest,
    /// All are, but no more than the last [`MOST`].
    All,
}

/// A time that is late by no more than this was not missed: a restart, a long queue. Five minutes.
pub const GRACE: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

/// The most times that are made up for.
pub const MOST: usize = 100;

impl Timetable {
    /// The time that is to be acted on, of all those from `next` up to `now`; none where they are left out.
    pub fn due(&self, next: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let last = |most| self.cron.last(next, now, zone, most);
        match self.catch_up {
            CatchUp::Skip => last(1).first().copied().filter(|time| now - *time <= GRACE),
            CatchUp::Latest => last(1).first().copied(),
            CatchUp::All => last(MOST).first().copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(catch_up: CatchUp, now: &str) -> Option<String> {
        let timetable = Timetable {
            cron: "0 8 * * *".parse().unwrap(),
            zone: None,
            catch_up,
            date: None,
        };
        let next = "2026-01-05T08:00:00Z".parse().unwrap();
        let due = timetable.due(next, now.parse().unwrap(), Tz::UTC);
        due.map(|time| time.format("%FT%R").to_string())
    }

    #[test]
    fn what_was_missed_is_left_out_or_made_up_for_once_or_from_the_first_on() {
        let days_later = "2026-01-09T12:00:00Z";

        assert_eq!(due(CatchUp::Skip, days_later), None);
        assert_eq!(due(CatchUp::Latest, days_later).unwrap(), "2026-01-09T08:00");
        assert_eq!(due(CatchUp::All, days_later).unwrap(), "2026-01-05T08:00");
    }

    #[test]
    fn no_more_than_a_hundred_are_made_up_for() {
        assert_eq!(
            due(CatchUp::All, "2027-01-05T12:00:00Z").unwrap(),
            "2026-09-28T08:00",
            "that day and the 99 after it"
        );
    }

    #[test]
    fn a_little_late_is_not_missed() {
        assert_eq!(due(CatchUp::Skip, "2026-01-05T08:05:00Z").unwrap(), "2026-01-05T08:00");
        assert_eq!(due(CatchUp::Skip, "2026-01-05T08:05:01Z"), None);
        assert_eq!(due(CatchUp::All, "2026-01-05T07:59:59Z"), None);
    }
}
