//! From a condition to a `Filter`: parts about the candidate's own fields are translated, all others become constants.
//!
//! Says none rather than something close: whoever filters in a database must get what evaluating each record gives.

use std::sync::Arc;

use super::evaluate::Evaluation;
use super::node::{Call, Kind, Node};
use super::{Bindings, Budget, Comparison, Filter};
use crate::value::{Type, Value};

/// The translation of a condition on the fields of `candidate`.
pub(crate) fn filter(root: &Node, candidate: &str, bindings: &dyn Bindings, budget: &mut Budget) -> Option<Filter> {
    Translation {
        candidate,
        bindings,
        budget,
    }
    .condition(root)
}

struct Translation<'a> {
    candidate: &'a str,
    bindings: &'a dyn Bindings,
    budget: &'a mut Budget,
}

/// A field of the candidate.
struct Field {
    name: Arc<str>,
    ty: Type,
}

impl Translation<'_> {
    fn condition(&mut self, node: &Node) -> Option<Filter> {
        if !node.mentions(self.candidate) {
            return Evaluation::new(self.bindings, self.budget, None)
                .truth(node)
                .ok()
                .map(Filter::Always);
        }
        match &node.kind {
            Kind::And(both) => self.both(both).map(Filter::All),
            Kind::Or(both) => self.both(both).map(Filter::Any),
            Kind::Not(operand) => self.condition(operand).map(|part| Filter::Not(Box::new(part))),
            Kind::Compare(op, both) => self.compare(*op, both),
            Kind::In(both) => self.membership(both),
            Kind::Has(select) => {
                let field = self.own(&select.operand, &select.field, &node.ty)?;
                Some(Filter::Not(Box::new(Filter::IsNull { field: field.name })))
            }
            Kind::Call(call) => self.text_predicate(call),
            Kind::Select(_) => {
                let field = self.field(node).filter(|field| field.ty == Type::Bool)?;
                Some(Filter::Compare {
                    field: field.name,
                    op: Comparison::Equal,
                    value: Value::Bool(true),
                })
            }
            _ => None,
        }
    }

    /// Both sides, with chains of the same operator in one list.
    fn both(&mut self, both: &[Node; 2]) -> Option<Vec<Filter>> {
        both.iter().map(|part| self.condition(part)).collect()
    }

    /// The candidate's field that a part reads; a reference by its id counts as the reference.
    fn field(&self, node: &Node) -> Option<Field> {
        let Kind::Select(select) = &node.kind else { return None };
        if &*select.field == "id" && matches!(select.operand.ty.without_null(), Type::Reference(_)) {
            return self.field(&select.operand);
        }
        self.own(&select.operand, &select.field, &node.ty)
    }

    fn own(&self, operand: &Node, field: &Arc<str>, ty: &Type) -> Option<Field> {
        let is_candidate = matches!(&operand.kind, Kind::Variable(name) if **name == *self.candidate);
        let is_record = matches!(operand.ty, Type::Record(_));
        (is_candidate && is_record).then(|| Field {
            name: Arc::clone(field),
            ty: ty.without_null().clone(),
        })
    }

    fn constant(&mut self, node: &Node) -> Option<Value> {
        if node.mentions(self.candidate) {
            return None;
        }
        Evaluation::new(self.bindings, self.budget, None).value(node).ok()
    }

    fn compare(&mut self, op: Comparison, both: &[Node; 2]) -> Option<Filter> {
        let [left, right] = both;
        let (field, op, node) = match (self.field(left), self.field(right)) {
            (Some(field), None) => (field, op, right),
            (None, Some(field)) => (field, op.flipped(), left),
            _ => return None,
        };
        let value = self.constant(node)?;
        match (op, value) {
            (Comparison::Equal, Value::Null) => Some(Filter::IsNull { field: field.name }),
            (Comparison::NotEqual, Value::Null) => Some(Filter::Not(Box::new(Filter::IsNull { field: field.name }))),
            (_, Value::Null) => node.may_be_empty().then_some(Filter::Always(false)),
            (op, value) => {
                let is_equality = matches!(op, Comparison::Equal | Comparison::NotEqual);
                let fits = fits(&field.ty, &value) && (is_equality || !matches!(field.ty, Type::Reference(_)));
                fits.then_some(Filter::Compare {
                    field: field.name,
                    op,
                    value,
                })
            }
        }
    }

    fn membership(&mut self, both: &[Node; 2]) -> Option<Filter> {
        let [element, collection] = both;
        if let Some(field) = self.field(collection) {
            return self.holding(field, element);
        }
        let field = self.field(element)?;
        let Value::List(items) = self.constant(collection)? else {
            return None;
        };
        let (nulls, values): (Vec<Value>, Vec<Value>) =
            items.iter().cloned().partition(|item| matches!(item, Value::Null));
        if !values.iter().all(|value| fits(&field.ty, value)) {
            return None;
        }
        let within = Filter::In {
            field: Arc::clone(&field.name),
            values: values.into(),
        };
        if nulls.is_empty() {
            Some(within)
        } else {
            Some(Filter::Any(vec![within, Filter::IsNull { field: field.name }]))
        }
    }

    /// Whether a field's list of texts has a text among its items.
    fn holding(&mut self, field: Field, element: &Node) -> Option<Filter> {
        let texts = matches!(&field.ty, Type::List(item) if item.without_null().is_text());
        match self.constant(element)? {
            Value::String(text) if texts => Some(Filter::Holds {
                field: field.name,
                text,
            }),
            _ => None,
        }
    }

    fn text_predicate(&mut self, call: &Call) -> Option<Filter> {
        let [target, argument] = &*call.arguments else {
            return None;
        };
        let field = self.field(target).filter(|field| field.ty.is_text())?.name;
        let text = match self.constant(argument)? {
            Value::String(text) => text,
            Value::Null if call.function.false_on_empty && argument.may_be_empty() => {
                return Some(Filter::Always(false));
            }
            _ => return None,
        };
        match call.function.name {
            "contains" => Some(Filter::Contains { field, text }),
            "startsWith" => Some(Filter::StartsWith { field, text }),
            "endsWith" => Some(Filter::EndsWith { field, text }),
            _ => None,
        }
    }
}

/// Whether a database compares the field with the value as an expression does: same family, and no NaN.
fn fits(ty: &Type, value: &Value) -> bool {
    match (ty, value) {
        (Type::Bool, Value::Bool(_)) | (Type::Duration, Value::Duration(_)) => true,
        (Type::Timestamp | Type::Date, Value::Timestamp(_)) => true,
        (Type::String | Type::Enum { .. }, Value::String(_)) => true,
        (Type::Reference(_), Value::String(_) | Value::Reference(_)) => true,
        (number, Value::Int(_) | Value::Uint(_) | Value::Decimal(_)) => number.is_number(),
        (number, Value::Double(value)) => number.is_number() && value.is_finite(),
        _ => false,
    }
}
