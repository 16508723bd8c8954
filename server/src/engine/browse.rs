//! Reads runs and their steps for people: pages, counts, many at a time.

use std::collections::HashMap;

use pointsman_entities::{
    effect,
    ids::{RecordId, RunId, WorkflowId},
    run, step,
    time::Timestamp,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select,
    sea_query::{Expr, SimpleExpr},
};

use super::Engine;
use crate::{
    crm::{Access, filter::holding},
    store::{
        self,
        page::{Order, Page, Slice},
        payload,
    },
};

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    /// Enrolled, not begun.
    Queued,
    Running,
    /// Every open step waits for something.
    Waiting,
    Succeeded,
    Failed,
    Cancelled,
    /// Never begun: workflows set each other off too often.
    Refused,
}

impl RunStatus {
    /// The status as it is stored and shown.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Waiting => "WAITING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::Refused => "REFUSED",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Queued,
            Self::Running,
            Self::Waiting,
            Self::Succeeded,
            Self::Failed,
            Self::Cancelled,
            Self::Refused,
        ]
        .into_iter()
        .find(|status| status.text() == text)
    }
}

/// Which runs; what is none is not asked.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub workflow: Option<WorkflowId>,
    pub statuses: Option<Vec<RunStatus>>,
    pub record: Option<RecordId>,
    pub created_from: Option<Timestamp>,
    pub created_before: Option<Timestamp>,
    pub error_contains: Option<String>,
    /// Those that may be seen, see [`Engine::seen`].
    pub seen: Option<Condition>,
}

impl Filter {
    pub(super) fn select(&self) -> Select<run::Entity> {
        let statuses = self.statuses.iter().map(|list| list.iter().map(|status| status.text()));
        let conditions = [
            self.workflow.map(|workflow| run::Column::WorkflowId.eq(workflow)),
            self.record.map(|record| run::Column::RecordId.eq(record)),
            self.created_from.map(|from| run::Column::CreatedAt.gte(from)),
            self.created_before.map(|before| run::Column::CreatedAt.lt(before)),
            self.error_contains
                .as_ref()
                .map(|part| run::Column::Error.like(holding(part))),
            statuses.map(|statuses| run::Column::Status.is_in(statuses)).next(),
        ];
        conditions
            .into_iter()
            .flatten()
            .chain(self.seen.clone().map(SimpleExpr::from))
            .fold(run::Entity::find(), Select::filter)
    }

    /// The same filter, of these statuses only.
    pub(super) fn within(&self, statuses: &[RunStatus]) -> Self {
        let asked = |status: &RunStatus| self.statuses.as_ref().is_none_or(|list| list.contains(status));
        Self {
            statuses: Some(statuses.iter().copied().filter(asked).collect()),
            ..self.clone()
        }
    }

    /// The same test in memory.
    #[must_use]
    pub fn matches(&self, run: &run::Model) -> bool {
        let text = |part: &str| run.error.as_ref().is_some_and(|error| error.contains(part));
        let status = |list: &Vec<RunStatus>| list.iter().any(|status| status.text() == run.status);
        self.workflow.is_none_or(|workflow| run.workflow_id == workflow)
            && self.record.is_none_or(|record| run.record_id == Some(record))
            && self.created_from.is_none_or(|from| run.created_at >= from)
            && self.created_before.is_none_or(|before| run.created_at < before)
            && self.error_contains.as_deref().is_none_or(text)
            && self.statuses.as_ref().is_none_or(status)
    }
}

/// Which effects; what is none is not asked.
#[derive(Clone, Debug, Default)]
pub struct EffectFilter {
    pub run: Option<RunId>,
    /// As the ledger has them.
    pub states: Option<Vec<&'static str>>,
}

impl EffectFilter {
    fn select(&self) -> Select<effect::Entity> {
        let mut select = effect::Entity::find();
        if let Some(run) = self.run {
            select = select.filter(effect::Column::RunId.eq(run));
        }
        if let Some(states) = &self.states {
            select = select.filter(effect::Column::State.is_in(states.iter().copied()));
        }
        select
    }
}

impl Engine {
    /// A page of the ledger.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn effects(
        &self,
        filter: &EffectFilter,
        order: &Order<effect::Column>,
        slice: &Slice,
    ) -> Result<Page<effect::Model>, store::Error> {
        self.store.page(filter.select(), order, slice).await
    }

    /// How many effects there are.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn count_effects(&self, filter: &EffectFilter) -> Result<u64, store::Error> {
        Ok(filter.select().count(self.store.reads()).await?)
    }

    /// A page of runs.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn runs(
        &self,
        filter: &Filter,
        order: &Order<run::Column>,
        slice: &Slice,
    ) -> Result<Page<run::Model>, store::Error> {
        self.store.page(filter.select(), order, slice).await
    }

    /// How many runs there are.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn count_runs(&self, filter: &Filter) -> Result<u64, store::Error> {
        Ok(filter.select().count(self.store.reads()).await?)
    }

    /// Which runs may be seen: those of records that may be read, and those of none. None where that is all.
    #[must_use]
    pub fn seen(&self, access: &Access) -> Option<Condition> {
        let column = |column: run::Column| Expr::col((run::Entity, column));
        self.crm
            .about(access, &column(run::Column::Object), &column(run::Column::RecordId))
    }

    /// Whether a run may be seen.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn sees(&self, access: &Access, run: &run::Model) -> Result<bool, store::Error> {
        Ok(access.rights().reads_all() || self.seen_runs(access, &[run.id]).await?.contains_key(&run.id))
    }

    /// Those of these runs that may be seen, in one statement.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn seen_runs(&self, access: &Access, ids: &[RunId]) -> Result<HashMap<RunId, run::Model>, store::Error> {
        let select = run::Entity::find().filter(run::Column::Id.is_in(ids.iter().copied()));
        let select = self.seen(access).into_iter().fold(select, Select::filter);
        let rows = select.all(self.store.reads()).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }

    /// The run of that id.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn run(&self, id: RunId) -> Result<Option<run::Model>, store::Error> {
        Ok(run::Entity::find_by_id(id).one(self.store.reads()).await?)
    }

    /// The runs of these ids, in one statement.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn many_runs(&self, ids: &[RunId]) -> Result<HashMap<RunId, run::Model>, store::Error> {
        let select = run::Entity::find().filter(run::Column::Id.is_in(ids.iter().copied()));
        let rows = select.all(self.store.reads()).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }

    /// The runs that the changes which left these records at these versions have started, in one statement.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn started_by(
        &self,
        places: &[(RecordId, i64)],
    ) -> Result<HashMap<(RecordId, i64), Vec<run::Model>>, store::Error> {
        let select = run::Entity::find()
            .filter(run::Column::RecordId.is_in(places.iter().map(|(record, _)| *record)))
            .filter(run::Column::RecordVersion.is_in(places.iter().map(|(_, version)| *version)))
            .order_by_asc(run::Column::Id);
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for run in select.all(self.store.reads()).await? {
            if let (Some(record), Some(version)) = (run.record_id, run.record_version) {
                found.entry((record, version)).or_default().push(run);
            }
        }
        Ok(found)
    }

    /// The steps of these runs in their order, in one statement, and one more for each large input or output.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn steps(&self, runs: &[RunId]) -> Result<HashMap<RunId, Vec<step::Model>>, store::Error> {
        let select = step::Entity::find()
            .filter(step::Column::RunId.is_in(runs.iter().copied()))
            .order_by_asc(step::Column::RunId)
            .order_by_asc(step::Column::Number);
        let mut found: HashMap<RunId, Vec<step::Model>> = HashMap::new();
        for mut step in select.all(self.store.reads()).await? {
            for text in [&mut step.input, &mut step.output].into_iter().flatten() {
                *text = payload::get(&self.store, std::mem::take(text)).await?;
            }
            found.entry(step.run_id).or_default().push(step);
        }
        Ok(found)
    }
}
