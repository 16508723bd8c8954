//! Checks the values that a node writes against the fields of the object they are for.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use super::{Code, Problem, Site, assign};
use crate::{
    resolve::Setting,
    template::Escape,
    value::{FieldType, Fields, ObjectType, Type, Value},
};

/// What values are written into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A new record, which must have what its object requires.
    New,
    /// A record that exists.
    Existing,
}

impl Site<'_> {
    /// Values for a record's fields: texts with `{{ }}` are templates, all else is meant as it stands.
    pub fn values(
        &mut self,
        field: &str,
        object: &ObjectType,
        values: &Map<String, Json>,
        target: Target,
    ) -> IndexMap<Arc<str>, Setting> {
        let mut settings = IndexMap::new();
        for (name, json) in values {
            let path = format!("{field}.{name}");
            match object.fields.get_key_value(name.as_str()) {
                None => self.report(unknown_record_field(object, name).field(path)),
                Some((_, kind)) if !kind.writable => {
                    let message = format!("`{name}` of {} cannot be written", object.name);
                    self.report(Problem::error(Code::NotWritable, message).field(path));
                }
                Some((known, kind)) => {
                    let setting = self.value(&path, kind, json);
                    settings.extend(setting.map(|setting| (known.clone(), setting)));
                }
            }
        }
        if target == Target::New {
            self.require_all(field, object, values);
        }
        settings
    }

    /// Values that are handed over, by name; none are `wanted` where nobody knows what is.
    pub fn arguments(
        &mut self,
        field: &str,
        wanted: Option<&Fields>,
        given: &Map<String, Json>,
    ) -> IndexMap<Arc<str>, Setting> {
        let anything = FieldType::of(Type::Dyn).nullable();
        let mut settings = IndexMap::new();
        for (name, json) in given {
            let path = format!("{field}.{name}");
            match wanted.map_or(Some(&anything), |wanted| wanted.get(name.as_str())) {
                None => self.report(unknown_parameter(wanted, name).field(path)),
                Some(kind) => settings.extend(
                    self.value(&path, kind, json)
                        .map(|setting| (name.as_str().into(), setting)),
                ),
            }
        }
        for (name, _) in wanted.into_iter().flatten().filter(|(_, kind)| kind.required) {
            if !given.contains_key(&**name) {
                let message = format!("`{name}` must be given");
                self.report(Problem::error(Code::Required, message).field(format!("{field}.{name}")));
            }
        }
        settings
    }

    fn value(&mut self, path: &str, kind: &FieldType, json: &Json) -> Option<Setting> {
        let wrong = match Setting::compile(json, &mut |source| self.template(path, Some(source), Escape::None))? {
            Setting::Literal(_) if json.is_null() && kind.nullable => return Some(Setting::Literal(Value::Null)),
            Setting::Literal(_) => match kind.ty.decode(json) {
                Ok(value) => return Some(Setting::Literal(value)),
                Err(error) => Problem::error(Code::InvalidValue, error.to_string()),
            },
            setting if assign::accepts(kind, &setting.ty()) => return Some(setting),
            setting => {
                let message = format!("a value of type {} does not fit into {}", setting.ty(), kind.ty);
                Problem::error(Code::WrongType, message)
            }
        };
        self.report(wrong.field(path));
        None
    }

    fn require_all(&mut self, field: &str, object: &ObjectType, values: &Map<String, Json>) {
        let missing = object
            .fields
            .iter()
            .filter(|(name, kind)| kind.required && !values.contains_key(&***name));
        for (name, _) in missing {
            let message = format!("a new {} needs `{name}`", object.name);
            self.report(Problem::error(Code::Required, message).field(format!("{field}.{name}")));
        }
    }
}

fn unknown_parameter(wanted: Option<&Fields>, name: &str) -> Problem {
    let known = wanted.into_iter().flat_map(Fields::keys).map(|name| &**name);
    Problem::error(Code::UnknownParameter, format!("nothing called `{name}` is asked for")).meant(name, known)
}

pub(super) fn unknown_record_field(object: &ObjectType, name: &str) -> Problem {
    Problem::error(
        Code::UnknownRecordField,
        format!("{} has no field `{name}`", object.name),
    )
    .meant(name, object.fields.keys().map(|name| &**name))
}
