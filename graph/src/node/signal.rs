//! How signals are addressed: by a name, and a key that tells signals of one name apart. Shared by who sends and who waits.

use std::sync::Arc;

use crate::{
    check::{Code, Problem, Site},
    expression::Expression,
    resolve::{Moment, Unresolved},
    value::Value,
};

/// The longest name or key, in bytes.
pub const LONGEST: usize = 255;

/// The name of a signal, as it is written: no template, so that who sends what can be told without a run.
pub(super) fn name(written: Option<&str>, site: &mut Site<'_>) -> Option<Arc<str>> {
    let name = written?.trim();
    if name.is_empty() {
        return None;
    }
    if name.len() > LONGEST {
        let message = format!("the name of a signal has at most {LONGEST} bytes");
        site.report(Problem::error(Code::InvalidValue, message).field("name"));
    }
    Some(name.into())
}

/// The key that a run means: the text, number or record's id that the expression gives; empty without an expression.
///
/// # Errors
/// `NOT_A_KEY` for any other value, and for none: whoever names a key does not mean the signal without one.
pub(super) fn key(expression: Option<&Expression>, moment: &mut Moment<'_>) -> Result<String, Unresolved> {
    let Some(expression) = expression else {
        return Ok(String::new());
    };
    let value = moment.value("key", expression)?;
    let text = match &value {
        Value::String(text) => Some(text.to_string()),
        Value::Reference(reference) => Some(reference.id.to_string()),
        Value::Int(number) => Some(number.to_string()),
        Value::Uint(number) => Some(number.to_string()),
        Value::Decimal(number) => Some(number.normalize().to_string()),
        Value::Map(fields) => match fields.get("id") {
            Some(Value::String(id)) => Some(id.to_string()),
            Some(_) | None => None,
        },
        _ => None,
    };
    text.filter(|text| !text.is_empty() && text.len() <= LONGEST)
        .ok_or_else(|| Unresolved::NotAKey {
            field: "key".to_owned(),
            found: value.type_name(),
        })
}
