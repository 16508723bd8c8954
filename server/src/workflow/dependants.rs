//! What rests on the definitions of fields and objects: the workflows that could no longer be run without one of them.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::future::BoxFuture;
use pointsman_entities::{ids::VersionId, run, workflow, workflow_version};
use pointsman_graph::{check::check, definition::Definition};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{
    callees::surroundings,
    enrol::{EPOCH, current_epoch},
    manage::{State, Workflows},
};
use crate::{
    crm::{
        Catalogue,
        custom::define::{Dependants, Dependence},
    },
    store::{self, Epoch},
};

impl Dependants for Workflows {
    fn broken_by(&self, catalogue: Arc<Catalogue>) -> BoxFuture<'_, Result<Dependence, store::Error>> {
        Box::pin(async move {
            // Read first: whoever publishes after it raises it, and the guard will tell.
            let epoch = Epoch {
                name: EPOCH.into(),
                value: current_epoch(&self.store).await?,
            };
            let versions = workflow_version::Entity::find()
                .filter(workflow_version::Column::Id.is_in(self.in_use().await?))
                .all(self.store.reads())
                .await?;
            let present = self.catalogues.current();
            let mut names = BTreeSet::new();
            for row in versions {
                let sound = self.is_sound(&row, &present).await?;
                if sound && !self.is_sound(&row, &catalogue).await? {
                    names.insert(row.name);
                }
            }
            let names = names.into_iter().collect();
            Ok(Dependence { epoch, names })
        })
    }
}

impl Workflows {
    /// The versions that new runs start on, could be resumed on, or that runs are under way on.
    async fn in_use(&self) -> Result<BTreeSet<VersionId>, store::Error> {
        let listening = workflow::Entity::find()
            .filter(workflow::Column::State.is_in([State::Active.text(), State::Paused.text()]))
            .all(self.store.reads())
            .await?;
        let running: Vec<VersionId> = run::Entity::find()
            .select_only()
            .column(run::Column::VersionId)
            .filter(run::Column::FinishedAt.is_null())
            .distinct()
            .into_tuple()
            .all(self.store.reads())
            .await?;
        let listening = listening.into_iter().filter_map(|workflow| workflow.active_version);
        Ok(listening.chain(running).collect())
    }

    async fn is_sound(&self, row: &workflow_version::Model, catalogue: &Arc<Catalogue>) -> Result<bool, store::Error> {
        let Ok(definition) = Definition::read(&row.definition) else {
            return Ok(false);
        };
        let schema = surroundings(&self.store, catalogue, Some(row.workflow_id), &definition).await?;
        Ok(check(&definition, &schema).plan.is_some())
    }
}
