//! A small CRM: deals of companies, with owners; and what tests ask of a definition.

use std::sync::Arc;

use pointsman_graph::{
    check::{self, Checked, Problem},
    definition::Definition,
    value::{FieldType, ObjectType, Schema, Type},
};
use serde_json::{Value as Json, json};

pub struct Crm;

impl Schema for Crm {
    fn object(&self, name: &str) -> Option<Arc<ObjectType>> {
        let status = Type::Enum {
            name: "dealStatus".into(),
            options: ["OPEN", "WON", "LOST"].map(Arc::from).into(),
        };
        let user = || Type::Reference("user".into());
        let fields = match name {
            "deal" => vec![
                ("id", FieldType::of(Type::String)),
                ("name", required(Type::String)),
                ("amount", writable(Type::Decimal)),
                ("status", writable(status)),
                ("closeDate", writable(Type::Date)),
                ("probability", writable(Type::Int)),
                ("owner", writable(user())),
                ("company", writable(Type::Reference("company".into()))),
            ],
            "company" => vec![
                ("id", FieldType::of(Type::String)),
                ("name", required(Type::String)),
                ("owner", writable(user())),
            ],
            "user" => vec![
                ("id", FieldType::of(Type::String)),
                ("email", FieldType::of(Type::String)),
            ],
            "message" => vec![
                ("id", FieldType::of(Type::String)),
                ("channel", FieldType::of(Type::String)),
                ("direction", FieldType::of(Type::String)),
                ("automatic", FieldType::of(Type::Bool)),
                ("text", FieldType::of(Type::String).nullable()),
            ],
            "task" => vec![("id", FieldType::of(Type::String)), ("title", required(Type::String))],
            _ => return None,
        };
        let fields = fields.into_iter().map(|(name, field)| (name.into(), field)).collect();
        Some(Arc::new(ObjectType {
            name: name.into(),
            label: name.into(),
            fields,
        }))
    }

    fn object_names(&self) -> Vec<Arc<str>> {
        ["deal", "company", "user", "task", "message"].map(Arc::from).to_vec()
    }
}

fn writable(ty: Type) -> FieldType {
    FieldType {
        writable: true,
        ..FieldType::of(ty).nullable()
    }
}

fn required(ty: Type) -> FieldType {
    FieldType {
        writable: true,
        required: true,
        ..FieldType::of(ty)
    }
}

pub fn check(definition: Json) -> Checked {
    let schema: Arc<dyn Schema> = Arc::new(Crm);
    check::check(&Definition::from_json(definition).unwrap(), &schema)
}

/// Each problem as `node field CODE`, warnings in brackets.
pub fn problems(definition: Json) -> Vec<String> {
    check(definition).problems.iter().map(brief).collect()
}

fn brief(problem: &Problem) -> String {
    let node = problem.node.as_ref().map(ToString::to_string);
    let place = [
        node,
        problem.edge.clone(),
        problem.field.clone(),
        Some(problem.code.as_str().to_owned()),
    ];
    let text = place.into_iter().flatten().collect::<Vec<_>>().join(" ");
    if problem.is_error() { text } else { format!("[{text}]") }
}

/// The workflow `won → <node>`, where `won` is a deal that was updated.
pub fn after_won(kind: &str, config: Json) -> Json {
    json!({
        "nodes": [
            { "key": "won", "kind": "recordUpdated", "config": { "object": "deal", "fields": ["status"] } },
            { "key": "node", "kind": kind, "config": config },
        ],
        "edges": [{ "from": "won", "to": "node" }],
    })
}
