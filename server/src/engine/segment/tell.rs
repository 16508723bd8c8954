//! What an order says of its step: how it went, what it waits for.

use pointsman_entities::time::Timestamp;
use pointsman_graph::{
    event::{Failure, RunEvent},
    key::Port,
    plan::PlanNode,
    retry::Chance,
    run::StepState,
    step::StepId,
    value::Value,
};
use sea_orm::ActiveValue::Set;
use serde_json::{Value as Json, json};

use super::Segment;
use crate::{
    engine::{history::What, inbox::Purpose, live::Status, pending},
    store::payload,
};

impl Segment<'_> {
    /// Whether a fact about this attempt of the step still matters.
    pub(in crate::engine) fn expects(&self, step: &StepId, attempt: u32) -> bool {
        matches!(self.live.run.step(step), Some(StepState::Open { attempt: open, .. }) if *open == attempt)
    }

    /// The step leaves by a port, with an output.
    pub(in crate::engine) fn succeed(&mut self, step: &StepId, attempt: u32, port: Port, output: Value) {
        if !matches!(output, Value::Null) {
            self.set_output(step, output);
        }
        let at = self.at();
        self.events.push_back(RunEvent::StepSucceeded {
            step: step.clone(),
            attempt,
            port,
            at,
        });
    }

    /// One attempt failed.
    pub(in crate::engine) fn fail(&mut self, step: &StepId, attempt: u32, failure: Failure) {
        let draw = self.engine.source.chance() * f64::from(u32::MAX);
        // The draw lies between 0 and the largest number by construction.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within u32 by construction"
        )]
        let chance = Chance(draw as u32);
        let at = self.at();
        self.events.push_back(RunEvent::AttemptFailed {
            step: step.clone(),
            attempt,
            failure,
            chance,
            at,
        });
    }

    /// The step waits, until a time if it has one.
    pub(in crate::engine) fn wait(&mut self, step: &StepId, until: Option<Timestamp>) {
        self.set_status(step, Status::Waiting);
        self.history.note(What::Waiting {
            step: step.clone(),
            until,
        });
    }

    /// Nobody knows what became of the step's effect.
    pub(in crate::engine) fn lose(&mut self, step: &StepId, failure: &Failure) {
        self.set_status(step, Status::Unknown);
        let error = json!({ "code": failure.code, "message": failure.message });
        self.row(step).error = Set(Some(error.to_string()));
        self.history.note(What::Unknown {
            step: step.clone(),
            message: failure.message.clone(),
        });
    }

    pub(in crate::engine) fn set_input(&mut self, step: &StepId, input: &Json) {
        let text = self.stored(input.to_string());
        self.row(step).input = Set(Some(text));
    }

    pub(in crate::engine) fn set_output(&mut self, step: &StepId, output: Value) {
        let text = self.stored(output.to_json().to_string());
        self.row(step).output = Set(Some(text));
        self.live.outputs.insert(step.clone(), output);
    }

    /// The text as a row holds it: a long one out of line.
    pub(in crate::engine) fn stored(&mut self, text: String) -> String {
        payload::put(&mut self.decision.set, || self.engine.source.id(), text)
    }

    pub(in crate::engine) fn set_timer(&mut self, step: &StepId, purpose: Purpose, attempt: u32, due_at: Timestamp) {
        let timer = pending::timer(self.engine.source.id(), self.live.id, step, purpose, attempt, due_at);
        self.decision.set.insert(timer);
        self.timers = true;
    }

    /// Deletes what the step still waits for, and takes back what this segment was about to order for it.
    pub(in crate::engine) fn drop_orders(&mut self, step: &StepId) {
        let mut withdrawn = pending::withdraw(&mut self.decision.set, self.live.id, step);
        if let Some(effect) = self.live.effects.get(step) {
            pending::never_again(&mut self.decision.set, *effect);
            withdrawn.push(effect.0);
        }
        self.effects.retain(|effect| !withdrawn.contains(&effect.0));
        self.decision
            .enrolled
            .retain(|enrolled| !withdrawn.contains(&enrolled.run.0));
        if self.live.steps.get(step).is_some_and(|known| known.stored) {
            pending::drop(&mut self.decision.set, self.live.id, step);
            if self.live.version.plan.node(&step.node).is_some_and(PlanNode::asks) {
                pending::unask(&mut self.decision.set, self.live.id, step, self.now);
            }
        }
    }
}
