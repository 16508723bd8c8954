//! `+ - * / %` and the unary `-`. Whole numbers never wrap around; a decimal never passes through a double.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::mismatch;
use crate::expression::node::Operator;
use crate::expression::{Budget, Fault};
use crate::value::Value;

/// The result of an operator.
pub(super) fn apply(operator: Operator, left: Value, right: Value, budget: &mut Budget) -> Result<Value, Fault> {
    match (&left, &right) {
        (Value::Int(a), Value::Int(b)) => int(operator, *a, *b),
        (Value::Uint(a), Value::Uint(b)) => uint(operator, *a, *b),
        (Value::Double(a), Value::Double(b)) if operator != Operator::Remainder => {
            Ok(Value::Double(double(operator, *a, *b)))
        }
        (Value::Decimal(a), Value::Decimal(b)) => decimal(operator, *a, *b),
        (Value::Decimal(a), Value::Int(b)) => decimal(operator, *a, Decimal::from(*b)),
        (Value::Decimal(a), Value::Uint(b)) => decimal(operator, *a, Decimal::from(*b)),
        (Value::Int(a), Value::Decimal(b)) => decimal(operator, Decimal::from(*a), *b),
        (Value::Uint(a), Value::Decimal(b)) => decimal(operator, Decimal::from(*a), *b),
        _ => match operator {
            Operator::Add => add(left, right, budget),
            Operator::Subtract => subtract(left, right),
            Operator::Multiply | Operator::Divide | Operator::Remainder => {
                Err(mismatch(operator.as_str(), &[left, right]))
            }
        },
    }
}

/// The value with its sign changed.
pub(super) fn negate(value: Value) -> Result<Value, Fault> {
    match value {
        Value::Int(number) => number.checked_neg().map(Value::Int).ok_or(Fault::Overflow),
        Value::Double(number) => Ok(Value::Double(-number)),
        Value::Decimal(number) => Ok(Value::Decimal(-number)),
        Value::Duration(span) => (-span.to_chrono())
            .try_into()
            .map(Value::Duration)
            .map_err(|_| Fault::Overflow),
        other => Err(mismatch("-", &[other])),
    }
}

fn int(operator: Operator, a: i64, b: i64) -> Result<Value, Fault> {
    let result = match operator {
        Operator::Divide | Operator::Remainder if b == 0 => return Err(Fault::DivideByZero),
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide => a.checked_div(b),
        Operator::Remainder => a.checked_rem(b),
    };
    result.map(Value::Int).ok_or(Fault::Overflow)
}

fn uint(operator: Operator, a: u64, b: u64) -> Result<Value, Fault> {
    let result = match operator {
        Operator::Divide | Operator::Remainder if b == 0 => return Err(Fault::DivideByZero),
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide => a.checked_div(b),
        Operator::Remainder => a.checked_rem(b),
    };
    result.map(Value::Uint).ok_or(Fault::Overflow)
}

fn double(operator: Operator, a: f64, b: f64) -> f64 {
    match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide => a / b,
        Operator::Remainder => a % b,
    }
}

fn decimal(operator: Operator, a: Decimal, b: Decimal) -> Result<Value, Fault> {
    let result = match operator {
        Operator::Divide | Operator::Remainder if b.is_zero() => return Err(Fault::DivideByZero),
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide => a.checked_div(b),
        Operator::Remainder => a.checked_rem(b),
    };
    result.map(Value::Decimal).ok_or(Fault::Overflow)
}

fn add(left: Value, right: Value, budget: &mut Budget) -> Result<Value, Fault> {
    match (&left, &right) {
        (Value::String(a), Value::String(b)) => {
            budget.allocate(a.len() + b.len())?;
            Ok(Value::text([&**a, &**b].concat()))
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            budget.allocate(a.len() + b.len())?;
            Ok(Value::Bytes([&**a, &**b].concat().into()))
        }
        (Value::List(a), Value::List(b)) => {
            budget.spend_steps(a.len() + b.len())?;
            budget.allocate((a.len() + b.len()) * size_of::<Value>())?;
            Ok(Value::List(a.iter().chain(b.iter()).cloned().collect::<Arc<[Value]>>()))
        }
        (Value::Timestamp(time), Value::Duration(span)) | (Value::Duration(span), Value::Timestamp(time)) => {
            time.checked_add(*span).map(Value::Timestamp).ok_or(Fault::Overflow)
        }
        (Value::Duration(a), Value::Duration(b)) => a.checked_add(*b).map(Value::Duration).ok_or(Fault::Overflow),
        _ => Err(mismatch("+", &[left, right])),
    }
}

fn subtract(left: Value, right: Value) -> Result<Value, Fault> {
    match (&left, &right) {
        (Value::Timestamp(time), Value::Duration(span)) => {
            time.checked_sub(*span).map(Value::Timestamp).ok_or(Fault::Overflow)
        }
        (Value::Timestamp(later), Value::Timestamp(earlier)) => {
            later.since(*earlier).map(Value::Duration).ok_or(Fault::Overflow)
        }
        (Value::Duration(a), Value::Duration(b)) => a.checked_sub(*b).map(Value::Duration).ok_or(Fault::Overflow),
        _ => Err(mismatch("-", &[left, right])),
    }
}
