//! `recordUpdated`: a run for each change of a record, or of some of its fields.

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

/// Starts a run where a record is changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RecordUpdated {
    /// Whose records start runs.
    pub object: Option<String>,
    /// Any of these must have changed; absent means any field at all.
    pub fields: Option<Vec<String>>,
    /// Must hold for the record; sees `previous` too.
    #[serde(rename = "where")]
    pub condition: Option<String>,
}

impl Kind for RecordUpdated {
    const DESCRIPTION: Description = Description {
        kind: "recordUpdated",
        label: "Record updated",
        family: Family::Trigger,
        doc: "Starts a run for each change of a record.",
        version: 1,
        ports: &[Port::OUT],
        fields: &[
            Field::required("object", Input::Object, "the object whose records start runs"),
            Field::optional(
                "fields",
                Input::FieldNames,
                "any of these must have changed; none means any field at all",
            ),
            Field::optional(
                "where",
                Input::Condition,
                "must hold; sees the record and, as it was, `previous`",
            ),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let object = site.object("object", self.object.as_deref());
        let condition = site.condition("where", self.condition.as_deref());
        let trigger = object.and_then(|object| {
            let fields = site.field_names("fields", &object, self.fields.as_deref().unwrap_or_default());
            let object = Some(Arc::clone(&object.name));
            site.unless_wrong(Trigger {
                object,
                occasion: Occasion::Change(Operation::Updated),
                fields,
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
