//! What an imagined run waits for: times on its virtual clock, and changes that it makes itself.

use std::collections::BTreeSet;

use pointsman_entities::{ids::RecordId, time::Timestamp};
use pointsman_graph::step::StepId;

use super::{
    reading::{Timer, Wait},
    report::{Diff, Report},
};
use crate::engine::{
    inbox::{Fact, Purpose},
    live::{Live, Status},
    segment::Stimulus,
};

/// What is waited for.
#[derive(Debug, Default)]
pub struct Agenda {
    timers: Vec<Timer>,
    waits: Vec<Wait>,
}

impl Agenda {
    /// Takes new waits down, also in the report.
    pub fn add(&mut self, timers: Vec<Timer>, waits: Vec<Wait>, report: &mut Report) {
        for timer in &timers {
            if let Some(step) = report.step_mut(&timer.step) {
                step.waits_until = Some(timer.due_at);
            }
        }
        self.timers.extend(timers);
        self.waits.extend(waits);
    }

    /// What the changes of a segment mean to waits that stood before it.
    pub fn told(&mut self, live: &Live, changes: &[Diff]) -> Vec<Stimulus> {
        self.waits
            .retain(|wait| is(live, &wait.step, wait.attempt, Status::Waiting));
        let of = |wait: &Wait| -> BTreeSet<RecordId> {
            let concerns = |change: &&Diff| match wait.record {
                Some(record) => change.record == record && change.version > wait.version,
                None => change.object == wait.object,
            };
            changes.iter().filter(concerns).map(|change| change.record).collect()
        };
        let told = |wait: &Wait| {
            let (step, attempt) = (wait.step.clone(), wait.attempt);
            of(wait).into_iter().map(move |record| {
                let step = step.clone();
                Stimulus::Told(Fact::RecordChanged { step, attempt, record })
            })
        };
        self.waits.iter().flat_map(told).collect()
    }

    /// The next timer that still matters, taken off the agenda.
    pub fn next(&mut self, live: &Live) -> Option<(Timestamp, Fact)> {
        self.timers.retain(|timer| matters(live, timer));
        let (place, _) = self.timers.iter().enumerate().min_by_key(|(_, timer)| timer.due_at)?;
        let Timer {
            step,
            purpose,
            attempt,
            due_at,
        } = self.timers.remove(place);
        Some((due_at, Fact::Due { purpose, step, attempt }))
    }
}

/// Whether the step still waits for its timer. That of a retry carries the attempt that is to come.
fn matters(live: &Live, timer: &Timer) -> bool {
    match timer.purpose {
        Purpose::Delay | Purpose::Timeout | Purpose::Deadline | Purpose::Quiet => {
            is(live, &timer.step, timer.attempt, Status::Waiting)
        }
        // Gates and rates are not rehearsed.
        Purpose::Start => false,
        Purpose::Retry => is(live, &timer.step, timer.attempt.saturating_sub(1), Status::Retrying),
    }
}

fn is(live: &Live, step: &StepId, attempt: u32, status: Status) -> bool {
    let known = live.steps.get(step);
    known.is_some_and(|known| known.status == status && known.attempt == attempt)
}
