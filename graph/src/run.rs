//! Decides what a run does next. Pure: no clock, no database, no network; time travels inside the events, values stay
//! outside (docs/decisions/0001). A fact that cannot follow is refused and leaves the run as it was.

mod apply;
mod frame;
mod illegal;
mod loops;
mod moves;
mod relay;
mod rerun;
mod resume;
mod view;

use serde::{Deserialize, Serialize};

use crate::{
    decision::Decision,
    event::{Outcome, RunEvent},
    track::Track,
};
use frame::Frame;

pub use frame::{Progress, StepState};
pub use illegal::IllegalEvent;
pub use rerun::{Kept, Rerun};

/// The format in which a run is stored. An earlier one is upcast where it is read.
pub const FORMAT: u16 = 1;

/// A run's control flow: which steps ended, which are open, what each join still waits for. Its JSON is what is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    format: Format,
    root: Frame,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end: Option<End>,
}

/// How and why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// How.
    pub outcome: Outcome,
    /// Why.
    pub cause: EndCause,
}

/// What ended a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EndCause {
    /// Nothing was left to do.
    Drained,
    /// A stop node.
    Stopped,
    /// A person.
    Cancelled,
}

impl Run {
    /// Applies one fact and returns the orders that follow from it, in the order they must be carried out.
    ///
    /// # Errors
    /// [`IllegalEvent`] where the fact cannot follow the run's state, such as a result for a step that is not open.
    pub fn apply(&mut self, track: &Track, event: &RunEvent) -> Result<Vec<Decision>, IllegalEvent> {
        apply::apply(self, track, event)
    }

    /// The run that these facts lead to. For tests and repair: recovery reads the stored run.
    ///
    /// # Errors
    /// The first fact that cannot follow.
    pub fn replay<'e>(track: &Track, events: impl IntoIterator<Item = &'e RunEvent>) -> Result<Run, IllegalEvent> {
        let mut run = Run::default();
        for event in events {
            run.apply(track, event)?;
        }
        Ok(run)
    }
}

/// A number that refuses to be read where a later version wrote it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
struct Format;

impl TryFrom<u16> for Format {
    type Error = String;

    fn try_from(found: u16) -> Result<Self, String> {
        if found == FORMAT {
            Ok(Format)
        } else {
            Err(format!("run format {found} is unknown, this version reads {FORMAT}"))
        }
    }
}

impl From<Format> for u16 {
    fn from(_: Format) -> u16 {
        FORMAT
    }
}
