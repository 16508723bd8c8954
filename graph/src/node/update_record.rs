//! `updateRecord`: changes some fields of a record.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::{
    create_record,
    kind::{Compiled, Kind, Resolve},
};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site, Target},
    expression::Expression,
    key::Port,
    plan::Operation,
    resolve::{Moment, Order, Resolution, Setting, Unresolved},
    value::Type,
};

/// Changes a record; its output is the record, changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateRecord {
    /// Needed only where the expression does not show it.
    pub object: Option<String>,
    /// An expression: which record; absent: the run's own.
    pub record: Option<String>,
    /// By field: a literal, or a template.
    pub values: Option<Map<String, Json>>,
}

impl Kind for UpdateRecord {
    const DESCRIPTION: Description = Description {
        kind: "updateRecord",
        label: "Update record",
        family: Family::Action,
        doc: "Changes some fields of a record.",
        version: 1,
        ports: &[Port::DONE, Port::ERROR],
        fields: &[
            Field::optional(
                "object",
                Input::Object,
                "what kind of record, where `record` does not show it",
            ),
            Field::optional(
                "record",
                Input::Expression,
                "which record, such as `record.company`; by default the run's own",
            ),
            Field::required(
                "values",
                Input::Values,
                "the fields to change: literals, or templates with `{{ }}`",
            ),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let named = site.object("object", self.object.as_deref());
        let Some((object, record)) = site.target(self.record.as_deref(), named) else {
            return Compiled::of(Type::Dyn, None::<Change>);
        };
        let empty = Map::new();
        let values = site.values(
            "values",
            &object,
            self.values.as_ref().unwrap_or(&empty),
            Target::Existing,
        );
        if record.is_none() {
            let message = format!(
                "which {} to update? The run's own record is of another object",
                object.name
            );
            site.report(Problem::error(Code::Required, message).field("record"));
        }
        let fields = values.keys().cloned().collect();
        let name = Arc::clone(&object.name);
        let change = record.and_then(|record| {
            site.unless_wrong(Change {
                object: Arc::clone(&name),
                record,
                values,
            })
        });
        Compiled::of(Type::Record(object), change).writing(&name, Operation::Updated, fields)
    }
}

#[derive(Debug)]
struct Change {
    object: Arc<str>,
    record: Expression,
    values: IndexMap<Arc<str>, Setting>,
}

impl Resolve for Change {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let target = moment.record("record", &self.record, &self.object)?;
        let values = create_record::evaluate(&self.values, moment)?;
        Ok(Resolution::Order(Order::UpdateRecord { target, values }))
    }
}
