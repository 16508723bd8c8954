//! Carries out a checked expression. Every part costs a step and every new value its bytes, so nothing runs away.

mod access;
mod arithmetic;
mod fold;

use std::borrow::Cow;
use std::sync::Arc;

use super::node::{Call, Element, Kind, Node};
use super::{Bindings, Budget, Comparison, Fault, Trace};
use crate::value::{Key, Map, Unordered, Value, equal, order};

/// One evaluation: what it sees, what it may spend, and the macro variables that are set.
pub(crate) struct Evaluation<'a> {
    bindings: &'a dyn Bindings,
    budget: &'a mut Budget,
    locals: Vec<Value>,
    trace: Option<&'a mut Trace>,
}

impl<'a> Evaluation<'a> {
    pub(crate) fn new(bindings: &'a dyn Bindings, budget: &'a mut Budget, trace: Option<&'a mut Trace>) -> Self {
        Evaluation {
            bindings,
            budget,
            locals: Vec::new(),
            trace,
        }
    }

    /// The value of a part.
    pub(crate) fn value(&mut self, node: &Node) -> Result<Value, Fault> {
        self.budget.step()?;
        let result = self.kind(node);
        if let Some(trace) = &mut self.trace {
            trace.note(node.part, &result);
        }
        result
    }

    fn kind(&mut self, node: &Node) -> Result<Value, Fault> {
        match &node.kind {
            Kind::Literal(value) => Ok(value.clone()),
            Kind::Local(position) => self.local(*position),
            Kind::Variable(name) => self.variable(name),
            Kind::Unknown(fault) => Err(fault.clone()),
            Kind::Select(select) => self.select(select),
            Kind::Has(select) => self.has(select),
            Kind::Index { operand, key, optional } => self.index(operand, key, *optional),
            Kind::List(items) => self.list(items),
            Kind::Map(entries) => self.map(entries),
            Kind::And(both) => self.logic(both, false),
            Kind::Or(both) => self.logic(both, true),
            Kind::Not(operand) => self.truth(operand).map(|holds| Value::Bool(!holds)),
            Kind::Negate(operand) => {
                let value = self.value(operand)?;
                arithmetic::negate(value)
            }
            Kind::Conditional(three) => {
                let [test, yes, no] = &**three;
                if self.truth(test)? {
                    self.value(yes)
                } else {
                    self.value(no)
                }
            }
            Kind::Arithmetic(operator, both) => {
                let [left, right] = &**both;
                let (left, right) = (self.value(left)?, self.value(right)?);
                arithmetic::apply(*operator, left, right, self.budget)
            }
            Kind::Compare(op, both) => self.compare(*op, both),
            Kind::In(both) => self.contains(both),
            Kind::Call(call) => self.call(call),
            Kind::Fold(fold) => self.fold(fold),
            Kind::OptionalMap { target, body, flat } => self.optional_map(target, body, *flat),
        }
    }

    fn local(&self, position: usize) -> Result<Value, Fault> {
        self.locals
            .get(position)
            .cloned()
            .ok_or_else(|| Fault::NoSuchVariable { name: Arc::from("it") })
    }

    fn variable(&self, name: &Arc<str>) -> Result<Value, Fault> {
        self.bindings
            .variable(name)
            .ok_or_else(|| Fault::NoSuchVariable { name: Arc::clone(name) })
    }

    /// A part that must be true or false; an empty yes-or-no field counts as no.
    pub(crate) fn truth(&mut self, node: &Node) -> Result<bool, Fault> {
        match self.value(node)? {
            Value::Bool(holds) => Ok(holds),
            Value::Null if node.may_be_empty() => Ok(false),
            other => Err(Fault::NotACondition {
                found: other.type_name(),
            }),
        }
    }

    /// `&&` (decided by false) and `||` (decided by true): whichever side decides makes up for a fault of the other.
    fn logic(&mut self, both: &[Node; 2], decisive: bool) -> Result<Value, Fault> {
        let [left, right] = both;
        let first = match self.truth(left) {
            Ok(holds) if holds == decisive => return Ok(Value::Bool(decisive)),
            Err(fault) if fault.is_final() => return Err(fault),
            first => first,
        };
        match (first, self.truth(right)) {
            (_, Ok(holds)) if holds == decisive => Ok(Value::Bool(decisive)),
            (Err(fault), Err(other)) => Err(if other.is_final() { other } else { fault.or(other) }),
            (Err(fault), Ok(_)) | (Ok(_), Err(fault)) => Err(fault),
            (Ok(_), Ok(_)) => Ok(Value::Bool(!decisive)),
        }
    }

    fn compare(&mut self, op: Comparison, both: &[Node; 2]) -> Result<Value, Fault> {
        let [left_node, right_node] = both;
        let (left, right) = (self.value(left_node)?, self.value(right_node)?);
        let holds = match op {
            Comparison::Equal => equal(&left, &right, self.budget)?,
            Comparison::NotEqual => !equal(&left, &right, self.budget)?,
            Comparison::Less | Comparison::LessOrEqual | Comparison::Greater | Comparison::GreaterOrEqual => {
                self.budget.read(length(&left).min(length(&right)))?;
                match order(&left, &right) {
                    Ok(ordering) => op.holds(ordering),
                    Err(Unordered::NotANumber) => false,
                    Err(Unordered::Types) if is_empty(&left, left_node) || is_empty(&right, right_node) => false,
                    Err(Unordered::Types) => return Err(mismatch(op.as_str(), &[left, right])),
                }
            }
        };
        Ok(Value::Bool(holds))
    }

    fn contains(&mut self, both: &[Node; 2]) -> Result<Value, Fault> {
        let [element, collection] = both;
        let element = self.value(element)?;
        match self.value(collection)? {
            Value::List(items) => {
                for item in items.iter() {
                    if equal(&element, item, self.budget)? {
                        return Ok(Value::Bool(true));
                    }
                }
                Ok(Value::Bool(false))
            }
            Value::Map(map) => Ok(Value::Bool(
                Key::from_value(&element).is_some_and(|key| map.contains_key(&key)),
            )),
            Value::Null if collection.may_be_empty() => Ok(Value::Bool(false)),
            other => Err(mismatch("in", &[element, other])),
        }
    }

    fn list(&mut self, items: &[Element]) -> Result<Value, Fault> {
        self.budget.allocate(size_of::<Value>() * items.len())?;
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            values.extend(self.element(item)?);
        }
        Ok(Value::List(values.into()))
    }

    fn map(&mut self, entries: &[(Node, Element)]) -> Result<Value, Fault> {
        self.budget
            .allocate((size_of::<Value>() + size_of::<Key>()) * entries.len())?;
        let mut map = Map::with_capacity(entries.len());
        for (key_node, item) in entries {
            let value = self.value(key_node)?;
            self.budget.read(length(&value))?;
            let key = match value {
                Value::Double(_) => None,
                ref value => Key::from_value(value),
            };
            let key = key.ok_or_else(|| mismatch("{}", std::slice::from_ref(&value)))?;
            if let Some(value) = self.element(item)?
                && map.insert(key.clone(), value).is_some()
            {
                return Err(Fault::DuplicateKey { key: key.to_string() });
            }
        }
        Ok(Value::Map(Arc::new(map)))
    }

    /// The value of an item; none where it is an optional without one.
    fn element(&mut self, item: &Element) -> Result<Option<Value>, Fault> {
        match (self.value(&item.node)?, item.optional) {
            (value, false) => Ok(Some(value)),
            (Value::Optional(inner), true) => Ok(inner.map(|value| (*value).clone())),
            (other, true) => Err(mismatch("?", &[other])),
        }
    }

    fn call(&mut self, call: &Call) -> Result<Value, Fault> {
        let arguments = self.arguments(call)?;
        if let (Some(pattern), [Value::String(text), _]) = (&call.pattern, &*arguments) {
            return pattern.matches(text, self.budget);
        }
        self.budget.read(arguments.iter().map(length).sum())?;
        match (call.function.apply)(&arguments, self.budget)? {
            Some(value) => Ok(value),
            None if call.function.false_on_empty && self.has_empty(call, &arguments) => Ok(Value::Bool(false)),
            None => Err(mismatch(call.function.name, &arguments)),
        }
    }

    fn arguments(&mut self, call: &Call) -> Result<Vec<Value>, Fault> {
        call.arguments.iter().map(|argument| self.value(argument)).collect()
    }

    fn has_empty(&self, call: &Call, arguments: &[Value]) -> bool {
        call.arguments
            .iter()
            .zip(arguments)
            .any(|(node, value)| is_empty(value, node))
    }
}

/// The bytes that whoever reads a value goes through.
fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        _ => 0,
    }
}

/// Whether a value is an empty field, rather than a null that somebody wrote.
fn is_empty(value: &Value, node: &Node) -> bool {
    matches!(value, Value::Null) && node.may_be_empty()
}

/// The fault of an operator or function that does not take the values.
fn mismatch(operation: &str, operands: &[Value]) -> Fault {
    if operands.iter().any(|operand| matches!(operand, Value::Null)) {
        return Fault::NullOperand {
            operation: operation.into(),
        };
    }
    let types: Vec<Cow<'_, str>> = operands
        .iter()
        .map(|operand| Cow::Borrowed(operand.type_name()))
        .collect();
    Fault::NoSuchOverload {
        operation: operation.into(),
        operands: types.join(" and "),
    }
}
