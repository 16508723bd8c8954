//! Acts on times: each that is due starts its runs in the write set that moves its row on, so that any server node may act
//! on it and one does. Never sleeps: who calls this knows when.

use std::{collections::HashSet, sync::Arc};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use pointsman_entities::{
    ids::{MemberId, RecordId, WorkflowId},
    run, schedule,
    time::Timestamp,
};
use pointsman_graph::{key::NodeKey, plan::Trigger};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityName, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value as Json;

use super::{
    Error,
    enrol::Triggers,
    enter::enter,
    sweep,
    versions::{Version, Versions},
};
use crate::{
    crm::{
        Access, Crm, Record,
        cause::Cause,
        id,
        write::{Decision, Enrolled},
    },
    store::{self, Delete, Refusal, Update, Write},
};

/// Times acted on together.
const BATCH: u64 = 32;

/// The times of all active workflows, as one server node sees them.
pub struct Schedules {
    crm: Arc<Crm>,
    versions: Arc<Versions>,
    triggers: Arc<Triggers>,
    member: MemberId,
}

/// When to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// At once: more is due.
    Now,
    /// Then; or when something is published, where nothing is to come.
    At(Option<Timestamp>),
}

/// A time that has come, and how to act on it.
struct Due<'a> {
    row: &'a schedule::Model,
    version: Arc<Version>,
    trigger: Arc<Trigger>,
    zone: Tz,
    at: Timestamp,
    /// The first time behind it; none where none comes.
    next: Option<Timestamp>,
}

impl Schedules {
    #[must_use]
    pub fn new(crm: Arc<Crm>, versions: Arc<Versions>, triggers: Arc<Triggers>, member: MemberId) -> Self {
        Self {
            crm,
            versions,
            triggers,
            member,
        }
    }

    /// Returns when a workflow was published, paused or resumed, as far as this server node knows.
    pub async fn changed(&self) {
        self.triggers.changed().await;
    }

    /// Acts on some of what is due.
    ///
    /// # Errors
    /// Where the database fails. A time that can't be acted on is logged, and tried again later.
    pub async fn act(&self) -> Result<Next, Error> {
        let now = self.crm.source().now();
        let due = schedule::Entity::find()
            .filter(schedule::Column::NextAt.lte(now))
            .order_by_asc(schedule::Column::NextAt)
            .order_by_asc(schedule::Column::Id)
            .limit(BATCH)
            .all(self.crm.store().reads())
            .await
            .map_err(store::Error::from)?;
        if due.is_empty() {
            return self.next().await;
        }
        let acts = due.iter().map(|row| async {
            let acted = self.act_on(row, now).await;
            acted.unwrap_or_else(|error| {
                tracing::error!(schedule = %row.id.0, %error, "a time could not be acted on");
                false
            })
        });
        let acted = futures_util::future::join_all(acts).await;
        // Where nothing moved, other server nodes are at it just now, or it can't be helped.
        Ok(if acted.contains(&true) {
            Next::Now
        } else {
            Next::At(None)
        })
    }

    async fn next(&self) -> Result<Next, Error> {
        let next = schedule::Entity::find()
            .order_by_asc(schedule::Column::NextAt)
            .one(self.crm.store().reads())
            .await;
        Ok(Next::At(next.map_err(store::Error::from)?.map(|row| row.next_at)))
    }

    /// Whether the row has moved on.
    async fn act_on(&self, row: &schedule::Model, now: Timestamp) -> Result<bool, Error> {
        let version = self.versions.get(row.version_id).await?;
        let not_a_time = || Error::NotATime {
            schedule: row.id,
            node: row.node.clone(),
        };
        let node: Option<NodeKey> = row.node.parse().ok();
        let trigger = node.and_then(|node| version.plan.node(&node)?.trigger().cloned());
        let trigger = trigger.ok_or_else(not_a_time)?;
        let timetable = trigger.timetable().ok_or_else(not_a_time)?;
        let zone = zone(&row.zone)?;
        // A time that is being worked on is finished, however long that takes.
        let at = match row.after {
            Some(_) => Some(row.next_at),
            None => timetable.due(utc(row.next_at), utc(now), zone).map(stamp),
        };
        let Some(at) = at else {
            let next = timetable.cron.next(utc(now), zone).map(stamp);
            return self.move_on(row, next).await;
        };
        let due = Due {
            row,
            zone,
            at,
            next: timetable.cron.next(utc(at), zone).map(stamp),
            version,
            trigger: Arc::clone(&trigger),
        };
        match trigger.object.as_deref() {
            None => self.start(&due, vec![None], None).await,
            Some(object) => self.start_for_records(&due, object).await,
        }
    }

    async fn start_for_records(&self, due: &Due<'_>, object: &str) -> Result<bool, Error> {
        let Some(object) = self.crm.object(object) else {
            return self.move_on(due.row, due.next).await;
        };
        let page = sweep::page(&self.crm, due.look(), &object, due.row.after).await?;
        let records = page.records.into_iter().map(Some).collect();
        self.start(due, records, page.after).await
    }

    /// Starts a run for each, and moves the row on: behind a record, or where none is given to the next time.
    async fn start(
        &self,
        due: &Due<'_>,
        records: Vec<Option<Arc<Record>>>,
        after: Option<RecordId>,
    ) -> Result<bool, Error> {
        let (access, mut known) = (Access::system(), HashSet::new());
        loop {
            let mut decision = Decision::new(&self.crm, &access, Cause::Request);
            let new = records
                .iter()
                .filter(|record| !known.contains(&due.key(record.as_deref())));
            let starts = new
                .map(|record| due.start(&self.crm, decision.now, record.clone()))
                .collect();
            let turned_away = enter(&self.crm, self.member, &due.version, starts, &mut decision).await?;
            if !turned_away.is_empty() {
                tracing::debug!(schedule = %due.row.id.0, turned_away = turned_away.len(), "a time starts fewer runs than it found");
            }
            decision.set.push(match (after, due.next) {
                (Some(_), _) => step(due.row, due.at, due.row.since, after),
                (None, Some(next)) => step(due.row, next, due.at, None),
                (None, None) => end(due.row),
            });
            match self.crm.settle(decision, None).await? {
                Ok(()) => return Ok(true),
                // Clocks that were put back: this time was acted on before, as far as its runs are there.
                Err(Refusal::Taken { .. }) if known.is_empty() => {
                    let keys = records.iter().map(|record| due.key(record.as_deref()));
                    known = self.started(due.version.workflow, keys.collect()).await?;
                }
                Err(_) => return Ok(false),
            }
        }
    }

    /// Those of the keys that runs have.
    async fn started(&self, workflow: WorkflowId, keys: Vec<String>) -> Result<HashSet<String>, Error> {
        let runs = run::Entity::find()
            .filter(run::Column::WorkflowId.eq(workflow))
            .filter(run::Column::DedupKey.is_in(keys))
            .all(self.crm.store().reads())
            .await
            .map_err(store::Error::from)?;
        Ok(runs.into_iter().filter_map(|run| run.dedup_key).collect())
    }

    /// Leaves out the times that nobody acts on.
    async fn move_on(&self, row: &schedule::Model, next: Option<Timestamp>) -> Result<bool, Error> {
        let mut set = store::WriteSet::new();
        set.push(next.map_or_else(|| end(row), |next| step(row, next, row.since, None)));
        Ok(self.crm.store().commit(set).await?.is_ok())
    }
}

impl Due<'_> {
    fn look(&self) -> sweep::Look<'_> {
        sweep::Look {
            workflow: &self.version.name,
            trigger: &self.trigger,
            zone: self.zone,
            since: self.row.since,
            at: self.at,
        }
    }

    fn start(&self, crm: &Crm, now: Timestamp, record: Option<Arc<Record>>) -> Enrolled {
        let key = Some(self.key(record.as_deref()));
        Enrolled {
            run: crm.source().id(),
            workflow: self.version.workflow,
            version: self.version.id,
            trigger: self.row.node.clone(),
            record,
            previous: None,
            form: Json::Null,
            payload: Json::Null,
            due: Some(self.at),
            key,
            change: None,
            cause: id::format("schedule", self.row.id),
            cause_run: None,
            depth: 0,
            caller: None,
            gate: None,
            held: false,
            at: now,
        }
    }

    /// One run a time, or a record and time.
    fn key(&self, record: Option<&Record>) -> String {
        let (schedule, at) = (self.row.id.0, self.at.micros());
        match record {
            None => format!("schedule:{schedule}:{at}"),
            Some(record) => format!("schedule:{schedule}:{at}:{}", record.id.0),
        }
    }
}

/// Moves the row, where it still stands as it was read.
fn step(row: &schedule::Model, next: Timestamp, since: Timestamp, after: Option<RecordId>) -> Write {
    let columns = schedule::ActiveModel {
        next_at: Set(next),
        since: Set(since),
        after: Set(after),
        ..Default::default()
    };
    let update = Update::of(vec![("id", row.id.0.into())], &columns)
        .guarded("next_at", row.next_at.micros())
        .guarded("after", row.after.map(|after| after.0))
        .guarded("version_id", row.version_id.0);
    Write::Update(update)
}

/// Ends the row of times that come no more.
fn end(row: &schedule::Model) -> Write {
    Write::Delete(Delete {
        table: schedule::Entity.table_name(),
        key: vec![
            ("id", row.id.0.into()),
            ("next_at", row.next_at.micros().into()),
            ("version_id", row.version_id.0.into()),
        ],
        must_match: true,
    })
}

/// The zone of that name.
pub(super) fn zone(name: &str) -> Result<Tz, Error> {
    name.parse().map_err(|_| Error::UnknownZone { zone: name.to_owned() })
}

/// A row's time for the calendar.
pub(super) fn utc(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.micros()).unwrap_or_default()
}

/// The calendar's time for a row.
pub(super) fn stamp(at: DateTime<Utc>) -> Timestamp {
    Timestamp(at.timestamp_micros())
}
