//! `stop`: ends the run, whatever else is open.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::kind::{Compiled, Kind, Resolve};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::Site,
    event::Outcome,
    resolve::{Moment, Resolution, Setting, Unresolved},
    template::{Escape, Template},
    value::{Type, Value},
};

/// Ends the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Stop {
    /// Absent: succeeded.
    pub outcome: Option<StopOutcome>,
    /// A template: why, for whoever looks at the run.
    pub message: Option<String>,
    /// In a workflow that is called: a literal or template for each of its results.
    pub outputs: Option<Map<String, Json>>,
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
            Field::optional(
                "outputs",
                Input::Values,
                "what a called workflow gives back: a literal or template for each result",
            ),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let message = site.template("message", self.message.as_deref(), Escape::None);
        let outcome = self.outcome.unwrap_or(StopOutcome::Succeeded).into();
        let outputs = self.outputs.as_ref().map(|outputs| {
            let results = site.results();
            site.arguments("outputs", Some(&*results), outputs)
        });
        let end = End {
            outcome,
            message,
            outputs,
        };
        Compiled::of(Type::Null, site.unless_wrong(end))
    }
}

#[derive(Debug)]
struct End {
    outcome: Outcome,
    message: Option<Template>,
    outputs: Option<IndexMap<Arc<str>, Setting>>,
}

impl Resolve for End {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let message = moment.text_if("message", self.message.as_ref())?.unwrap_or_default();
        let output = match &self.outputs {
            Some(outputs) => Value::map(moment.settings("outputs", outputs)?),
            None => Value::Null,
        };
        Ok(Resolution::Stop {
            outcome: self.outcome,
            message,
            output,
        })
    }
}
