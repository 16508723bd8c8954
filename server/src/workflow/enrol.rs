//! Starts runs: matches changes against the triggers of the active workflows, within the change's own write set.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

use futures_util::future::BoxFuture;
use pointsman_entities::{
    epoch,
    ids::{MemberId, RunId},
    run, workflow,
};
use pointsman_graph::{
    expression::{Budget, Fault},
    plan::{Operation as Listened, Trigger},
    value::Value,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use tokio::sync::Notify;

use super::versions::{Version, Versions};
use crate::{
    crm::{
        Catalogue,
        change::{Change, Operation},
        snapshot::Snapshot,
        write::{Enrol, Enrolled},
    },
    facts::ChangeFacts,
    source::Source,
    store::{self, Store, WriteSet},
};

/// The epoch that activating and deactivating a workflow raises.
pub const EPOCH: &str = "triggers";

/// Changes this many workflow-made changes away from somebody's request start no more runs.
pub const MAX_DEPTH: i64 = 16;

/// The triggers of the active workflows.
pub struct Triggers {
    store: Arc<Store>,
    catalogue: Arc<Catalogue>,
    versions: Arc<Versions>,
    source: Arc<Source>,
    member: MemberId,
    active: RwLock<Arc<Index>>,
    changed: Notify,
}

#[derive(Default)]
struct Index {
    epoch: i64,
    by_change: HashMap<(String, Listened), Vec<Active>>,
}

struct Active {
    version: Arc<Version>,
    node: String,
    trigger: Arc<Trigger>,
}

impl Triggers {
    #[must_use]
    pub fn new(
        store: Arc<Store>,
        catalogue: Arc<Catalogue>,
        versions: Arc<Versions>,
        source: Arc<Source>,
        member: MemberId,
    ) -> Self {
        Self {
            store,
            catalogue,
            versions,
            source,
            member,
            active: RwLock::default(),
            changed: Notify::new(),
        }
    }

    /// Returns when they may have become others since this was last asked.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    fn index(&self) -> Arc<Index> {
        Arc::clone(&self.active.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    async fn load(&self) -> Result<Index, store::Error> {
        let reads = self.store.reads();
        // The epoch is read first: what is activated after it raises it, and the guard will tell.
        let epoch = epoch::Entity::find_by_id(EPOCH.to_owned()).one(reads).await?;
        let workflows = workflow::Entity::find()
            .filter(workflow::Column::State.eq("ACTIVE"))
            .all(reads)
            .await?;
        let mut index = Index {
            epoch: epoch.map_or(0, |epoch| epoch.value),
            by_change: HashMap::new(),
        };
        for id in workflows.into_iter().filter_map(|workflow| workflow.active_version) {
            match self.versions.get(id).await {
                Ok(version) => index.add(&version),
                Err(error) => tracing::error!(%error, version = %id.0, "an active workflow can't be started"),
            }
        }
        Ok(index)
    }

    async fn starts(
        &self,
        active: &Active,
        change: &Change,
        snapshot: &mut Snapshot<'_>,
    ) -> Result<bool, store::Error> {
        let listens = active.trigger.fields.is_empty()
            || active
                .trigger
                .fields
                .iter()
                .any(|field| change.fields.contains(&&**field));
        let Some(condition) = active.trigger.condition.as_ref().filter(|_| listens) else {
            return Ok(listens);
        };
        loop {
            let facts = ChangeFacts {
                change,
                snapshot,
                catalogue: &self.catalogue,
            };
            match condition.evaluate(&facts, &mut Budget::default()) {
                Ok(value) => return Ok(value == Value::Bool(true)),
                Err(Fault::Unloaded(reference)) => crate::facts::load(&self.catalogue, snapshot, &reference).await?,
                Err(fault) => {
                    tracing::warn!(workflow = active.version.name, node = active.node, %fault, "a trigger's condition failed");
                    return Ok(false);
                }
            }
        }
    }

    fn insert(&self, active: &Active, change: &Change, set: &mut WriteSet) -> Option<Enrolled> {
        let run: RunId = self.source.id();
        let cut = change.cause.depth() >= MAX_DEPTH;
        let input = json!({
            "record": change.subject().to_json(),
            "previous": change.previous().map(|record| record.to_json()),
        });
        set.insert(run::ActiveModel {
            id: Set(run),
            workflow_id: Set(active.version.workflow),
            version_id: Set(active.version.id),
            status: Set(if cut { "REFUSED" } else { "QUEUED" }.into()),
            trigger_node: Set(active.node.clone()),
            object: Set(Some(change.after.object.name.into())),
            record_id: Set(Some(change.after.id)),
            input: Set(input.to_string()),
            owner: Set((!cut).then_some(self.member)),
            epoch: Set(1),
            seq: Set(0),
            inbox: Set(0),
            drained: Set(0),
            ready: Set(!cut),
            error: Set(
                cut.then(|| format!("DEPTH_LIMIT: cut after {MAX_DEPTH} changes that workflows made of each other"))
            ),
            cause: Set(change.cause.text()),
            cause_run: Set(change.cause.run()),
            depth: Set(change.cause.depth()),
            created_at: Set(change.at),
            finished_at: Set(cut.then_some(change.at)),
            updated_at: Set(change.at),
            ..Default::default()
        });
        (!cut).then(|| Enrolled {
            run,
            workflow: active.version.workflow,
            version: active.version.id,
            trigger: active.node.clone(),
            record: Some(Arc::clone(change.subject())),
            previous: change.previous().cloned(),
            form: serde_json::Value::Null,
            payload: serde_json::Value::Null,
            due: None,
            depth: change.cause.depth(),
            at: change.at,
        })
    }
}

impl Index {
    fn add(&mut self, version: &Arc<Version>) {
        for (node, trigger) in version.plan.triggers() {
            let (Some(object), Some(operation)) = (&trigger.object, trigger.operation()) else {
                continue;
            };
            let active = Active {
                version: Arc::clone(version),
                node: node.to_string(),
                trigger: Arc::clone(trigger),
            };
            self.by_change
                .entry((object.to_string(), operation))
                .or_default()
                .push(active);
        }
    }
}

impl Enrol for Triggers {
    fn refresh(&self) -> BoxFuture<'_, Result<(), store::Error>> {
        Box::pin(async {
            let index = Arc::new(self.load().await?);
            *self.active.write().unwrap_or_else(std::sync::PoisonError::into_inner) = index;
            self.changed.notify_one();
            Ok(())
        })
    }

    fn enrol<'a>(
        &'a self,
        change: &'a Change,
        snapshot: &'a mut Snapshot<'_>,
        set: &'a mut WriteSet,
    ) -> BoxFuture<'a, Result<Vec<Enrolled>, store::Error>> {
        Box::pin(async move {
            let index = self.index();
            set.require_epoch(EPOCH, index.epoch);
            let Some(operation) = listened(change.operation) else {
                return Ok(Vec::new());
            };
            let key = (change.after.object.name.to_owned(), operation);
            let mut enrolled = Vec::new();
            for active in index.by_change.get(&key).into_iter().flatten() {
                if self.starts(active, change, snapshot).await? {
                    enrolled.extend(self.insert(active, change, set));
                }
            }
            Ok(enrolled)
        })
    }
}

fn listened(operation: Operation) -> Option<Listened> {
    match operation {
        Operation::Created => Some(Listened::Created),
        Operation::Updated => Some(Listened::Updated),
        Operation::Deleted => Some(Listened::Deleted),
        Operation::Restored => None,
    }
}
