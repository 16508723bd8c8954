//! Figures of runs for dashboards: failures that are alike, and how many runs began and ended when. The database counts;
//! what it gives back is bounded.

use pointsman_entities::{
    ids::{RunId, WorkflowId},
    time::Timestamp,
};
use sea_orm::{DbBackend, FromQueryResult, Statement, Value};
use uuid::Uuid;

use super::{Engine, failures::Fault};
use crate::store;

/// The groups of failures that are told apart at most.
const GROUPS: i64 = 100;

/// The buckets of one question at most.
pub const BUCKETS: i64 = 1_000;

/// Failures of one workflow that are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureGroup {
    /// Key of the node; empty where no node is to blame.
    pub node: String,
    /// Stable, `UPPER_SNAKE`.
    pub code: String,
    /// The message without what differs.
    pub pattern: String,
    pub count: i64,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    /// One of the runs, the newest.
    pub sample: RunId,
}

/// A span of time that is cut into equal parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buckets {
    pub from: Timestamp,
    pub to: Timestamp,
    /// Microseconds of one part.
    pub width: i64,
}

/// What began and ended in one part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Throughput {
    pub from: Timestamp,
    pub started: i64,
    pub succeeded: i64,
    pub failed: i64,
    pub cancelled: i64,
    /// Of those that ended, 95 of 100 took no longer, in microseconds; none where none ended.
    pub p95: Option<i64>,
}

#[derive(FromQueryResult)]
struct Group {
    fingerprint: String,
    count: i64,
    first_seen: i64,
    last_seen: i64,
    sample: Uuid,
}

#[derive(FromQueryResult)]
struct Started {
    bucket: i64,
    started: i64,
}

#[derive(FromQueryResult)]
struct Ended {
    bucket: i64,
    succeeded: i64,
    failed: i64,
    cancelled: i64,
    p95: Option<i64>,
}

impl Buckets {
    /// How many parts there are.
    #[must_use]
    pub fn count(&self) -> i64 {
        let span = self.to.micros().saturating_sub(self.from.micros());
        match self.width > 0 && span > 0 {
            true => span / self.width + i64::from(span % self.width > 0),
            false => 0,
        }
    }
}

impl Engine {
    /// The failed runs of a workflow, the most frequent kind of failure first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn failure_groups(
        &self,
        workflow: WorkflowId,
        since: Timestamp,
    ) -> Result<Vec<FailureGroup>, store::Error> {
        // PostgreSQL has no greatest UUID.
        let newest = match self.store.reads().get_database_backend() {
            DbBackend::Postgres => "(ARRAY_AGG(id ORDER BY id DESC))[1]",
            _ => "MAX(id)",
        };
        let sql = format!(
            "SELECT fingerprint, COUNT(*) AS count, MIN(finished_at) AS first_seen, MAX(finished_at) AS last_seen, \
             {newest} AS sample FROM run WHERE workflow_id = $1 AND finished_at >= $2 AND fingerprint IS NOT NULL \
             AND status = 'FAILED' GROUP BY fingerprint ORDER BY count DESC, last_seen DESC LIMIT {GROUPS}"
        );
        let values = [workflow.0.into(), since.micros().into()];
        let rows: Vec<Group> = self.select(sql, values.to_vec()).await?;
        let group = |row: Group| {
            let Fault { node, code, pattern } = Fault::parse(&row.fingerprint)?;
            Some(FailureGroup {
                node,
                code,
                pattern,
                count: row.count,
                first_seen: Timestamp(row.first_seen),
                last_seen: Timestamp(row.last_seen),
                sample: RunId(row.sample),
            })
        };
        Ok(rows.into_iter().filter_map(group).collect())
    }

    /// How many runs began and ended in each part of a span, of one workflow or of all. The caller bounds the parts.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn throughput(
        &self,
        workflow: Option<WorkflowId>,
        buckets: Buckets,
    ) -> Result<Vec<Throughput>, store::Error> {
        let mut parts: Vec<Throughput> = (0..buckets.count())
            .map(|number| Throughput {
                from: buckets.from.plus_micros(number * buckets.width),
                ..Throughput::default()
            })
            .collect();
        for row in self.started(workflow, buckets).await? {
            if let Some(part) = usize::try_from(row.bucket).ok().and_then(|place| parts.get_mut(place)) {
                part.started = row.started;
            }
        }
        for row in self.ended(workflow, buckets).await? {
            if let Some(part) = usize::try_from(row.bucket).ok().and_then(|place| parts.get_mut(place)) {
                (part.succeeded, part.failed, part.cancelled) = (row.succeeded, row.failed, row.cancelled);
                part.p95 = row.p95;
            }
        }
        Ok(parts)
    }

    async fn started(&self, workflow: Option<WorkflowId>, buckets: Buckets) -> Result<Vec<Started>, store::Error> {
        // Ids grow with the time they are made at, so the primary key finds the span.
        let sql = format!(
            "SELECT (created_at - $1) / $3 AS bucket, COUNT(*) AS started FROM run WHERE created_at >= $1 \
             AND created_at < $2 AND id >= $4 AND id < $5{} AND status <> 'REFUSED' GROUP BY 1",
            of(workflow, 6)
        );
        let mut values = buckets.values();
        values.extend([
            first_id(buckets.from).into(),
            first_id(buckets.to.plus_micros(1_000)).into(),
        ]);
        values.extend(workflow.map(|workflow| workflow.0.into()));
        self.select(sql, values).await
    }

    async fn ended(&self, workflow: Option<WorkflowId>, buckets: Buckets) -> Result<Vec<Ended>, store::Error> {
        let lasted = "finished_at - COALESCE(started_at, finished_at)";
        let sql = format!(
            "SELECT bucket, SUM(CASE WHEN status = 'SUCCEEDED' THEN 1 ELSE 0 END) AS succeeded, \
             SUM(CASE WHEN status = 'FAILED' THEN 1 ELSE 0 END) AS failed, \
             SUM(CASE WHEN status = 'CANCELLED' THEN 1 ELSE 0 END) AS cancelled, \
             MIN(CASE WHEN place * 100 >= total * 95 THEN lasted END) AS p95 FROM ( \
             SELECT (finished_at - $1) / $3 AS bucket, status, {lasted} AS lasted, \
             ROW_NUMBER() OVER (PARTITION BY (finished_at - $1) / $3 ORDER BY {lasted}) AS place, \
             COUNT(*) OVER (PARTITION BY (finished_at - $1) / $3) AS total \
             FROM run WHERE finished_at >= $1 AND finished_at < $2{} AND status <> 'REFUSED') AS part GROUP BY bucket",
            of(workflow, 4)
        );
        let mut values = buckets.values();
        values.extend(workflow.map(|workflow| workflow.0.into()));
        self.select(sql, values).await
    }

    async fn select<T: FromQueryResult>(&self, sql: String, values: Vec<Value>) -> Result<Vec<T>, store::Error> {
        let reads = self.store.reads();
        let statement = Statement::from_sql_and_values(reads.get_database_backend(), sql, values);
        Ok(T::find_by_statement(statement).all(reads).await?)
    }
}

impl Buckets {
    fn values(self) -> Vec<Value> {
        vec![self.from.micros().into(), self.to.micros().into(), self.width.into()]
    }
}

fn of(workflow: Option<WorkflowId>, place: usize) -> String {
    workflow
        .map(|_| format!(" AND workflow_id = ${place}"))
        .unwrap_or_default()
}

/// The least id that can be made at a time, to the millisecond.
fn first_id(at: Timestamp) -> Uuid {
    let millis = u64::try_from(at.micros() / 1_000).unwrap_or_default();
    let bytes = millis.to_be_bytes();
    let mut id = [0; 16];
    if let (Some(to), Some(from)) = (id.get_mut(..6), bytes.get(2..)) {
        to.copy_from_slice(from);
    }
    Uuid::from_bytes(id)
}

#[cfg(test)]
mod tests {
    use uuid::ContextV7;

    use super::*;

    #[test]
    fn a_span_is_cut_into_whole_parts_and_a_rest() {
        let count = |from, to, width| {
            Buckets {
                from: Timestamp(from),
                to: Timestamp(to),
                width,
            }
            .count()
        };

        assert_eq!(
            [
                count(0, 10, 5),
                count(0, 11, 5),
                count(5, 5, 5),
                count(9, 5, 5),
                count(0, 10, 0)
            ],
            [2, 3, 0, 0, 0]
        );
    }

    #[test]
    fn ids_made_at_a_time_are_not_below_its_first() {
        let at = Timestamp(1_767_603_600_000_000);
        let made = |micros: u64| {
            let nanos = u32::try_from(micros % 1_000_000).unwrap() * 1_000;
            Uuid::new_v7(uuid::Timestamp::from_unix(ContextV7::new(), micros / 1_000_000, nanos))
        };

        assert!(first_id(at) <= made(1_767_603_600_000_000));
        assert!(first_id(at) > made(1_767_603_599_999_000));
    }
}
