//! Writes a template's text. All of it shares one budget, what it writes included.

use std::sync::Arc;

use super::{Escape, Segment, Variables};
use crate::expression::{Bindings, Budget, Expression, Fault, Lookup};
use crate::value::{Reference, Type, Value};

/// The text of a template.
pub(super) fn render(
    segments: &[Segment],
    escape: Escape,
    bindings: &dyn Bindings,
    budget: &mut Budget,
) -> Result<String, Fault> {
    let mut out = String::new();
    Rendering {
        escape,
        budget,
        out: &mut out,
    }
    .all(segments, bindings)?;
    Ok(out)
}

struct Rendering<'a> {
    escape: Escape,
    budget: &'a mut Budget,
    out: &'a mut String,
}

impl Rendering<'_> {
    fn all(&mut self, segments: &[Segment], bindings: &dyn Bindings) -> Result<(), Fault> {
        segments.iter().try_for_each(|segment| self.segment(segment, bindings))
    }

    fn segment(&mut self, segment: &Segment, bindings: &dyn Bindings) -> Result<(), Fault> {
        self.budget.step()?;
        match segment {
            Segment::Text(text) => {
                self.budget.allocate(text.len())?;
                self.out.push_str(text);
                Ok(())
            }
            Segment::Output(expression) => self.output(expression, bindings),
            Segment::If { arms, otherwise } => {
                for (condition, body) in arms {
                    if condition.holds(bindings, self.budget)? {
                        return self.all(body, bindings);
                    }
                }
                self.all(otherwise, bindings)
            }
            Segment::For { variables, items, body } => self.repetition(variables, items, body, bindings),
        }
    }

    fn output(&mut self, expression: &Expression, bindings: &dyn Bindings) -> Result<(), Fault> {
        let value = expression.evaluate(bindings, self.budget)?;
        let before = self.out.len();
        match &value {
            Value::String(text) => {
                self.budget.allocate(text.len())?;
                self.escape.write(text, self.out)?;
            }
            value => {
                self.escape.write(&plain(expression.ty(), value), self.out)?;
            }
        }
        self.budget.allocate(self.out.len() - before)
    }

    fn repetition(
        &mut self,
        variables: &Variables,
        items: &Expression,
        body: &[Segment],
        bindings: &dyn Bindings,
    ) -> Result<(), Fault> {
        match items.evaluate(bindings, self.budget)? {
            Value::List(list) => {
                let pairs = list
                    .iter()
                    .enumerate()
                    .map(|(at, item)| (i64::try_from(at).map_or(Value::Null, Value::Int), item.clone()));
                self.each(variables, pairs, body, bindings)
            }
            Value::Map(map) if variables.key.is_some() => self.each(
                variables,
                map.iter().map(|(key, value)| (key.to_value(), value.clone())),
                body,
                bindings,
            ),
            Value::Map(map) => self.each(
                variables,
                map.keys().map(|key| (Value::Null, key.to_value())),
                body,
                bindings,
            ),
            Value::Null => Ok(()),
            other => Err(Fault::NoSuchOverload {
                operation: Arc::from("for"),
                operands: other.type_name().to_owned(),
            }),
        }
    }

    fn each(
        &mut self,
        variables: &Variables,
        pairs: impl Iterator<Item = (Value, Value)>,
        body: &[Segment],
        outer: &dyn Bindings,
    ) -> Result<(), Fault> {
        for (key, item) in pairs {
            self.budget.step()?;
            self.all(
                body,
                &Inside {
                    outer,
                    variables,
                    key,
                    item,
                },
            )?;
        }
        Ok(())
    }
}

/// The bindings in a loop: its variables before all others.
struct Inside<'a> {
    outer: &'a dyn Bindings,
    variables: &'a Variables,
    key: Value,
    item: Value,
}

impl Inside<'_> {
    fn own(&self, name: &str) -> Option<&Value> {
        if *self.variables.item == *name {
            Some(&self.item)
        } else {
            self.variables
                .key
                .as_deref()
                .filter(|key| *key == name)
                .map(|_| &self.key)
        }
    }
}

impl Bindings for Inside<'_> {
    fn variable(&self, name: &str) -> Option<Value> {
        self.own(name).cloned().or_else(|| self.outer.variable(name))
    }

    fn record(&self, reference: &Reference) -> Lookup {
        self.outer.record(reference)
    }

    fn field(&self, variable: &str, field: &str) -> Option<Value> {
        match self.own(variable) {
            Some(own) => own.get(field).cloned(),
            None => self.outer.field(variable, field),
        }
    }
}

/// A value as text: null is nothing, a date has no time, lists and maps are JSON.
fn plain(ty: &Type, value: &Value) -> String {
    match ty.encode(value) {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text,
        json => json.to_string(),
    }
}
