//! Which records a time starts runs for: a page at a time, so that their number does not matter. Reads only.

use std::sync::Arc;

use chrono_tz::Tz;
use pointsman_entities::{change, ids::RecordId, time::Timestamp};
use pointsman_graph::{
    expression::{Budget, Comparison, Expression, Fault},
    plan::Trigger,
    timetable::DateRule,
    value::Value as Computed,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::schedule::{stamp, utc};
use crate::{
    crm::{
        Access, Crm, Record, Value,
        change::Operation,
        filter::{Filter, Test},
        object::{Object, UPDATED_AT},
        query::{Cursor, Page, Query},
        snapshot::Snapshot,
    },
    facts::{self, CandidateFacts},
    store,
};

/// Records looked at in one go; their runs are one write set.
const PAGE: u64 = 200;

/// A time that looks through records.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    /// The workflow's name, for the log.
    pub workflow: &'a str,
    pub trigger: &'a Trigger,
    pub zone: Tz,
    /// The time before, which was done with.
    pub since: Timestamp,
    pub at: Timestamp,
}

/// What one go has found.
pub(super) struct Found {
    /// They get a run.
    pub records: Vec<Arc<Record>>,
    /// The last record looked at; none where that was the last of all.
    pub after: Option<RecordId>,
}

/// Looks through the records behind one, in the order of their ids.
pub(super) async fn page(
    crm: &Crm,
    look: Look<'_>,
    object: &Arc<Object>,
    after: Option<RecordId>,
) -> Result<Found, store::Error> {
    let mut snapshot = Snapshot::new(crm.store());
    let pushed = pushed_down(crm, look, object, &snapshot);
    let query = Query {
        object: Arc::clone(object),
        filter: Filter::All(pushed.clone().into_iter().chain(dates(look, object)).collect()),
        order: Vec::new(),
    };
    let page = Page {
        size: PAGE,
        backward: false,
        from: after.map(Cursor::at),
    };
    let found = crm.find(&Access::system(), &query, &page).await?;
    let last = found.records.last().filter(|_| found.has_next).map(|record| record.id);
    let mut records = Vec::new();
    for record in found.records {
        let has_come = match look.trigger.timetable().and_then(|timetable| timetable.date.as_ref()) {
            Some(rule) => date_has_come(crm, look, rule, &record).await?,
            None => true,
        };
        if has_come && (pushed.is_some() || holds(crm, look, &mut snapshot, &record).await?) {
            records.push(record);
        }
    }
    Ok(Found { records, after: last })
}

/// The condition as the database can tell it, whole.
fn pushed_down(crm: &Crm, look: Look<'_>, object: &Object, snapshot: &Snapshot<'_>) -> Option<Filter> {
    let Some(condition) = &look.trigger.condition else {
        return Some(Filter::Always(true));
    };
    let facts = CandidateFacts {
        record: None,
        now: look.at,
        snapshot,
        catalogue: &crm.catalogue(),
    };
    let pushed = condition.filter("record", &facts, &mut Budget::default())?;
    Filter::from_expression(object, &pushed)
}

/// The dates whose moment may lie between the two times.
fn dates(look: Look<'_>, object: &Object) -> Option<Filter> {
    let rule = look.trigger.timetable()?.date.as_ref()?;
    let (index, _) = object.field(&rule.field)?;
    let (from, to) = rule.dates(utc(look.since), utc(look.at))?;
    let compare = |comparison, at| Filter::Field {
        index,
        test: Test::Compare(comparison, Value::Time(stamp(at))),
    };
    Some(Filter::All(vec![
        compare(Comparison::GreaterOrEqual, from),
        compare(Comparison::LessOrEqual, to),
    ]))
}

/// Whether the moment of the record's date lies between the two times, and the record had that date when it came.
async fn date_has_come(crm: &Crm, look: Look<'_>, rule: &DateRule, record: &Record) -> Result<bool, store::Error> {
    let Value::Time(date) = record.get(&rule.field) else {
        return Ok(false);
    };
    let moment = rule.moment(utc(*date), look.zone).map(stamp);
    match moment.filter(|moment| (look.since.plus_micros(1)..=look.at).contains(moment)) {
        Some(moment) => had_its_date(crm, rule, record, moment).await,
        None => Ok(false),
    }
}

/// Whether nobody has written the date later than its moment. Most records have not been changed at all since.
async fn had_its_date(crm: &Crm, rule: &DateRule, record: &Record, moment: Timestamp) -> Result<bool, store::Error> {
    let updated = record.object.fields.get(UPDATED_AT).map(|field| field.name);
    if matches!(record.values.get(UPDATED_AT), Some(Value::Time(at)) if *at <= moment) {
        return Ok(true);
    }
    let later = change::Entity::find()
        .filter(change::Column::RecordId.eq(record.id))
        .filter(change::Column::At.gt(moment))
        .all(crm.store().reads())
        .await?;
    let sets = |change: &change::Model| match Operation::parse(&change.operation) {
        Some(Operation::Created | Operation::Restored) => true,
        Some(Operation::Updated | Operation::Deleted) | None => {
            updated == Some(&*rule.field) || change.fields.split(',').any(|name| *name == *rule.field)
        }
    };
    Ok(!later.iter().any(sets))
}

/// Whether the condition holds for the record; one that fails does not.
async fn holds(
    crm: &Crm,
    look: Look<'_>,
    snapshot: &mut Snapshot<'_>,
    record: &Arc<Record>,
) -> Result<bool, store::Error> {
    let Some(condition) = &look.trigger.condition else {
        return Ok(true);
    };
    loop {
        match evaluate(crm, condition, look.at, snapshot, record) {
            Ok(value) => return Ok(value == Computed::Bool(true)),
            Err(Fault::Unloaded(reference)) => facts::load(&crm.catalogue(), snapshot, &reference).await?,
            Err(fault) => {
                tracing::warn!(workflow = look.workflow, %fault, "a trigger's condition failed");
                return Ok(false);
            }
        }
    }
}

fn evaluate(
    crm: &Crm,
    condition: &Expression,
    now: Timestamp,
    snapshot: &Snapshot<'_>,
    record: &Arc<Record>,
) -> Result<Computed, Fault> {
    let facts = CandidateFacts {
        record: Some(record),
        now,
        snapshot,
        catalogue: &crm.catalogue(),
    };
    condition.evaluate(&facts, &mut Budget::default())
}
