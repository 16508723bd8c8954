//! The rows of a run's steps as a segment changes them.

use pointsman_entities::step;
use pointsman_graph::{key::Port, step::StepId};
use sea_orm::ActiveValue::Set;

use super::Segment;
use crate::{
    engine::live::{Status, Step},
    store::{Update, Write},
};

impl Segment<'_> {
    pub(super) fn enter(&mut self, step: &StepId, status: Status, attempt: u32) {
        let (now, numbered) = (self.now, &mut self.live.numbered);
        let known = self.live.steps.entry(step.clone()).or_insert_with(|| {
            *numbered += 1;
            Step {
                number: *numbered,
                status,
                attempt,
                started_at: now,
                stored: false,
            }
        });
        (known.status, known.attempt) = (status, attempt);
        let row = self.row(step);
        row.status = Set(status.text().into());
        row.attempt = Set(i64::from(attempt));
    }

    /// The step's turn comes once more, at the same attempt.
    pub(in crate::engine) fn put_off(&mut self, step: &StepId, attempt: u32) {
        self.enter(step, Status::Ready, attempt);
        self.todo.push_back((step.clone(), attempt));
    }

    pub(in crate::engine) fn set_status(&mut self, step: &StepId, status: Status) {
        if let Some(known) = self.live.steps.get_mut(step) {
            known.status = status;
        }
        self.row(step).status = Set(status.text().into());
    }

    pub(in crate::engine) fn end_new(&mut self, step: &StepId, status: Status, port: Option<&Port>) {
        let attempt = self.live.steps.get(step).map_or(1, |known| known.attempt);
        self.enter(step, status, attempt);
        self.end(step, status, port, None);
    }

    pub(super) fn end(&mut self, step: &StepId, status: Status, port: Option<&Port>, error: Option<String>) {
        self.set_status(step, status);
        let now = self.now;
        let row = self.row(step);
        row.port = Set(port.map(ToString::to_string));
        row.finished_at = Set(Some(now));
        if error.is_some() {
            row.error = Set(error);
        }
    }

    /// The step's row as this segment changes it.
    pub(in crate::engine) fn row(&mut self, step: &StepId) -> &mut step::ActiveModel {
        if !self.rows.contains_key(step) {
            let row = self.new_row(step);
            self.rows.insert(step.clone(), row);
        }
        self.rows.entry(step.clone()).or_default()
    }

    pub(super) fn new_row(&self, step: &StepId) -> step::ActiveModel {
        let known = self.live.steps.get(step);
        let mut row = step::ActiveModel {
            run_id: Set(self.live.id),
            number: Set(known.map_or(0, |known| known.number)),
            ..Default::default()
        };
        if known.is_some_and(|known| !known.stored) {
            row.node = Set(step.node.to_string());
            row.step = Set(step.to_string());
            row.started_at = Set(self.now);
        }
        row
    }

    pub(super) fn push_step(&mut self, mut row: step::ActiveModel) {
        if row.started_at.is_set() {
            self.decision.set.insert(row);
            return;
        }
        let key = vec![
            ("run_id", self.live.id.0.into()),
            ("number", row.number.take().unwrap_or_default().into()),
        ];
        row.run_id.take();
        self.decision.set.push(Write::Update(Update::of(key, &row)));
    }
}
