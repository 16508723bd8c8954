//! `upsertRecord`: changes the record that has certain values, or creates it.

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
    key::Port,
    plan::Operation,
    resolve::{Moment, Order, Resolution, Setting, Unresolved},
    value::{ObjectType, Type},
};

/// Changes a record that is found by some of its values, or creates it; its output is the record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpsertRecord {
    /// What kind of record.
    pub object: Option<String>,
    /// The fields whose values find the record.
    #[serde(rename = "match")]
    pub matching: Option<Vec<String>>,
    /// By field: a literal, or a template.
    pub values: Option<Map<String, Json>>,
}

impl UpsertRecord {
    /// The fields to find the record by: each has a value to look for, and one that can be looked for.
    fn keys(&self, object: &ObjectType, site: &mut Site<'_>) -> Vec<Arc<str>> {
        let names = self.matching.as_deref().unwrap_or_default();
        let keys = site.field_names("match", object, names);
        for key in &keys {
            let given = self.values.as_ref().is_some_and(|values| values.contains_key(&**key));
            if !given {
                let message = format!("`{key}` is to be matched and needs a value");
                site.report(Problem::error(Code::Required, message).field(format!("values.{key}")));
            }
            if object.fields.get(key).is_some_and(|field| field.ty == Type::Decimal) {
                let message = format!("`{key}` is an amount: it finds no record");
                site.report(Problem::error(Code::WrongType, message).field("match"));
            }
        }
        keys
    }
}

impl Kind for UpsertRecord {
    const DESCRIPTION: Description = Description {
        kind: "upsertRecord",
        label: "Update or create record",
        family: Family::Action,
        doc: "Changes the record that has the values to match, or creates it.",
        version: 1,
        ports: &[Port::DONE, Port::ERROR],
        fields: &[
            Field::required("object", Input::Object, "what kind of record"),
            Field::required("match", Input::FieldNames, "the fields whose values find the record"),
            Field::required(
                "values",
                Input::Values,
                "its fields, the matched ones too: literals, or templates with `{{ }}`",
            ),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let Some(object) = site.object("object", self.object.as_deref()) else {
            return Compiled::of(Type::Dyn, None::<Upsert>);
        };
        let keys = self.keys(&object, site);
        let empty = Map::new();
        let values = site.values("values", &object, self.values.as_ref().unwrap_or(&empty), Target::New);
        let fields: Vec<_> = values.keys().cloned().collect();
        let name = Arc::clone(&object.name);
        let upsert = site.unless_wrong(Upsert {
            object: Arc::clone(&name),
            keys,
            values,
        });
        Compiled::of(Type::Record(object), upsert)
            .writing(&name, Operation::Created, fields.clone())
            .writing(&name, Operation::Updated, fields)
    }
}

#[derive(Debug)]
struct Upsert {
    object: Arc<str>,
    keys: Vec<Arc<str>>,
    values: IndexMap<Arc<str>, Setting>,
}

impl Resolve for Upsert {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        Ok(Resolution::Order(Order::UpsertRecord {
            object: Arc::clone(&self.object),
            keys: self.keys.clone(),
            values: create_record::evaluate(&self.values, moment)?,
        }))
    }
}
