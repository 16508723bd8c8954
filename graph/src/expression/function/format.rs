//! `format`: values written into a text at its `%` clauses, as cel-spec's strings extension has them.

use super::{Applied, Function, Shape};
use crate::expression::{Budget, Fault};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[Function::receiver(
    "format",
    &[(&[Shape::Text, Shape::List], Shape::Text)],
    format,
)];

/// The most digits after the point that a clause may ask for.
const MAX_PRECISION: usize = 100;

fn format(arguments: &[Value], budget: &mut Budget) -> Applied {
    let [Value::String(template), Value::List(values)] = arguments else {
        return Ok(None);
    };
    budget.allocate(template.len())?;
    let mut values = values.iter();
    let mut out = String::new();
    let mut rest = &**template;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        rest = match after.strip_prefix('%') {
            Some(after) => {
                out.push('%');
                after
            }
            None => {
                let (clause, after) = Clause::read(after)?;
                let value = values
                    .next()
                    .ok_or_else(|| refused("there are fewer values than clauses".to_owned()))?;
                let written = clause.write(value, budget)?;
                budget.step()?;
                budget.allocate(written.len())?;
                out.push_str(&written);
                after
            }
        };
    }
    out.push_str(rest);
    Ok(Some(Value::text(out)))
}

fn refused(reason: String) -> Fault {
    Fault::Argument { reason }
}

/// One `%` clause: `%.3f` is the precision 3 and the letter f.
struct Clause {
    letter: char,
    precision: Option<usize>,
}

impl Clause {
    fn read(text: &str) -> Result<(Clause, &str), Fault> {
        let (precision, rest) = match text.strip_prefix('.') {
            Some(rest) => {
                let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                let (number, rest) = rest.split_at(digits);
                let precision = number.parse().ok().filter(|precision| *precision <= MAX_PRECISION);
                (
                    Some(
                        precision
                            .ok_or_else(|| refused(format!("`%.{number}` is no precision up to {MAX_PRECISION}")))?,
                    ),
                    rest,
                )
            }
            None => (None, text),
        };
        let mut characters = rest.chars();
        let letter = characters
            .next()
            .ok_or_else(|| refused("the text ends in the middle of a % clause".to_owned()))?;
        Ok((Clause { letter, precision }, characters.as_str()))
    }

    fn write(&self, value: &Value, budget: &mut Budget) -> Result<String, Fault> {
        let precision = self.precision.unwrap_or(6);
        let written = match (self.letter, value) {
            ('s', value) => Some(plain(value, budget)?),
            ('d', Value::Int(_) | Value::Uint(_) | Value::Decimal(_) | Value::Double(_)) => Some(plain(value, budget)?),
            ('f', value) => fixed(value, precision),
            ('e', value) => number(value).map(|number| scientific(number, precision)),
            ('b', Value::Bool(value)) => Some(u8::from(*value).to_string()),
            ('b', value) => radix(value, |number| format!("{number:b}")),
            ('o', value) => radix(value, |number| format!("{number:o}")),
            ('x', Value::String(text)) => Some(hex(text.as_bytes(), budget)?),
            ('x', Value::Bytes(bytes)) => Some(hex(bytes, budget)?),
            ('x', value) => radix(value, |number| format!("{number:x}")),
            ('X', Value::String(_) | Value::Bytes(_) | Value::Int(_) | Value::Uint(_)) => {
                let lower = Clause {
                    letter: 'x',
                    precision: None,
                };
                Some(lower.write(value, budget)?.to_ascii_uppercase())
            }
            _ => None,
        };
        written.ok_or_else(|| refused(format!("`%{}` does not take {}", self.letter, value.type_name())))
    }
}

#[expect(clippy::cast_precision_loss, reason = "the clause writes a double")]
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Double(number) => Some(*number),
        Value::Int(number) => Some(*number as f64),
        Value::Uint(number) => Some(*number as f64),
        Value::Decimal(number) => rust_decimal::prelude::ToPrimitive::to_f64(number),
        _ => None,
    }
}

/// A decimal keeps its digits; all others are written as the double they are.
fn fixed(value: &Value, precision: usize) -> Option<String> {
    match value {
        Value::Decimal(number) => Some(format!("{number:.precision$}")),
        value => number(value).map(|number| named(number).unwrap_or_else(|| format!("{number:.precision$}"))),
    }
}

fn scientific(number: f64, precision: usize) -> String {
    named(number).unwrap_or_else(|| two_digit_exponent(&format!("{number:.precision$e}")))
}

/// `1e5` as `1e+05`.
fn two_digit_exponent(text: &str) -> String {
    match text.split_once('e') {
        Some((mantissa, exponent)) => match exponent.strip_prefix('-') {
            Some(digits) => format!("{mantissa}e-{digits:0>2}"),
            None => format!("{mantissa}e+{exponent:0>2}"),
        },
        None => text.to_owned(),
    }
}

fn named(number: f64) -> Option<String> {
    let name = if number.is_nan() {
        "NaN"
    } else if number == f64::INFINITY {
        "Infinity"
    } else if number == f64::NEG_INFINITY {
        "-Infinity"
    } else {
        return None;
    };
    Some(name.to_owned())
}

/// The shortest text that denotes the double; very large and very small ones with an exponent.
pub(crate) fn shortest(number: f64) -> String {
    let size = number.abs();
    match named(number) {
        Some(name) => name,
        None if size != 0.0 && !(1e-5..1e21).contains(&size) => two_digit_exponent(&format!("{number:e}")),
        None => number.to_string(),
    }
}

/// The same, always with a point or an exponent, as `1.0` and `1e+21`.
pub(crate) fn shortest_debug(number: f64) -> String {
    named(number).unwrap_or_else(|| two_digit_exponent(&format!("{number:?}")))
}

fn radix(value: &Value, write: fn(u64) -> String) -> Option<String> {
    match value {
        Value::Int(number) if *number < 0 => Some(format!("-{}", write(number.unsigned_abs()))),
        Value::Int(number) => Some(write(number.unsigned_abs())),
        Value::Uint(number) => Some(write(*number)),
        _ => None,
    }
}

fn hex(bytes: &[u8], budget: &mut Budget) -> Result<String, Fault> {
    budget.allocate(2 * bytes.len())?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// `%s`: any value as people read it; the keys of maps in order.
fn plain(value: &Value, budget: &mut Budget) -> Result<String, Fault> {
    budget.step()?;
    let text = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Double(value) => shortest(*value),
        Value::Decimal(value) => value.to_string(),
        Value::String(text) => text.to_string(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Timestamp(time) => time.to_string(),
        Value::Duration(span) => span.to_string(),
        Value::Reference(reference) => reference.id.to_string(),
        Value::Type(name) => (*name).to_owned(),
        Value::Optional(Some(value)) => plain(value, budget)?,
        Value::Optional(None) => String::new(),
        Value::List(items) => {
            let items = items
                .iter()
                .map(|item| plain(item, budget))
                .collect::<Result<Vec<_>, _>>()?;
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let entry = |(key, value): (&crate::value::Key, &Value)| Ok(format!("{key}: {}", plain(value, budget)?));
            let mut entries = map.iter().map(entry).collect::<Result<Vec<_>, Fault>>()?;
            entries.sort();
            format!("{{{}}}", entries.join(", "))
        }
    };
    budget.allocate(text.len())?;
    Ok(text)
}
