//! Reading workflows: one, many, their versions; checking definitions; the catalogue of node kinds.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object};
use pointsman_entities::{ids::WorkflowId, workflow, workflow_version};

use super::{
    VERSION, WORKFLOW, Workflow, WorkflowState, WorkflowVersion,
    drawn::{Drawn, WorkflowDefinitionInput},
    kinds::{self, NodeKind},
    problem::WorkflowProblem,
};
use crate::{
    api::{
        caller::{caller, part},
        connection::{Direction, Slice},
        error::{Error, Result},
        links::links,
        rows::RowConnection,
        scalar::Json,
    },
    crm::id,
    store::page::Order,
    workflow::{
        browse::Filter,
        manage::{State, Workflows},
    },
};

/// Which workflows. All that is given has to hold.
#[derive(Default, InputObject)]
pub struct WorkflowFilter {
    /// Where they stand.
    state: Option<WorkflowStateFilter>,
    /// A part of their name.
    name_contains: Option<String>,
}

/// Tests on a workflow's state.
#[derive(InputObject)]
pub struct WorkflowStateFilter {
    /// This state.
    eq: Option<WorkflowState>,
    /// One of these.
    r#in: Option<Vec<WorkflowState>>,
}

/// The order of a list of workflows.
#[derive(InputObject)]
pub struct WorkflowOrder {
    /// By what.
    field: WorkflowOrderField,
    /// Which end comes first.
    #[graphql(default)]
    direction: Direction,
}

/// What workflows are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum WorkflowOrderField {
    /// Their name.
    Name,
    /// When they were created.
    CreatedAt,
    /// When they were last changed.
    UpdatedAt,
}

impl From<WorkflowFilter> for Filter {
    fn from(filter: WorkflowFilter) -> Self {
        let states = filter.state.map(|test| {
            let states = one_of(test.eq, test.r#in);
            states.into_iter().map(State::from).collect()
        });
        Self {
            states,
            name_contains: filter.name_contains,
        }
    }
}

/// What both tests allow.
pub fn one_of<T: PartialEq>(eq: Option<T>, within: Option<Vec<T>>) -> Vec<T> {
    match (eq, within) {
        (Some(one), Some(many)) => many.into_iter().filter(|item| *item == one).take(1).collect(),
        (Some(one), None) => vec![one],
        (None, many) => many.unwrap_or_default(),
    }
}

fn order(asked: Option<WorkflowOrder>) -> Order<workflow::Column> {
    let (field, direction) = asked.map_or((WorkflowOrderField::Name, Direction::Asc), |order| {
        (order.field, order.direction)
    });
    Order {
        column: match field {
            WorkflowOrderField::Name => workflow::Column::Name,
            WorkflowOrderField::CreatedAt => workflow::Column::CreatedAt,
            WorkflowOrderField::UpdatedAt => workflow::Column::UpdatedAt,
        },
        id: workflow::Column::Id,
        descending: direction == Direction::Desc,
    }
}

/// A page of a workflow's versions.
///
/// # Errors
/// `BAD_USER_INPUT`, or where the database fails.
pub async fn versions(
    workflows: &Arc<Workflows>,
    id: WorkflowId,
    slice: &Slice,
) -> Result<RowConnection<WorkflowVersion>> {
    let page = workflows
        .versions(id, &slice.rows(workflow_version::Column::Number)?)
        .await?;
    let counted = Arc::clone(workflows);
    let count = move || -> futures_util::future::BoxFuture<'static, _> {
        let workflows = Arc::clone(&counted);
        Box::pin(async move { workflows.count_versions(id).await })
    };
    Ok(RowConnection::new(page, WorkflowVersion::from, Box::new(count)))
}

/// Reads workflows.
#[derive(Default)]
pub struct WorkflowQueries;

#[Object]
impl WorkflowQueries {
    /// The workflow of that id; null where there is none.
    async fn workflow(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
    ) -> Result<Option<Workflow>> {
        let links = links(context)?;
        match id::parse(WORKFLOW, &id) {
            Some(id) => Ok(links.workflow(id).await?.map(Workflow::from)),
            None => Ok(None),
        }
    }

    /// Workflows, by name unless another order is asked for.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn workflows(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which workflows.")] filter: Option<WorkflowFilter>,
        #[graphql(desc = "In what order.")] order_by: Option<WorkflowOrder>,
        #[graphql(desc = "The size of the page, from its start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Workflows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The size of the page, from its end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Workflows before this cursor.")] before: Option<String>,
    ) -> Result<Option<RowConnection<Workflow>>> {
        caller(context)?;
        let (workflows, order) = (part::<Workflows>(context)?, order(order_by));
        let (slice, filter) = (
            Slice {
                first,
                after,
                last,
                before,
            },
            filter.map(Filter::from).unwrap_or_default(),
        );
        let page = workflows.list(&filter, &order, &slice.rows(order.column)?).await?;
        let workflows = Arc::clone(workflows);
        let count = move || -> futures_util::future::BoxFuture<'static, _> {
            let (workflows, filter) = (Arc::clone(&workflows), filter.clone());
            Box::pin(async move { workflows.count(&filter).await })
        };
        Ok(Some(RowConnection::new(page, Workflow::from, Box::new(count))))
    }

    /// The version of that id; null where there is none.
    async fn workflow_version(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
    ) -> Result<Option<WorkflowVersion>> {
        let links = links(context)?;
        match id::parse(VERSION, &id) {
            Some(id) => Ok(links.version(id).await?.map(WorkflowVersion::from)),
            None => Ok(None),
        }
    }

    /// What is wrong with a definition, given in one of its two forms. Nothing is saved.
    async fn workflow_check(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The definition, typed.")] definition: Option<WorkflowDefinitionInput>,
        #[graphql(desc = "The definition in the form of a file.")] json: Option<Json>,
    ) -> Result<Option<Vec<WorkflowProblem>>> {
        let access = caller(context)?.access();
        let read = Drawn { definition, json }.read()?;
        let problems = match read.ok_or_else(|| Error::input("Give `definition` or `json`."))? {
            Ok(definition) => {
                part::<Workflows>(context)?
                    .check(access, &definition, None)
                    .await?
                    .problems
            }
            Err(error) => return Ok(Some(vec![WorkflowProblem::from(&error)])),
        };
        Ok(Some(problems.into_iter().map(WorkflowProblem::from).collect()))
    }

    /// Every kind of node, in the order of a palette.
    async fn node_kinds(&self, context: &Context<'_>) -> Result<Option<Vec<NodeKind>>> {
        caller(context)?;
        Ok(Some(kinds::all()))
    }
}
