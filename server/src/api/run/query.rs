//! Reading runs.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object};
use futures_util::future::BoxFuture;
use pointsman_entities::{
    ids::{RecordId, WorkflowId},
    run,
};
use uuid::Uuid;

use super::{RUN, Run, RunStatus, inspects};
use crate::{
    api::{
        caller::{caller, part},
        connection::{Direction, Slice},
        error::{Error, Result},
        links::links,
        rows::RowConnection,
        scalar::DateTime,
        workflow::{WORKFLOW, one_of},
    },
    crm::id,
    engine::{Engine, browse},
    store::page::Order,
};

/// Which runs. All that is given has to hold.
#[derive(Clone, Default, InputObject)]
pub struct RunFilter {
    /// Of this workflow.
    workflow_id: Option<ID>,
    /// Where they stand.
    status: Option<RunStatusFilter>,
    /// About this record.
    record_id: Option<ID>,
    /// When they were enrolled.
    created_at: Option<TimeSpan>,
    /// A part of what failed, exactly as it is written. Takes the right to inspect runs.
    error_contains: Option<String>,
}

/// Tests on a run's status.
#[derive(Clone, InputObject)]
pub struct RunStatusFilter {
    /// This status.
    eq: Option<RunStatus>,
    /// One of these.
    r#in: Option<Vec<RunStatus>>,
}

/// A span of time.
#[derive(Clone, InputObject)]
pub struct TimeSpan {
    /// From then on.
    gte: Option<DateTime>,
    /// Before then.
    lt: Option<DateTime>,
}

/// The order of a list of runs.
#[derive(InputObject)]
pub struct RunOrder {
    /// By what.
    field: RunOrderField,
    /// Which end comes first.
    #[graphql(default)]
    direction: Direction,
}

/// What runs are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum RunOrderField {
    /// When they were enrolled.
    CreatedAt,
    /// When they last moved.
    UpdatedAt,
}

impl RunFilter {
    /// The filter as the engine reads it. An id that is none finds nothing.
    ///
    /// # Errors
    /// `FORBIDDEN` where errors are searched without the right to see them.
    pub fn read(self, context: &Context<'_>) -> Result<browse::Filter> {
        if self.error_contains.is_some() && !inspects(context) {
            return Err(Error::forbidden("Your role may not inspect runs."));
        }
        let nothing = Uuid::nil();
        let workflow = |id: ID| id::parse(WORKFLOW, &id).unwrap_or(WorkflowId(nothing));
        let record = |id: ID| RecordId(id::split(&id).map_or(nothing, |(_, id)| id));
        let statuses = self.status.map(|test| one_of(test.eq, test.r#in));
        let (from, before) = self.created_at.map_or((None, None), |span| (span.gte, span.lt));
        Ok(browse::Filter {
            workflow: self.workflow_id.map(workflow),
            statuses: statuses.map(|list| list.into_iter().map(browse::RunStatus::from).collect()),
            record: self.record_id.map(record),
            created_from: from.map(|time| time.0),
            created_before: before.map(|time| time.0),
            error_contains: self.error_contains,
            seen: part::<Engine>(context)?.seen(caller(context)?.access()),
        })
    }
}

/// A page of runs.
///
/// # Errors
/// `UNAUTHENTICATED`, `FORBIDDEN`, `BAD_USER_INPUT`, or where the database fails.
pub async fn page(
    context: &Context<'_>,
    within: Option<WorkflowId>,
    filter: Option<RunFilter>,
    asked: Option<RunOrder>,
    slice: &Slice,
) -> Result<Option<RowConnection<Run>>> {
    caller(context)?;
    let (engine, order) = (part::<Engine>(context)?, order(asked));
    let mut filter = filter.unwrap_or_default().read(context)?;
    filter.workflow = match (within, filter.workflow) {
        (Some(within), Some(asked)) if within != asked => Some(WorkflowId(Uuid::nil())),
        (within, asked) => within.or(asked),
    };
    let page = engine.runs(&filter, &order, &slice.rows(order.column)?).await?;
    let engine = Arc::clone(engine);
    let count = move || -> BoxFuture<'static, _> {
        let (engine, filter) = (Arc::clone(&engine), filter.clone());
        Box::pin(async move { engine.count_runs(&filter).await })
    };
    Ok(Some(RowConnection::new(page, Run::from, Box::new(count))))
}

/// The newest first, unless another order is asked for.
fn order(asked: Option<RunOrder>) -> Order<run::Column> {
    let (field, direction) = asked.map_or((RunOrderField::CreatedAt, Direction::Desc), |order| {
        (order.field, order.direction)
    });
    Order {
        column: match field {
            RunOrderField::CreatedAt => run::Column::CreatedAt,
            RunOrderField::UpdatedAt => run::Column::UpdatedAt,
        },
        id: run::Column::Id,
        descending: direction == Direction::Desc,
    }
}

/// Reads runs.
#[derive(Default)]
pub struct RunQueries;

#[Object]
impl RunQueries {
    /// The run of that id; null where there is none.
    async fn run(&self, context: &Context<'_>, #[graphql(desc = "The global id.")] id: ID) -> Result<Option<Run>> {
        let links = links(context)?;
        match id::parse(RUN, &id) {
            Some(id) => Ok(links.run(id).await?.map(Run::from)),
            None => Ok(None),
        }
    }

    /// Runs, the newest first unless another order is asked for.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn runs(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which runs.")] filter: Option<RunFilter>,
        #[graphql(desc = "In what order.")] order_by: Option<RunOrder>,
        #[graphql(desc = "The size of the page, from its start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Runs behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The size of the page, from its end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Runs before this cursor.")] before: Option<String>,
    ) -> Result<Option<RowConnection<Run>>> {
        let slice = Slice {
            first,
            after,
            last,
            before,
        };
        page(context, None, filter, order_by, &slice).await
    }
}
