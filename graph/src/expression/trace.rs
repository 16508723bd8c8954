//! The record of one evaluation: each part of the expression with its value. Bounded in size, whatever the values are.

use std::ops::Range;
use std::sync::Arc;

use super::Fault;
use super::compile::Part;
use crate::value::Value;

/// How many characters of a value a trace keeps.
const VALUE_CHARACTERS: usize = 120;

/// What each part of an expression came to, in the order of the source, outer parts before inner ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// The parts, without literals and bare variables whose field is read.
    pub steps: Vec<Step>,
}

/// One part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its text.
    pub source: Arc<str>,
    /// Where it stands, in bytes of the source.
    pub span: Range<usize>,
    /// How many parts it stands in.
    pub depth: usize,
    /// How often it was evaluated: more than once inside of `all`, `exists`, `map` and their like.
    pub times: u32,
    /// What it came to, the last time.
    pub outcome: Outcome,
}

/// What a part of an expression came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Its value as JSON text, cut at 120 characters.
    Value(String),
    /// Why it has none.
    Fault(Fault),
    /// Nobody asked for it: another part had decided.
    NotEvaluated,
}

impl Trace {
    /// A trace in which nothing has been evaluated.
    pub(crate) fn new(source: &str, parts: &[Part]) -> Trace {
        let step = |part: &Part| Step {
            source: source.get(part.span.clone()).unwrap_or_default().into(),
            span: part.span.clone(),
            depth: part.depth,
            times: 0,
            outcome: Outcome::NotEvaluated,
        };
        Trace {
            steps: parts.iter().map(step).collect(),
        }
    }

    /// Drops the parts that say nothing.
    pub(crate) fn without_silent(&mut self, parts: &[Part]) {
        let mut silent = parts.iter().map(|part| part.silent);
        self.steps.retain(|_| !silent.next().unwrap_or(false));
    }

    /// Notes what a part came to.
    pub(crate) fn note(&mut self, part: usize, result: &Result<Value, Fault>) {
        if let Some(step) = self.steps.get_mut(part) {
            step.times = step.times.saturating_add(1);
            step.outcome = match result {
                Ok(value) => Outcome::Value(brief(value)),
                Err(fault) => Outcome::Fault(fault.clone()),
            };
        }
    }
}

/// A value in few characters. Walks no further than what it prints.
pub(crate) fn brief(value: &Value) -> String {
    let mut text = String::new();
    write_brief(value, &mut text);
    if text.chars().count() > VALUE_CHARACTERS {
        text = text.chars().take(VALUE_CHARACTERS).chain(['…']).collect();
    }
    text
}

fn write_brief(value: &Value, out: &mut String) {
    if out.len() > 4 * VALUE_CHARACTERS {
        return;
    }
    match value {
        Value::List(items) => {
            out.push('[');
            write_all(items.iter().map(|item| (None, item)), out);
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            write_all(map.iter().map(|(key, value)| (Some(key.to_string()), value)), out);
            out.push('}');
        }
        Value::String(text) => {
            let start: String = text.chars().take(VALUE_CHARACTERS + 1).collect();
            out.push_str(&serde_json::Value::from(start).to_string());
        }
        Value::Bytes(bytes) => out.push_str(&format!("{} bytes", bytes.len())),
        Value::Optional(Some(inner)) => write_brief(inner, out),
        scalar => out.push_str(&scalar.to_json().to_string()),
    }
}

fn write_all<'a>(entries: impl Iterator<Item = (Option<String>, &'a Value)>, out: &mut String) {
    for (position, (key, value)) in entries.enumerate() {
        if out.len() > 4 * VALUE_CHARACTERS {
            return;
        }
        if position > 0 {
            out.push_str(", ");
        }
        if let Some(key) = key {
            out.push_str(&key);
            out.push_str(": ");
        }
        write_brief(value, out);
    }
}
