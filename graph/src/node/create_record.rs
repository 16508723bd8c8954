//! `createRecord`: a new record of an object.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::kind::{Compiled, Kind, Resolve};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Site, Target},
    key::Port,
    plan::Operation,
    resolve::{Moment, Order, Resolution, Setting, Unresolved},
    value::{Type, Value},
};

/// Creates a record; its output is the record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CreateRecord {
    /// What kind of record.
    pub object: Option<String>,
    /// By field: a literal, or a template.
    pub values: Option<Map<String, Json>>,
}

impl Kind for CreateRecord {
    const DESCRIPTION: Description = Description {
        kind: "createRecord",
        label: "Create record",
        family: Family::Action,
        doc: "Creates a record.",
        version: 1,
        ports: &[Port::DONE, Port::ERROR],
        fields: &[
            Field::required("object", Input::Object, "what kind of record"),
            Field::required(
                "values",
                Input::Values,
                "its fields: literals, or templates with `{{ }}`",
            ),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let Some(object) = site.object("object", self.object.as_deref()) else {
            return Compiled::of(Type::Dyn, None::<Creation>);
        };
        let empty = Map::new();
        let values = site.values("values", &object, self.values.as_ref().unwrap_or(&empty), Target::New);
        let fields = values.keys().cloned().collect();
        let creation = site.unless_wrong(Creation {
            object: Arc::clone(&object.name),
            values,
        });
        let name = Arc::clone(&object.name);
        Compiled::of(Type::Record(object), creation).writing(&name, Operation::Created, fields)
    }
}

#[derive(Debug)]
struct Creation {
    object: Arc<str>,
    values: IndexMap<Arc<str>, Setting>,
}

impl Resolve for Creation {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let values = evaluate(&self.values, moment)?;
        Ok(Resolution::Order(Order::CreateRecord {
            object: Arc::clone(&self.object),
            values,
        }))
    }
}

/// The values to write, by field.
pub(super) fn evaluate(
    settings: &IndexMap<Arc<str>, Setting>,
    moment: &mut Moment<'_>,
) -> Result<IndexMap<Arc<str>, Value>, Unresolved> {
    moment.settings("values", settings)
}
