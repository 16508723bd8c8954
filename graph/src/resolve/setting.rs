//! A value as an admin sets it: meant as it stands, or computed when the node's turn comes.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{Moment, Unresolved};
use crate::{
    template::Template,
    value::{Type, Value},
};

/// JSON in which each text with `{{ }}` is a template; all else is literal.
#[derive(Clone, Debug)]
pub enum Setting {
    Literal(Value),
    /// Exactly one `{{ }}` keeps the type of its expression.
    Template(Template),
    List(Vec<Setting>),
    Map(Vec<(Arc<str>, Setting)>),
}

impl Setting {
    /// Compiles what is to be computed; none where a template has problems, which `template` has taken down.
    pub(crate) fn compile(json: &Json, template: &mut impl FnMut(&str) -> Option<Template>) -> Option<Setting> {
        match json {
            Json::String(text) if is_template(text) => template(text).map(Setting::Template),
            Json::Array(items) if items.iter().any(computes) => {
                let items: Vec<_> = items.iter().map(|item| Setting::compile(item, template)).collect();
                items.into_iter().collect::<Option<_>>().map(Setting::List)
            }
            Json::Object(fields) if fields.values().any(computes) => {
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(name, field)| Some((Arc::from(name.as_str()), Setting::compile(field, template)?)))
                    .collect();
                fields.into_iter().collect::<Option<_>>().map(Setting::Map)
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) | Json::Object(_) => {
                Some(Setting::Literal(Value::from_json(json)))
            }
        }
    }

    /// The type of its value, as far as it shows.
    pub fn ty(&self) -> Type {
        match self {
            Setting::Literal(value) => Type::of(value),
            Setting::Template(template) => template.ty().clone(),
            Setting::List(_) => Type::list_of(Type::Dyn),
            Setting::Map(_) => Type::map_of(Type::Dyn),
        }
    }

    pub(crate) fn value(&self, field: &str, moment: &mut Moment<'_>) -> Result<Value, Unresolved> {
        match self {
            Setting::Literal(value) => Ok(value.clone()),
            Setting::Template(template) => moment.filled(field, template),
            Setting::List(items) => {
                let items = items
                    .iter()
                    .enumerate()
                    .map(|(place, item)| item.value(&format!("{field}[{place}]"), moment));
                Ok(Value::list(items.collect::<Result<Vec<_>, _>>()?))
            }
            Setting::Map(fields) => {
                let value = |(name, setting): &(Arc<str>, Setting)| {
                    Ok((Arc::clone(name), setting.value(&format!("{field}.{name}"), moment)?))
                };
                Ok(Value::map(fields.iter().map(value).collect::<Result<Vec<_>, _>>()?))
            }
        }
    }
}

fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

fn computes(json: &Json) -> bool {
    match json {
        Json::String(text) => is_template(text),
        Json::Array(items) => items.iter().any(computes),
        Json::Object(fields) => fields.values().any(computes),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}
