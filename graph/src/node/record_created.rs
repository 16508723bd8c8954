//! `recordCreated`: a run for each new record of an object.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::kind::{Compiled, Kind, Work};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::Site,
    key::Port,
    plan::{Occasion, Operation, Trigger},
    value::Type,
};

/// Starts a run where a record is created.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RecordCreated {
    /// Whose records start runs.
    pub object: Option<String>,
    /// Must hold for the new record.
    #[serde(rename = "where")]
    pub condition: Option<String>,
}

impl Kind for RecordCreated {
    const DESCRIPTION: Description = Description {
        kind: "recordCreated",
        label: "Record created",
        family: Family::Trigger,
        doc: "Starts a run for each new record of an object.",
        version: 1,
        ports: &[Port::OUT],
        fields: &[
            Field::required("object", Input::Object, "the object whose records start runs"),
            Field::optional("where", Input::Condition, "must hold for the new record"),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let object = site.object("object", self.object.as_deref());
        let condition = site.condition("where", self.condition.as_deref());
        let trigger = object.and_then(|object| {
            let object = Some(Arc::clone(&object.name));
            let occasion = Occasion::Change(Operation::Created);
            site.unless_wrong(Trigger {
                object,
                occasion,
                fields: Vec::new(),
                condition,
            })
        });
        let work = trigger.map(|trigger| Work::Trigger(Arc::new(trigger)));
        Compiled {
            output: Type::Null,
            work,
            writes: Vec::new(),
        }
    }
}
