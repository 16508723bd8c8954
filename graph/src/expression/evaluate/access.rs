//! Fields, keys and positions: how an evaluation gets from a value to what is in it, across references too.

use std::sync::Arc;

use super::{Evaluation, length, mismatch};
use crate::expression::node::{Kind, Node, Select};
use crate::expression::{Fault, Lookup};
use crate::value::{Key, Reference, Value};

impl Evaluation<'_> {
    pub(super) fn select(&mut self, select: &Select) -> Result<Value, Fault> {
        match self.find(select)? {
            Some(value) => Ok(value),
            None if select.declared => Ok(Value::Null),
            None => Err(Fault::NoSuchField {
                field: Arc::clone(&select.field),
                holder: "value",
            }),
        }
    }

    /// Whether the field is there: of a record, whether it is set.
    pub(super) fn has(&mut self, select: &Select) -> Result<Value, Fault> {
        let present = match self.find(select)? {
            Some(Value::Null) => !select.declared,
            Some(Value::Optional(inner)) => inner.is_some(),
            Some(_) => true,
            None => false,
        };
        Ok(Value::Bool(present))
    }

    /// A field of a variable is asked for alone, so that nobody builds a whole record for it.
    fn find(&mut self, select: &Select) -> Result<Option<Value>, Fault> {
        if let Kind::Variable(variable) = &select.operand.kind
            && let Some(value) = self.bindings.field(variable, &select.field)
        {
            self.budget.step()?;
            return Ok(Some(value));
        }
        match self.value(&select.operand)? {
            Value::Null if select.declared => Ok(None),
            operand => self.field(&operand, &select.field),
        }
    }

    /// The field of a value; none where it is not there, a fault where such a value has no fields.
    fn field(&mut self, holder: &Value, field: &Arc<str>) -> Result<Option<Value>, Fault> {
        match holder {
            Value::Map(map) => Ok(map.get(&**field).cloned()),
            Value::Reference(reference) => self.referenced(reference, field),
            Value::Optional(None) => Ok(Some(Value::Optional(None))),
            Value::Optional(Some(inner)) => Ok(Some(Value::Optional(self.field(inner, field)?.map(flattened)))),
            other => Err(Fault::NoSuchField {
                field: Arc::clone(field),
                holder: other.type_name(),
            }),
        }
    }

    /// A field of a record elsewhere. Its id is known without looking.
    fn referenced(&mut self, reference: &Reference, field: &Arc<str>) -> Result<Option<Value>, Fault> {
        if &**field == "id" {
            return Ok(Some(Value::String(Arc::clone(&reference.id))));
        }
        match self.bindings.record(reference) {
            Lookup::Found(record) => Ok(record.get(field).cloned()),
            Lookup::Absent => Ok(Some(Value::Null)),
            Lookup::Unloaded => Err(Fault::Unloaded(reference.clone())),
        }
    }

    pub(super) fn index(&mut self, operand: &Node, key: &Node, optional: bool) -> Result<Value, Fault> {
        let holder = self.value(operand)?;
        let key = self.value(key)?;
        self.budget.read(length(&key))?;
        match holder {
            Value::Null if operand.may_be_empty() => Ok(if optional { Value::Optional(None) } else { Value::Null }),
            Value::Optional(None) => Ok(Value::Optional(None)),
            Value::Optional(Some(inner)) => Ok(Value::Optional(self.at(&inner, &key, true)?.map(flattened))),
            holder if optional => Ok(Value::Optional(self.at(&holder, &key, true)?.map(flattened))),
            holder => match self.at(&holder, &key, false)? {
                Some(value) => Ok(value),
                None if operand.may_be_empty() => Ok(Value::Null),
                None => Err(absent(&key, &holder)),
            },
        }
    }

    /// What is at a key or position; `lenient` where a position out of range is none rather than a fault.
    fn at(&mut self, holder: &Value, key: &Value, lenient: bool) -> Result<Option<Value>, Fault> {
        match (holder, key) {
            (Value::Map(map), key) => Ok(Key::from_value(key).and_then(|key| map.get(&key).cloned())),
            (Value::List(items), key) => match Key::from_value(key) {
                Some(Key::Int(position)) => item(items, position, lenient),
                Some(Key::Uint(position)) => item(items, i64::try_from(position).unwrap_or(i64::MAX), lenient),
                Some(Key::Bool(_) | Key::String(_)) | None => Err(mismatch("[]", &[holder.clone(), key.clone()])),
            },
            (Value::Reference(_), Value::String(field)) => self.field(holder, field),
            _ => Err(mismatch("[]", &[holder.clone(), key.clone()])),
        }
    }
}

fn item(items: &[Value], position: i64, lenient: bool) -> Result<Option<Value>, Fault> {
    match usize::try_from(position).ok().and_then(|position| items.get(position)) {
        Some(value) => Ok(Some(value.clone())),
        None if lenient => Ok(None),
        None => Err(Fault::IndexOutOfRange { index: position }),
    }
}

/// What an optional holds: an optional in an optional is the inner one (cel-spec, optional chaining).
fn flattened(value: Value) -> Arc<Value> {
    match value {
        Value::Optional(Some(inner)) => inner,
        other => Arc::new(other),
    }
}

fn absent(key: &Value, holder: &Value) -> Fault {
    let field = Key::from_value(key).map_or_else(|| key.type_name().to_owned(), |key| key.to_string());
    Fault::NoSuchField {
        field: field.into(),
        holder: holder.type_name(),
    }
}
