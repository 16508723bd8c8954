//! Does a run again from one of its steps, as a run of its own: what lies before the step keeps its outputs and is not done
//! twice, the step and all behind it are done anew.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use pointsman_entities::{ids::RunId, run, run_item, step, time::Timestamp};
use pointsman_graph::{
    decision::Decision,
    event::Failure,
    key::{NodeKey, Port},
    plan::Plan,
    run::{Kept, Rerun, StepState},
    step::{Scope, StepId},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::{
    Engine, Error,
    control::{Answer, refused},
    history::{What, Writer},
    live::Status,
};
use crate::{
    crm::{Access, access::Permission, keyed::Request, validate::Code, write::Problem},
    store::{self, WriteSet, payload},
    workflow::readmission::Readmission,
};

/// A run that is over or under way, as far as another one is made of it.
struct Original {
    row: run::Model,
    plan: Arc<Plan>,
    steps: HashMap<StepId, step::Model>,
    /// The items of each loop, by their numbers.
    items: HashMap<StepId, Vec<run_item::Model>>,
}

impl Engine {
    /// Starts a run that does another one again from a step on; from its beginning where no step is named.
    ///
    /// # Errors
    /// Where the database fails, or the key was used for another request.
    pub async fn replay<'a>(
        &self,
        request: impl Into<Request<'a>>,
        id: RunId,
        from: Option<&str>,
    ) -> Answer<run::Model> {
        let request = request.into();
        if !request.access.has(Permission::RunWorkflows) {
            return Ok(Err(refused(Code::Forbidden, "your role may not start workflows")));
        }
        let Some(original) = Original::read(self, request.access, id).await? else {
            return Ok(Err(refused(Code::NotFound, "there is no such run")));
        };
        if original.row.finished_at.is_none() {
            return Ok(Err(refused(
                Code::Invalid,
                "the run is under way: only one that is over can be replayed",
            )));
        }
        let redone = match original.redone(from) {
            Ok(redone) => redone,
            Err(problem) => return Ok(Err(problem)),
        };
        loop {
            if let Some(ids) = self.answered(request).await? {
                let run = ids.first().map(|id| self.run(RunId(*id)));
                let run = match run {
                    Some(run) => run.await?,
                    None => None,
                };
                return Ok(run.ok_or_else(|| refused(Code::NotFound, "there is no such run")));
            }
            let Ok(rerun) = original.rerun(&redone, self.source.now()) else {
                return Ok(Err(refused(Code::Invalid, "the run's steps do not lead to that one")));
            };
            let (new, mut set) = (self.source.id(), WriteSet::new());
            let (version, now) = (self.versions.get(original.row.version_id).await?, self.source.now());
            let mut readmission = Readmission::default();
            let readmitted = readmission.readmit(&self.store, &version, &original.row, new, now, &mut set);
            if let Err(reason) = readmitted.await? {
                return Ok(Err(refused(Code::Conflict, reason.message())));
            }
            readmission.close(&mut set);
            original.write(self, &mut set, new, &rerun, request).await?;
            request.remember(&mut set, &[new.0], self.source.now());
            if self.store.commit(set).await?.is_ok() {
                self.wake(new);
                return match self.run(new).await? {
                    Some(run) => Ok(Ok(run)),
                    None => Ok(Err(refused(Code::NotFound, "there is no such run"))),
                };
            }
        }
    }
}

impl Original {
    async fn read(engine: &Engine, access: &Access, id: RunId) -> Result<Option<Self>, Error> {
        let reads = engine.store.reads();
        let Some(row) = engine.seen_runs(access, &[id]).await?.remove(&id) else {
            return Ok(None);
        };
        let steps = step::Entity::find()
            .filter(step::Column::RunId.eq(id))
            .all(reads)
            .await
            .map_err(store::Error::from)?;
        let items = run_item::Entity::find()
            .filter(run_item::Column::RunId.eq(id))
            .order_by_asc(run_item::Column::Number)
            .all(reads)
            .await
            .map_err(store::Error::from)?;
        let mut original = Self {
            plan: Arc::clone(&engine.versions.get(row.version_id).await?.plan),
            row,
            steps: HashMap::new(),
            items: HashMap::new(),
        };
        for step in steps {
            original.steps.insert(parsed(&step.step)?, step);
        }
        for item in items {
            original.items.entry(parsed(&item.step)?).or_default().push(item);
        }
        Ok(Some(original))
    }

    /// The step that is done again; none for the whole run.
    fn redone(&self, from: Option<&str>) -> Result<Option<StepId>, Problem> {
        let Some(from) = from.filter(|from| *from != self.row.trigger_node) else {
            return Ok(None);
        };
        let step: Option<StepId> = from.parse().ok();
        match step.filter(|step| self.steps.contains_key(step)) {
            Some(step) => Ok(Some(step)),
            None => Err(Problem {
                field: Some("fromStep"),
                ..refused(Code::NotFound, "the run has no such step")
            }),
        }
    }

    fn rerun(&self, redone: &Option<StepId>, now: Timestamp) -> Result<Rerun, Error> {
        let at = chrono::DateTime::from_timestamp_micros(now.micros()).unwrap_or_default();
        let trigger: NodeKey = self.row.trigger_node.parse().map_err(|_| self.unreadable())?;
        let behind = redone.as_ref().map(|step| self.behind(step));
        let kept = |step: &StepId| match &behind {
            Some(behind) if !behind.iter().any(|(scope, nodes)| is_behind(step, scope, nodes)) => self.kept(step),
            Some(_) | None => None,
        };
        // The items behind the one that is done again are over too, and must not wait for it.
        let track = self.plan.track().widened(|node| self.is_over(node));
        let rerun = Rerun::build(&track, &trigger, at, kept).map_err(|_| self.unreadable())?;
        let leads = |step: &StepId| rerun.run.step(step).is_some_and(|state| state.is_open());
        match redone.as_ref().is_none_or(leads) && rerun.run.outcome().is_none() {
            true => Ok(rerun),
            false => Err(self.unreadable()),
        }
    }

    /// The nodes of each scope that a step leads to: itself and what is behind it, and what is behind the loops around it.
    fn behind(&self, step: &StepId) -> Vec<(Scope, HashSet<NodeKey>)> {
        let own = self.led_to(&step.node).chain([step.node.clone()]).collect();
        let mut behind = vec![(step.scope.clone(), own)];
        let mut scope = step.scope.clone();
        while let Some((outer, item)) = scope.split() {
            behind.push((outer.clone(), self.led_to(&item.node).collect()));
            scope = outer;
        }
        behind
    }

    fn led_to(&self, node: &NodeKey) -> impl Iterator<Item = NodeKey> {
        let track = self.plan.track();
        let behind = track.find(node).map(|at| track.behind(at)).unwrap_or_default();
        behind.into_iter().filter_map(|at| Some(track.node(at)?.key.clone()))
    }

    /// What a step came to, where that can be kept.
    fn kept(&self, step: &StepId) -> Option<Kept> {
        if let Some(items) = self.items.get(step) {
            return Some(Kept::Items(u32::try_from(items.len()).ok()?));
        }
        let row = self.steps.get(step)?;
        match Status::parse(&row.status)? {
            Status::Succeeded if self.is_loop(step) => Some(Kept::Items(0)),
            Status::Succeeded => Some(Kept::Left(Port::from(row.port.as_deref()?))),
            Status::Failed if row.port.is_some() || self.is_tolerated(step) => Some(Kept::Failed(Failure {
                code: "KEPT".into(),
                message: "it failed in the run that this one does again".into(),
                retryable: false,
                retry_after_ms: None,
            })),
            Status::Failed | Status::Ready | Status::Running | Status::Waiting | Status::Retrying => None,
            Status::Looping | Status::Skipped | Status::Cancelled | Status::Unknown => None,
        }
    }

    /// Whether a loop has gone through all of its items, wherever it stands.
    fn is_over(&self, node: &NodeKey) -> bool {
        let mut rows = self.steps.values().filter(|row| row.node == node.as_str());
        rows.all(|row| Status::parse(&row.status) == Some(Status::Succeeded))
    }

    fn is_loop(&self, step: &StepId) -> bool {
        self.plan.node(&step.node).is_some_and(|node| node.item().is_some())
    }

    /// Whether the loop around a step went on although the step had failed.
    fn is_tolerated(&self, step: &StepId) -> bool {
        let around = step.scope.clone().split().map(|(outer, item)| outer.step(item.node));
        let row = around.and_then(|around| self.steps.get(&around));
        row.is_some_and(|row| Status::parse(&row.status) == Some(Status::Succeeded))
    }

    async fn write(
        &self,
        engine: &Engine,
        set: &mut WriteSet,
        new: RunId,
        rerun: &Rerun,
        request: Request<'_>,
    ) -> Result<(), Error> {
        let now = engine.source.now();
        let mut history = Writer::after(0, now);
        let mut rows: Vec<step::ActiveModel> = Vec::new();
        let mut places: HashMap<StepId, usize> = HashMap::new();
        for (fact, decisions) in &rerun.told {
            history.note(What::Fact(fact.clone()));
            for decision in decisions {
                history.note(What::Decision(decision.clone()));
                let Some(step) = subject(decision) else { continue };
                if !places.contains_key(step) {
                    places.insert(step.clone(), rows.len());
                    let number = i64::try_from(rows.len()).unwrap_or(i64::MAX) + 1;
                    let mut row = self.copy(engine, set, step, rerun).await?;
                    (row.run_id, row.number) = (Set(new), Set(number));
                    rows.push(row);
                }
            }
        }
        for (step, items) in &self.items {
            if rerun
                .run
                .step(step)
                .is_some_and(|state| !matches!(state, StepState::Open { .. }))
            {
                self.copy_items(engine, set, new, items).await?;
            }
        }
        rows.into_iter().for_each(|row| set.insert(row));
        let input = again(engine, set, self.row.input.clone()).await?;
        set.insert(run::ActiveModel {
            input: Set(input),
            ..self.row(engine, new, rerun, &history, request)?
        });
        history.row(new).into_iter().for_each(|row| set.insert(row));
        Ok(())
    }

    /// A step's row in the new run: as it was where it is kept, else one that is yet to begin.
    async fn copy(
        &self,
        engine: &Engine,
        set: &mut WriteSet,
        step: &StepId,
        rerun: &Rerun,
    ) -> Result<step::ActiveModel, Error> {
        let now = engine.source.now();
        let is_open = matches!(
            rerun.run.step(step),
            Some(StepState::Open { .. } | StepState::Retrying { .. })
        );
        if let Some(row) = self.steps.get(step).filter(|_| !is_open) {
            let mut copy = row.clone();
            for text in [&mut copy.input, &mut copy.output].into_iter().flatten() {
                *text = again(engine, set, std::mem::take(text)).await?;
            }
            if let Some(StepState::Looping(_)) = rerun.run.step(step) {
                (copy.status, copy.port, copy.finished_at) = (Status::Looping.text().into(), None, None);
                copy.output = None;
            }
            return Ok(copy.into_active_model());
        }
        let status = if is_open { Status::Ready } else { Status::Skipped };
        Ok(step::ActiveModel {
            node: Set(step.node.to_string()),
            step: Set(step.to_string()),
            status: Set(status.text().into()),
            attempt: Set(1),
            started_at: Set(now),
            finished_at: Set((!is_open).then_some(now)),
            ..Default::default()
        })
    }

    async fn copy_items(
        &self,
        engine: &Engine,
        set: &mut WriteSet,
        new: RunId,
        items: &[run_item::Model],
    ) -> Result<(), Error> {
        for item in items {
            let mut copy = item.clone();
            copy.value = again(engine, set, copy.value).await?;
            copy.run_id = new;
            set.insert(copy.into_active_model());
        }
        Ok(())
    }

    fn row(
        &self,
        engine: &Engine,
        new: RunId,
        rerun: &Rerun,
        history: &Writer,
        request: Request<'_>,
    ) -> Result<run::ActiveModel, Error> {
        let now = engine.source.now();
        let state = serde_json::to_string(&rerun.run).map_err(|_| self.unreadable())?;
        Ok(run::ActiveModel {
            id: Set(new),
            workflow_id: Set(self.row.workflow_id),
            version_id: Set(self.row.version_id),
            status: Set("RUNNING".into()),
            trigger_node: Set(self.row.trigger_node.clone()),
            object: Set(self.row.object.clone()),
            record_id: Set(self.row.record_id),
            state: Set(Some(state)),
            owner: Set(None),
            epoch: Set(1),
            seq: Set(history.last()),
            inbox: Set(0),
            drained: Set(0),
            ready: Set(true),
            cause: Set(request.access.actor().text()),
            replay_of: Set(Some(self.row.id)),
            gate_id: Set(self.row.gate_id),
            depth: Set(0),
            created_at: Set(now),
            started_at: Set(Some(now)),
            updated_at: Set(now),
            ..Default::default()
        })
    }

    fn unreadable(&self) -> Error {
        Error::Unreadable {
            table: "run",
            id: self.row.id.0.to_string(),
        }
    }
}

/// Whether a step is one of these nodes in the scope, or lies in an item of one of them.
fn is_behind(step: &StepId, scope: &Scope, nodes: &HashSet<NodeKey>) -> bool {
    let (around, within) = (scope.items(), step.scope.items());
    match within.strip_prefix(around).map(<[_]>::first) {
        Some(Some(item)) => nodes.contains(&item.node),
        Some(None) => nodes.contains(&step.node),
        None => false,
    }
}

/// The step that a decision is about.
fn subject(decision: &Decision) -> Option<&StepId> {
    match decision {
        Decision::Execute { step, .. } | Decision::Retry { step, .. } | Decision::Skip { step } => Some(step),
        Decision::Pass { step } | Decision::Fire { step } | Decision::Close { step, .. } => Some(step),
        Decision::Divert { step } | Decision::Fail { step } | Decision::Abandon { step } => Some(step),
        Decision::Finish { .. } => None,
    }
}

/// The text once more, with a place of its own where it is kept out of line: retention removes each run's own.
async fn again(engine: &Engine, set: &mut WriteSet, text: String) -> Result<String, Error> {
    let text = payload::get(&engine.store, text).await?;
    Ok(payload::put(set, || engine.source.id(), text))
}

fn parsed(step: &str) -> Result<StepId, Error> {
    step.parse().map_err(|_| Error::Unreadable {
        table: "step",
        id: step.to_owned(),
    })
}
