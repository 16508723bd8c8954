//! Plays a run through on a virtual clock, and tells what it would do. It is made of the engine's own segments, decided and
//! never committed: nothing is written, and nothing is sent but what a test of one step asks for.

mod agenda;
mod imagine;
mod reading;
mod reply;
pub mod report;
mod verdict;

use std::{collections::HashMap, sync::Arc};

use pointsman_entities::{
    ids::{EffectId, RunId},
    time::Timestamp,
};
use pointsman_graph::{key::NodeKey, step::StepId};

pub use super::segment::Left;
use super::{
    Engine, Error, advance,
    effect::Payload,
    live::{Live, Status},
    order::Signals,
    segment::{Done, Segment, Stimulus},
};
use crate::{
    crm::{
        Access,
        snapshot::Snapshot,
        validate::Code as Refused,
        write::{Enrolled, Problem},
    },
    workflow::versions::Version,
};
use agenda::Agenda;
pub use imagine::{Imagined, Refusal, Start};
use report::{Code, Halt, Report};
pub use verdict::{Verdict, verdict};

/// Steps that a dry run may have.
const STEPS: usize = 2_000;

/// Virtual time that it may take, in microseconds: about ten years.
const SPAN: i64 = 10 * 366 * 86_400_000_000;

/// Bytes of text in the inputs, outputs and effects that it may show.
const BYTES: usize = 4 << 20;

/// What is played through.
#[derive(Clone, Debug)]
pub struct Play {
    pub version: Arc<Version>,
    /// When it begins.
    pub at: Timestamp,
    /// What steps find that wait for the outside world.
    pub answers: Vec<Answer>,
    /// Nodes that are not carried out at all.
    pub pinned: HashMap<NodeKey, Left>,
    /// The one node whose effect is really brought about.
    pub execute: Option<NodeKey>,
}

/// What a step finds that waits for the outside world: a call's answer, a reply, a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// A node's key, or the name of one step of it within loops.
    pub step: String,
    pub left: Left,
}

impl Play {
    /// With no answers: whatever waits for the outside world succeeds, or times out.
    #[must_use]
    pub fn plain(version: Arc<Version>, at: Timestamp) -> Self {
        Self {
            version,
            at,
            answers: Vec::new(),
            pinned: HashMap::new(),
            execute: None,
        }
    }

    /// Whether every answer is about a node that there is, and leaves it by a port that it has.
    ///
    /// # Errors
    /// The argument that is wrong, and why.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let track = self.version.plan.track();
        let fits = |node: &str, left: &Left| {
            let known = node.parse().ok().and_then(|key| track.node(track.find(&key)?));
            match (known, left) {
                (None, _) => Err(format!("there is no node `{node}`")),
                (Some(known), Left::By { port: Some(port), .. }) if !known.ports.contains(port) => {
                    Err(format!("`{node}` has no port `{port}`"))
                }
                (Some(_), _) => Ok(()),
            }
        };
        for answer in &self.answers {
            let node = answer.step.rsplit('/').next().unwrap_or_default();
            fits(node, &answer.left).map_err(|message| ("answers", message))?;
        }
        for (node, left) in &self.pinned {
            fits(node.as_str(), left).map_err(|message| ("pinned", message))?;
        }
        Ok(())
    }
}

impl Engine {
    /// Plays a run through from an imagined start.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn dry_run(&self, play: Play, imagined: Imagined<'_>) -> Result<Result<Report, Problem>, Error> {
        // It acts in whose name a run would.
        let Some(access) = advance::principal(self, &play.version).await? else {
            return Ok(Err(Problem {
                code: Refused::Invalid,
                message: "whoever published the version may no longer sign in: it starts no runs".into(),
                field: None,
            }));
        };
        if let Some(node) = &play.execute {
            // What is really sent leaves no other trace here.
            let (by, workflow) = (imagined.by.text(), play.version.workflow.0);
            tracing::info!(%by, %workflow, %node, "a step is tested for real");
        }
        self.crm.refresh().await?;
        let mut rehearsal = Rehearsal::new(self, play, &imagined);
        rehearsal.play(&access, imagined.snapshot).await?;
        Ok(Ok(rehearsal.report))
    }
}

/// A run in the making that nobody will ever see.
struct Rehearsal<'e> {
    engine: &'e Engine,
    play: Play,
    live: Option<Live>,
    now: Timestamp,
    agenda: Agenda,
    /// What was ordered of the outside world, by its id.
    orders: HashMap<EffectId, (StepId, Payload)>,
    /// What the run has said and heard: nothing of it is committed, so every segment must still know.
    signals: Signals,
    report: Report,
}

impl<'e> Rehearsal<'e> {
    fn new(engine: &'e Engine, play: Play, imagined: &Imagined<'_>) -> Self {
        let now = play.at;
        let enrolled = Enrolled {
            run: engine.source.id::<RunId>(),
            workflow: play.version.workflow,
            version: play.version.id,
            trigger: imagined.trigger.to_string(),
            record: imagined.record.clone(),
            previous: imagined.previous.clone(),
            form: imagined.form.clone(),
            payload: imagined.form.clone(),
            due: None,
            key: None,
            change: imagined
                .previous
                .as_ref()
                .and(imagined.record.as_ref())
                .map(|record| record.version()),
            cause: imagined.by.text(),
            cause_run: None,
            depth: 0,
            caller: None,
            gate: None,
            held: false,
            at: now,
        };
        let live = Live::of(engine, Arc::clone(&play.version), enrolled);
        Self {
            engine,
            live: Some(live),
            now,
            agenda: Agenda::default(),
            orders: HashMap::new(),
            signals: Signals::default(),
            report: Report::begun(imagined.verdict.clone(), now),
            play,
        }
    }

    /// Segment after segment until the run is over, or nothing more can happen.
    async fn play<'p>(&mut self, access: &'p Access, mut snapshot: Snapshot<'p>) -> Result<(), Error>
    where
        'e: 'p,
    {
        let mut stimuli = Vec::new();
        while let Some(live) = self.live.take() {
            let mut segment = Segment::begin_at(self.engine, live, access, self.now);
            segment.decision.snapshot = snapshot;
            segment.signals = std::mem::take(&mut self.signals);
            segment.pinned = self.play.pinned.clone();
            segment.rehearse(std::mem::take(&mut stimuli)).await?;
            self.signals = std::mem::take(&mut segment.signals);
            let (mut decision, done) = segment.close()?;
            decision.close();
            let found = reading::read(&decision.set, self.now, &mut self.report);
            snapshot = decision.snapshot;
            self.report.ended = self.now;
            if let Some(outcome) = done.live.run.outcome() {
                self.report.outcome = Some(outcome);
                return Ok(());
            }
            stimuli = self.next(&done, found).await?;
            self.report.halt = self.exhausted();
            if self.report.halt.is_some() {
                return Ok(());
            }
            if stimuli.is_empty() && !done.goes_on {
                self.report.halt = Some(stuck(&done.live));
                return Ok(());
            }
            self.live = Some(done.live);
        }
        Ok(())
    }

    /// What the run is told next: what became of its effects, else what somebody answers, else the next timer.
    async fn next(&mut self, done: &Done, found: reading::Orders) -> Result<Vec<Stimulus>, Error> {
        let told = self.agenda.told(&done.live, &found.changes);
        self.agenda.add(found.timers, found.waits, &mut self.report);
        self.orders.extend(
            found
                .effects
                .into_iter()
                .map(|(id, step, payload)| (id, (step, payload))),
        );
        let mut stimuli = told;
        for effect in &done.effects {
            if let Some((step, payload)) = self.orders.get(effect).cloned() {
                stimuli.push(self.settle(&done.live, *effect, step, &payload).await?);
            }
        }
        for call in found.calls {
            stimuli.push(self.called(&done.live, call));
        }
        if stimuli.is_empty() && !done.goes_on {
            stimuli.extend(self.answer(&done.live));
        }
        if stimuli.is_empty() && !done.goes_on {
            let due = self.agenda.next(&done.live);
            stimuli.extend(due.map(|(due_at, fact)| {
                self.now = self.now.max(due_at);
                Stimulus::Told(fact)
            }));
        }
        Ok(stimuli)
    }

    /// What somebody has said of a step that waits.
    fn answer(&mut self, live: &Live) -> Option<Stimulus> {
        let mut waiting: Vec<_> = live
            .steps
            .iter()
            .filter(|(_, step)| step.status == Status::Waiting)
            .collect();
        waiting.sort_by_key(|(_, step)| step.number);
        let (step, attempt) = waiting
            .into_iter()
            .find(|(step, _)| reply::said(&self.play.answers, step).is_some())
            .map(|(step, known)| (step.clone(), known.attempt))?;
        let left = reply::take(&mut self.play.answers, &step)?;
        Some(Stimulus::Left { step, attempt, left })
    }

    fn exhausted(&self) -> Option<Halt> {
        let halt = |code, message: String| Some(Halt { code, message });
        if self.report.steps.len() > STEPS {
            return halt(Code::StepLimit, format!("the dry run ends after {STEPS} steps"));
        }
        if self.now.micros() - self.play.at.micros() > SPAN {
            return halt(Code::TimeLimit, "the dry run ends after ten years".into());
        }
        if self.report.bytes > BYTES {
            return halt(
                Code::SizeLimit,
                format!("the dry run ends after {} MB of inputs and outputs", BYTES >> 20),
            );
        }
        None
    }
}

/// Everything that is open waits for what can't be foreseen.
fn stuck(live: &Live) -> Halt {
    let waiting = live.steps.iter().filter(|(_, step)| waits(step.status));
    let mut names: Vec<String> = waiting.map(|(step, _)| format!("`{step}`")).collect();
    names.sort();
    Halt {
        code: Code::WaitsForever,
        message: format!(
            "{} waits for something that may never happen: give it an answer",
            names.join(", ")
        ),
    }
}

/// Whether something outside of the run must happen to the step. A loop waits for its own items alone.
fn waits(status: Status) -> bool {
    match status {
        Status::Ready | Status::Running | Status::Waiting | Status::Retrying | Status::Unknown => true,
        Status::Looping | Status::Succeeded | Status::Failed | Status::Skipped | Status::Cancelled => false,
    }
}
