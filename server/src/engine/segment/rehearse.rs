//! What a dry run adds to a segment: facts that come from no inbox, and steps that leave as somebody says. Decides nothing
//! else: all the rest is what a run does.

use pointsman_graph::{event::Failure, key::Port, step::StepId};
use serde_json::Value as Json;

use super::Segment;
use crate::engine::{Error, inbox::Fact};

/// How a step leaves without having done its work.
#[derive(Clone, Debug, PartialEq)]
pub enum Left {
    /// By a port, its first one where none is named, with an output.
    By { port: Option<Port>, output: Json },
    /// With a failure.
    Failing(Failure),
}

/// What a dry run brings to the next segment.
#[derive(Clone, Debug, PartialEq)]
pub enum Stimulus {
    /// As if it had stood in the inbox.
    Told(Fact),
    /// The step, which waits or has an effect under way, leaves.
    Left { step: StepId, attempt: u32, left: Left },
}

impl Segment<'_> {
    /// As [`Segment::advance`], with what a dry run brings instead of the inbox.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn rehearse(&mut self, stimuli: Vec<Stimulus>) -> Result<(), Error> {
        self.open().await?;
        for stimulus in stimuli {
            match stimulus {
                Stimulus::Told(fact) => self.take(fact).await?,
                Stimulus::Left { step, attempt, left } if self.expects(&step, attempt) => {
                    self.drop_orders(&step);
                    self.leave(&step, attempt, left);
                }
                // The run went on without it.
                Stimulus::Left { .. } => {}
            }
            self.drain().await?;
        }
        self.drain().await
    }

    pub(super) fn leave(&mut self, step: &StepId, attempt: u32, left: Left) {
        match left {
            Left::By { port, output } => {
                let port = port.or_else(|| self.usual_port(step)).unwrap_or(Port::DONE);
                let output = self.live.typed(&step.node, &output);
                self.succeed(step, attempt, port, output);
            }
            Left::Failing(failure) => self.fail(step, attempt, failure),
        }
    }

    fn usual_port(&self, step: &StepId) -> Option<Port> {
        let track = self.live.version.plan.track();
        let node = track.node(track.find(&step.node)?)?;
        node.ports.first().cloned()
    }
}
