//! What becomes of an effect that is not brought about: what somebody says, else what the outside world would most likely
//! answer.

use std::time::Duration;

use pointsman_entities::ids::EffectId;
use pointsman_graph::{event::Failure, step::StepId};
use serde_json::{Value as Json, json};

use super::{Answer, Rehearsal};
use crate::{
    crm::id,
    engine::{
        Error,
        effect::{Delivery, Payload, Verdict, What},
        inbox::Fact,
        live::Live,
        segment::{Left, Stimulus},
    },
};

/// The answers that are about a step: those that name it come before those that name its node.
pub fn said(answers: &[Answer], step: &StepId) -> Option<usize> {
    let (name, node) = (step.to_string(), step.node.as_str());
    let find = |wanted: &str| answers.iter().position(|answer| answer.step == wanted);
    find(&name).or_else(|| find(node))
}

/// The next answer for a step. The last one is kept: it is the answer to every further attempt.
pub fn take(answers: &mut Vec<Answer>, step: &StepId) -> Option<Left> {
    let place = said(answers, step)?;
    let answer = answers.get(place)?.clone();
    let more = answers.iter().filter(|other| other.step == answer.step).count() > 1;
    if more {
        answers.remove(place);
    }
    Some(answer.left)
}

impl Rehearsal<'_> {
    /// What an effect that was ordered comes to.
    pub(super) async fn settle(
        &mut self,
        live: &Live,
        effect: EffectId,
        step: StepId,
        payload: &Payload,
    ) -> Result<Stimulus, Error> {
        let attempt = live.steps.get(&step).map_or(1, |known| known.attempt);
        if let Some(left) = take(&mut self.play.answers, &step) {
            return Ok(Stimulus::Left { step, attempt, left });
        }
        let consent = self.engine.consent(&payload.what).await?;
        if let Some((code, message)) = consent.refused {
            let failure = Failure {
                code: code.into(),
                message,
                retryable: false,
                retry_after_ms: None,
            };
            return Ok(Stimulus::Told(Fact::EffectFailed { step, attempt, failure }));
        }
        if self.play.execute.as_ref() == Some(&step.node) {
            return Ok(Stimulus::Told(self.execute(effect, step, attempt, payload).await));
        }
        if let Some(row) = self.report.step_mut(&step) {
            row.simulated = true;
        }
        let output = likely(live, &step, &payload.what);
        Ok(Stimulus::Told(Fact::EffectDone { step, attempt, output }))
    }

    /// Really brings it about, once: a test is never tried again by itself.
    async fn execute(&self, effect: EffectId, step: StepId, attempt: u32, payload: &Payload) -> Fact {
        let timeout = Duration::from_millis(payload.attempt_timeout_ms);
        let key = id::format("effect", effect);
        let outcome = self.engine.carry_out(&payload.what, &key, timeout, self.play.at).await;
        let mut verdict = Verdict::of(Delivery::AtMostOnce, outcome);
        if let Some(failure) = &mut verdict.failure {
            failure.retryable = false;
        }
        verdict.fact(step, attempt)
    }
}

/// A success with as little in it as the node's declared output allows.
fn likely(live: &Live, step: &StepId, what: &What) -> Json {
    let node = live.version.plan.node(&step.node);
    let mut output = node.map_or(Json::Null, |node| node.output.blank());
    match what {
        What::Email { .. } | What::Sms { .. } => {}
        What::Http(order) => {
            if let Some(status) = output.get_mut("status") {
                *status = json!(order.expected.first().copied().unwrap_or(200));
            }
        }
    }
    output
}
