//! The macros that go through a list or map: `all`, `exists`, `exists_one`, `filter`, `map` and their like.

use std::sync::Arc;

use super::{Evaluation, length, mismatch};
use crate::expression::Fault;
use crate::expression::node::{Fold, Goal, Node};
use crate::value::{Key, Map, Value};

/// What a fold has so far.
#[derive(Default)]
struct Progress {
    fault: Option<Fault>,
    found: usize,
    items: Vec<Value>,
    entries: Map,
}

impl Evaluation<'_> {
    pub(super) fn fold(&mut self, fold: &Fold) -> Result<Value, Fault> {
        let range = self.value(&fold.range)?;
        let base = self.locals.len();
        let result = self.through(&range, fold);
        self.locals.truncate(base);
        result
    }

    fn through(&mut self, range: &Value, fold: &Fold) -> Result<Value, Fault> {
        let mut progress = Progress::default();
        let decided = match range {
            Value::List(items) => {
                let pairs = items
                    .iter()
                    .enumerate()
                    .map(|(at, item)| (i64::try_from(at).map_or(Value::Null, Value::Int), item));
                self.each(pairs, fold, false, &mut progress)?
            }
            Value::Map(map) => {
                let pairs = map.iter().map(|(key, value)| (key.to_value(), value));
                self.each(pairs, fold, true, &mut progress)?
            }
            Value::Null if fold.range.may_be_empty() => None,
            other => return Err(mismatch("in", std::slice::from_ref(other))),
        };
        match decided {
            Some(value) => Ok(value),
            None => progress.result(fold.goal),
        }
    }

    /// Goes through the items until one of them decides.
    fn each<'v>(
        &mut self,
        pairs: impl Iterator<Item = (Value, &'v Value)>,
        fold: &Fold,
        keyed: bool,
        progress: &mut Progress,
    ) -> Result<Option<Value>, Fault> {
        let base = self.locals.len();
        for (key, value) in pairs {
            self.budget.step()?;
            self.locals.truncate(base);
            match (fold.pairs, keyed) {
                (true, _) => self.locals.extend([key.clone(), value.clone()]),
                (false, true) => self.locals.push(key.clone()),
                (false, false) => self.locals.push(value.clone()),
            }
            if let Some(filter) = &fold.filter
                && !self.truth(filter)?
            {
                continue;
            }
            if let Some(decided) = self.item(fold, &key, base, progress)? {
                return Ok(Some(decided));
            }
        }
        Ok(None)
    }

    fn item(&mut self, fold: &Fold, key: &Value, base: usize, progress: &mut Progress) -> Result<Option<Value>, Fault> {
        match fold.goal {
            Goal::All => self.quantify(&fold.body, false, progress),
            Goal::Exists => self.quantify(&fold.body, true, progress),
            Goal::ExistsOne => {
                progress.found += usize::from(self.truth(&fold.body)?);
                Ok(None)
            }
            Goal::Filter => {
                if self.truth(&fold.body)? {
                    let item = self.local(base)?;
                    self.keep(item, progress)?;
                }
                Ok(None)
            }
            Goal::List => {
                let item = self.value(&fold.body)?;
                self.keep(item, progress)?;
                Ok(None)
            }
            Goal::Map => {
                let value = self.value(&fold.body)?;
                self.budget.read(length(key))?;
                let key = Key::from_value(key).ok_or_else(|| mismatch("transformMap", std::slice::from_ref(key)))?;
                self.budget.allocate(size_of::<Value>() + size_of::<Key>())?;
                progress.entries.insert(key, value);
                Ok(None)
            }
        }
    }

    /// As `&&` and `||` over all items: the item that decides makes up for faults of others.
    fn quantify(&mut self, body: &Node, decisive: bool, progress: &mut Progress) -> Result<Option<Value>, Fault> {
        match self.truth(body) {
            Ok(holds) if holds == decisive => return Ok(Some(Value::Bool(decisive))),
            Ok(_) => {}
            Err(fault) if fault.is_final() => return Err(fault),
            Err(fault) => {
                progress.fault = Some(match progress.fault.take() {
                    Some(earlier) => earlier.or(fault),
                    None => fault,
                });
            }
        }
        Ok(None)
    }

    fn keep(&mut self, item: Value, progress: &mut Progress) -> Result<(), Fault> {
        self.budget.allocate(size_of::<Value>())?;
        progress.items.push(item);
        Ok(())
    }

    pub(super) fn optional_map(&mut self, target: &Node, body: &Node, flat: bool) -> Result<Value, Fault> {
        let inner = match self.value(target)? {
            Value::Optional(Some(inner)) => (*inner).clone(),
            Value::Optional(None) => return Ok(Value::Optional(None)),
            other => return Err(mismatch("optMap", &[other])),
        };
        self.locals.push(inner);
        let result = self.value(body);
        self.locals.pop();
        match (result?, flat) {
            (value, false) => Ok(Value::Optional(Some(Arc::new(value)))),
            (optional @ Value::Optional(_), true) => Ok(optional),
            (other, true) => Err(mismatch("optFlatMap", &[other])),
        }
    }
}

impl Progress {
    /// What it comes to where no item decided.
    fn result(self, goal: Goal) -> Result<Value, Fault> {
        match (goal, self.fault) {
            (_, Some(fault)) => Err(fault),
            (Goal::All, None) => Ok(Value::Bool(true)),
            (Goal::Exists, None) => Ok(Value::Bool(false)),
            (Goal::ExistsOne, None) => Ok(Value::Bool(self.found == 1)),
            (Goal::Filter | Goal::List, None) => Ok(Value::List(self.items.into())),
            (Goal::Map, None) => Ok(Value::Map(Arc::new(self.entries))),
        }
    }
}
