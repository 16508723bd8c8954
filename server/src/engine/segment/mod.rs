//! Moves a run forward as far as it goes without the outside world, in memory: applies facts, carries out the decisions
//! that need no more than the database, and gathers all of it into one write set.

mod rehearse;
mod steps;
mod tell;

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use pointsman_entities::{
    ids::{EffectId, RecordId, RunId},
    run, step,
    time::Timestamp,
};
use pointsman_graph::{
    decision::Decision as Next,
    event::{Outcome, RunEvent},
    key::{NodeKey, Port},
    step::{Item, StepId},
    track::{OnError, Role},
};
use sea_orm::ActiveValue::Set;
use serde_json::{Value as Json, json};

pub use rehearse::{Left, Stimulus};

use super::{
    Engine, Error,
    failures::Fault,
    history::{self, What},
    inbox::{self, Purpose},
    live::{Lease, Live, Status, Step},
    order::Signals,
};
use crate::{
    crm::{access::Access, cause::Cause, write::Decision},
    store::{Update, Write},
};

/// Steps begun in one segment before others get their turn.
const BUDGET: usize = 250;

/// What follows once a segment is committed.
pub struct Done {
    /// The run as it is then.
    pub live: Live,
    /// Whether the budget ended before the work.
    pub goes_on: bool,
    /// Effects that may be carried out.
    pub effects: Vec<EffectId>,
    /// Whether a timer was set.
    pub timers: bool,
    /// Other runs that were told something.
    pub told: Vec<RunId>,
    /// Whether users were notified.
    pub notifies: bool,
}

/// A segment in the making.
pub struct Segment<'a> {
    pub engine: &'a Engine,
    pub live: Live,
    pub decision: Decision<'a>,
    pub now: Timestamp,
    pub(super) events: VecDeque<RunEvent>,
    pub(super) effects: Vec<EffectId>,
    /// The messages that this segment has ordered to be sent.
    pub(super) messages: HashMap<StepId, RecordId>,
    pub(super) signals: Signals,
    /// Other runs that are told something.
    pub(super) told: Vec<RunId>,
    pub(super) notifies: bool,
    timers: bool,
    history: history::Writer,
    rows: IndexMap<StepId, step::ActiveModel>,
    todo: VecDeque<(StepId, u32)>,
    drained: Vec<i64>,
    pub(super) error: Option<String>,
    /// What a stop gives back to whoever called the workflow.
    pub(super) returned: Json,
    /// Open steps that ended with the run.
    pub(super) abandoned: Vec<StepId>,
    /// The failure that nobody handles, by node, code and message.
    fault: Option<Fault>,
    last_failure: Option<(StepId, Fault)>,
    /// Nodes of a dry run that are not carried out: how they leave is given. Empty for a run.
    pub pinned: HashMap<NodeKey, Left>,
    /// Made anew for each segment, so that nothing in any record can be taken for the place of a secret.
    pub(super) mark: String,
}

impl<'a> Segment<'a> {
    /// A segment of a run, in the name of whoever published its version.
    #[must_use]
    pub fn new(engine: &'a Engine, live: Live, access: &'a Access) -> Self {
        Self::begin_at(engine, live, access, engine.source.now())
    }

    /// A segment at another time than the present: a dry run has a clock of its own.
    #[must_use]
    pub fn begin_at(engine: &'a Engine, live: Live, access: &'a Access, now: Timestamp) -> Self {
        let cause = Cause::Run {
            run: live.id,
            node: String::new(),
            depth: live.depth + 1,
        };
        let mut decision = Decision::new(&engine.crm, access, cause);
        decision.now = now;
        let history = history::Writer::after(live.seq, now);
        let ready = live.steps.iter().filter(|(_, step)| step.status == Status::Ready);
        let todo = ready.map(|(id, step)| (id.clone(), step.attempt)).collect();
        Self {
            engine,
            live,
            decision,
            now,
            events: VecDeque::new(),
            effects: Vec::new(),
            messages: HashMap::new(),
            signals: Signals::default(),
            told: Vec::new(),
            notifies: false,
            timers: false,
            history,
            rows: IndexMap::new(),
            todo,
            drained: Vec::new(),
            error: None,
            returned: Json::Null,
            abandoned: Vec::new(),
            fault: None,
            last_failure: None,
            pinned: HashMap::new(),
            mark: uuid::Uuid::from_bytes(engine.source.secret()).simple().to_string(),
        }
    }

    /// Takes the facts that wait in the inbox and goes on until nothing is left that can be done here and now.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn advance(&mut self) -> Result<(), Error> {
        self.open().await?;
        if self.live.drained < self.live.inbox {
            for (number, fact) in inbox::pending(&self.engine.store, self.live.id).await? {
                self.drained.push(number);
                self.live.drained = number;
                self.take(fact).await?;
                self.drain().await?;
            }
        }
        self.drain().await?;
        match self.live.run.end() {
            Some(end) => {
                self.withdraw_messages().await?;
                self.tell_family(end).await
            }
            None => Ok(()),
        }
    }

    /// Adds what the segment says of the run itself, and gives the whole to be committed, with what follows from it.
    ///
    /// # Errors
    /// Where the run's state can't be written as JSON.
    pub fn close(mut self) -> Result<(Decision<'a>, Done), Error> {
        for (_, row) in std::mem::take(&mut self.rows) {
            self.push_step(row);
        }
        let run = self.live.id;
        inbox::remove(&mut self.decision.set, run, std::mem::take(&mut self.drained));
        if let Some(row) = self.history.row(run) {
            self.decision.set.insert(row);
        }
        let goes_on = self.goes_on();
        let lease = self.live.lease;
        let mut update = Update::of(vec![("id", run.0.into())], &self.run_row()?)
            .guarded("epoch", lease.epoch)
            .guarded("owner", lease.owner.map(|owner| owner.0));
        if !goes_on {
            // Parking: whatever was delivered meanwhile must not be slept over.
            update = update.guarded("inbox", self.live.inbox);
        }
        self.decision.set.push(Write::Update(update));
        let mut live = self.live;
        live.seq = self.history.last();
        live.is_fresh = false;
        live.lease = Lease {
            owner: goes_on.then_some(self.engine.member),
            epoch: lease.epoch + 1,
        };
        live.steps.values_mut().for_each(|step| step.stored = true);
        Ok((
            self.decision,
            Done {
                live,
                goes_on,
                effects: self.effects,
                timers: self.timers,
                told: self.told,
                notifies: self.notifies,
            },
        ))
    }

    /// Has the run's record at hand, and starts the run if it is new.
    async fn open(&mut self) -> Result<(), Error> {
        self.load_subject().await?;
        if !self.live.run.is_started() {
            self.live.started_at = Some(self.now);
            if let Ok(trigger) = self.live.trigger.parse() {
                self.events.push_back(RunEvent::Started { trigger, at: self.at() });
            }
        }
        Ok(())
    }

    fn goes_on(&self) -> bool {
        !self.todo.is_empty()
    }

    async fn drain(&mut self) -> Result<(), Error> {
        let mut begun = 0;
        loop {
            while let Some(event) = self.events.pop_front() {
                self.apply(event).await?;
            }
            if begun == BUDGET {
                return Ok(());
            }
            let Some((step, attempt)) = self.todo.pop_front() else {
                return Ok(());
            };
            begun += 1;
            self.begin(step, attempt).await?;
        }
    }

    async fn apply(&mut self, event: RunEvent) -> Result<(), Error> {
        let plan = std::sync::Arc::clone(&self.live.version.plan);
        let decisions = match self.live.run.apply(plan.track(), &event) {
            Ok(decisions) => decisions,
            Err(illegal) => {
                tracing::warn!(run = %self.live.id.0, %illegal, "a fact can't follow");
                return Ok(());
            }
        };
        self.history.note(What::Fact(event.clone()));
        self.record_fact(&event);
        for decision in decisions {
            self.history.note(What::Decision(decision.clone()));
            self.carry_out(decision);
        }
        Ok(())
    }

    /// What a fact says of its step.
    fn record_fact(&mut self, event: &RunEvent) {
        match event {
            RunEvent::StepSucceeded { step, port, .. } => self.end(step, Status::Succeeded, Some(port), None),
            RunEvent::AttemptFailed { step, failure, .. } => {
                let error = json!({ "code": failure.code, "message": failure.message });
                self.row(step).error = Set(Some(error.to_string()));
                self.error = Some(format!("{}: {}", failure.code, failure.message));
                let fault = Fault::new(&step.node, &failure.code, &failure.message);
                self.last_failure = Some((step.clone(), fault));
            }
            RunEvent::Stopped {
                step, message, outcome, ..
            } => {
                self.end(step, Status::Succeeded, None, None);
                if *outcome == Outcome::Failed {
                    self.fault = Some(Fault::new(&step.node, "STOPPED", message));
                }
                if !message.is_empty() {
                    self.error = Some(message.clone());
                }
            }
            RunEvent::Opened { step, .. } => self.set_status(step, Status::Looping),
            RunEvent::Resumed { .. } => self.resume_loops(),
            RunEvent::Started { .. } | RunEvent::RetryDue { .. } | RunEvent::CancelRequested { .. } => {}
        }
    }

    fn carry_out(&mut self, decision: Next) {
        match decision {
            Next::Execute { step, attempt } => {
                self.enter(&step, Status::Ready, attempt);
                self.row(&step).finished_at = Set(None);
                self.todo.push_back((step, attempt));
            }
            Next::Retry { step, attempt, due_at } => {
                self.enter(&step, Status::Retrying, attempt - 1);
                self.set_timer(&step, Purpose::Retry, attempt, Timestamp(due_at.timestamp_micros()));
            }
            Next::Skip { step } => self.end_new(&step, Status::Skipped, None),
            Next::Pass { step } => self.end_new(&step, Status::Succeeded, Some(&Port::DONE)),
            Next::Fire { step } => self.end_new(&step, Status::Succeeded, Some(&Port::OUT)),
            Next::Close { step, items, failed } => self.close_loop(&step, items, failed),
            Next::Divert { step } => self.end(&step, Status::Failed, Some(&Port::ERROR), None),
            Next::Fail { step } => {
                self.end(&step, Status::Failed, None, None);
                let last = self.last_failure.take_if(|(failed, _)| *failed == step);
                if let Some((_, fault)) = last.filter(|_| !self.is_tolerated(&step)) {
                    self.fault = Some(fault);
                }
            }
            Next::Abandon { step } => {
                self.end(&step, Status::Cancelled, None, None);
                self.todo.retain(|(todo, _)| *todo != step);
                self.drop_orders(&step);
                self.abandoned.push(step);
            }
            Next::Finish { .. } => {}
        }
    }

    /// Whether a loop around the step goes on although it has failed.
    fn is_tolerated(&self, step: &StepId) -> bool {
        let track = self.live.version.plan.track();
        let role = |item: &Item| Some(track.node(track.find(&item.node)?)?.role);
        let tolerates = |role| matches!(role, Role::Loop(rule) if rule.on_error == OnError::Continue);
        step.scope.items().iter().filter_map(role).any(tolerates)
    }

    async fn begin(&mut self, step: StepId, attempt: u32) -> Result<(), Error> {
        self.enter(&step, Status::Running, attempt);
        if let Cause::Run { node, .. } = &mut self.decision.cause {
            *node = step.to_string();
        }
        match self.pinned.get(&step.node).cloned() {
            Some(left) => self.leave(&step, attempt, left),
            None => self.execute(step, attempt).await?,
        }
        Ok(())
    }

    async fn load_subject(&mut self) -> Result<(), Error> {
        if let Some(record) = self
            .live
            .input
            .record
            .as_ref()
            .filter(|_| self.live.is_fresh && !self.live.looks_back())
        {
            // A change since then refuses this segment's own write, and the next try reads the record anew.
            self.decision.snapshot.remember(std::sync::Arc::clone(record));
            return Ok(());
        }
        if let Some((object, id)) = self.live.subject.clone()
            && let Some(object) = self.engine.crm.object(&object)
        {
            self.decision.snapshot.load(&object, id).await?;
        }
        Ok(())
    }

    pub(super) fn at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.now.micros()).unwrap_or_default()
    }

    fn run_row(&self) -> Result<run::ActiveModel, Error> {
        let live = &self.live;
        let outcome = live.run.outcome();
        let unwritable = |source| Error::Corrupt {
            table: "run",
            id: live.id.0.to_string(),
            source,
        };
        // A run that ended well needs no state; a failed one keeps it, so that it can be retried.
        let state = match outcome {
            Some(Outcome::Succeeded | Outcome::Cancelled) => None,
            Some(Outcome::Failed) | None => Some(serde_json::to_string(&live.run).map_err(unwritable)?),
        };
        let goes_on = self.goes_on();
        let mut row = run::ActiveModel {
            status: Set(self.status().into()),
            state: Set(state),
            owner: Set(goes_on.then_some(self.engine.member)),
            epoch: Set(live.lease.epoch + 1),
            seq: Set(self.history.last()),
            drained: Set(live.drained),
            ready: Set(goes_on),
            started_at: Set(live.started_at),
            finished_at: Set(outcome.map(|_| self.now)),
            updated_at: Set(self.now),
            ..Default::default()
        };
        if let Some(fault) = &self.fault {
            row.fingerprint = Set(Some(fault.fingerprint()));
        }
        match outcome {
            Some(Outcome::Succeeded) => (row.error, row.fingerprint) = (Set(None), Set(None)),
            _ if self.error.is_some() => row.error = Set(self.error.clone()),
            _ => {}
        }
        Ok(row)
    }

    fn status(&self) -> &'static str {
        match self.live.run.outcome() {
            Some(Outcome::Succeeded) => "SUCCEEDED",
            Some(Outcome::Failed) => "FAILED",
            Some(Outcome::Cancelled) => "CANCELLED",
            None => {
                let busy = |step: &Step| matches!(step.status, Status::Running | Status::Ready);
                if self.live.steps.values().any(busy) {
                    "RUNNING"
                } else {
                    "WAITING"
                }
            }
        }
    }
}
