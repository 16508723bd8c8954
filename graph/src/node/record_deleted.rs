//! `recordDeleted`: a run for each record that is put into the bin.

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

/// Starts a run where a record is deleted. It sees the record as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RecordDeleted {
    /// Whose records start runs.
    pub object: Option<String>,
    /// Must hold for the record as it was.
    #[serde(rename = "where")]
    pub condition: Option<String>,
}

impl Kind for RecordDeleted {
    const DESCRIPTION: Description = Description {
        kind: "recordDeleted",
        label: "Record deleted",
        family: Family::Trigger,
        doc: "Starts a run for each record that is put into the bin.",
        version: 1,
        ports: &[Port::OUT],
        fields: &[
            Field::required("object", Input::Object, "the object whose records start runs"),
            Field::optional("where", Input::Condition, "must hold for the record as it was"),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let object = site.object("object", self.object.as_deref());
        let condition = site.condition("where", self.condition.as_deref());
        let trigger = object.and_then(|object| {
            let object = Some(Arc::clone(&object.name));
            let occasion = Occasion::Change(Operation::Deleted);
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
