//! Reads workflows and their versions for people: pages, counts, many at a time.

use std::collections::HashMap;

use pointsman_entities::{
    ids::{VersionId, WorkflowId},
    workflow, workflow_version,
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Select};

use super::manage::{State, Workflows};
use crate::{
    crm::filter::holding,
    store::{
        self,
        page::{Order, Page, Slice},
    },
};

/// Which workflows; what is none is not asked.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub states: Option<Vec<State>>,
    pub name_contains: Option<String>,
}

impl Filter {
    fn select(&self) -> Select<workflow::Entity> {
        let mut select = workflow::Entity::find();
        if let Some(states) = &self.states {
            select = select.filter(workflow::Column::State.is_in(states.iter().map(|state| state.text())));
        }
        if let Some(part) = &self.name_contains {
            select = select.filter(workflow::Column::Name.like(holding(part)));
        }
        select
    }
}

impl Workflows {
    /// A page of workflows.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn list(
        &self,
        filter: &Filter,
        order: &Order<workflow::Column>,
        slice: &Slice,
    ) -> Result<Page<workflow::Model>, store::Error> {
        self.store.page(filter.select(), order, slice).await
    }

    /// How many workflows there are.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn count(&self, filter: &Filter) -> Result<u64, store::Error> {
        Ok(filter.select().count(self.store.reads()).await?)
    }

    /// The workflows of these ids, in one statement.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn many(&self, ids: &[WorkflowId]) -> Result<HashMap<WorkflowId, workflow::Model>, store::Error> {
        let select = workflow::Entity::find().filter(workflow::Column::Id.is_in(ids.iter().copied()));
        let rows = select.all(self.store.reads()).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }

    /// A page of a workflow's versions, in the order of their numbers.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn versions(
        &self,
        workflow: WorkflowId,
        slice: &Slice,
    ) -> Result<Page<workflow_version::Model>, store::Error> {
        let order = Order {
            column: workflow_version::Column::Number,
            id: workflow_version::Column::Id,
            descending: true,
        };
        self.store.page(of(workflow), &order, slice).await
    }

    /// How many versions a workflow has.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn count_versions(&self, workflow: WorkflowId) -> Result<u64, store::Error> {
        Ok(of(workflow).count(self.store.reads()).await?)
    }

    /// The versions of these ids, in one statement.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn many_versions(
        &self,
        ids: &[VersionId],
    ) -> Result<HashMap<VersionId, workflow_version::Model>, store::Error> {
        let select = workflow_version::Entity::find().filter(workflow_version::Column::Id.is_in(ids.iter().copied()));
        let rows = select.all(self.store.reads()).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

fn of(workflow: WorkflowId) -> Select<workflow_version::Entity> {
    workflow_version::Entity::find().filter(workflow_version::Column::WorkflowId.eq(workflow))
}
