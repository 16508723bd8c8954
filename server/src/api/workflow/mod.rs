//! Workflows and their versions in the API.

mod change;
mod definition;
mod drawn;
mod dry_run;
mod kinds;
mod problem;
mod query;
mod settings;
mod summary;
mod trial;
mod why;

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, MergedObject, Object};
use pointsman_entities::{workflow, workflow_version};

use super::{
    caller::{caller, part},
    connection::Slice,
    error::{Error, Result},
    links::links,
    noun::Noun,
    object::User,
    rows::RowConnection,
    run::{self, Run, RunFilter, RunOrder},
    scalar::{DateTime, TimeZone},
};
use crate::{
    crm::id,
    workflow::manage::{State, Workflows},
};
use change::WorkflowMutations;
use definition::WorkflowDefinition;
pub use dry_run::{DryRunEffect, DryRunHalt};
use problem::WorkflowProblem;
use query::WorkflowQueries;
pub use query::one_of;
use trial::{TrialMutations, TrialQueries};
use why::EnrolmentQueries;

/// Reads workflows, and asks what they would do or why they did not.
#[derive(Default, MergedObject)]
pub struct AutomationQueries(WorkflowQueries, TrialQueries, EnrolmentQueries);

/// Changes workflows, and tries them out.
#[derive(Default, MergedObject)]
pub struct AutomationMutations(WorkflowMutations, TrialMutations);

/// The prefix of workflows' ids.
pub const WORKFLOW: &str = "workflow";
/// The prefix of versions' ids.
pub const VERSION: &str = "version";

/// Automation, as an admin has drawn it.
#[derive(Clone)]
pub struct Workflow(pub Arc<workflow::Model>);

impl From<workflow::Model> for Workflow {
    fn from(row: workflow::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// Where a workflow stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "State")]
pub enum WorkflowState {
    /// Never published.
    Draft,
    /// Changes start runs.
    Active,
    /// Nothing starts; runs under way go on.
    Paused,
    /// Put away.
    Archived,
}

/// Automation, as an admin has drawn it.
#[Object]
impl Workflow {
    /// The global id.
    pub async fn id(&self) -> ID {
        id::format(WORKFLOW, self.0.id).into()
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is for.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// Where it stands.
    async fn state(&self) -> Result<WorkflowState> {
        let state = State::parse(&self.0.state).map(WorkflowState::from);
        state.ok_or_else(|| Error::internal(format!("workflow {}: `state` is none", self.0.id.0)))
    }

    /// Where its calendar days begin.
    async fn time_zone(&self) -> TimeZone {
        TimeZone(self.0.time_zone.clone())
    }

    /// What is being edited.
    async fn draft(&self) -> Result<WorkflowDefinition> {
        read(&self.0.draft).map_err(|error| error.in_row("workflow", self.0.id.0))
    }

    /// How often the draft was saved: `expectedVersion` of the next save.
    async fn draft_version(&self) -> i32 {
        i32::try_from(self.0.draft_version).unwrap_or(i32::MAX)
    }

    /// What is wrong with the draft.
    async fn problems(&self, context: &Context<'_>) -> Result<Vec<WorkflowProblem>> {
        problems(context, &self.0).await
    }

    /// What new runs start on.
    async fn active_version(&self, context: &Context<'_>) -> Result<Option<WorkflowVersion>> {
        match self.0.active_version {
            Some(version) => Ok(links(context)?.version(version).await?.map(WorkflowVersion::from)),
            None => Ok(None),
        }
    }

    /// What was published, the newest first.
    async fn versions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The size of the page, from its start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Versions behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The size of the page, from its end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Versions before this cursor.")] before: Option<String>,
    ) -> Result<Option<RowConnection<WorkflowVersion>>> {
        let slice = Slice {
            first,
            after,
            last,
            before,
        };
        query::versions(part::<Workflows>(context)?, self.0.id, &slice)
            .await
            .map(Some)
    }

    /// Its runs, the newest first unless another order is asked for.
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
        run::page(context, Some(self.0.id), filter, order_by, &slice).await
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// Who created it.
    async fn created_by(&self, context: &Context<'_>) -> Result<Option<User>> {
        user(context, self.0.created_by).await
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// Who changed it last.
    async fn updated_by(&self, context: &Context<'_>) -> Result<Option<User>> {
        user(context, self.0.updated_by).await
    }
}

/// What was published once and never changes.
#[derive(Clone)]
pub struct WorkflowVersion(Arc<workflow_version::Model>);

impl From<workflow_version::Model> for WorkflowVersion {
    fn from(row: workflow_version::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// What was published once and never changes.
#[Object]
impl WorkflowVersion {
    /// The global id.
    pub async fn id(&self) -> ID {
        id::format(VERSION, self.0.id).into()
    }

    /// Counts from 1 within the workflow.
    async fn number(&self) -> i32 {
        i32::try_from(self.0.number).unwrap_or(i32::MAX)
    }

    /// Whose version it is.
    async fn workflow(&self, context: &Context<'_>) -> Result<Option<Workflow>> {
        Ok(links(context)?.workflow(self.0.workflow_id).await?.map(Workflow::from))
    }

    /// What it does.
    async fn definition(&self) -> Result<WorkflowDefinition> {
        read(&self.0.definition).map_err(|error| error.in_row("workflow_version", self.0.id.0))
    }

    /// What the workflow was called when it was published.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where its calendar days begin, as the workflow said when it was published.
    async fn time_zone(&self) -> TimeZone {
        TimeZone(self.0.time_zone.clone())
    }

    /// When it was published.
    async fn published_at(&self) -> DateTime {
        DateTime(self.0.published_at)
    }

    /// Who published it; its runs act in their name.
    async fn published_by(&self, context: &Context<'_>) -> Result<Option<User>> {
        user(context, self.0.published_by).await
    }
}

/// A stored definition that can't be read.
struct Unreadable(String);

impl Unreadable {
    fn in_row(self, table: &str, id: uuid::Uuid) -> Error {
        Error::internal(format!("{table} {id}: {}", self.0))
    }
}

fn read(text: &str) -> std::result::Result<WorkflowDefinition, Unreadable> {
    let definition = pointsman_graph::definition::Definition::read(text);
    definition
        .map(WorkflowDefinition)
        .map_err(|error| Unreadable(drawn::reason(&error)))
}

async fn problems(context: &Context<'_>, row: &workflow::Model) -> Result<Vec<WorkflowProblem>> {
    let flaws = part::<Workflows>(context)?
        .flaws(caller(context)?.access(), row)
        .await?;
    let flaws = flaws.map_err(|problem| Error::internal(format!("workflow {}: {}", row.id.0, problem.message)))?;
    Ok(flaws.into_iter().map(WorkflowProblem::from).collect())
}

/// A user by id.
///
/// # Errors
/// Where the database fails.
pub async fn user(context: &Context<'_>, id: Option<pointsman_entities::ids::UserId>) -> Result<Option<User>> {
    match id {
        Some(id) => Ok(caller(context)?.record(User::OBJECT, id.into()).await?.map(User::from)),
        None => Ok(None),
    }
}
