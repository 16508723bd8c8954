//! Backtests: what a workflow would have done with the changes of the past. Reads the change log record by record; writes
//! nothing but its job's progress.

mod past;

use std::{collections::BTreeMap, str::FromStr, sync::Arc};

use chrono::DateTime;
use chrono_tz::Tz;
use pointsman_entities::{
    change,
    ids::{RecordId, UserId, WorkflowId},
    job,
    time::Timestamp,
};
use pointsman_graph::{check::check, definition::Definition, key::NodeKey, plan::Trigger, value::Schema};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{
    Engine, Error, advance as runs,
    dry_run::{
        Play,
        report::{Effect, Halt},
        verdict,
    },
    jobs::Progress,
};
use crate::{
    crm::{Access, access::Action, change::Change, object::Object, snapshot::Snapshot},
    store::{self, payload},
    workflow::{admission::MAX_DEPTH, versions::Version},
};

/// The kind of such jobs.
pub const KIND: &str = "BACKTEST";

/// Records looked at in one part of the job.
const BATCH: u64 = 100;

/// Would-be runs that are played through.
const SAMPLES: usize = 20;

/// What is tested: all that a server node needs that takes the job over.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// In the form of a file.
    pub definition: Json,
    pub workflow: WorkflowId,
    pub name: String,
    pub time_zone: String,
    /// In whose name its runs would act.
    pub publisher: Option<UserId>,
    /// Changes from this time on.
    pub since: Timestamp,
    /// Up to this time: when it was asked for.
    pub until: Timestamp,
}

/// What has been found so far, and where to go on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// The object and record that were looked at last.
    pub after: Option<(String, Option<RecordId>)>,
    /// Changes that were asked about.
    pub evaluated: u64,
    /// Runs that would have started.
    pub enrolled: u64,
    /// Changes of which nobody knows any more what they were: erased ones, and those before them.
    pub not_evaluable: u64,
    /// Runs by day, `2026-01-31`, in the workflow's time zone.
    pub days: BTreeMap<String, u64>,
    pub samples: Vec<Sample>,
}

/// One run that would have started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sample {
    /// The record's global id.
    pub record: String,
    pub at: Timestamp,
    pub trigger: NodeKey,
    /// `SUCCEEDED`, `FAILED` or `CANCELLED`; none where the dry run came to a halt.
    pub status: Option<String>,
    pub halt: Option<Halt>,
    /// What it would have done.
    pub effects: Vec<Effect>,
}

impl Engine {
    /// Asks for a backtest of a version that need not be published, over the changes since a time.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn backtest(
        &self,
        access: &Access,
        version: &Version,
        definition: &Definition,
        since: Timestamp,
    ) -> Result<job::Model, Error> {
        let order = Order {
            definition: definition.to_file(),
            workflow: version.workflow,
            name: version.name.clone(),
            time_zone: version.time_zone.clone(),
            publisher: version.publisher,
            since,
            until: self.source.now(),
        };
        self.order_job(access, KIND, serde_json::json!(order).to_string()).await
    }
}

/// A backtest at work.
struct Work<'e> {
    engine: &'e Engine,
    order: Order,
    version: Arc<Version>,
    access: Access,
    tally: Tally,
}

/// Does one part of a backtest.
///
/// # Errors
/// Where the database fails, or the order can't be carried out any more.
pub async fn advance(engine: &Engine, job: &job::Model) -> Result<Progress, Error> {
    let corrupt = |source| Error::Corrupt {
        table: "job",
        id: job.id.0.to_string(),
        source,
    };
    let input = payload::get(&engine.store, job.input.clone()).await?;
    let order: Order = serde_json::from_str(&input).map_err(corrupt)?;
    let tally = match engine.progress(job).await? {
        Some(text) => serde_json::from_str(&text).map_err(corrupt)?,
        None => Tally::default(),
    };
    let version = version(engine, &order)?;
    let Some(access) = runs::principal(engine, &version).await? else {
        return Err(unreadable(&order, "its publisher may no longer sign in"));
    };
    let mut work = Work {
        engine,
        order,
        version,
        access,
        tally,
    };
    let total = match job.total {
        0 => work.count().await?,
        known => known,
    };
    let (done, finished) = work.batch().await?;
    let state = serde_json::to_string(&work.tally).map_err(corrupt)?;
    Ok(Progress {
        done: if finished { total } else { (job.done + done).min(total) },
        total,
        state,
        finished,
    })
}

fn unreadable(order: &Order, reason: &str) -> Error {
    Error::Unreadable {
        table: "job",
        id: format!("of workflow {}: {reason}", order.workflow.0),
    }
}

fn version(engine: &Engine, order: &Order) -> Result<Arc<Version>, Error> {
    let definition =
        Definition::from_json(order.definition.clone()).map_err(|error| unreadable(order, &error.to_string()))?;
    let schema: Arc<dyn Schema> = engine.crm.catalogue();
    let plan = check(&definition, &schema)
        .plan
        .ok_or_else(|| unreadable(order, "its definition has errors"))?;
    Ok(Arc::new(Version {
        id: engine.source.id(),
        workflow: order.workflow,
        name: order.name.clone(),
        number: 0,
        time_zone: order.time_zone.clone(),
        publisher: order.publisher,
        plan,
    }))
}

impl Work<'_> {
    /// The objects whose changes can start runs, in an order that every server node has.
    fn objects(&self) -> Vec<Arc<Object>> {
        let triggers = self
            .version
            .plan
            .triggers()
            .filter(|(_, rule)| rule.operation().is_some());
        let mut names: Vec<_> = triggers.filter_map(|(_, rule)| rule.object.clone()).collect();
        names.sort();
        names.dedup();
        let catalogue = self.engine.crm.catalogue();
        names
            .iter()
            .filter_map(|name| catalogue.object(name).cloned())
            .collect()
    }

    async fn count(&self) -> Result<i64, Error> {
        let names = self.objects();
        let count = change::Entity::find()
            .filter(change::Column::Object.is_in(names.iter().map(|object| object.name)))
            .filter(change::Column::At.between(self.order.since, self.order.until))
            .count(self.engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// The next records: how many changes they had, and whether they were the last.
    async fn batch(&mut self) -> Result<(i64, bool), Error> {
        let objects = self.objects();
        let (name, last) = self.tally.after.clone().unzip();
        let place = name.and_then(|name| objects.iter().position(|object| object.name == name));
        let Some(object) = objects.get(place.unwrap_or(0)) else {
            return Ok((0, true));
        };
        let records = self.records(object, last.flatten()).await?;
        let mut done = 0;
        for record in &records {
            done += self.record(object, *record).await?;
        }
        let full = records.len() as u64 == BATCH;
        let next = objects.get(place.unwrap_or(0) + 1);
        self.tally.after = match (full, next) {
            (true, _) => Some((object.name.to_owned(), records.last().copied())),
            (false, Some(next)) => Some((next.name.to_owned(), None)),
            (false, None) => return Ok((done, true)),
        };
        Ok((done, false))
    }

    async fn records(&self, object: &Object, after: Option<RecordId>) -> Result<Vec<RecordId>, Error> {
        let mut query = change::Entity::find()
            .select_only()
            .column(change::Column::RecordId)
            .distinct()
            .filter(change::Column::Object.eq(object.name))
            .filter(change::Column::At.between(self.order.since, self.order.until))
            .order_by_asc(change::Column::RecordId)
            .limit(BATCH);
        if let Some(after) = after {
            query = query.filter(change::Column::RecordId.gt(after));
        }
        let found = query.into_tuple().all(self.engine.store.reads()).await;
        Ok(found.map_err(store::Error::from)?)
    }

    /// Every change of one record, the newest first. How many there were.
    async fn record(&mut self, object: &Arc<Object>, id: RecordId) -> Result<i64, Error> {
        let mut snapshot = Snapshot::new(&self.engine.store);
        let present = snapshot.load(object, id).await?;
        let rows = change::Entity::find()
            .filter(change::Column::RecordId.eq(id))
            .filter(change::Column::At.gte(self.order.since))
            .order_by_desc(change::Column::Seq)
            .all(self.engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        let visible = present.filter(|record| self.access.allows(Action::Read, record));
        let mut done = 0;
        for (row, change) in past::unwind(object, visible.as_deref(), rows) {
            if row.at > self.order.until {
                continue;
            }
            done += 1;
            match change {
                Some(change) if row.depth < MAX_DEPTH => self.ask(&change).await?,
                Some(_) => self.tally.evaluated += 1,
                None => self.tally.not_evaluable += 1,
            }
        }
        Ok(done)
    }

    async fn ask(&mut self, change: &Change) -> Result<(), Error> {
        self.tally.evaluated += 1;
        let version = Arc::clone(&self.version);
        for (trigger, rule) in version.plan.triggers() {
            let mut snapshot = Snapshot::new(&self.engine.store);
            snapshot.remember(Arc::clone(&change.after));
            if !verdict(&self.engine.crm, rule, change, &mut snapshot).await?.fires {
                continue;
            }
            self.tally.enrolled += 1;
            *self.tally.days.entry(self.day(change.at)).or_default() += 1;
            if self.tally.samples.len() < SAMPLES {
                self.sample(trigger, rule, change).await?;
            }
        }
        Ok(())
    }

    fn day(&self, at: Timestamp) -> String {
        let zone = Tz::from_str(&self.order.time_zone).unwrap_or(Tz::UTC);
        let time = DateTime::from_timestamp_micros(at.micros()).unwrap_or_default();
        time.with_timezone(&zone).format("%Y-%m-%d").to_string()
    }

    async fn sample(&mut self, trigger: &NodeKey, rule: &Trigger, change: &Change) -> Result<(), Error> {
        let play = Play::plain(Arc::clone(&self.version), change.at);
        let imagined = self.engine.imagine_past(trigger, rule, change).await?;
        let Ok(report) = self.engine.dry_run(play, imagined).await? else {
            return Ok(());
        };
        self.tally.samples.push(Sample {
            record: change.after.global_id(),
            at: change.at,
            trigger: trigger.clone(),
            status: report.status().map(str::to_owned),
            halt: report.halt,
            effects: report.effects,
        });
        Ok(())
    }
}
