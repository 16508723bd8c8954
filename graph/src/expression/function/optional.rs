//! The functions of optionals.

use std::sync::Arc;

use super::{Applied, Function, Shape};
use crate::expression::Fault;
use crate::value::Value;

use Shape::{Any, Bool, InnerOfFirst, Optional, OptionalOfFirst};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("optional.none", &[(&[], Optional)], |arguments, _| match arguments {
        [] => Ok(Some(Value::Optional(None))),
        _ => Ok(None),
    }),
    Function::global(
        "optional.of",
        &[(&[Any], OptionalOfFirst)],
        |arguments, _| match arguments {
            [value] => Ok(Some(Value::Optional(Some(Arc::new(value.clone()))))),
            _ => Ok(None),
        },
    ),
    Function::global(
        "optional.ofNonZeroValue",
        &[(&[Any], OptionalOfFirst)],
        |arguments, _| match arguments {
            [value] => Ok(Some(Value::Optional(
                (!is_zero(value)).then(|| Arc::new(value.clone())),
            ))),
            _ => Ok(None),
        },
    ),
    Function::receiver("hasValue", &[(&[Optional], Bool)], |arguments, _| match arguments {
        [Value::Optional(value)] => Ok(Some(Value::Bool(value.is_some()))),
        _ => Ok(None),
    }),
    Function::receiver(
        "value",
        &[(&[Optional], InnerOfFirst)],
        |arguments, _| match arguments {
            [Value::Optional(Some(value))] => Ok(Some((**value).clone())),
            [Value::Optional(None)] => Err(Fault::EmptyOptional),
            _ => Ok(None),
        },
    ),
    Function::receiver("or", &[(&[Optional, Optional], Shape::First)], or),
    Function::receiver("orValue", &[(&[Optional, Any], InnerOfFirst)], or_value),
];

fn or(arguments: &[Value], _: &mut crate::expression::Budget) -> Applied {
    match arguments {
        [Value::Optional(Some(_)), Value::Optional(_)] => Ok(arguments.first().cloned()),
        [Value::Optional(None), Value::Optional(_)] => Ok(arguments.last().cloned()),
        _ => Ok(None),
    }
}

fn or_value(arguments: &[Value], _: &mut crate::expression::Budget) -> Applied {
    match arguments {
        [Value::Optional(Some(value)), _] => Ok(Some((**value).clone())),
        [Value::Optional(None), other] => Ok(Some(other.clone())),
        _ => Ok(None),
    }
}

/// Whether it is the default of its type.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Int(value) => *value == 0,
        Value::Uint(value) => *value == 0,
        Value::Double(value) => *value == 0.0,
        Value::Decimal(value) => value.is_zero(),
        Value::String(value) => value.is_empty(),
        Value::Bytes(value) => value.is_empty(),
        Value::List(value) => value.is_empty(),
        Value::Map(value) => value.is_empty(),
        Value::Timestamp(value) => value.micros() == 0 && value.to_chrono().timestamp_subsec_nanos() == 0,
        Value::Duration(value) => value.to_chrono().is_zero(),
        Value::Optional(value) => value.is_none(),
        Value::Reference(_) | Value::Type(_) => false,
    }
}
