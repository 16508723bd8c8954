//! What a fact from the inbox means to the step it is about.

use pointsman_graph::{event::RunEvent, key::Port, value::Value};

use super::call_workflow::Answer;
use crate::engine::{
    Error,
    inbox::{Fact, Purpose},
    segment::Segment,
};

impl Segment<'_> {
    /// Turns a fact from the inbox into what the run is told. A fact about a step that went on without it is dropped: a
    /// time-out after the answer, a second change after the first.
    pub(in crate::engine) async fn take(&mut self, fact: Fact) -> Result<(), Error> {
        let at = self.at();
        if let Some((step, attempt)) = fact.about()
            && !self.expects(step, attempt)
        {
            tracing::debug!(run = %self.live.id.0, %step, "a fact came too late");
            return Ok(());
        }
        match fact {
            Fact::Due {
                purpose: Purpose::Retry,
                step,
                attempt,
            } => self.events.push_back(RunEvent::RetryDue { step, attempt, at }),
            // Being told is all: a run whose time has come starts when it is looked at.
            Fact::Due {
                purpose: Purpose::Start,
                ..
            } => {}
            Fact::Due {
                purpose: Purpose::Delay,
                step,
                attempt,
            } => self.succeed(&step, attempt, Port::OUT, Value::Null),
            Fact::Due {
                purpose: Purpose::Quiet,
                step,
                attempt,
            } => self.put_off(&step, attempt),
            Fact::Due {
                purpose: Purpose::Timeout,
                step,
                attempt,
            } => self.timed_out(&step, attempt).await?,
            Fact::Due {
                purpose: Purpose::Deadline,
                step,
                attempt,
            } => self.overdue(&step, attempt).await?,
            Fact::Decided {
                step,
                attempt,
                approval,
            } => self.decided(&step, attempt, approval).await?,
            Fact::Signalled { signal } => self.signalled(signal).await?,
            Fact::EffectDone { step, attempt, output } => {
                let output = self.live.typed(&step.node, &output);
                self.succeed(&step, attempt, Port::DONE, output);
            }
            Fact::EffectFailed { step, attempt, failure } => self.fail(&step, attempt, failure),
            Fact::EffectUnknown { step, failure, .. } => self.lose(&step, &failure),
            Fact::RecordChanged { step, attempt, record } => self.try_wait(&step, attempt, record).await?,
            Fact::ChildEnded {
                step,
                attempt,
                run,
                outcome,
                outputs,
                error,
            } => self.take_answer(
                &step,
                attempt,
                run,
                Answer {
                    outcome,
                    outputs,
                    error,
                },
            ),
            Fact::ResumeRequested => self.events.push_back(RunEvent::Resumed { at }),
            Fact::CancelRequested => self.events.push_back(RunEvent::CancelRequested { at }),
        }
        Ok(())
    }
}
