//! The functions on numbers: cel-spec's `math`.

use std::cmp::Ordering;

use rust_decimal::{Decimal, RoundingStrategy};

use super::{Applied, Function, Overload, Shape};
use crate::expression::{Budget, Fault};
use crate::value::{Value, order};

use Shape::{Any, Bool, Double, First, Int, List, Uint};

const NUMBERS: &[Overload] = &[
    (&[Int], First),
    (&[Uint], First),
    (&[Double], First),
    (&[Shape::Decimal], First),
];
const FRACTIONS: &[Overload] = &[(&[Double], First), (&[Shape::Decimal], First)];
const TESTS: &[Overload] = &[(&[Double], Bool)];
const BITS: &[Overload] = &[(&[Int, Int], Int), (&[Uint, Uint], Uint)];
const SHIFTS: &[Overload] = &[(&[Int, Int], Int), (&[Uint, Int], Uint)];
const EXTREMES: &[Overload] = &[
    (&[List], Any),
    (&[Int], First),
    (&[Uint], First),
    (&[Double], First),
    (&[Shape::Decimal], First),
    (&[Any, Any], Any),
    (&[Any, Any, Any], Any),
    (&[Any, Any, Any, Any], Any),
    (&[Any, Any, Any, Any, Any], Any),
    (&[Any, Any, Any, Any, Any, Any], Any),
];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("math.greatest", EXTREMES, |a, b| extreme(a, b, Ordering::Greater)),
    Function::global("math.least", EXTREMES, |a, b| extreme(a, b, Ordering::Less)),
    Function::global("math.ceil", FRACTIONS, |a, _| {
        round(a, f64::ceil, |decimal| decimal.ceil())
    }),
    Function::global("math.floor", FRACTIONS, |a, _| {
        round(a, f64::floor, |decimal| decimal.floor())
    }),
    Function::global("math.round", FRACTIONS, |a, _| {
        round(a, f64::round, |decimal| {
            decimal.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)
        })
    }),
    Function::global("math.trunc", FRACTIONS, |a, _| {
        round(a, f64::trunc, |decimal| decimal.trunc())
    }),
    Function::global("math.abs", NUMBERS, |a, _| abs(a)),
    Function::global("math.sign", NUMBERS, |a, _| sign(a)),
    Function::global(
        "math.sqrt",
        &[(&[Double], Double), (&[Int], Double), (&[Uint], Double)],
        |a, _| sqrt(a),
    ),
    Function::global("math.isNaN", TESTS, |a, _| test(a, f64::is_nan)),
    Function::global("math.isInf", TESTS, |a, _| test(a, f64::is_infinite)),
    Function::global("math.isFinite", TESTS, |a, _| test(a, f64::is_finite)),
    Function::global("math.bitAnd", BITS, |a, _| bits(a, |x, y| x & y, |x, y| x & y)),
    Function::global("math.bitOr", BITS, |a, _| bits(a, |x, y| x | y, |x, y| x | y)),
    Function::global("math.bitXor", BITS, |a, _| bits(a, |x, y| x ^ y, |x, y| x ^ y)),
    Function::global("math.bitNot", &[(&[Int], Int), (&[Uint], Uint)], |a, _| bit_not(a)),
    Function::global("math.bitShiftLeft", SHIFTS, |a, _| shift(a, u64::checked_shl)),
    Function::global("math.bitShiftRight", SHIFTS, |a, _| shift(a, u64::checked_shr)),
];

/// The first of the numbers that no other exceeds; a list counts as its items.
fn extreme(arguments: &[Value], budget: &mut Budget, wanted: Ordering) -> Applied {
    let numbers = match arguments {
        [Value::List(items)] => items,
        numbers => numbers,
    };
    let mut best: Option<&Value> = None;
    for number in numbers {
        budget.step()?;
        if !matches!(
            number,
            Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Decimal(_)
        ) {
            return Ok(None);
        }
        if best.is_none_or(|best| order(number, best) == Ok(wanted)) {
            best = Some(number);
        }
    }
    best.cloned().map(Some).ok_or(Fault::Argument {
        reason: "an empty list has no greatest and no least".to_owned(),
    })
}

fn round(arguments: &[Value], double: fn(f64) -> f64, decimal: fn(&Decimal) -> Decimal) -> Applied {
    Ok(match arguments {
        [Value::Double(number)] => Some(Value::Double(double(*number))),
        [Value::Decimal(number)] => Some(Value::Decimal(decimal(number))),
        _ => None,
    })
}

fn abs(arguments: &[Value]) -> Applied {
    match arguments {
        [Value::Int(number)] => number.checked_abs().map(Value::Int).map(Some).ok_or(Fault::Overflow),
        [Value::Uint(number)] => Ok(Some(Value::Uint(*number))),
        [Value::Double(number)] => Ok(Some(Value::Double(number.abs()))),
        [Value::Decimal(number)] => Ok(Some(Value::Decimal(number.abs()))),
        _ => Ok(None),
    }
}

fn sign(arguments: &[Value]) -> Applied {
    Ok(match arguments {
        [Value::Int(number)] => Some(Value::Int(number.signum())),
        [Value::Uint(number)] => Some(Value::Uint((*number).min(1))),
        [Value::Double(number)] if *number == 0.0 || number.is_nan() => Some(Value::Double(*number)),
        [Value::Double(number)] => Some(Value::Double(number.signum())),
        [Value::Decimal(number)] if number.is_zero() => Some(Value::Decimal(Decimal::ZERO)),
        [Value::Decimal(number)] if number.is_sign_negative() => Some(Value::Decimal(Decimal::NEGATIVE_ONE)),
        [Value::Decimal(_)] => Some(Value::Decimal(Decimal::ONE)),
        _ => None,
    })
}

#[expect(clippy::cast_precision_loss, reason = "a root is a double")]
fn sqrt(arguments: &[Value]) -> Applied {
    Ok(match arguments {
        [Value::Double(number)] => Some(Value::Double(number.sqrt())),
        [Value::Int(number)] => Some(Value::Double((*number as f64).sqrt())),
        [Value::Uint(number)] => Some(Value::Double((*number as f64).sqrt())),
        _ => None,
    })
}

fn test(arguments: &[Value], holds: fn(f64) -> bool) -> Applied {
    Ok(match arguments {
        [Value::Double(number)] => Some(Value::Bool(holds(*number))),
        _ => None,
    })
}

fn bits(arguments: &[Value], signed: fn(i64, i64) -> i64, unsigned: fn(u64, u64) -> u64) -> Applied {
    Ok(match arguments {
        [Value::Int(a), Value::Int(b)] => Some(Value::Int(signed(*a, *b))),
        [Value::Uint(a), Value::Uint(b)] => Some(Value::Uint(unsigned(*a, *b))),
        _ => None,
    })
}

fn bit_not(arguments: &[Value]) -> Applied {
    Ok(match arguments {
        [Value::Int(number)] => Some(Value::Int(!number)),
        [Value::Uint(number)] => Some(Value::Uint(!number)),
        _ => None,
    })
}

/// Shifts bits, never the sign (cel-spec); by 64 or more nothing is left.
fn shift(arguments: &[Value], shift: fn(u64, u32) -> Option<u64>) -> Applied {
    let by = |by: i64| match by {
        0.. => Ok(u32::try_from(by).unwrap_or(u32::MAX)),
        _ => Err(Fault::Argument {
            reason: "a shift is by zero or more bits".to_owned(),
        }),
    };
    match arguments {
        [Value::Int(number), Value::Int(count)] => {
            let shifted = shift(number.cast_unsigned(), by(*count)?).unwrap_or(0);
            Ok(Some(Value::Int(shifted.cast_signed())))
        }
        [Value::Uint(number), Value::Int(count)] => Ok(Some(Value::Uint(shift(*number, by(*count)?).unwrap_or(0)))),
        _ => Ok(None),
    }
}
