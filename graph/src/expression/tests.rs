//! What the language does, told with the objects of a small CRM.

mod check;
mod hostile;
mod pushdown;
mod rules;
mod tracing;

use std::sync::Arc;

use indexmap::IndexMap;

use super::*;
use crate::value::{FieldType, Fields, ObjectType, Reference, Schema, Timestamp};

/// Users and deals, with a field of each type.
struct Crm;

impl Schema for Crm {
    fn object(&self, name: &str) -> Option<Arc<ObjectType>> {
        let fields = match name {
            "user" => fields([
                ("id", FieldType::of(Type::String)),
                ("email", FieldType::of(Type::String).nullable()),
            ]),
            "deal" => deal_fields(),
            _ => return None,
        };
        Some(Arc::new(ObjectType {
            name: name.into(),
            label: name.into(),
            fields,
        }))
    }

    fn object_names(&self) -> Vec<Arc<str>> {
        vec!["user".into(), "deal".into()]
    }
}

fn fields<const N: usize>(fields: [(&str, FieldType); N]) -> Fields {
    fields
        .into_iter()
        .map(|(name, field)| (Arc::from(name), field))
        .collect::<IndexMap<_, _>>()
}

fn deal_fields() -> Fields {
    let status = Type::Enum {
        name: "dealStatus".into(),
        options: ["OPEN", "WON", "LOST"].map(Arc::from).into(),
    };
    fields([
        ("id", FieldType::of(Type::String)),
        ("name", FieldType::of(Type::String)),
        ("phone", FieldType::of(Type::String).nullable()),
        ("score", FieldType::of(Type::Int).nullable()),
        ("amount", FieldType::of(Type::Decimal).nullable()),
        ("rate", FieldType::of(Type::Double).nullable()),
        ("active", FieldType::of(Type::Bool).nullable()),
        ("status", FieldType::of(status)),
        ("closeDate", FieldType::of(Type::Date).nullable()),
        ("createdAt", FieldType::of(Type::Timestamp)),
        ("owner", FieldType::of(Type::Reference("user".into())).nullable()),
        ("tags", FieldType::of(Type::list_of(Type::String))),
    ])
}

fn scope() -> TypeScope {
    let deal = Crm.object("deal").map_or(Type::Dyn, Type::Record);
    let output = fields([("records", FieldType::of(Type::list_of(deal.clone())))]);
    let find = fields([("output", FieldType::of(Type::Struct(output.into())))]);
    TypeScope::new(Arc::new(Crm))
        .with("record", deal.clone())
        .with("previous", deal)
        .with("trigger", Type::Dyn)
        .with("now", Type::Timestamp)
        .with(
            "steps",
            Type::Struct(fields([("find", FieldType::of(Type::Struct(find.into())))]).into()),
        )
}

fn time(text: &str) -> Value {
    Value::Timestamp(text.parse::<Timestamp>().unwrap())
}

fn user(id: &str) -> Value {
    Value::Reference(Reference {
        object: "user".into(),
        id: id.into(),
    })
}

/// A deal with every field set.
fn deal() -> Vec<(&'static str, Value)> {
    vec![
        ("id", "deal_1".into()),
        ("name", "Big one".into()),
        ("phone", "+49 1".into()),
        ("score", Value::Int(60)),
        ("amount", Value::Decimal("19.99".parse().unwrap())),
        ("rate", Value::Double(0.5)),
        ("active", Value::Bool(true)),
        ("status", "WON".into()),
        ("closeDate", time("2026-01-31T00:00:00Z")),
        ("createdAt", time("2026-01-01T10:00:00Z")),
        ("owner", user("user_1")),
        ("tags", Value::list(["hot".into(), "eu".into()])),
    ]
}

/// The deal with one field empty.
fn deal_without(field: &str) -> Value {
    Value::map(
        deal()
            .into_iter()
            .map(|(name, value)| (name, if name == field { Value::Null } else { value })),
    )
}

fn bindings() -> Variables {
    Variables::default()
        .with("record", Value::map(deal()))
        .with("previous", deal_without("score"))
        .with(
            "trigger",
            Value::from_json(&serde_json::json!({"n": 5, "text": "x", "empty": null})),
        )
        .with("now", time("2026-02-01T00:00:00Z"))
        .with_record("user_1", Some(Value::map([("email", Value::from("a@b.c"))])))
        .with_record("user_gone", None)
}

fn compiled(source: &str) -> Expression {
    Expression::compile(source, &scope()).unwrap_or_else(|problems| panic!("{source}: {problems:?}"))
}

fn evaluated(source: &str, bindings: &dyn Bindings) -> Result<Value, Fault> {
    compiled(source).evaluate(bindings, &mut Budget::default())
}

fn value(source: &str) -> Value {
    evaluated(source, &bindings()).unwrap_or_else(|fault| panic!("{source}: {fault}"))
}

/// The value where one field of the record is empty.
fn without(field: &str, source: &str) -> Result<Value, Fault> {
    evaluated(source, &bindings().with("record", deal_without(field)))
}
