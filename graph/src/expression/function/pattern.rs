//! Regular expressions: linear in the text (crate `regex`), bounded in size, paid for by the byte.

use regex::{Regex, RegexBuilder};

use super::{Applied, Function, Shape, Style};
use crate::expression::{Budget, Fault};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(
        "matches",
        Style::Global,
        &[(&[Shape::Text, Shape::Text], Shape::Bool)],
        matches_dynamic,
    )
    .false_on_empty(),
    Function::new(
        "matches",
        Style::Receiver,
        &[(&[Shape::Text, Shape::Text], Shape::Bool)],
        matches_dynamic,
    )
    .false_on_empty(),
];

/// The longest pattern, in bytes.
const MAX_PATTERN: usize = 512;
/// The largest compiled pattern, in bytes. Unicode classes such as `\w` take some 10 KB each.
const MAX_COMPILED: usize = 1 << 18;
/// The price in steps of compiling a pattern that is not a literal: a few per evaluation, not one per item of a list.
const COMPILING: usize = 20_000;

/// Compiles a pattern within the limits.
pub(crate) fn pattern(pattern: &str) -> Result<Regex, Fault> {
    if pattern.len() > MAX_PATTERN {
        return Err(Fault::Pattern {
            reason: format!("it is longer than {MAX_PATTERN} bytes"),
        });
    }
    let mut builder = RegexBuilder::new(pattern);
    builder
        .size_limit(MAX_COMPILED)
        .dfa_size_limit(MAX_COMPILED)
        .nest_limit(32);
    builder
        .build()
        .map_err(|error| Fault::Pattern { reason: reason(&error) })
}

/// The last line of the crate's message, which says what is wrong; the others draw the place.
fn reason(error: &regex::Error) -> String {
    let message = error.to_string();
    message
        .lines()
        .last()
        .unwrap_or_default()
        .trim_start_matches("error: ")
        .to_owned()
}

/// Whether a text contains a match of the pattern.
pub(crate) fn matches(text: &str, pattern: &Regex, budget: &mut Budget) -> Result<Value, Fault> {
    budget.spend_steps(text.len())?;
    Ok(Value::Bool(pattern.is_match(text)))
}

fn matches_dynamic(arguments: &[Value], budget: &mut Budget) -> Applied {
    let [Value::String(text), Value::String(source)] = arguments else {
        return Ok(None);
    };
    budget.spend_steps(COMPILING)?;
    matches(text, &pattern(source)?, budget).map(Some)
}
