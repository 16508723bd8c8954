//! `manual`: a person starts a run, for one record, for each of many, or for none, and may fill in a form.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    form::{self, FormField},
    kind::{Compiled, Kind, Work},
};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site},
    key::Port,
    plan::{Occasion, Trigger},
    value::Type,
};

/// Starts a run where a person asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Manual {
    /// Whose record it is started for.
    pub object: Option<String>,
    /// Absent: one record.
    pub cardinality: Option<Cardinality>,
    /// Asked before the run starts; `trigger.form.<name>` has the answers.
    pub form: Option<Vec<FormField>>,
}

/// For how many records a person starts a workflow at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cardinality {
    /// A run for one record.
    #[default]
    One,
    /// One run for each.
    Many,
    /// A run without a record.
    None,
}

impl Manual {
    /// Whether its runs have a record.
    pub fn has_record(&self) -> bool {
        self.cardinality != Some(Cardinality::None)
    }
}

impl Kind for Manual {
    const DESCRIPTION: Description = Description {
        kind: "manual",
        label: "Started by hand",
        family: Family::Trigger,
        doc: "Starts a run where a person asks for it.",
        version: 1,
        ports: &[Port::OUT],
        fields: &[
            Field::optional("object", Input::Object, "the object of the record it is started for"),
            Field::optional(
                "cardinality",
                Input::Choice(&["one", "many", "none"]),
                "one record, many, or none",
            ),
            Field::optional("form", Input::Form, "what is asked before the run starts"),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let object = site.object("object", self.object.as_deref());
        if self.has_record() && self.object.as_deref().is_none_or(str::is_empty) {
            let message = "Started by hand for a record needs `object`: whose record it is";
            site.report(Problem::error(Code::Required, message).field("object"));
        }
        form::check(self.form.as_deref().unwrap_or_default(), site);
        let object = object
            .filter(|_| self.has_record())
            .map(|object| Arc::clone(&object.name));
        let trigger = Trigger {
            object,
            occasion: Occasion::Hand(self.form.clone().unwrap_or_default()),
            fields: Vec::new(),
            condition: None,
        };
        let work = site
            .unless_wrong(trigger)
            .map(|trigger| Work::Trigger(Arc::new(trigger)));
        Compiled {
            output: Type::Null,
            work,
            writes: Vec::new(),
        }
    }
}
