//! One random run, played on the reducer and the model at once.

use std::collections::BTreeMap;

use chrono::DateTime;
use pointsman_graph::{
    decision::Decision,
    event::{self, Failure, RunEvent},
    key::Port,
    retry::Chance,
    run::{Kept, Rerun, Run, StepState},
    step::{Scope, StepId},
    track::Track,
};

use super::{
    model::{Kind, Model, Outcome, Shape, Status, Step},
    shapes,
};

pub struct Play<'s> {
    track: &'s Track,
    model: Model<'s>,
    pub run: Run,
    pub accepted: Vec<RunEvent>,
    /// The last decision about each step, and how often a join fired or an attempt began.
    decided: BTreeMap<StepId, Decision>,
    once: BTreeMap<(StepId, u32), u32>,
    ended: Option<event::Outcome>,
    forced: bool,
    relaid: bool,
}

impl<'s> Play<'s> {
    pub fn start(shape: &'s Shape, track: &'s Track, pick: u8) -> Self {
        let triggers = track.triggers().len();
        let trigger = usize::from(pick) % triggers;
        let mut play = Play {
            track,
            model: Model::new(shape, trigger),
            run: Run::default(),
            accepted: Vec::new(),
            decided: BTreeMap::new(),
            once: BTreeMap::new(),
            ended: None,
            forced: false,
            relaid: false,
        };
        play.accept(RunEvent::Started {
            trigger: shapes::key(trigger),
            at: DateTime::UNIX_EPOCH,
        });
        play.compare();
        play
    }

    pub fn advance(&mut self, [what, pick, how, round_trip]: [u8; 4]) {
        match what {
            0..20 => self.refuse_twice(pick),
            20..40 => self.refuse_out_of_order(pick, how),
            40..42 if self.ended.is_none() => self.cancel(),
            42..44 => self.stop(pick),
            44..52 => self.resume(),
            52..60 => self.relay(),
            _ => self.work(pick, how),
        }
        if round_trip % 8 == 0 {
            self.run = serde_json::from_str(&serde_json::to_string(&self.run).unwrap()).unwrap();
            self.compare();
        }
    }

    pub fn finish(&mut self) {
        while self.ended.is_none() {
            self.work(0, 255);
        }
        let root = |step: &(StepId, &StepState)| step.0.scope == Scope::default();
        let roots = self.model.shape.nodes.iter().filter(|node| node.home.is_none()).count();
        if self.ended == Some(event::Outcome::Succeeded) && !self.forced {
            assert_eq!(
                self.run.steps().into_iter().filter(root).count(),
                roots,
                "every step is decided"
            );
        }
        assert!(self.run.open_steps().is_empty());
    }

    fn cancel(&mut self) {
        self.forced = true;
        self.accept(RunEvent::CancelRequested {
            at: DateTime::UNIX_EPOCH,
        });
    }

    fn stop(&mut self, pick: u8) {
        let Some((step, StepState::Open { attempt, .. })) = self.open(pick) else {
            return;
        };
        self.forced = true;
        self.model
            .results
            .insert(self.numbered(&step), Outcome::Left("stop".into()));
        let outcome = event::Outcome::Failed;
        self.accept(RunEvent::Stopped {
            step,
            attempt,
            outcome,
            message: String::new(),
            at: DateTime::UNIX_EPOCH,
        });
    }

    fn resume(&mut self) {
        let event = RunEvent::Resumed {
            at: DateTime::UNIX_EPOCH,
        };
        if self.ended == Some(event::Outcome::Failed) && !self.forced {
            self.ended = None;
            self.model.resume();
            self.accept(event);
        } else {
            self.refuse(&event);
        }
    }

    /// Moved onto the very track it is on, a run goes on as if nothing had happened.
    fn relay(&mut self) {
        if self.ended.is_some() {
            return;
        }
        let left = |step: &StepId| match self.model.results.get(&self.numbered(step)) {
            Some(Outcome::Left(port)) => Some(Port::from(port.as_str())),
            _ => None,
        };
        self.run = self.run.relaid(self.track, &left).unwrap();
        self.relaid = true;
        self.compare();
    }

    /// A new run that keeps all that this one came to stands where this one stands.
    pub fn rerun(&self) -> Rerun {
        let kept = |step: &StepId| {
            Some(match self.model.results.get(&self.numbered(step))? {
                Outcome::Left(port) => Kept::Left(Port::from(port.as_str())),
                Outcome::Failed => Kept::Failed(failure(false)),
                Outcome::Items(items) => Kept::Items(*items),
            })
        };
        let trigger = shapes::key(self.model.trigger);
        Rerun::build(self.track, &trigger, DateTime::UNIX_EPOCH, kept).unwrap()
    }

    /// Whether this run knows nothing of the steps that another one waits for.
    pub fn lacks_what_is_open(&self, other: &Run) -> bool {
        let open = other.open_steps().into_iter().map(|(step, _)| self.numbered(&step));
        let mut leaves = open.filter(|(_, node)| !matches!(self.model.shape.nodes[*node].kind, Kind::Loop { .. }));
        leaves.all(|step| !self.model.results.contains_key(&step))
    }

    /// Whether the run was moved: what had arrived at decided nodes is not kept then.
    pub fn was_relaid(&self) -> bool {
        self.relaid
    }

    /// Whether somebody has ended the run before its time.
    pub fn was_forced(&self) -> bool {
        self.forced
    }

    /// One open step goes on: by a port, by items, by failing, by its timer.
    fn work(&mut self, pick: u8, how: u8) {
        let Some((step, state)) = self.open(pick) else { return };
        let at = DateTime::UNIX_EPOCH;
        let numbered = self.numbered(&step);
        let (attempt, first) = match state {
            StepState::Open { attempt, first } => (attempt, first),
            StepState::Retrying { attempt, .. } => return self.accept(RunEvent::RetryDue { step, attempt, at }),
            other => panic!("{other:?} is not open"),
        };
        if how < 60 {
            let retryable = how < 20;
            if !retryable || attempt - first + 1 >= shapes::ATTEMPTS {
                self.model.results.insert(numbered, Outcome::Failed);
            }
            let failure = failure(retryable);
            return self.accept(RunEvent::AttemptFailed {
                step,
                attempt,
                failure,
                chance: Chance(u32::from(how)),
                at,
            });
        }
        let (result, event) = match self.model.shape.nodes[numbered.1].kind {
            Kind::Loop { .. } => {
                let items = u32::from(how % 4);
                (
                    Outcome::Items(items),
                    RunEvent::Opened {
                        step,
                        attempt,
                        items,
                        at,
                    },
                )
            }
            Kind::Branch => {
                let port = ["yes", "no", "otherwise"][usize::from(how) % 3];
                (
                    Outcome::Left(port.into()),
                    RunEvent::StepSucceeded {
                        step,
                        attempt,
                        port: port.into(),
                        at,
                    },
                )
            }
            _ => (
                Outcome::Left("done".into()),
                RunEvent::StepSucceeded {
                    step,
                    attempt,
                    port: Port::DONE,
                    at,
                },
            ),
        };
        self.model.results.insert(numbered, result);
        self.accept(event);
    }

    fn open(&self, pick: u8) -> Option<(StepId, StepState)> {
        let looping = |state: &StepState| matches!(state, StepState::Looping(_));
        let open: Vec<_> = self
            .run
            .open_steps()
            .into_iter()
            .filter(|(_, state)| !looping(state))
            .collect();
        let (step, state) = open.get(usize::from(pick) % open.len().max(1))?;
        Some((step.clone(), **state))
    }

    fn refuse_twice(&mut self, pick: u8) {
        let event = self.accepted[usize::from(pick) % self.accepted.len()].clone();
        if !matches!(event, RunEvent::Resumed { .. }) {
            self.refuse(&event);
        }
    }

    fn refuse_out_of_order(&mut self, pick: u8, attempt: u8) {
        let step = Scope::default().step(shapes::key(usize::from(pick) % self.model.shape.nodes.len()));
        let attempt = u32::from(attempt % 3);
        let due = matches!(self.run.step(&step), Some(StepState::Open { attempt: now, .. }) if *now == attempt);
        if !due {
            self.refuse(&RunEvent::StepSucceeded {
                step,
                attempt,
                port: Port::DONE,
                at: DateTime::UNIX_EPOCH,
            });
        }
    }

    fn refuse(&mut self, event: &RunEvent) {
        let before = serde_json::to_string(&self.run).unwrap();
        self.run
            .apply(self.track, event)
            .expect_err("an event that cannot follow is refused");
        assert_eq!(
            before,
            serde_json::to_string(&self.run).unwrap(),
            "a refused event changes nothing"
        );
    }

    fn accept(&mut self, event: RunEvent) {
        let decisions = self.run.apply(self.track, &event).unwrap();
        self.accepted.push(event);
        for decision in decisions {
            self.note(decision);
        }
        if !self.forced {
            let standing = self.model.standing();
            let failed = if standing.failed {
                event::Outcome::Failed
            } else {
                event::Outcome::Succeeded
            };
            assert_eq!(
                self.ended,
                standing.drained.then_some(failed),
                "the run ends when nothing is open"
            );
        }
    }

    fn note(&mut self, decision: Decision) {
        assert!(self.ended.is_none(), "nothing follows the end");
        let (step, attempt) = match &decision {
            Decision::Finish { outcome } => return self.ended = Some(*outcome),
            Decision::Execute { step, attempt } => (step.clone(), *attempt),
            Decision::Skip { step } | Decision::Pass { step } | Decision::Fire { step } => (step.clone(), 0),
            Decision::Retry { step, .. } | Decision::Close { step, .. } | Decision::Abandon { step } => {
                (step.clone(), 1_000)
            }
            Decision::Divert { step } | Decision::Fail { step } => (step.clone(), 1_000),
        };
        let times = self.once.entry((step.clone(), attempt)).or_default();
        *times += 1;
        assert!(*times == 1 || attempt == 1_000, "{step} is decided once");
        self.decided.insert(step, decision);
    }

    /// The most edges into a node that were taken in any one scope.
    pub fn most_taken(&mut self, node: usize) -> usize {
        let steps = self.model.standing().steps;
        let scopes = steps.keys().filter(|(_, one)| *one == node).map(|(path, _)| path);
        scopes
            .map(|path| self.model.taken(path, node, &steps))
            .max()
            .unwrap_or(0)
    }

    /// Everything that was ever decided is what the model says, and nothing else was.
    pub fn compare(&mut self) {
        let model: BTreeMap<StepId, Status> = self
            .model
            .standing()
            .steps
            .into_iter()
            .map(|(step, status)| (shapes::step(&step), status))
            .collect();
        let trigger = shapes::key(self.model.trigger);
        for (step, status) in model.iter().filter(|(step, _)| step.node != trigger) {
            let decided = self.decided.get(step);
            let agrees = match status {
                Status::Open if self.forced => matches!(decided, Some(Decision::Abandon { .. })),
                Status::Open => matches!(decided, Some(Decision::Execute { .. } | Decision::Retry { .. })),
                Status::Looping => matches!(
                    decided,
                    Some(Decision::Execute { .. } | Decision::Abandon { .. } | Decision::Fail { .. })
                ),
                Status::Left(_) => matches!(decided, Some(Decision::Execute { .. })),
                Status::Passed => matches!(decided, Some(Decision::Pass { .. })),
                Status::Fired => matches!(decided, Some(Decision::Fire { .. })),
                Status::Skipped => matches!(decided, Some(Decision::Skip { .. })),
                Status::Diverted => matches!(decided, Some(Decision::Divert { .. })),
                Status::Failed => matches!(decided, Some(Decision::Fail { .. })),
                Status::Closed => matches!(decided, Some(Decision::Close { .. })),
            };
            assert!(
                agrees || self.cut_short(step),
                "{step} is {status:?}, but was decided {decided:?}"
            );
        }
        let beyond: Vec<_> = self.decided.keys().filter(|step| !model.contains_key(step)).collect();
        assert!(beyond.is_empty() || self.forced, "{beyond:?} were decided");
    }

    /// A stop leaves its scope where it was: what the model would have gone on to is never begun.
    fn cut_short(&self, step: &StepId) -> bool {
        let stopped = self
            .accepted
            .iter()
            .any(|event| matches!(event, RunEvent::Stopped { .. }));
        let begun = self.once.contains_key(&(step.clone(), 1));
        stopped && (!begun || self.run.step(step) == Some(&StepState::Abandoned))
    }

    fn numbered(&self, step: &StepId) -> Step {
        let path = step
            .scope
            .items()
            .iter()
            .map(|item| (shapes::number(&item.node), item.index))
            .collect();
        (path, shapes::number(&step.node))
    }
}

fn failure(retryable: bool) -> Failure {
    Failure {
        code: "FAILED".into(),
        message: String::new(),
        retryable,
        retry_after_ms: None,
    }
}
