//! `called`: another workflow starts a run, and hands values over.

use std::{collections::HashSet, sync::Arc};

use serde::{Deserialize, Serialize};

use super::kind::{Compiled, Kind, Work};
use crate::{
    call::{Parameter, ParameterType, Signature},
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site},
    key::Port,
    value::Type,
};

/// Starts a run where another workflow calls this one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Called {
    /// Whose record it is called for; absent: its runs have none.
    pub object: Option<String>,
    /// What it takes: `trigger.inputs.<name>`.
    pub parameters: Option<Vec<Parameter>>,
    /// What it gives back, by the `outputs` of a `stop`.
    pub results: Option<Vec<Parameter>>,
}

impl Called {
    fn check(site: &mut Site<'_>, field: &str, parameters: &[Parameter]) {
        let mut seen = HashSet::new();
        for (place, parameter) in parameters.iter().enumerate() {
            let at = |part: &str| format!("{field}[{place}].{part}");
            if parameter.name.trim().is_empty() {
                site.report(Problem::error(Code::Required, "what is handed over needs a name").field(at("name")));
            } else if !seen.insert(&parameter.name) {
                let message = format!("two of `{field}` are called `{}`", parameter.name);
                site.report(Problem::error(Code::DuplicateName, message).field(at("name")));
            }
            match (parameter.kind, parameter.object.as_deref()) {
                (ParameterType::Record, None | Some("")) => {
                    let message = format!("`{}` needs `object`: whose record it is", parameter.name);
                    site.report(Problem::error(Code::Required, message).field(at("object")));
                }
                (ParameterType::Record, object) => {
                    site.object(&at("object"), object);
                }
                (_, Some(_)) => {
                    let message = format!("`{}` is no record, so it has no object", parameter.name);
                    site.report(Problem::error(Code::InvalidValue, message).field(at("object")));
                }
                (_, None) => {}
            }
        }
    }
}

impl Kind for Called {
    const DESCRIPTION: Description = Description {
        kind: "called",
        label: "Called by a workflow",
        family: Family::Trigger,
        doc: "Starts a run where another workflow calls this one.",
        version: 1,
        ports: &[Port::OUT],
        fields: &[
            Field::optional("object", Input::Object, "whose record it is called for"),
            Field::optional("parameters", Input::Parameters, "what it takes, in `trigger.inputs`"),
            Field::optional(
                "results",
                Input::Parameters,
                "what it gives back, by the `outputs` of a stop",
            ),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        site.object("object", self.object.as_deref());
        Self::check(site, "parameters", self.parameters.as_deref().unwrap_or_default());
        Self::check(site, "results", self.results.as_deref().unwrap_or_default());
        let work = Work::Called(Arc::new(Signature::declared(self)));
        Compiled {
            output: Type::Null,
            work: site.unless_wrong(work),
            writes: Vec::new(),
        }
    }
}
