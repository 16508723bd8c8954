//! `stop`: ends the run, whatever else is open.

use serde::{Deserialize, Serialize};

use super::kind::{Compiled, Kind, Resolve};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::Site,
    event::Outcome,
    resolve::{Moment, Resolution, Unresolved},
    template::{Escape, Template},
    value::Type,
};

/// Ends the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Stop {
    /// Absent: succeeded.
    pub outcome: Option<StopOutcome>,
    /// A template: why, for whoever looks at the run.
    pub message: Option<String>,
}

/// How a run that is stopped ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StopOutcome {
    Succeeded,
    Failed,
    Cancelled,
}

impl From<StopOutcome> for Outcome {
    fn from(outcome: StopOutcome) -> Outcome {
        match outcome {
            StopOutcome::Succeeded => Outcome::Succeeded,
            StopOutcome::Failed => Outcome::Failed,
            StopOutcome::Cancelled => Outcome::Cancelled,
        }
    }
}

impl Kind for Stop {
    const DESCRIPTION: Description = Description {
        kind: "stop",
        label: "Stop",
        family: Family::Logic,
        doc: "Ends the run, whatever else is open.",
        version: 1,
        ports: &[],
        fields: &[
            Field::optional(
                "outcome",
                Input::Choice(&["succeeded", "failed", "cancelled"]),
                "how the run ends",
            ),
            Field::optional("message", Input::Template, "why, for whoever looks at the run"),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let message = site.template("message", self.message.as_deref(), Escape::None);
        let outcome = self.outcome.unwrap_or(StopOutcome::Succeeded).into();
        Compiled::of(Type::Null, site.unless_wrong(End { outcome, message }))
    }
}

#[derive(Debug)]
struct End {
    outcome: Outcome,
    message: Option<Template>,
}

impl Resolve for End {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let message = moment.text_if("message", self.message.as_ref())?.unwrap_or_default();
        Ok(Resolution::Stop {
            outcome: self.outcome,
            message,
        })
    }
}
