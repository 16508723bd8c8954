//! The table against the catalogue: what is in one and not in the other is a mistake in one of them.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::{
    parse_schema,
    types::{TypeKind, TypeSystemDefinition},
};
use heck::ToUpperCamelCase;
use pointsman_graph::{catalogue, definition::Definition};
use serde_json::{Map, Value, json};

use super::{NodeConfig, NodeConfigInput, SwitchCase, SwitchConfig, UnknownConfig};
use crate::api::scalar::Json;

/// The fields of every object and input of the schema, with their types.
fn types() -> BTreeMap<String, BTreeMap<String, String>> {
    let schema = parse_schema(crate::api::sdl()).unwrap();
    let fields = schema
        .definitions
        .into_iter()
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => {
                let fields = match definition.node.kind {
                    TypeKind::Object(object) => object
                        .fields
                        .iter()
                        .map(|field| (field.node.name.to_string(), field.node.ty.to_string()))
                        .collect(),
                    TypeKind::InputObject(input) => input
                        .fields
                        .iter()
                        .map(|field| (field.node.name.to_string(), field.node.ty.to_string()))
                        .collect(),
                    TypeKind::Scalar | TypeKind::Interface(_) | TypeKind::Union(_) | TypeKind::Enum(_) => {
                        BTreeMap::new()
                    }
                };
                Some((definition.node.name.to_string(), fields))
            }
            TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
        });
    fields.collect()
}

fn node(kind: &str, config: &Value) -> pointsman_graph::definition::Node {
    let json = json!({ "nodes": [{ "key": "n", "kind": kind, "config": config }] });
    Definition::from_json(json).unwrap().nodes.remove(0)
}

#[test]
fn every_kind_has_its_config_with_the_fields_of_the_catalogue() {
    let types = types();

    for kind in catalogue::kinds() {
        let known: BTreeSet<&str> = kind.fields.iter().map(|field| field.name).collect();
        for name in ["Config", "ConfigInput"] {
            let name = format!("{}{name}", kind.kind.to_upper_camel_case());
            let shown: BTreeSet<&str> = types[&name].keys().map(String::as_str).collect();
            assert_eq!(shown, known, "{name}");
        }
    }
}

#[test]
fn the_input_has_a_field_for_every_kind_and_no_other() {
    let kinds = catalogue::kinds().iter().map(|kind| kind.kind);
    let known: BTreeSet<&str> = kinds.chain(["unknown"]).collect();

    let types = types();

    let shown: BTreeSet<&str> = types["NodeConfigInput"].keys().map(String::as_str).collect();
    assert_eq!(shown, known);
}

#[test]
fn a_half_drawn_config_can_be_saved_for_every_field_is_nullable() {
    let types = types();
    let configs = types
        .iter()
        .filter(|(name, _)| name.ends_with("Config") || name.ends_with("ConfigInput"));

    for (name, fields) in configs {
        let required: Vec<_> = fields.iter().filter(|(_, ty)| ty.ends_with('!')).collect();
        assert!(required.is_empty(), "{name}: {required:?}");
    }
}

#[test]
fn one_query_can_ask_for_all_configs_for_a_name_has_one_type() {
    let types = types();
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();

    for (name, fields) in types.iter().filter(|(name, _)| name.ends_with("Config")) {
        for (field, ty) in fields {
            let first = *known.entry(field).or_insert(ty);
            assert_eq!(first, ty, "{name}.{field}");
        }
    }
}

#[test]
fn every_kind_is_shown_as_itself() {
    for kind in catalogue::kinds() {
        let shown = NodeConfig::of(&node(kind.kind, &json!({})));
        assert!(!matches!(shown, NodeConfig::Unknown(_)), "{}", kind.kind);
    }
}

#[test]
fn a_kind_that_is_not_ours_is_kept() {
    let config = json!({ "to": "Mars", "crew": [1, 2] });

    let NodeConfig::Unknown(shown) = NodeConfig::of(&node("teleport", &config)) else {
        panic!("a kind that nobody knows");
    };
    let mut written = Map::new();
    NodeConfigInput::Unknown(shown).write(&mut written);

    assert_eq!(Value::Object(written), json!({ "kind": "teleport", "config": config }));
}

#[test]
fn what_is_given_is_written_as_a_definition_has_it() {
    let cases = vec![SwitchCase {
        name: "big".into(),
        condition: "record.amount > 10".into(),
    }];
    let mut written = Map::new();

    NodeConfigInput::Switch(SwitchConfig { cases: Some(cases) }).write(&mut written);

    let expected = json!({ "cases": [{ "name": "big", "condition": "record.amount > 10" }] });
    assert_eq!(Value::Object(written), json!({ "kind": "switch", "config": expected }));
}

#[test]
fn a_single_recipient_is_a_list_of_one() {
    let NodeConfig::SendEmail(mail) = NodeConfig::of(&node("sendEmail", &json!({ "to": "a@b.c" }))) else {
        panic!("an e-mail");
    };

    assert_eq!(mail.to, Some(vec!["a@b.c".to_owned()]));
}

#[test]
fn an_unknown_config_without_anything_is_an_empty_one() {
    let unknown = UnknownConfig {
        r#type: Some("teleport".into()),
        json: None::<Json>,
    };

    assert_eq!(unknown.parts(), ("teleport".to_owned(), json!({})));
}
