//! Quiet hours: marketing SMS go out between eight and nine in the evening where their receiver is. A step whose turn comes
//! in the night waits for the morning, and only then is the message written.

use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use pointsman_entities::{contact, effect, ids::EffectId, time::Timestamp};
use pointsman_graph::{step::StepId, timetable::instant};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{
    actions::sms::Number,
    engine::{
        Error,
        effect::{What, order_of},
        inbox::Purpose,
        segment::Segment,
    },
    store,
};

/// The hours of the day that are not quiet: from the first to the last, which is quiet again.
const LOUD: std::ops::Range<u32> = 8..21;

impl Segment<'_> {
    /// Whether it is night where marketing goes to; the step then waits for the morning.
    pub(super) async fn waits_for_morning(&mut self, step: &StepId, attempt: u32, to: &Number) -> Result<bool, Error> {
        let zone = self.zone_of(to).await?;
        let Some(morning) = morning(self.at(), zone) else {
            return Ok(false);
        };
        let until = Timestamp(morning.timestamp_micros());
        self.set_timer(step, Purpose::Quiet, attempt, until);
        self.wait(step, Some(until));
        Ok(true)
    }

    /// The same for an order that is in the ledger, before it is tried again.
    pub(super) async fn repeats_in_the_morning(
        &mut self,
        step: &StepId,
        attempt: u32,
        effect: EffectId,
    ) -> Result<bool, Error> {
        let store = &self.engine.store;
        let row = effect::Entity::find_by_id(effect).one(store.reads()).await;
        let Some(row) = row.map_err(store::Error::from)?.filter(|row| row.kind == "SMS") else {
            return Ok(false);
        };
        match order_of(store, &row).await?.what {
            What::Sms {
                sms, marketing: true, ..
            } => self.waits_for_morning(step, attempt, &sms.to).await,
            What::Sms { .. } | What::Email { .. } | What::Http(_) => Ok(false),
        }
    }

    /// The receiver's time zone where the contact has one, else the workflow's.
    async fn zone_of(&self, to: &Number) -> Result<Tz, Error> {
        let known = contact::Entity::find()
            .filter(contact::Column::Phone.eq(to.as_str()))
            .filter(contact::Column::DeletedAt.is_null())
            .filter(contact::Column::TimeZone.is_not_null())
            .one(self.engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        let own = known.and_then(|contact| Tz::from_str(&contact.time_zone?).ok());
        let workflows = || Tz::from_str(&self.live.version.time_zone).unwrap_or(Tz::UTC);
        Ok(own.unwrap_or_else(workflows))
    }
}

/// The next morning; none where it is not quiet.
fn morning(now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
    let there = now.with_timezone(&zone).naive_local();
    if LOUD.contains(&there.hour()) {
        return None;
    }
    let days = i64::from(there.hour() >= LOUD.end);
    let day = there.date().checked_add_signed(TimeDelta::days(days))?;
    instant(day.and_hms_opt(LOUD.start, 0, 0)?, zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_night_ends_at_eight_where_the_receiver_is() {
        let morning = |now: &str, zone| Some(morning(now.parse().unwrap(), zone)?.to_rfc3339());
        let at_eight = Some("2026-01-05T13:00:00+00:00".to_owned());

        assert_eq!(morning("2026-01-05T13:00:00Z", Tz::America__New_York), None);
        assert_eq!(morning("2026-01-06T01:59:59Z", Tz::America__New_York), None);
        assert_eq!(morning("2026-01-05T02:00:00Z", Tz::America__New_York), at_eight);
        assert_eq!(morning("2026-01-05T12:59:59Z", Tz::America__New_York), at_eight);
    }

    #[test]
    fn the_morning_is_eight_oclock_also_after_clocks_have_changed() {
        let morning = |now: &str| morning(now.parse().unwrap(), Tz::Europe__Berlin).unwrap().to_rfc3339();

        assert_eq!(morning("2026-03-28T21:00:00Z"), "2026-03-29T06:00:00+00:00");
        assert_eq!(morning("2026-10-24T20:00:00Z"), "2026-10-25T07:00:00+00:00");
    }
}
