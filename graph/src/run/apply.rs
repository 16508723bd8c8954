//! One fact at a time: first everything that could refuse it, then what it changes.

use chrono::{DateTime, Utc};

use super::{
    End, EndCause, IllegalEvent, Run,
    frame::{Frame, Progress, StepState},
    moves::{Leaving, Moves},
};
use crate::{
    decision::Decision,
    event::{Failure, Outcome, RunEvent},
    key::{NodeKey, Port},
    retry::Chance,
    step::{Scope, StepId},
    track::{NodeIndex, Role, Track, TrackNode},
};

/// A step that is open at the attempt which a fact is about.
struct Open<'r, 't> {
    frame: &'r mut Frame,
    at: NodeIndex,
    node: &'t TrackNode,
    first: u32,
}

pub(super) fn apply(run: &mut Run, track: &Track, event: &RunEvent) -> Result<Vec<Decision>, IllegalEvent> {
    let mut moves = Moves::on(track);
    let scope = match event {
        RunEvent::Started { trigger, .. } => start(run, &mut moves, trigger)?,
        RunEvent::Resumed { .. } => run.resume(&mut moves)?,
        RunEvent::CancelRequested { .. } => {
            run.require_running()?;
            run.finish(
                &mut moves,
                End {
                    outcome: Outcome::Cancelled,
                    cause: EndCause::Cancelled,
                },
            );
            return Ok(moves.decisions);
        }
        RunEvent::Stopped {
            step, attempt, outcome, ..
        } => {
            let open = open(run, track, step, *attempt)?;
            open.frame.end(step.node.clone(), StepState::Succeeded);
            run.finish(
                &mut moves,
                End {
                    outcome: *outcome,
                    cause: EndCause::Stopped,
                },
            );
            return Ok(moves.decisions);
        }
        RunEvent::StepSucceeded {
            step, attempt, port, ..
        } => succeed(run, &mut moves, step, *attempt, port)?,
        RunEvent::AttemptFailed {
            step,
            attempt,
            failure,
            chance,
            at,
        } => fail(run, &mut moves, step, *attempt, (failure, *at, *chance))?,
        RunEvent::RetryDue { step, attempt, .. } => retry(run, &mut moves, step, *attempt)?,
        RunEvent::Opened {
            step, attempt, items, ..
        } => open_items(run, &mut moves, step, *attempt, *items)?,
    };
    run.drain(&mut moves, scope);
    Ok(moves.decisions)
}

fn start(run: &mut Run, moves: &mut Moves<'_>, trigger: &NodeKey) -> Result<Scope, IllegalEvent> {
    let not_a_trigger = || IllegalEvent::NotATrigger(trigger.clone());
    if run.is_started() {
        return Err(IllegalEvent::AlreadyStarted);
    }
    let chosen = moves.track.find(trigger).ok_or_else(not_a_trigger)?;
    if !moves.track.triggers().contains(&chosen) {
        return Err(not_a_trigger());
    }
    let scope = Scope::default();
    run.root.steps.insert(trigger.clone(), StepState::Succeeded);
    for at in moves.track.triggers().iter().filter(|at| **at != chosen) {
        if let Some(node) = moves.track.node(*at) {
            moves.skip(&mut run.root, &scope, node);
        }
    }
    for at in moves.track.triggers() {
        let leaving = if *at == chosen {
            Leaving::By(Port::OUT)
        } else {
            Leaving::Nowhere
        };
        moves.leave(&mut run.root, &scope, *at, leaving);
    }
    Ok(scope)
}

fn succeed(
    run: &mut Run,
    moves: &mut Moves<'_>,
    step: &StepId,
    attempt: u32,
    port: &Port,
) -> Result<Scope, IllegalEvent> {
    let open = open(run, moves.track, step, attempt)?;
    if matches!(open.node.role, Role::Loop(_)) {
        return Err(IllegalEvent::IsALoop(step.clone()));
    }
    if !open.node.ports.contains(port) {
        return Err(IllegalEvent::NoSuchPort {
            step: step.clone(),
            port: port.clone(),
        });
    }
    open.frame.end(step.node.clone(), StepState::Succeeded);
    moves.leave(open.frame, &step.scope, open.at, Leaving::By(port.clone()));
    Ok(step.scope.clone())
}

fn fail(
    run: &mut Run,
    moves: &mut Moves<'_>,
    step: &StepId,
    attempt: u32,
    (failure, at, chance): (&Failure, DateTime<Utc>, Chance),
) -> Result<Scope, IllegalEvent> {
    let Open {
        frame,
        at: node_at,
        node,
        first,
    } = open(run, moves.track, step, attempt)?;
    if let Some(due_at) = node.retry.due(attempt - first + 1, failure, at, chance) {
        let attempt = attempt + 1;
        frame
            .steps
            .insert(step.node.clone(), StepState::Retrying { attempt, first, due_at });
        moves.decisions.push(Decision::Retry {
            step: step.clone(),
            attempt,
            due_at,
        });
    } else if moves.track.is_wired(node_at, &Port::ERROR) {
        frame.end(step.node.clone(), StepState::Diverted);
        moves.decisions.push(Decision::Divert { step: step.clone() });
        moves.leave(frame, &step.scope, node_at, Leaving::By(Port::ERROR));
    } else {
        frame.end(step.node.clone(), StepState::Failed { attempt });
        moves.decisions.push(Decision::Fail { step: step.clone() });
    }
    Ok(step.scope.clone())
}

fn retry(run: &mut Run, moves: &mut Moves<'_>, step: &StepId, attempt: u32) -> Result<Scope, IllegalEvent> {
    run.require_running()?;
    let frame = run
        .root
        .at_mut(&step.scope)
        .ok_or_else(|| IllegalEvent::NotRetrying(step.clone()))?;
    match frame.steps.get(&step.node).copied() {
        Some(StepState::Retrying {
            attempt: awaited,
            first,
            ..
        }) if awaited == attempt => {
            frame
                .steps
                .insert(step.node.clone(), StepState::Open { attempt, first });
            moves.decisions.push(Decision::Execute {
                step: step.clone(),
                attempt,
            });
            Ok(step.scope.clone())
        }
        Some(StepState::Retrying { .. }) => Err(IllegalEvent::OtherAttempt {
            step: step.clone(),
            attempt,
        }),
        Some(_) | None => Err(IllegalEvent::NotRetrying(step.clone())),
    }
}

fn open_items(
    run: &mut Run,
    moves: &mut Moves<'_>,
    step: &StepId,
    attempt: u32,
    items: u32,
) -> Result<Scope, IllegalEvent> {
    let open = open(run, moves.track, step, attempt)?;
    let Role::Loop(rule) = open.node.role else {
        return Err(IllegalEvent::NotALoop(step.clone()));
    };
    let progress = Progress {
        items,
        next: 0,
        active: 0,
        failed: 0,
    };
    open.frame.steps.insert(step.node.clone(), StepState::Looping(progress));
    moves.go_round(open.frame, step, rule);
    Ok(step.scope.clone())
}

/// Finds the step that a result is about.
fn open<'r, 't>(run: &'r mut Run, track: &'t Track, step: &StepId, attempt: u32) -> Result<Open<'r, 't>, IllegalEvent> {
    run.require_running()?;
    let not_open = || IllegalEvent::NotOpen(step.clone());
    let at = track.find(&step.node).ok_or_else(not_open)?;
    let node = track.node(at).ok_or_else(not_open)?;
    let frame = run.root.at_mut(&step.scope).ok_or_else(not_open)?;
    match frame.steps.get(&step.node).copied() {
        Some(StepState::Open {
            attempt: current,
            first,
        }) if current == attempt => Ok(Open { frame, at, node, first }),
        Some(StepState::Open { .. }) => Err(IllegalEvent::OtherAttempt {
            step: step.clone(),
            attempt,
        }),
        Some(_) | None => Err(not_open()),
    }
}

impl Run {
    fn require_running(&self) -> Result<(), IllegalEvent> {
        if !self.is_started() {
            return Err(IllegalEvent::NotStarted);
        }
        if self.is_finished() {
            Err(IllegalEvent::Over)
        } else {
            Ok(())
        }
    }

    /// Ends the run, abandoning whatever is open.
    pub(super) fn finish(&mut self, moves: &mut Moves<'_>, end: End) {
        abandon(&mut self.root, moves, &Scope::default());
        self.end = Some(end);
        moves.decisions.push(Decision::Finish { outcome: end.outcome });
    }
}

fn abandon(frame: &mut Frame, moves: &mut Moves<'_>, scope: &Scope) {
    for (key, state) in &mut frame.steps {
        if !state.is_open() {
            continue;
        }
        *state = StepState::Abandoned;
        frame.open = frame.open.saturating_sub(1);
        moves.decisions.push(Decision::Abandon {
            step: scope.step(key.clone()),
        });
        for (index, item) in frame.items.get_mut(key).into_iter().flatten() {
            abandon(item, moves, &scope.within(key.clone(), *index));
        }
    }
}
