//! The record of one evaluation: each part of the expression with its value. Bounded in size, whatever the values are.

use std::ops::Range;
use std::sync::Arc;

use super::Fault;
use super::compile::Part;
use crate::value::Value;

/// How many characters of a text or value a trace keeps.
const CHARACTERS: usize = 120;

/// What each part of an expression came to, in the order of the source, outer parts before inner ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// The parts, without literals and bare variables whose field is read.
    pub steps: Vec<Step>,
}

/// One part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its text, cut at 120 characters; `span` is all of it.
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

/// What an evaluation notes as it goes: for each part, how often it ran and what it came to the last time. Values are
/// shared and written as text at the end, so that tracing an expression costs little more than evaluating it.
pub(crate) struct Recording(Vec<Noted>);

/// How often a part ran, and what it came to the last time.
type Noted = (u32, Option<Result<Value, Fault>>);

impl Recording {
    pub(crate) fn new(parts: &[Part]) -> Recording {
        Recording(vec![(0, None); parts.len()])
    }

    pub(crate) fn note(&mut self, part: usize, result: &Result<Value, Fault>) {
        if let Some((times, last)) = self.0.get_mut(part) {
            *times = times.saturating_add(1);
            *last = Some(result.clone());
        }
    }

    /// The trace of the parts that say something.
    pub(crate) fn trace(self, source: &str, parts: &[Part]) -> Trace {
        let telling = parts.iter().zip(self.0).filter(|(part, _)| !part.silent);
        let step = |(part, (times, last)): (&Part, Noted)| Step {
            source: cut(source.get(part.span.clone()).unwrap_or_default()).into(),
            span: part.span.clone(),
            depth: part.depth,
            times,
            outcome: match last {
                Some(Ok(value)) => Outcome::Value(brief(&value)),
                Some(Err(fault)) => Outcome::Fault(fault),
                None => Outcome::NotEvaluated,
            },
        };
        Trace {
            steps: telling.map(step).collect(),
        }
    }
}

/// A value in few characters. Walks no further than what it prints.
pub(crate) fn brief(value: &Value) -> String {
    let mut text = String::new();
    write_brief(value, &mut text);
    cut(&text)
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn write_brief(value: &Value, out: &mut String) {
    if out.len() > 4 * CHARACTERS {
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
            let start: String = text.chars().take(CHARACTERS + 1).collect();
            out.push_str(&serde_json::Value::from(start).to_string());
        }
        Value::Bytes(bytes) => out.push_str(&format!("{} bytes", bytes.len())),
        Value::Optional(Some(inner)) => write_brief(inner, out),
        scalar => out.push_str(&scalar.to_json().to_string()),
    }
}

fn write_all<'a>(entries: impl Iterator<Item = (Option<String>, &'a Value)>, out: &mut String) {
    for (position, (key, value)) in entries.enumerate() {
        if out.len() > 4 * CHARACTERS {
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
