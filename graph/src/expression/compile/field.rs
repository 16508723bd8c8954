//! Names and fields: which variable, type or field a dotted name stands for.

use std::sync::Arc;

use cel::common::ast::{Expr, IdedExpr, SelectExpr};

use super::Compiler;
use crate::expression::node::{Kind, Node, Select};
use crate::expression::{Code, Diagnostic, Fault};
use crate::value::{Fields, Type, Value};

/// What is known of the field of a type.
enum Found {
    /// The field's type; whether it is a declared field, which reads as empty where it is missing.
    Field(Type, bool),
    /// The type's fields are known, and this is none of them.
    Unknown(Vec<Arc<str>>),
    /// The type has no fields.
    NoFields,
}

impl Compiler<'_> {
    /// A variable of a macro, a variable in scope, or the name of a type.
    pub(super) fn name(&mut self, tree: &IdedExpr) -> (Kind, Type) {
        let Expr::Ident(name) = &tree.expr else {
            return (Kind::Literal(Value::Null), Type::Dyn);
        };
        if let Some((position, ty)) = self.local(name) {
            return (Kind::Local(position), ty);
        }
        if let Some(found) = self.qualified(name) {
            return found;
        }
        let name = name.trim_start_matches('.');
        let problem = Diagnostic::error(
            Code::UnknownVariable,
            self.parsed.token(tree.id),
            format!("unknown variable `{name}`"),
        );
        let locals = self.locals.iter().map(|(name, _)| &**name);
        self.report(problem.suggest(name, self.scope.names().chain(locals)));
        (Kind::Unknown(Fault::NoSuchVariable { name: name.into() }), Type::Dyn)
    }

    /// The innermost macro variable of that name.
    fn local(&self, name: &str) -> Option<(usize, Type)> {
        let position = self.locals.iter().rposition(|(local, _)| local == name)?;
        self.locals.get(position).map(|(_, ty)| (position, ty.clone()))
    }

    /// What a dotted name stands for as a whole, the most specific container first.
    fn qualified(&self, name: &str) -> Option<(Kind, Type)> {
        self.scope
            .candidates(name)
            .into_iter()
            .find_map(|candidate| match self.scope.variable(&candidate) {
                Some(ty) => Some((Kind::Variable(candidate.into()), ty.clone())),
                None => type_named(&candidate).map(|name| (Kind::Literal(Value::Type(name)), Type::Type)),
            })
    }

    /// The dotted name that a tree spells, unless its first part is a macro's variable.
    pub(super) fn dotted(&self, tree: &IdedExpr) -> Option<String> {
        match &tree.expr {
            Expr::Ident(name) => self.local(name).is_none().then(|| name.clone()),
            Expr::Select(select) if !select.test => self
                .dotted(&select.operand)
                .map(|name| format!("{name}.{}", select.field)),
            _ => None,
        }
    }

    /// A field. The longest dotted name that is a variable wins (cel-spec, name resolution).
    pub(super) fn select(&mut self, tree: &IdedExpr, select: &SelectExpr) -> (Kind, Type) {
        if let Some(found) = self.dotted(tree).and_then(|name| self.qualified(&name)) {
            return found;
        }
        let operand = self.node(&select.operand);
        let (select, ty) = self.field(tree, operand, &select.field);
        (Kind::Select(Box::new(select)), ty)
    }

    /// `has(x.y)`.
    pub(super) fn presence(&mut self, argument: &IdedExpr) -> (Kind, Type) {
        match &argument.expr {
            Expr::Select(select) => {
                let operand = self.node(&select.operand);
                let (select, _) = self.field(argument, operand, &select.field);
                (Kind::Has(Box::new(select)), Type::Bool)
            }
            Expr::Call(call) if call.func_name == cel::common::ast::operators::OPT_SELECT => {
                let value = self.node(argument);
                self.apply_named(argument, "hasValue", value)
            }
            _ => {
                let span = self.parsed.token(argument.id);
                self.problem(
                    Code::WrongOperandType,
                    span,
                    "`has` needs a field, such as has(record.email)",
                );
                (Kind::Literal(Value::Null), Type::Bool)
            }
        }
    }

    fn field(&mut self, tree: &IdedExpr, operand: Node, field: &str) -> (Select, Type) {
        if let (Kind::Variable(_), Some(part)) = (&operand.kind, self.parts.get_mut(operand.part)) {
            part.silent = true;
        }
        let (ty, declared) = match self.find(&operand.ty, field) {
            Found::Field(ty, declared) => (ty, declared),
            Found::Unknown(known) => {
                self.report(self.unknown_field(tree, &operand.ty, field, &known));
                (Type::Dyn, false)
            }
            Found::NoFields => {
                let message = format!("{} has no fields, so no `{field}`", operand.ty);
                self.mistake(Code::UnknownField, self.field_span(tree, field), message);
                (Type::Dyn, false)
            }
        };
        (
            Select {
                operand,
                field: field.into(),
                declared,
            },
            ty,
        )
    }

    fn find(&self, ty: &Type, field: &str) -> Found {
        match ty {
            Type::Dyn => Found::Field(Type::Dyn, false),
            Type::Map(_, value) => Found::Field((**value).clone(), false),
            Type::Record(object) => declared(&object.fields, field),
            Type::Struct(fields) => declared(fields, field),
            Type::Reference(_) if field == "id" => Found::Field(Type::String, true),
            Type::Reference(object) => match self.scope.object(object) {
                Some(object) => declared(&object.fields, field),
                None => Found::Field(Type::Dyn, true),
            },
            Type::Nullable(inner) => match self.find(inner, field) {
                Found::Field(ty, declared) => Found::Field(ty.or_null(), declared),
                other => other,
            },
            Type::Optional(inner) => match self.find(inner, field) {
                Found::Field(ty, declared) => Found::Field(Type::Optional(Box::new(ty)), declared),
                other => other,
            },
            _ => Found::NoFields,
        }
    }

    fn unknown_field(&self, tree: &IdedExpr, ty: &Type, field: &str, known: &[Arc<str>]) -> Diagnostic {
        let holder = match ty.without_null() {
            Type::Record(object) => format!(" of {}", object.name),
            Type::Reference(object) => format!(" of {object}"),
            _ => String::new(),
        };
        let message = format!("unknown field `{field}`{holder}");
        Diagnostic::error(Code::UnknownField, self.field_span(tree, field), message)
            .suggest(field, known.iter().map(|name| &**name))
    }

    /// Only the field's name, so that an editor underlines what is wrong.
    fn field_span(&self, tree: &IdedExpr, field: &str) -> std::ops::Range<usize> {
        let end = self.name_after(self.parsed.token(tree.id).end, field);
        end.saturating_sub(field.len())..end
    }

    /// The type that selecting or indexing a declared field by a literal key gives.
    pub(super) fn optional_field(&mut self, tree: &IdedExpr, operand: &Node, field: &str) -> Type {
        let operand_type = match operand.ty.without_null() {
            Type::Optional(inner) => (**inner).clone(),
            ty => ty.clone(),
        };
        match self.find(&operand_type, field) {
            Found::Field(ty, _) => Type::Optional(Box::new(ty)),
            Found::Unknown(known) => {
                self.report(self.unknown_field(tree, &operand_type, field, &known));
                Type::Optional(Box::new(Type::Dyn))
            }
            Found::NoFields => {
                let message = format!("{operand_type} has no fields, so no `{field}`");
                self.mistake(Code::UnknownField, operand.span.clone(), message);
                Type::Optional(Box::new(Type::Dyn))
            }
        }
    }
}

fn declared(fields: &Fields, field: &str) -> Found {
    match fields.get(field) {
        Some(found) => Found::Field(found.value_type(), true),
        None => Found::Unknown(fields.keys().cloned().collect()),
    }
}

/// The types that have a name in expressions.
fn type_named(name: &str) -> Option<&'static str> {
    const NAMES: [&str; 15] = [
        "bool",
        "int",
        "uint",
        "double",
        "decimal",
        "string",
        "bytes",
        "list",
        "map",
        "null_type",
        "type",
        "reference",
        "optional_type",
        "google.protobuf.Timestamp",
        "google.protobuf.Duration",
    ];
    NAMES.into_iter().find(|known| *known == name)
}
