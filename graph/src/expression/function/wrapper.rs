//! Protobuf's wrappers of scalars, as cel-spec has them: `google.protobuf.Int32Value{value: 1}` is the number 1.

use super::convert::one;
use super::{Applied, Function, Shape, Style};
use crate::expression::{Budget, Fault};
use crate::value::Value;

use Shape::{Bool, Bytes, Double, Int, Text, Uint};

const WRAPPERS: &[(Function, Value)] = &[
    (
        wrapping("google.protobuf.BoolValue", &[(&[Bool], Bool)], keep),
        Value::Bool(false),
    ),
    (
        wrapping("google.protobuf.DoubleValue", &[(&[Double], Double)], keep),
        Value::Double(0.0),
    ),
    (
        wrapping("google.protobuf.FloatValue", &[(&[Double], Double)], to_float),
        Value::Double(0.0),
    ),
    (
        wrapping("google.protobuf.Int32Value", &[(&[Int], Int)], to_int32),
        Value::Int(0),
    ),
    (
        wrapping("google.protobuf.Int64Value", &[(&[Int], Int)], keep),
        Value::Int(0),
    ),
    (
        wrapping("google.protobuf.UInt32Value", &[(&[Uint], Uint)], to_uint32),
        Value::Uint(0),
    ),
    (
        wrapping("google.protobuf.UInt64Value", &[(&[Uint], Uint)], keep),
        Value::Uint(0),
    ),
    (
        wrapping("google.protobuf.StringValue", &[(&[Text], Text)], keep),
        Value::Null,
    ),
    (
        wrapping("google.protobuf.BytesValue", &[(&[Bytes], Bytes)], keep),
        Value::Null,
    ),
];

const fn wrapping(
    name: &'static str,
    overloads: &'static [super::Overload],
    apply: fn(&[Value], &mut Budget) -> Applied,
) -> Function {
    Function::new(name, Style::Global, overloads, apply)
}

/// One of protobuf's wrappers of a scalar, as cel-spec has them, with its default.
pub(crate) fn wrapper(name: &str) -> Option<(&'static Function, Value)> {
    let (function, default) = WRAPPERS.iter().find(|(function, _)| function.name == name)?;
    let default = match function.name {
        "google.protobuf.StringValue" => Value::text(""),
        "google.protobuf.BytesValue" => Value::Bytes([].into()),
        _ => default.clone(),
    };
    Some((function, default))
}

fn keep(arguments: &[Value], _: &mut Budget) -> Applied {
    Ok(one(arguments).cloned())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a FloatValue is a double rounded to 32 bits"
)]
fn to_float(arguments: &[Value], _: &mut Budget) -> Applied {
    Ok(one(arguments).map(|value| match value {
        Value::Double(value) => Value::Double(f64::from(*value as f32)),
        other => other.clone(),
    }))
}

fn to_int32(arguments: &[Value], _: &mut Budget) -> Applied {
    match arguments {
        [Value::Int(value)] if i32::try_from(*value).is_err() => Err(Fault::Overflow),
        _ => Ok(one(arguments).cloned()),
    }
}

fn to_uint32(arguments: &[Value], _: &mut Budget) -> Applied {
    match arguments {
        [Value::Uint(value)] if u32::try_from(*value).is_err() => Err(Fault::Overflow),
        _ => Ok(one(arguments).cloned()),
    }
}
