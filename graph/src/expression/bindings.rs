//! How an evaluation sees the world: variables by name and records by reference, as the caller has them at hand.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::value::{Reference, Value};

/// The variables and records of one evaluation.
pub trait Bindings {
    /// The value of a variable; none where it has none, which is a fault for whoever reads it.
    fn variable(&self, name: &str) -> Option<Value>;

    /// A record elsewhere.
    fn record(&self, reference: &Reference) -> Lookup;

    /// One field of a variable, for callers that can answer it without building the whole record. None falls back to
    /// the variable itself, so an answer of none costs time and never meaning.
    fn field(&self, variable: &str, field: &str) -> Option<Value> {
        let _ = (variable, field);
        None
    }
}

/// What is known of a record elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    /// Its fields, as a map.
    Found(Value),
    /// It does not exist, or must not be seen: reads as null.
    Absent,
    /// Nobody has looked yet: the evaluation ends with `Fault::Unloaded`.
    Unloaded,
}

/// Bindings out of plain maps.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    values: IndexMap<Arc<str>, Value>,
    records: IndexMap<Arc<str>, Option<Value>>,
}

impl Variables {
    /// The same bindings with one more variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.into(), value.into());
        self
    }

    /// The same bindings with one more loaded record; none is one that does not exist.
    #[must_use]
    pub fn with_record(mut self, id: &str, record: Option<Value>) -> Self {
        self.records.insert(id.into(), record);
        self
    }
}

impl Bindings for Variables {
    fn variable(&self, name: &str) -> Option<Value> {
        self.values.get(name).cloned()
    }

    fn record(&self, reference: &Reference) -> Lookup {
        match self.records.get(&reference.id) {
            Some(Some(record)) => Lookup::Found(record.clone()),
            Some(None) => Lookup::Absent,
            None => Lookup::Unloaded,
        }
    }

    fn field(&self, variable: &str, field: &str) -> Option<Value> {
        self.values.get(variable)?.get(field).cloned()
    }
}
