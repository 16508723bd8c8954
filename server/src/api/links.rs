//! What one operation loads of workflows, runs and approvals: whatever is asked for at a time goes into one statement. Nothing is
//! kept, for a subscription outlives what it has read.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{
    Context,
    dataloader::{DataLoader, Loader},
};
use pointsman_entities::{
    approval, change,
    ids::{ApprovalId, RecordId, RunId, UserId, VersionId, WorkflowId},
    run, step, workflow, workflow_version,
};

use super::{
    caller::GATHER,
    error::{Error, Result},
};
use crate::{
    crm::{Access, Crm},
    engine::Engine,
    store,
    workflow::manage::Workflows,
};

/// The loader of one operation.
pub struct Links(DataLoader<Rows>);

struct Rows {
    access: Access,
    crm: Arc<Crm>,
    workflows: Arc<Workflows>,
    engine: Arc<Engine>,
}

/// The users who may decide an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct AssigneesOf(ApprovalId);

/// The steps of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct StepsOf(RunId);

/// The change that left a record at a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct ChangeAt(RecordId, i64);

/// The runs that the change which left a record at a version has started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct StartedBy(RecordId, i64);

impl Links {
    /// A loader that has loaded nothing yet.
    pub fn new(access: Access, crm: Arc<Crm>, workflows: Arc<Workflows>, engine: Arc<Engine>) -> Self {
        let rows = Rows {
            access,
            crm,
            workflows,
            engine,
        };
        Self(DataLoader::new(rows, tokio::spawn).delay(GATHER))
    }

    /// The workflow of that id.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn workflow(&self, id: WorkflowId) -> Result<Option<workflow::Model>> {
        self.0.load_one(id).await.map_err(|error| Error::from(&*error))
    }

    /// The version of that id.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn version(&self, id: VersionId) -> Result<Option<workflow_version::Model>> {
        self.0.load_one(id).await.map_err(|error| Error::from(&*error))
    }

    /// The run of that id.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn run(&self, id: RunId) -> Result<Option<run::Model>> {
        self.0.load_one(id).await.map_err(|error| Error::from(&*error))
    }

    /// The change that left a record at a version. Says nothing of who may see it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn change(&self, record: RecordId, version: i64) -> Result<Option<change::Model>> {
        let change = self.0.load_one(ChangeAt(record, version)).await;
        change.map_err(|error| Error::from(&*error))
    }

    /// The runs that this change has started.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn started(&self, record: RecordId, version: i64) -> Result<Vec<run::Model>> {
        let runs = self.0.load_one(StartedBy(record, version)).await;
        runs.map(Option::unwrap_or_default)
            .map_err(|error| Error::from(&*error))
    }

    /// The approval of that id, where the caller may see it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn approval(&self, id: ApprovalId) -> Result<Option<approval::Model>> {
        self.0.load_one(id).await.map_err(|error| Error::from(&*error))
    }

    /// Who may decide an approval.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn assignees(&self, approval: ApprovalId) -> Result<Vec<UserId>> {
        let users = self.0.load_one(AssigneesOf(approval)).await;
        users
            .map(Option::unwrap_or_default)
            .map_err(|error| Error::from(&*error))
    }

    /// The steps of a run, in their order.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn steps(&self, run: RunId) -> Result<Vec<step::Model>> {
        let steps = self.0.load_one(StepsOf(run)).await;
        steps
            .map(Option::unwrap_or_default)
            .map_err(|error| Error::from(&*error))
    }
}

/// The operation's loader.
///
/// # Errors
/// `UNAUTHENTICATED` where nobody is signed in.
pub fn links<'a>(context: &Context<'a>) -> Result<&'a Links> {
    context.data_opt::<Links>().ok_or_else(Error::unauthenticated)
}

macro_rules! loads {
    ($(|$rows:ident, $keys:ident: $key:ty| -> $value:ty = $load:expr;)+) => {$(
        impl Loader<$key> for Rows {
            type Value = $value;
            type Error = Arc<store::Error>;

            async fn load(&self, $keys: &[$key]) -> std::result::Result<HashMap<$key, $value>, Arc<store::Error>> {
                let $rows = self;
                Ok($load)
            }
        }
    )+};
}

loads! {
    |rows, ids: WorkflowId| -> workflow::Model = rows.workflows.many(ids).await?;
    |rows, ids: VersionId| -> workflow_version::Model = rows.workflows.many_versions(ids).await?;
    |rows, ids: RunId| -> run::Model = rows.engine.seen_runs(&rows.access, ids).await?;
    |rows, places: ChangeAt| -> change::Model = {
        let places: Vec<_> = places.iter().map(|place| (place.0, place.1)).collect();
        let changes = rows.crm.changes_at(&places).await?;
        changes.into_iter().map(|((record, version), change)| (ChangeAt(record, version), change)).collect()
    };
    |rows, places: StartedBy| -> Vec<run::Model> = {
        let places: Vec<_> = places.iter().map(|place| (place.0, place.1)).collect();
        let runs = rows.engine.started_by(&places).await?;
        runs.into_iter().map(|((record, version), runs)| (StartedBy(record, version), runs)).collect()
    };
    |rows, ids: ApprovalId| -> approval::Model = rows.engine.many_approvals(&rows.access, ids).await?;
    |rows, approvals: AssigneesOf| -> Vec<UserId> = {
        let ids: Vec<ApprovalId> = approvals.iter().map(|approval| approval.0).collect();
        let users = rows.engine.assignees(&ids).await?;
        users.into_iter().map(|(approval, users)| (AssigneesOf(approval), users)).collect()
    };
    |rows, runs: StepsOf| -> Vec<step::Model> = {
        let ids: Vec<RunId> = runs.iter().map(|run| run.0).collect();
        let steps = rows.engine.steps(&ids).await?;
        steps.into_iter().map(|(run, steps)| (StepsOf(run), steps)).collect()
    };
}
