//! Values of custom fields: as JSON, by their fields' keys.

use async_graphql::Context;
use pointsman_graph::value::Value as Computed;
use serde_json::Value as Plain;

use crate::{
    api::{
        caller::caller,
        error::{Error, Result},
        scalar::Json,
    },
    crm::{
        Record, Value,
        object::{Field, Kind, Object},
        validate::{self, Code, Invalid},
    },
};

/// The values that the caller may see; null where a field is empty.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub fn values(context: &Context<'_>, record: &Record) -> Result<Json> {
    let access = caller(context)?.access();
    let shown = record
        .fields()
        .filter(|(field, _)| field.custom.is_some() && access.sees(&record.object, field));
    let values = shown.map(|(field, value)| (field.name.to_owned(), value.to_json(field)));
    Ok(Json(Plain::Object(values.collect())))
}

/// The object's custom field of that key and its place.
///
/// # Errors
/// `BAD_USER_INPUT` where there is none.
pub fn custom_field<'a>(object: &'a Object, key: &str) -> Result<(usize, &'a Field)> {
    let known = object.field(key).filter(|(_, field)| field.custom.is_some());
    known.ok_or_else(|| Error::input(format!("A {} has no field `{key}`.", object.label.to_lowercase())))
}

/// The value as the field of that key stores it.
///
/// # Errors
/// Where there is no such field, or it can't hold the value.
pub fn read_custom(object: &Object, key: &str, json: &Plain) -> std::result::Result<Value, Invalid> {
    match custom_field(object, key) {
        Ok((_, field)) => read(field, json),
        Err(_) => Err(Invalid {
            code: Code::NotFound,
            message: "is no custom field of the object".into(),
        }),
    }
}

/// The value as the field stores it.
///
/// # Errors
/// Where it can't hold the value.
pub fn read(field: &Field, json: &Plain) -> std::result::Result<Value, Invalid> {
    // Numbers are refused: many a client has already sent them through a float.
    if matches!(field.kind, Kind::Decimal { .. }) && json.is_f64() {
        return Err(Invalid {
            code: Code::Invalid,
            message: "must be a decimal number in a string, such as \"1234.50\"".into(),
        });
    }
    validate::from_expression(field, &Computed::from_json(json), None)
}
