//! Figures of runs for dashboards.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use pointsman_entities::ids::WorkflowId;
use uuid::Uuid;

use super::{Run, inspects};
use crate::{
    api::{
        caller::{caller, part},
        error::{Error, Result},
        links::links,
        scalar::DateTime,
        workflow::WORKFLOW,
    },
    crm::id,
    engine::{
        Engine,
        dashboard::{self, BUCKETS, Buckets},
    },
};

const MINUTE: i64 = 60_000_000;

/// Failed runs whose failures are alike.
pub struct FailureGroup(dashboard::FailureGroup);

/// Failed runs whose failures are alike: the same node, code and message, but for what differs from run to run.
#[Object]
impl FailureGroup {
    /// The key of the node that failed; null where no node is to blame.
    async fn node(&self) -> Option<&str> {
        Some(self.0.node.as_str()).filter(|node| !node.is_empty())
    }

    /// Why, for programs.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Why, for people, with `#` for what differs. Null without the right to inspect runs.
    async fn message(&self, context: &Context<'_>) -> Option<&str> {
        Some(self.0.pattern.as_str()).filter(|_| inspects(context))
    }

    /// How many runs.
    async fn count(&self) -> i32 {
        i32::try_from(self.0.count).unwrap_or(i32::MAX)
    }

    /// When the first of them failed.
    async fn first_seen(&self) -> DateTime {
        DateTime(self.0.first_seen)
    }

    /// When the last of them failed.
    async fn last_seen(&self) -> DateTime {
        DateTime(self.0.last_seen)
    }

    /// The newest of them.
    async fn sample(&self, context: &Context<'_>) -> Result<Option<Run>> {
        Ok(links(context)?.run(self.0.sample).await?.map(Run::from))
    }
}

/// How long a part of a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum TimeBucket {
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
}

impl TimeBucket {
    fn micros(self) -> i64 {
        match self {
            Self::Minute => MINUTE,
            Self::Hour => 60 * MINUTE,
            Self::Day => 24 * 60 * MINUTE,
        }
    }
}

/// What began and ended in a part of a span.
#[derive(SimpleObject)]
pub struct Throughput {
    /// When the part begins.
    from: DateTime,
    /// Runs that were enrolled.
    started: i32,
    /// Runs that ended well.
    succeeded: i32,
    /// Runs that failed.
    failed: i32,
    /// Runs that somebody ended.
    cancelled: i32,
    /// Milliseconds that 95 of 100 of the runs that ended took at most, waits included; null where none ended.
    p95_milliseconds: Option<f64>,
}

impl Throughput {
    fn of(part: dashboard::Throughput) -> Self {
        let count = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
        #[expect(clippy::cast_precision_loss, reason = "no run takes 285 years")]
        let milliseconds = |micros: i64| micros as f64 / 1_000.0;
        Self {
            from: DateTime(part.from),
            started: count(part.started),
            succeeded: count(part.succeeded),
            failed: count(part.failed),
            cancelled: count(part.cancelled),
            p95_milliseconds: part.p95.map(milliseconds),
        }
    }
}

/// Reads figures.
#[derive(Default)]
pub struct DashboardQueries;

#[Object]
impl DashboardQueries {
    /// The failed runs of a workflow by what failed, the most frequent first; at most a hundred groups.
    async fn failure_groups(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The workflow's global id.")] workflow_id: ID,
        #[graphql(desc = "Runs that failed from then on.")] since: DateTime,
    ) -> Result<Option<Vec<FailureGroup>>> {
        caller(context)?;
        let workflow = id::parse(WORKFLOW, &workflow_id).unwrap_or(WorkflowId(Uuid::nil()));
        let groups = part::<Engine>(context)?.failure_groups(workflow, since.0).await?;
        Ok(Some(groups.into_iter().map(FailureGroup).collect()))
    }

    /// How many runs began and ended in each part of a span, counted from its beginning; at most a thousand parts.
    async fn throughput(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of this workflow; of all if nothing is said.")] workflow_id: Option<ID>,
        #[graphql(desc = "Where the span begins.")] from: DateTime,
        #[graphql(desc = "Where it ends.")] to: DateTime,
        #[graphql(desc = "How long each part is.")] bucket: TimeBucket,
    ) -> Result<Option<Vec<Throughput>>> {
        caller(context)?;
        let buckets = Buckets {
            from: from.0,
            to: to.0,
            width: bucket.micros(),
        };
        if buckets.count() > BUCKETS {
            return Err(Error::input(format!("A span has at most {BUCKETS} parts.")));
        }
        let workflow = workflow_id.map(|id| id::parse(WORKFLOW, &id).unwrap_or(WorkflowId(Uuid::nil())));
        let parts = part::<Engine>(context)?.throughput(workflow, buckets).await?;
        Ok(Some(parts.into_iter().map(Throughput::of).collect()))
    }
}
