//! Equality and order of values across types. Decides what `==`, `<` and `in` mean, for expressions and filters alike.

use std::cmp::Ordering;
use std::convert::Infallible;

use rust_decimal::Decimal;

use super::{Map, Value};

/// Counts the work of comparing values, so that a budget can end it.
pub(crate) trait Tick {
    /// Why the walk had to end.
    type Stop;
    /// Counts one value visited, and the bytes of it that are compared.
    fn tick(&mut self, bytes: usize) -> Result<(), Self::Stop>;
}

/// Counts nothing: for values whose size is already bounded.
pub(crate) struct Unmetered;

impl Tick for Unmetered {
    type Stop = Infallible;
    fn tick(&mut self, _: usize) -> Result<(), Infallible> {
        Ok(())
    }
}

/// CEL's equality. Values of types that have nothing in common are unequal, never an error.
pub(crate) fn equal<T: Tick>(left: &Value, right: &Value, meter: &mut T) -> Result<bool, T::Stop> {
    meter.tick(shared_bytes(left, right))?;
    Ok(match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::Timestamp(a), Value::Timestamp(b)) => a == b,
        (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Type(a), Value::Type(b)) => a == b,
        (Value::Reference(a), Value::Reference(b)) => a.id == b.id,
        (Value::Reference(a), Value::String(b)) | (Value::String(b), Value::Reference(a)) => a.id == *b,
        (Value::List(a), Value::List(b)) => return equal_lists(a, b, meter),
        (Value::Map(a), Value::Map(b)) => return equal_maps(a, b, meter),
        (Value::Optional(Some(a)), Value::Optional(Some(b))) => return equal(a, b, meter),
        (Value::Optional(None), Value::Optional(None)) => true,
        (a, b) => order_numbers(a, b) == Some(Ordering::Equal),
    })
}

/// The bytes that two texts may have in common: as many as the shorter one has.
fn shared_bytes(left: &Value, right: &Value) -> usize {
    match (left, right) {
        (Value::String(a), Value::String(b)) => a.len().min(b.len()),
        (Value::Bytes(a), Value::Bytes(b)) => a.len().min(b.len()),
        _ => 0,
    }
}

fn equal_lists<T: Tick>(left: &[Value], right: &[Value], meter: &mut T) -> Result<bool, T::Stop> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (a, b) in left.iter().zip(right) {
        if !equal(a, b, meter)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_maps<T: Tick>(left: &Map, right: &Map, meter: &mut T) -> Result<bool, T::Stop> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (key, a) in left {
        let Some(b) = right.get(key) else { return Ok(false) };
        if !equal(a, b, meter)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Why two values have no order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unordered {
    /// One of them is NaN: every comparison is false.
    NotANumber,
    /// Their types have no order in common.
    Types,
}

/// The order of two values of one family: numbers, texts, bytes, booleans, timestamps or durations.
pub(crate) fn order(left: &Value, right: &Value) -> Result<Ordering, Unordered> {
    match (left, right) {
        (Value::Bool(a), Value::Bool(b)) => Ok(a.cmp(b)),
        (Value::String(a), Value::String(b)) => Ok(a.cmp(b)),
        (Value::Bytes(a), Value::Bytes(b)) => Ok(a.cmp(b)),
        (Value::Timestamp(a), Value::Timestamp(b)) => Ok(a.cmp(b)),
        (Value::Duration(a), Value::Duration(b)) => Ok(a.cmp(b)),
        (a, b) if is_number(a) && is_number(b) => order_numbers(a, b).ok_or(Unordered::NotANumber),
        _ => Err(Unordered::Types),
    }
}

fn is_number(value: &Value) -> bool {
    matches!(
        value,
        Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Decimal(_)
    )
}

/// Whole numbers and decimals compare exactly. A double compares with a whole number as a double (cel-spec), and with a
/// decimal as the shortest decimal that denotes it: so `19.99` from a JSON body equals the decimal 19.99.
fn order_numbers(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Uint(a), Value::Uint(b)) => Some(a.cmp(b)),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Decimal(a), Value::Decimal(b)) => Some(a.cmp(b)),
        (Value::Int(a), Value::Uint(b)) => Some(i128::from(*a).cmp(&i128::from(*b))),
        (Value::Int(a), Value::Double(b)) => (*a as f64).partial_cmp(b),
        (Value::Uint(a), Value::Double(b)) => (*a as f64).partial_cmp(b),
        (Value::Int(a), Value::Decimal(b)) => Some(Decimal::from(*a).cmp(b)),
        (Value::Uint(a), Value::Decimal(b)) => Some(Decimal::from(*a).cmp(b)),
        (Value::Decimal(a), Value::Double(b)) => order_decimal(*a, *b),
        (a, b) if is_number(a) && is_number(b) => order_numbers(b, a).map(Ordering::reverse),
        _ => None,
    }
}

fn order_decimal(decimal: Decimal, double: f64) -> Option<Ordering> {
    const DECIMALS: std::ops::Range<f64> = 1e-28..8e28;
    if (double == 0.0 || DECIMALS.contains(&double.abs()))
        && let Ok(exact) = Decimal::from_str_exact(&double.to_string())
    {
        return Some(decimal.cmp(&exact));
    }
    rust_decimal::prelude::ToPrimitive::to_f64(&decimal)?.partial_cmp(&double)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Value {
        Value::Decimal(text.parse().unwrap())
    }

    #[test]
    fn a_decimal_equals_the_double_that_is_written_like_it() {
        assert_eq!(decimal("19.99"), Value::Double(19.99));
        assert_eq!(decimal("0.1"), Value::Double(0.1));
        assert_eq!(
            order(&decimal("0.10000000000000001"), &Value::Double(0.1)),
            Ok(Ordering::Greater)
        );
    }

    #[test]
    fn a_decimal_beyond_the_doubles_precision_compares_exactly_with_whole_numbers() {
        assert_eq!(
            order(&decimal("9007199254740993.0"), &Value::Int(9_007_199_254_740_993)),
            Ok(Ordering::Equal)
        );
        assert_eq!(
            order(&decimal("9007199254740992.9"), &Value::Int(9_007_199_254_740_993)),
            Ok(Ordering::Less)
        );
    }

    #[test]
    fn a_huge_double_compares_with_a_decimal_by_its_size() {
        assert_eq!(order(&decimal("1"), &Value::Double(1e300)), Ok(Ordering::Less));
        assert_eq!(order(&decimal("1"), &Value::Double(1e-300)), Ok(Ordering::Greater));
        assert_eq!(
            order(&decimal("1"), &Value::Double(f64::NAN)),
            Err(Unordered::NotANumber)
        );
    }

    #[test]
    fn a_reference_equals_the_text_of_its_id() {
        let owner = Value::Reference(super::super::Reference {
            object: "user".into(),
            id: "user_1".into(),
        });

        assert_eq!(owner, Value::text("user_1"));
        assert_ne!(owner, Value::text("user_2"));
    }

    #[test]
    fn maps_are_equal_whatever_the_order_and_number_type_of_their_keys() {
        let left: Map = [(1_i64.into(), Value::Int(1)), ("a".into(), Value::Null)]
            .into_iter()
            .collect();
        let right: Map = [("a".into(), Value::Null), (1_u64.into(), Value::Double(1.0))]
            .into_iter()
            .collect();

        assert_eq!(Value::Map(left.into()), Value::Map(right.into()));
    }
}
