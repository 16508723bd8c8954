//! Tells a run's history as clients read it. Pure. What only the engine needs to know is left out, so that the numbers of
//! what is told have gaps.

use chrono::{DateTime as Instant, Utc};
use pointsman_entities::time::Timestamp;
use pointsman_graph::{
    decision::Decision,
    event::{Failure, Outcome, RunEvent as Fact},
    key::Port,
    step::StepId,
};

use super::{
    RunStatus, StepError,
    event::{
        RunEvent, RunFinished, RunQueued, RunRefused, RunStarted, StepCancelled, StepFailed, StepRetrying, StepSkipped,
        StepStarted, StepSucceeded, StepUnknown, StepWaiting,
    },
};
use crate::{
    api::scalar::DateTime,
    engine::history::{Entry, What},
};

/// The events of whole segments; what goes wrong is told only to those who may inspect.
pub fn tell(entries: &[Entry], inspects: bool) -> Vec<RunEvent> {
    let event = |place: usize| {
        let (entry, behind) = entries.get(place..)?.split_first()?;
        let line = Line {
            seq: i32::try_from(entry.seq).unwrap_or(i32::MAX),
            at: DateTime(entry.at),
            inspects,
        };
        match &entry.what {
            What::Fact(fact) => line.fact(fact, behind),
            What::Decision(decision) => line.decision(decision),
            What::Queued { until } => Some(line.queued(*until)),
            What::Refused { reason } => Some(line.refused(reason)),
            What::Waiting { step, until } => Some(line.waiting(step, *until)),
            What::Unknown { step, message } => Some(line.unknown(step, message)),
        }
    };
    (0..entries.len()).filter_map(event).collect()
}

/// What all events have.
struct Line {
    seq: i32,
    at: DateTime,
    inspects: bool,
}

impl Line {
    fn fact(self, fact: &Fact, behind: &[Entry]) -> Option<RunEvent> {
        match fact {
            Fact::Started { trigger, .. } => Some(RunEvent::RunStarted(RunStarted {
                seq: self.seq,
                at: self.at,
                trigger: trigger.to_string(),
            })),
            Fact::StepSucceeded { step, port, .. } => Some(self.succeeded(step, Some(port))),
            Fact::Stopped { step, .. } => Some(self.succeeded(step, None)),
            Fact::AttemptFailed {
                step, attempt, failure, ..
            } => Some(self.failed(step, *attempt, failure, !is_retried(step, behind))),
            Fact::RetryDue { .. } | Fact::Opened { .. } | Fact::CancelRequested { .. } | Fact::Resumed { .. } => None,
        }
    }

    fn decision(self, decision: &Decision) -> Option<RunEvent> {
        match decision {
            Decision::Execute { step, attempt } => Some(self.started(step, *attempt)),
            Decision::Retry { step, attempt, due_at } => Some(self.retrying(step, *attempt, *due_at)),
            Decision::Skip { step } => Some(self.skipped(step)),
            Decision::Pass { step } | Decision::Close { step, .. } => Some(self.succeeded(step, Some(&Port::DONE))),
            Decision::Fire { step } => Some(self.succeeded(step, Some(&Port::OUT))),
            Decision::Abandon { step } => Some(self.cancelled(step)),
            Decision::Finish { outcome } => Some(self.finished(*outcome)),
            // The failure before them has been told as the last one.
            Decision::Divert { .. } | Decision::Fail { .. } => None,
        }
    }

    fn queued(self, until: Option<Timestamp>) -> RunEvent {
        RunEvent::RunQueued(RunQueued {
            seq: self.seq,
            at: self.at,
            until: until.map(DateTime),
        })
    }

    fn refused(self, reason: &str) -> RunEvent {
        RunEvent::RunRefused(RunRefused {
            seq: self.seq,
            at: self.at,
            reason: self.inspects.then(|| reason.to_owned()),
        })
    }

    fn started(self, step: &StepId, attempt: u32) -> RunEvent {
        RunEvent::StepStarted(StepStarted {
            seq: self.seq,
            at: self.at,
            step: step.to_string(),
            node: step.node.to_string(),
            attempt: number(attempt),
        })
    }

    fn succeeded(self, step: &StepId, port: Option<&Port>) -> RunEvent {
        RunEvent::StepSucceeded(StepSucceeded {
            seq: self.seq,
            at: self.at,
            step: step.to_string(),
            node: step.node.to_string(),
            port: port.map(ToString::to_string),
        })
    }

    fn failed(self, step: &StepId, attempt: u32, failure: &Failure, is_final: bool) -> RunEvent {
        RunEvent::StepFailed(StepFailed {
            seq: self.seq,
            at: self.at,
            step: step.to_string(),
            node: step.node.to_string(),
            attempt: number(attempt),
            error: self.inspects.then(|| StepError {
                code: failure.code.clone(),
                message: failure.message.clone(),
            }),
            r#final: is_final,
        })
    }

    fn retrying(self, step: &StepId, attempt: u32, due_at: Instant<Utc>) -> RunEvent {
        RunEvent::StepRetrying(StepRetrying {
            seq: self.seq,
            at: self.at,
            step: step.to_string(),
            node: step.node.to_string(),
            attempt: number(attempt),
            due_at: DateTime(Timestamp(due_at.timestamp_micros())),
        })
    }

    fn waiting(self, step: &StepId, until: Option<Timestamp>) -> RunEvent {
        RunEvent::StepWaiting(StepWaiting {
            seq: self.seq,
            at: self.at,
            step: step.to_string(),
            node: step.node.to_string(),
            until: until.map(DateTime),
        })
    }

    fn skipped(self, step: &StepId) -> RunEvent {
        RunEvent::StepSkipped(StepSkipped {
            seq: self.seq,
            at: self.at,
            step: step.to_string(),
            node: step.node.to_string(),
        })
    }

    fn cancelled(self, step: &StepId) -> RunEvent {
        RunEvent::StepCancelled(StepCancelled {
            seq: self.seq,
            at: self.at,
            step: step.to_string(),
            node: step.node.to_string(),
        })
    }

    fn unknown(self, step: &StepId, message: &str) -> RunEvent {
        RunEvent::StepUnknown(StepUnknown {
            seq: self.seq,
            at: self.at,
            step: step.to_string(),
            node: step.node.to_string(),
            message: self.inspects.then(|| message.to_owned()),
        })
    }

    fn finished(self, outcome: Outcome) -> RunEvent {
        RunEvent::RunFinished(RunFinished {
            seq: self.seq,
            at: self.at,
            status: match outcome {
                Outcome::Succeeded => RunStatus::Succeeded,
                Outcome::Failed => RunStatus::Failed,
                Outcome::Cancelled => RunStatus::Cancelled,
            },
        })
    }
}

/// Whether the decisions that follow from a failure try the step again.
fn is_retried(failed: &StepId, behind: &[Entry]) -> bool {
    let decisions = behind.iter().map_while(|entry| match &entry.what {
        What::Decision(decision) => Some(decision),
        What::Fact(_) | What::Queued { .. } | What::Refused { .. } | What::Waiting { .. } | What::Unknown { .. } => {
            None
        }
    });
    decisions
        .into_iter()
        .any(|decision| matches!(decision, Decision::Retry { step, .. } if step == failed))
}

fn number(attempt: u32) -> i32 {
    i32::try_from(attempt).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use pointsman_graph::retry::Chance;

    use super::*;

    const AT: Timestamp = Timestamp(1_767_603_600_000_000);

    fn history(what: impl IntoIterator<Item = What>) -> Vec<Entry> {
        let entry = |(seq, what)| Entry { seq, at: AT, what };
        (1..).zip(what).map(entry).collect()
    }

    fn at() -> Instant<Utc> {
        Instant::from_timestamp_micros(AT.micros()).unwrap()
    }

    fn failure(attempt: u32) -> What {
        What::Fact(Fact::AttemptFailed {
            step: "mail".parse().unwrap(),
            attempt,
            failure: Failure {
                code: "SMTP_REFUSED".into(),
                message: "no such mailbox".into(),
                retryable: true,
                retry_after_ms: None,
            },
            chance: Chance(0),
            at: at(),
        })
    }

    fn failures(events: &[RunEvent]) -> Vec<(i32, bool, bool)> {
        let failed = |event: &RunEvent| match event {
            RunEvent::StepFailed(failed) => Some((failed.seq, failed.r#final, failed.error.is_some())),
            _ => None,
        };
        events.iter().filter_map(failed).collect()
    }

    #[test]
    fn a_failure_is_final_unless_the_step_is_tried_again() {
        let retry = Decision::Retry {
            step: "mail".parse().unwrap(),
            attempt: 2,
            due_at: at(),
        };
        let fail = Decision::Fail {
            step: "mail".parse().unwrap(),
        };
        let entries = history([failure(1), What::Decision(retry), failure(2), What::Decision(fail)]);

        let told = tell(&entries, true);

        assert_eq!(failures(&told), [(1, false, true), (3, true, true)]);
    }

    #[test]
    fn who_may_not_inspect_learns_that_it_failed_but_not_why() {
        let unknown = What::Unknown {
            step: "mail".parse().unwrap(),
            message: "sent to a@b.c?".into(),
        };

        let told = tell(&history([failure(1), unknown]), false);

        assert_eq!(failures(&told), [(1, true, false)]);
        assert!(matches!(
            &told[1],
            RunEvent::StepUnknown(StepUnknown { message: None, .. })
        ));
    }

    #[test]
    fn the_end_of_a_run_is_told_last() {
        let finish = Decision::Finish {
            outcome: Outcome::Cancelled,
        };

        let told = tell(&history([What::Decision(finish)]), true);

        assert!(matches!(
            &told[..],
            [RunEvent::RunFinished(RunFinished {
                status: RunStatus::Cancelled,
                ..
            })]
        ));
    }
}
