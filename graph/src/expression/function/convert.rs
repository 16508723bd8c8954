//! Conversions between types, and `type` and `dyn`.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{Applied, Function, Shape, Style, text};
use crate::expression::trace::brief;
use crate::expression::{Budget, Fault};
use crate::value::{Duration, TimeError, Timestamp, Value};

use Shape::{Any, Bool, Bytes, Date, Double, Int, Reference, Span, Text, Time, Uint};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("dyn", &[(&[Any], Any)], |arguments, _| Ok(one(arguments).cloned())),
    Function::global("type", &[(&[Any], Shape::Type)], |arguments, _| {
        Ok(one(arguments).map(|value| Value::Type(value.type_name())))
    }),
    Function::global("bool", &[(&[Bool], Bool), (&[Text], Bool)], to_bool),
    Function::global(
        "int",
        &[
            (&[Int], Int),
            (&[Uint], Int),
            (&[Double], Int),
            (&[Shape::Decimal], Int),
            (&[Text], Int),
            (&[Time], Int),
            (&[Span], Int),
        ],
        to_int,
    ),
    Function::global(
        "uint",
        &[
            (&[Uint], Uint),
            (&[Int], Uint),
            (&[Double], Uint),
            (&[Shape::Decimal], Uint),
            (&[Text], Uint),
        ],
        to_uint,
    ),
    Function::global(
        "double",
        &[
            (&[Double], Double),
            (&[Int], Double),
            (&[Uint], Double),
            (&[Shape::Decimal], Double),
            (&[Text], Double),
        ],
        to_double,
    ),
    Function::global(
        "decimal",
        &[
            (&[Shape::Decimal], Shape::Decimal),
            (&[Int], Shape::Decimal),
            (&[Uint], Shape::Decimal),
            (&[Double], Shape::Decimal),
            (&[Text], Shape::Decimal),
        ],
        to_decimal,
    ),
    Function::global(
        "string",
        &[
            (&[Text], Text),
            (&[Bool], Text),
            (&[Int], Text),
            (&[Uint], Text),
            (&[Double], Text),
            (&[Shape::Decimal], Text),
            (&[Bytes], Text),
            (&[Time], Text),
            (&[Span], Text),
            (&[Reference], Text),
        ],
        to_text,
    ),
    Function::global("bytes", &[(&[Bytes], Bytes), (&[Text], Bytes)], to_bytes),
    Function::global(
        "timestamp",
        &[(&[Time], Time), (&[Text], Time), (&[Int], Time)],
        to_timestamp,
    ),
    Function::global("date", &[(&[Time], Date), (&[Text], Date)], to_date),
    Function::global(
        "duration",
        &[(&[Span], Span), (&[Text], Span), (&[Int], Span)],
        to_duration,
    ),
];

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

fn one(arguments: &[Value]) -> Option<&Value> {
    match arguments {
        [value] => Some(value),
        _ => None,
    }
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

fn no(value: &Value, target: &'static str) -> Fault {
    Fault::Conversion {
        value: brief(value),
        target,
    }
}

/// The value that a text spells, or the fault that says what it does not spell.
fn parsed<T>(value: &Value, parsed: Option<T>, target: &'static str, wrap: fn(T) -> Value) -> Applied {
    parsed.map(wrap).map(Some).ok_or_else(|| no(value, target))
}

fn in_range<T>(number: Option<T>, wrap: fn(T) -> Value) -> Applied {
    number.map(wrap).map(Some).ok_or(Fault::Overflow)
}

fn to_bool(arguments: &[Value], _: &mut Budget) -> Applied {
    let Some(value) = one(arguments) else { return Ok(None) };
    match value {
        Value::Bool(_) => Ok(Some(value.clone())),
        Value::String(text) => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Some(Value::Bool(true))),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Some(Value::Bool(false))),
            _ => Err(no(value, "bool")),
        },
        _ => Ok(None),
    }
}

fn to_int(arguments: &[Value], _: &mut Budget) -> Applied {
    let Some(value) = one(arguments) else { return Ok(None) };
    match value {
        Value::Int(_) => Ok(Some(value.clone())),
        Value::Uint(number) => in_range(i64::try_from(*number).ok(), Value::Int),
        Value::Double(number) => in_range(truncated(*number), Value::Int),
        Value::Decimal(number) => in_range(number.trunc().to_i64(), Value::Int),
        Value::String(text) => parsed(value, text.parse().ok(), "int", Value::Int),
        Value::Timestamp(time) => Ok(Some(Value::Int(time.seconds()))),
        Value::Duration(span) => Ok(Some(Value::Int(span.seconds()))),
        _ => Ok(None),
    }
}

/// cel-spec: the ends of the range are errors, since the double next to them may have stood for more.
#[expect(clippy::cast_possible_truncation, reason = "the range is tested first")]
fn truncated(number: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (number > -LIMIT && number < LIMIT).then_some(number as i64)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is tested first"
)]
fn to_uint(arguments: &[Value], _: &mut Budget) -> Applied {
    const LIMIT: f64 = 18_446_744_073_709_551_616.0;
    let Some(value) = one(arguments) else { return Ok(None) };
    match value {
        Value::Uint(_) => Ok(Some(value.clone())),
        Value::Int(number) => in_range(u64::try_from(*number).ok(), Value::Uint),
        Value::Double(number) => in_range(
            (*number >= 0.0 && *number < LIMIT).then_some(*number as u64),
            Value::Uint,
        ),
        Value::Decimal(number) => in_range(number.trunc().to_u64(), Value::Uint),
        Value::String(text) => parsed(value, text.parse().ok(), "uint", Value::Uint),
        _ => Ok(None),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a double holds no more")]
fn to_double(arguments: &[Value], _: &mut Budget) -> Applied {
    let Some(value) = one(arguments) else { return Ok(None) };
    match value {
        Value::Double(_) => Ok(Some(value.clone())),
        Value::Int(number) => Ok(Some(Value::Double(*number as f64))),
        Value::Uint(number) => Ok(Some(Value::Double(*number as f64))),
        Value::Decimal(number) => in_range(number.to_f64(), Value::Double),
        Value::String(text) => parsed(value, text.parse().ok(), "double", Value::Double),
        _ => Ok(None),
    }
}

fn to_decimal(arguments: &[Value], _: &mut Budget) -> Applied {
    let Some(value) = one(arguments) else { return Ok(None) };
    match value {
        Value::Decimal(_) => Ok(Some(value.clone())),
        Value::Int(number) => Ok(Some(Value::Decimal(Decimal::from(*number)))),
        Value::Uint(number) => Ok(Some(Value::Decimal(Decimal::from(*number)))),
        Value::Double(number) => in_range(Decimal::from_str_exact(&number.to_string()).ok(), Value::Decimal),
        Value::String(text) => parsed(value, Decimal::from_str_exact(text).ok(), "decimal", Value::Decimal),
        _ => Ok(None),
    }
}

fn to_text(arguments: &[Value], budget: &mut Budget) -> Applied {
    let Some(value) = one(arguments) else { return Ok(None) };
    match value {
        Value::String(_) => Ok(Some(value.clone())),
        Value::Bool(value) => text(value.to_string(), budget),
        Value::Int(value) => text(value.to_string(), budget),
        Value::Uint(value) => text(value.to_string(), budget),
        Value::Double(value) => text(super::format::shortest(*value), budget),
        Value::Decimal(value) => text(value.to_string(), budget),
        Value::Timestamp(value) => text(value.to_string(), budget),
        Value::Duration(value) => text(value.to_string(), budget),
        Value::Reference(reference) => Ok(Some(Value::String(reference.id.clone()))),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(valid) => text(valid, budget),
            Err(_) => Err(no(value, "text in UTF-8")),
        },
        _ => Ok(None),
    }
}

fn to_bytes(arguments: &[Value], budget: &mut Budget) -> Applied {
    match arguments {
        [Value::Bytes(_)] => Ok(one(arguments).cloned()),
        [Value::String(text)] => {
            budget.allocate(text.len())?;
            Ok(Some(Value::Bytes(text.as_bytes().into())))
        }
        _ => Ok(None),
    }
}

/// A time that is out of range is another fault than a text that is no time.
fn time<T>(value: &Value, parsed: Result<T, TimeError>, target: &'static str, wrap: fn(T) -> Value) -> Applied {
    match parsed {
        Ok(time) => Ok(Some(wrap(time))),
        Err(TimeError::Range) => Err(Fault::Overflow),
        Err(TimeError::Timestamp(_) | TimeError::Date(_) | TimeError::Duration(_)) => Err(no(value, target)),
    }
}

fn to_timestamp(arguments: &[Value], _: &mut Budget) -> Applied {
    let Some(value) = one(arguments) else { return Ok(None) };
    match value {
        Value::Timestamp(_) => Ok(Some(value.clone())),
        Value::Int(seconds) => time(value, Timestamp::from_seconds(*seconds), "timestamp", Value::Timestamp),
        Value::String(text) => time(value, text.parse(), "timestamp", Value::Timestamp),
        _ => Ok(None),
    }
}

/// A date is the timestamp of its midnight in UTC; of a timestamp, its day in UTC.
fn to_date(arguments: &[Value], _: &mut Budget) -> Applied {
    let Some(value) = one(arguments) else { return Ok(None) };
    match value {
        Value::Timestamp(instant) => time(
            value,
            Timestamp::parse_date(&instant.format_date()),
            "date",
            Value::Timestamp,
        ),
        Value::String(text) => time(value, Timestamp::parse_date(text), "date", Value::Timestamp),
        _ => Ok(None),
    }
}

fn to_duration(arguments: &[Value], _: &mut Budget) -> Applied {
    let Some(value) = one(arguments) else { return Ok(None) };
    match value {
        Value::Duration(_) => Ok(Some(value.clone())),
        Value::Int(seconds) => time(value, Duration::from_seconds(*seconds), "duration", Value::Duration),
        Value::String(text) => time(value, text.parse(), "duration", Value::Duration),
        _ => Ok(None),
    }
}
