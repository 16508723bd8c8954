//! Takes the waiting runs of a workflow to its newest version, where the nodes that they wait on are still there. What a
//! run has passed it does not go back to.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use pointsman_entities::{
    ids::{RunId, WorkflowId},
    run, step, workflow,
};
use pointsman_graph::{
    definition::Reenrolment,
    key::Port,
    run::{Run, StepState},
    step::StepId,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    Engine, Error,
    control::{Answer, MOST, refused},
};
use crate::{
    crm::{access::Permission, keyed::Request, validate::Code},
    store::{self, Update, Write, WriteSet},
    workflow::{keys, versions::Version},
};

/// What came of taking runs to the newest version.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The runs that go on there.
    pub migrated: Vec<run::Model>,
    /// Those that stay where they are.
    pub stayed: Vec<Stayed>,
    /// Whether runs are left that this request has not looked at.
    pub has_more: bool,
}

/// A run that can't go on on the newest version.
#[derive(Clone, Debug)]
pub struct Stayed {
    pub run: run::Model,
    /// The steps that are open and have no place there; empty where the run was at work just now.
    pub steps: Vec<StepId>,
}

/// What can be done about one run.
enum Fate {
    Moves(Run),
    /// It has not begun.
    Begins,
    Stays(Vec<StepId>),
}

impl Engine {
    /// Takes the waiting runs of a workflow to its active version, at most [`MOST`] at a time.
    ///
    /// # Errors
    /// Where the database fails, or the key was used for another request.
    pub async fn migrate<'a>(&self, request: impl Into<Request<'a>>, id: WorkflowId) -> Answer<Report> {
        let request = request.into();
        if !request.access.has(Permission::EditWorkflows) {
            return Ok(Err(refused(Code::Forbidden, "your role may not change workflows")));
        }
        loop {
            if let Some(ids) = self.answered(request).await? {
                let ids: Vec<_> = ids.into_iter().map(RunId).collect();
                let migrated = self.many_runs(&ids).await?.into_values().collect();
                return Ok(Ok(Report {
                    migrated,
                    ..Report::default()
                }));
            }
            let Some(version) = self.newest(id).await? else {
                return Ok(Err(refused(
                    Code::NotFound,
                    "there is no such workflow, or it was never published",
                )));
            };
            let runs = self.elsewhere(&version).await?;
            let mut report = Report {
                has_more: runs.len() as u64 == MOST,
                ..Report::default()
            };
            let (mut set, now) = (WriteSet::new(), self.source.now());
            for run in runs {
                let state = match self.fate(&run, &version).await? {
                    Fate::Moves(state) => Some(serde_json::to_string(&state).map_err(|source| Error::Corrupt {
                        table: "run",
                        id: run.id.0.to_string(),
                        source,
                    })?),
                    Fate::Begins => None,
                    Fate::Stays(steps) => {
                        report.stayed.push(Stayed { run, steps });
                        continue;
                    }
                };
                self.give_up_key(&run, &version, &mut set).await?;
                let row = run::ActiveModel {
                    version_id: Set(version.id),
                    state: Set(state),
                    epoch: Set(run.epoch + 1),
                    updated_at: Set(now),
                    ..Default::default()
                };
                let update = Update::of(vec![("id", run.id.0.into())], &row).guarded("epoch", run.epoch);
                set.push(Write::Update(update.guarded("owner", sea_orm::Value::Uuid(None))));
                report.migrated.push(run::Model {
                    version_id: version.id,
                    ..run
                });
            }
            let ids: Vec<_> = report.migrated.iter().map(|run| run.id.0).collect();
            request.remember(&mut set, &ids, now);
            if self.store.commit(set).await?.is_ok() {
                return Ok(Ok(report));
            }
        }
    }

    /// A key that the newest version doesn't ask for would not be given back at the run's end.
    async fn give_up_key(&self, run: &run::Model, version: &Version, set: &mut WriteSet) -> Result<(), Error> {
        let rule = |of: &Version| of.plan.enrolment().reenrolment == Reenrolment::NotWhileRunning;
        let old = self.versions.get(run.version_id).await?;
        if let Some(record) = run.record_id.filter(|_| rule(&old) && !rule(version)) {
            keys::give_back(run.workflow_id, record, run.id, set);
        }
        Ok(())
    }

    async fn newest(&self, id: WorkflowId) -> Result<Option<Arc<Version>>, Error> {
        let row = workflow::Entity::find_by_id(id)
            .one(self.store.reads())
            .await
            .map_err(store::Error::from)?;
        match row.and_then(|row| row.active_version) {
            Some(version) => Ok(Some(self.versions.get(version).await?)),
            None => Ok(None),
        }
    }

    /// The runs on older versions that nobody works on just now.
    async fn elsewhere(&self, version: &Version) -> Result<Vec<run::Model>, Error> {
        let runs = run::Entity::find()
            .filter(run::Column::WorkflowId.eq(version.workflow))
            .filter(run::Column::VersionId.ne(version.id))
            .filter(run::Column::FinishedAt.is_null())
            .order_by_asc(run::Column::Id)
            .limit(MOST)
            .all(self.store.reads())
            .await;
        Ok(runs.map_err(store::Error::from)?)
    }

    async fn fate(&self, run: &run::Model, version: &Version) -> Result<Fate, Error> {
        if run.owner.is_some() {
            return Ok(Fate::Stays(Vec::new()));
        }
        let Some(state) = &run.state else {
            let begins = run.trigger_node.parse().ok().and_then(|key| version.plan.node(&key));
            return Ok(begins.map_or(Fate::Stays(Vec::new()), |_| Fate::Begins));
        };
        let state: Run = serde_json::from_str(state).map_err(|source| Error::Corrupt {
            table: "run",
            id: run.id.0.to_string(),
            source,
        })?;
        let old = self.versions.get(run.version_id).await?;
        // A step that waits was told to whom to listen, and hears nothing else.
        let kind = |of: &Version, step: &StepId| {
            let node = of.plan.node(&step.node);
            node.map(|node| (Arc::clone(&node.kind), node.awaits()))
        };
        let changed = |(step, state): &(StepId, &StepState)| {
            (state.is_open() || state.is_failed()) && kind(&old, step) != kind(version, step)
        };
        let mut lost: BTreeSet<StepId> = state
            .steps()
            .into_iter()
            .filter(changed)
            .map(|(step, _)| step)
            .collect();
        let ports = self.ports(run.id).await?;
        match state.relaid(version.plan.track(), &|step| ports.get(step).cloned()) {
            Ok(moved) if lost.is_empty() => Ok(Fate::Moves(moved)),
            Ok(_) => Ok(Fate::Stays(lost.into_iter().collect())),
            Err(steps) => {
                lost.extend(steps);
                Ok(Fate::Stays(lost.into_iter().collect()))
            }
        }
    }

    /// The port that each ended step has left by.
    async fn ports(&self, run: RunId) -> Result<HashMap<StepId, Port>, Error> {
        let rows = step::Entity::find()
            .filter(step::Column::RunId.eq(run))
            .filter(step::Column::Port.is_not_null())
            .all(self.store.reads())
            .await
            .map_err(store::Error::from)?;
        let port = |row: step::Model| Some((row.step.parse().ok()?, Port::from(row.port?.as_str())));
        Ok(rows.into_iter().filter_map(port).collect())
    }
}
