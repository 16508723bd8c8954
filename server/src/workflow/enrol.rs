//! Starts runs: matches changes against the triggers of the active workflows, within the change's own write set.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use futures_util::future::BoxFuture;
use pointsman_entities::{epoch, ids::MemberId, turned_away, workflow};
use pointsman_graph::plan::{Operation as Listened, Trigger};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Value as Json;
use tokio::sync::Notify;

use super::{
    Error,
    admission::{Admission, Desk},
    matching::{Match, judge, listened},
    reason::Reason,
    versions::{Version, Versions},
};
use crate::{
    crm::{
        Catalogues,
        change::Change,
        snapshot::Snapshot,
        write::{Enrol, Enrolled, Enrolment, TurnedAway},
    },
    source::Source,
    store::{self, Store, WriteSet},
};

/// The epoch that activating and deactivating a workflow raises.
pub const EPOCH: &str = "triggers";

/// What is said of a version that can't be read.
const NOT_STARTABLE: TurnedAway = TurnedAway {
    code: "NOT_CALLABLE",
    message: "the workflow's active version can't be read",
};

/// The triggers of the active workflows.
pub struct Triggers(Arc<Shared>);

struct Shared {
    store: Arc<Store>,
    catalogues: Arc<Catalogues>,
    versions: Arc<Versions>,
    source: Arc<Source>,
    member: MemberId,
    active: RwLock<Arc<Index>>,
    changed: Notify,
}

#[derive(Default)]
struct Index {
    epoch: i64,
    versions: Vec<Arc<Version>>,
    by_change: HashMap<(String, Listened), Vec<Active>>,
}

struct Active {
    version: Arc<Version>,
    node: String,
    trigger: Arc<Trigger>,
}

/// The enrolments of one decision, by the triggers as they were known when it began.
struct Session {
    shared: Arc<Shared>,
    index: Arc<Index>,
    admission: Admission,
}

impl Triggers {
    #[must_use]
    pub fn new(
        store: Arc<Store>,
        catalogues: Arc<Catalogues>,
        versions: Arc<Versions>,
        source: Arc<Source>,
        member: MemberId,
    ) -> Self {
        Self(Arc::new(Shared {
            store,
            catalogues,
            versions,
            source,
            member,
            active: RwLock::default(),
            changed: Notify::new(),
        }))
    }

    /// The versions that were active when this was last refreshed.
    #[must_use]
    pub fn active(&self) -> Vec<Arc<Version>> {
        self.0.index().versions.clone()
    }

    /// Returns when they may have become others since this was last asked.
    pub async fn changed(&self) {
        self.0.changed.notified().await;
    }
}

impl Shared {
    fn index(&self) -> Arc<Index> {
        Arc::clone(&self.active.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn load(&self) -> Result<Index, store::Error> {
        let reads = self.store.reads();
        // The epoch is read first: what is activated after it raises it, and the guard will tell.
        let epoch = current_epoch(&self.store).await?;
        let workflows = workflow::Entity::find()
            .filter(workflow::Column::State.eq("ACTIVE"))
            .all(reads)
            .await?;
        let mut index = Index {
            epoch,
            ..Index::default()
        };
        for id in workflows.into_iter().filter_map(|workflow| workflow.active_version) {
            match self.versions.get(id).await {
                Ok(version) => index.add(version),
                Err(error) => tracing::error!(%error, version = %id.0, "an active workflow can't be started"),
            }
        }
        Ok(index)
    }

    fn desk(&self) -> Desk<'_> {
        Desk {
            store: &self.store,
            catalogue: self.catalogues.current(),
            source: &self.source,
            member: self.member,
        }
    }

    /// Whether the change is one that the trigger waits for.
    async fn starts(
        &self,
        active: &Active,
        change: &Change,
        snapshot: &mut Snapshot<'_>,
    ) -> Result<bool, store::Error> {
        let reenrolment = active.version.plan.enrolment().reenrolment;
        let found = judge(
            &active.trigger,
            reenrolment,
            change,
            &self.catalogues.current(),
            snapshot,
        )
        .await?;
        if let Match::ConditionFailed(fault) = &found {
            tracing::warn!(workflow = active.version.name, node = active.node, %fault, "a trigger's condition failed");
        }
        Ok(found == Match::Matches)
    }

    /// The run that the change would start.
    fn start(&self, active: &Active, change: &Change) -> Enrolled {
        Enrolled {
            run: self.source.id(),
            workflow: active.version.workflow,
            version: active.version.id,
            trigger: active.node.clone(),
            record: Some(Arc::clone(change.subject())),
            previous: change.previous().cloned(),
            form: Json::Null,
            payload: Json::Null,
            due: None,
            key: None,
            change: Some(change.after.version()),
            cause: change.cause.text(),
            cause_run: change.cause.run(),
            depth: change.cause.depth(),
            caller: None,
            gate: None,
            held: false,
            at: change.at,
        }
    }

    fn turn_away(&self, active: &Active, change: &Change, reason: Reason, set: &mut WriteSet) {
        set.insert(turned_away::ActiveModel {
            id: Set(self.source.id()),
            workflow_id: Set(active.version.workflow),
            version_id: Set(active.version.id),
            node: Set(active.node.clone()),
            record_id: Set(change.after.id),
            record_version: Set(change.after.version()),
            reason: Set(reason.text().into()),
            at: Set(change.at),
        });
    }
}

impl Index {
    fn add(&mut self, version: Arc<Version>) {
        for (node, trigger) in version.plan.triggers() {
            let (Some(object), Some(operation)) = (&trigger.object, trigger.operation()) else {
                continue;
            };
            let active = Active {
                version: Arc::clone(&version),
                node: node.to_string(),
                trigger: Arc::clone(trigger),
            };
            self.by_change
                .entry((object.to_string(), operation))
                .or_default()
                .push(active);
        }
        self.versions.push(version);
    }
}

impl Enrol for Triggers {
    fn refresh(&self) -> BoxFuture<'_, Result<(), store::Error>> {
        Box::pin(async {
            let index = Arc::new(self.0.load().await?);
            *self.0.active.write().unwrap_or_else(PoisonError::into_inner) = index;
            self.0.changed.notify_one();
            Ok(())
        })
    }

    fn begin(&self) -> Box<dyn Enrolment> {
        Box::new(Session {
            shared: Arc::clone(&self.0),
            index: self.0.index(),
            admission: Admission::default(),
        })
    }
}

impl Enrolment for Session {
    fn epoch(&self) -> i64 {
        self.index.epoch
    }

    fn enrol<'a>(
        &'a mut self,
        change: &'a Change,
        snapshot: &'a mut Snapshot<'_>,
        set: &'a mut WriteSet,
    ) -> BoxFuture<'a, Result<Vec<Enrolled>, store::Error>> {
        Box::pin(async move {
            let (shared, index) = (Arc::clone(&self.shared), Arc::clone(&self.index));
            set.require_epoch(EPOCH, index.epoch);
            let Some(operation) = listened(change.operation) else {
                return Ok(Vec::new());
            };
            let key = (change.after.object.name.to_owned(), operation);
            let mut enrolled = Vec::new();
            for active in index.by_change.get(&key).into_iter().flatten() {
                if !shared.starts(active, change, snapshot).await? {
                    continue;
                }
                let start = shared.start(active, change);
                let desk = shared.desk();
                match self
                    .admission
                    .admit(&desk, &active.version, start, snapshot, set)
                    .await?
                {
                    Ok(run) => enrolled.push(run),
                    Err(reason) => shared.turn_away(active, change, reason, set),
                }
            }
            Ok(enrolled)
        })
    }

    fn admit<'a>(
        &'a mut self,
        start: Enrolled,
        snapshot: &'a mut Snapshot<'_>,
        set: &'a mut WriteSet,
    ) -> BoxFuture<'a, Result<Result<Enrolled, TurnedAway>, store::Error>> {
        Box::pin(async move {
            let shared = Arc::clone(&self.shared);
            let version = match shared.versions.get(start.version).await {
                Ok(version) => version,
                Err(Error::Store(error)) => return Err(error),
                Err(error) => {
                    tracing::error!(%error, version = %start.version.0, "a version can't be started");
                    return Ok(Err(NOT_STARTABLE));
                }
            };
            let desk = shared.desk();
            let admitted = self.admission.admit(&desk, &version, start, snapshot, set).await?;
            Ok(admitted.map_err(|reason| TurnedAway {
                code: reason.text(),
                message: reason.message(),
            }))
        })
    }

    fn close(&mut self, set: &mut WriteSet) {
        self.admission.close(set);
    }
}

/// The epoch of the triggers as the database has it.
///
/// # Errors
/// Where the database fails.
pub async fn current_epoch(store: &Store) -> Result<i64, store::Error> {
    let epoch = epoch::Entity::find_by_id(EPOCH.to_owned()).one(store.reads()).await?;
    Ok(epoch.map_or(0, |epoch| epoch.value))
}
