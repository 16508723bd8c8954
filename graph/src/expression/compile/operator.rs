//! The operators: which types they take, and what comes out.

use std::sync::Arc;

use cel::common::ast::{IdedExpr, operators};
use rust_decimal::Decimal;

use super::Compiler;
use crate::expression::node::{Kind, Node, Operator};
use crate::expression::{Code, Comparison, Diagnostic};
use crate::value::{Type, Value};

impl Compiler<'_> {
    /// The operator that a call is, if it is one.
    pub(super) fn operator(&mut self, tree: &IdedExpr, name: &str, arguments: &[IdedExpr]) -> Option<(Kind, Type)> {
        let found = match (name, arguments) {
            (operators::LOGICAL_AND, [a, b]) => {
                (Kind::And(Box::new([self.condition(a), self.condition(b)])), Type::Bool)
            }
            (operators::LOGICAL_OR, [a, b]) => (Kind::Or(Box::new([self.condition(a), self.condition(b)])), Type::Bool),
            (operators::LOGICAL_NOT, [a]) => (Kind::Not(Box::new(self.condition(a))), Type::Bool),
            (operators::NEGATE, [a]) => self.negate(a),
            (operators::CONDITIONAL, [test, yes, no]) => {
                let three = [self.condition(test), self.node(yes), self.node(no)];
                let ty = three[1].ty.clone().join(three[2].ty.clone());
                (Kind::Conditional(Box::new(three)), ty)
            }
            (operators::IN, [element, collection]) => self.membership(element, collection),
            (operators::INDEX, [operand, key]) => self.index(tree, operand, key, false),
            (operators::OPT_INDEX | operators::OPT_SELECT, [operand, key]) => self.index(tree, operand, key, true),
            (_, [a, b]) => match (arithmetic(name), comparison(name)) {
                (Some(operator), _) => self.arithmetic(tree, operator, a, b),
                (_, Some(comparison)) => self.comparison(comparison, a, b),
                (None, None) => return None,
            },
            _ => return None,
        };
        Some(found)
    }

    /// An operand that must be true or false.
    pub(super) fn condition(&mut self, tree: &IdedExpr) -> Node {
        let node = self.node(tree);
        if !matches!(node.ty.without_null(), Type::Bool | Type::Dyn) {
            let message = format!("this must be true or false, it is {}", node.ty);
            self.mistake(Code::WrongOperandType, node.span.clone(), message);
        }
        node
    }

    fn negate(&mut self, tree: &IdedExpr) -> (Kind, Type) {
        let operand = self.boxed(tree);
        let ty = operand.ty.without_null().clone();
        if !matches!(
            ty,
            Type::Int | Type::Double | Type::Decimal | Type::Duration | Type::Dyn
        ) {
            let message = format!("`-` does not take {}", operand.ty);
            self.mistake(Code::WrongOperandType, operand.span.clone(), message);
        }
        (Kind::Negate(operand), ty)
    }

    fn arithmetic(&mut self, tree: &IdedExpr, operator: Operator, a: &IdedExpr, b: &IdedExpr) -> (Kind, Type) {
        let mut both = [self.node(a), self.node(b)];
        let [left, right] = &mut both;
        self.read_as_decimal(left, &right.ty);
        self.read_as_decimal(right, &left.ty);
        let ty = result(operator, left.ty.without_null(), right.ty.without_null());
        if ty.is_none() {
            let message = format!("`{}` does not take {} and {}", operator.as_str(), left.ty, right.ty);
            self.mistake(Code::WrongOperandType, self.parsed.token(tree.id), message);
        }
        (Kind::Arithmetic(operator, Box::new(both)), ty.unwrap_or(Type::Dyn))
    }

    /// `record.amount * 1.2`: a number written beside a decimal is the decimal that is written, not the nearest double.
    fn read_as_decimal(&self, node: &mut Node, other: &Type) {
        if let (Type::Decimal, Kind::Literal(Value::Double(_))) = (other.without_null(), &node.kind) {
            let written = self.source.get(node.span.clone()).unwrap_or_default();
            if let Ok(decimal) = Decimal::from_str_exact(written).or_else(|_| Decimal::from_scientific(written)) {
                (node.kind, node.ty) = (Kind::Literal(Value::Decimal(decimal)), Type::Decimal);
            }
        }
    }

    fn comparison(&mut self, op: Comparison, a: &IdedExpr, b: &IdedExpr) -> (Kind, Type) {
        let both = [self.node(a), self.node(b)];
        let [left, right] = &both;
        let fits = match op {
            Comparison::Equal | Comparison::NotEqual => comparable(&left.ty, &right.ty),
            _ => ordered(left.ty.without_null(), right.ty.without_null()),
        };
        if !fits {
            let message = format!("{} and {} can't be compared with `{}`", left.ty, right.ty, op.as_str());
            self.mistake(Code::Incomparable, left.span.start..right.span.end, message);
        }
        self.check_option(&left.ty, right);
        self.check_option(&right.ty, left);
        (Kind::Compare(op, Box::new(both)), Type::Bool)
    }

    fn membership(&mut self, element: &IdedExpr, collection: &IdedExpr) -> (Kind, Type) {
        let both = [self.node(element), self.node(collection)];
        let [element, collection] = &both;
        let fits = match collection.ty.without_null() {
            Type::List(item) => comparable(&element.ty, item),
            Type::Map(key, _) => comparable(&element.ty, key),
            Type::Dyn => true,
            _ => false,
        };
        if !fits {
            let message = format!("{} can't be in {}", element.ty, collection.ty);
            self.mistake(Code::Incomparable, element.span.start..collection.span.end, message);
        }
        if let Kind::List(items) = &collection.kind {
            items.iter().for_each(|item| self.check_option(&element.ty, &item.node));
        }
        if let Type::List(item) = collection.ty.without_null() {
            self.check_option(item, element);
        }
        (Kind::In(Box::new(both)), Type::Bool)
    }

    /// A text that is compared with an enum must be one of its options.
    fn check_option(&mut self, ty: &Type, node: &Node) {
        let (Type::Enum { name, options }, Kind::Literal(Value::String(text))) = (ty.without_null(), &node.kind) else {
            return;
        };
        if !options.contains(text) {
            let known = options.join(", ");
            let problem = Diagnostic::error(
                Code::UnknownOption,
                node.span.clone(),
                format!("`{text}` is no {name} ({known})"),
            );
            self.report(problem.suggest(text, options.iter().map(|option| &**option)));
        }
    }

    fn index(&mut self, tree: &IdedExpr, operand: &IdedExpr, key: &IdedExpr, optional: bool) -> (Kind, Type) {
        let (operand, key) = (self.boxed(operand), self.boxed(key));
        let ty = match (operand.ty.without_null(), &key.kind) {
            (Type::Record(_) | Type::Struct(_) | Type::Reference(_), Kind::Literal(Value::String(field))) => {
                let field = Arc::clone(field);
                match self.optional_field(tree, &operand, &field) {
                    Type::Optional(inner) if !optional => *inner,
                    ty => ty,
                }
            }
            (container, _) => self.element_type(container, &key, &operand, optional),
        };
        (Kind::Index { operand, key, optional }, ty)
    }

    fn element_type(&mut self, container: &Type, key: &Node, operand: &Node, optional: bool) -> Type {
        let found = match container {
            Type::List(item) if matches!(key.ty, Type::Int | Type::Uint | Type::Double | Type::Dyn) => {
                Some((**item).clone())
            }
            Type::Map(expected, value) if comparable(expected, &key.ty) => Some((**value).clone()),
            Type::Dyn => Some(Type::Dyn),
            Type::Optional(inner) => return Type::Optional(Box::new(self.element_type(inner, key, operand, false))),
            _ => None,
        };
        if found.is_none() {
            let message = format!("{} has no element at {}", operand.ty, key.ty);
            self.mistake(Code::WrongOperandType, key.span.clone(), message);
        }
        let element = found.unwrap_or(Type::Dyn);
        if optional {
            Type::Optional(Box::new(element))
        } else {
            element
        }
    }
}

fn arithmetic(name: &str) -> Option<Operator> {
    match name {
        operators::ADD => Some(Operator::Add),
        operators::SUBSTRACT => Some(Operator::Subtract),
        operators::MULTIPLY => Some(Operator::Multiply),
        operators::DIVIDE => Some(Operator::Divide),
        operators::MODULO => Some(Operator::Remainder),
        _ => None,
    }
}

fn comparison(name: &str) -> Option<Comparison> {
    match name {
        operators::EQUALS => Some(Comparison::Equal),
        operators::NOT_EQUALS => Some(Comparison::NotEqual),
        operators::LESS => Some(Comparison::Less),
        operators::LESS_EQUALS => Some(Comparison::LessOrEqual),
        operators::GREATER => Some(Comparison::Greater),
        operators::GREATER_EQUALS => Some(Comparison::GreaterOrEqual),
        _ => None,
    }
}

/// The type of an arithmetic result; none where the operator does not take the operands.
fn result(operator: Operator, left: &Type, right: &Type) -> Option<Type> {
    use Operator::{Add, Divide, Multiply, Remainder, Subtract};
    let is_time = |ty: &Type| matches!(ty, Type::Timestamp | Type::Date);
    match (operator, left, right) {
        (_, Type::Dyn, _) | (_, _, Type::Dyn) => Some(Type::Dyn),
        (_, Type::Int, Type::Int) => Some(Type::Int),
        (_, Type::Uint, Type::Uint) => Some(Type::Uint),
        (Add | Subtract | Multiply | Divide, Type::Double, Type::Double) => Some(Type::Double),
        (Add | Subtract | Multiply | Divide | Remainder, Type::Decimal, Type::Decimal | Type::Int | Type::Uint)
        | (Add | Subtract | Multiply | Divide | Remainder, Type::Int | Type::Uint, Type::Decimal) => {
            Some(Type::Decimal)
        }
        (Add, a, b) if a.is_text() && b.is_text() => Some(Type::String),
        (Add, Type::Bytes, Type::Bytes) => Some(Type::Bytes),
        (Add, Type::List(_), Type::List(_)) => Some(left.clone().join(right.clone())),
        (Add | Subtract, Type::Duration, Type::Duration) => Some(Type::Duration),
        (Add | Subtract, time, Type::Duration) if is_time(time) => Some(Type::Timestamp),
        (Add, Type::Duration, time) if is_time(time) => Some(Type::Timestamp),
        (Subtract, a, b) if is_time(a) && is_time(b) => Some(Type::Duration),
        _ => None,
    }
}

/// Whether values of the types can be equal.
fn comparable(left: &Type, right: &Type) -> bool {
    match (left, right) {
        (Type::Dyn | Type::Null, _) | (_, Type::Dyn | Type::Null) => true,
        (Type::Nullable(inner), other) | (other, Type::Nullable(inner)) => comparable(inner, other),
        (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => comparable(a, b),
        (Type::Map(k, v), Type::Map(l, w)) => comparable(k, l) && comparable(v, w),
        (Type::Reference(_) | Type::String, Type::Reference(_) | Type::String) => true,
        (Type::Record(a), Type::Record(b)) => a.name == b.name,
        (Type::Struct(_), Type::Struct(_) | Type::Map(..)) | (Type::Map(..), Type::Struct(_)) => true,
        (Type::Bool, Type::Bool) | (Type::Type, Type::Type) => true,
        (a, b) => ordered(a, b),
    }
}

/// Whether values of the types have an order.
fn ordered(left: &Type, right: &Type) -> bool {
    match (left, right) {
        (Type::Dyn, _) | (_, Type::Dyn) => true,
        (Type::Bool, Type::Bool) | (Type::Bytes, Type::Bytes) | (Type::Duration, Type::Duration) => true,
        (Type::Timestamp | Type::Date, Type::Timestamp | Type::Date) => true,
        (a, b) => (a.is_number() && b.is_number()) || (a.is_text() && b.is_text()),
    }
}
