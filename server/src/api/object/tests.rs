//! The tables against the catalogue: what is in one and not in the other is a mistake in one of them.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::{
    parse_schema,
    types::{FieldDefinition, InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition},
};
use heck::ToUpperCamelCase;

use crate::{
    api::payload::input_name,
    crm::{
        Catalogue,
        object::{Field, Kind, Object},
    },
};

/// Fields that follow from others, beside the lists of records that point to one.
const COMPUTED: [&str; 3] = ["id", "custom", "weightedAmount"];

fn types() -> BTreeMap<String, TypeDefinition> {
    let schema = parse_schema(crate::api::sdl()).unwrap();
    let types = schema
        .definitions
        .into_iter()
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some((definition.node.name.node.to_string(), definition.node)),
            TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
        });
    types.collect()
}

fn outputs(definition: &TypeDefinition) -> Vec<&FieldDefinition> {
    match &definition.kind {
        TypeKind::Object(object) => object.fields.iter().map(|field| &field.node).collect(),
        TypeKind::Interface(interface) => interface.fields.iter().map(|field| &field.node).collect(),
        TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_) => Vec::new(),
    }
}

fn inputs(definition: &TypeDefinition) -> Vec<&InputValueDefinition> {
    match &definition.kind {
        TypeKind::InputObject(input) => input.fields.iter().map(|field| &field.node).collect(),
        TypeKind::Scalar | TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_) | TypeKind::Enum(_) => {
            Vec::new()
        }
    }
}

fn input_names(definition: &TypeDefinition) -> BTreeSet<String> {
    inputs(definition)
        .iter()
        .map(|field| field.name.node.to_string())
        .collect()
}

fn each_object(check: impl Fn(&Object, &str, &BTreeMap<String, TypeDefinition>)) {
    let types = types();
    for object in Catalogue::core().objects() {
        check(object, &object.name.to_upper_camel_case(), &types);
    }
}

fn is_written(field: &&Field) -> bool {
    !field.system
}

#[test]
fn every_field_is_shown_and_nothing_else() {
    each_object(|object, name, types| {
        let shown = outputs(&types[name]);
        let of_catalogue = |field: &&&FieldDefinition| {
            let list = field.ty.node.to_string().ends_with("Connection");
            !list && !COMPUTED.contains(&field.name.node.as_str())
        };
        let found: BTreeSet<&str> = shown
            .iter()
            .filter(of_catalogue)
            .map(|field| field.name.node.as_str())
            .collect();
        let known: BTreeSet<&str> = object.fields.iter().map(|field| field.name).collect();
        assert_eq!(found, known, "{name}");
    });
}

#[test]
fn every_field_that_people_write_can_be_given() {
    each_object(|object, name, types| {
        let known: BTreeSet<String> = object
            .fields
            .iter()
            .filter(is_written)
            .map(|field| input_name(object, field.name))
            .chain(["custom".to_owned()])
            .collect();
        assert_eq!(input_names(&types[&format!("{name}CreateInput")]), known, "{name}");
        assert_eq!(input_names(&types[&format!("{name}UpdateInput")]), known, "{name}");
    });
}

#[test]
fn a_new_record_must_be_given_what_nothing_else_fills() {
    each_object(|object, name, types| {
        let must = |field: &&InputValueDefinition| !field.ty.node.nullable;
        let inputs = inputs(&types[&format!("{name}CreateInput")]);
        let found: BTreeSet<String> = inputs
            .into_iter()
            .filter(must)
            .map(|field| field.name.node.to_string())
            .collect();
        let owed = |field: &&Field| field.required && field.default.is_none() && !field.derived && !field.system;
        let known: BTreeSet<String> = object
            .fields
            .iter()
            .filter(owed)
            .map(|field| input_name(object, field.name))
            .collect();
        assert_eq!(found, known, "{name}");
    });
}

#[test]
fn every_field_can_be_filtered_by() {
    each_object(|object, name, types| {
        let found = input_names(&types[&format!("{name}Filter")]);
        for field in object
            .fields
            .iter()
            .filter(|field| !["version", "deletedAt"].contains(&field.name))
        {
            assert!(found.contains(&input_name(object, field.name)), "{name}.{}", field.name);
        }
    });
}

#[test]
fn options_and_words_are_the_catalogues() {
    each_object(|object, name, types| {
        for shown in outputs(&types[name]) {
            let Some((_, field)) = object.field(shown.name.node.as_str()) else {
                continue;
            };
            if !field.doc.is_empty() {
                let words = shown.description.as_ref().map(|words| words.node.as_str());
                assert_eq!(words, Some(&*field.doc), "{name}.{}", field.name);
            }
            if let Kind::Select { options } = &field.kind {
                let definition = &types[shown.ty.node.to_string().trim_end_matches('!')];
                let TypeKind::Enum(choices) = &definition.kind else {
                    panic!("{name}.{} is no enum", field.name)
                };
                let found: Vec<&str> = choices
                    .values
                    .iter()
                    .map(|value| value.node.value.node.as_str())
                    .collect();
                assert_eq!(found, &**options, "{name}.{}", field.name);
            }
        }
        let words = types[name].description.as_ref().map(|words| words.node.as_str());
        assert_eq!(words, Some(&*object.doc));
    });
}

#[test]
fn everything_has_a_description() {
    for (name, definition) in types() {
        assert!(definition.description.is_some(), "{name}");
        for field in outputs(&definition) {
            assert!(field.description.is_some(), "{name}.{}", field.name.node);
            for argument in &field.arguments {
                assert!(
                    argument.node.description.is_some(),
                    "{name}.{}({})",
                    field.name.node,
                    argument.node.name.node
                );
            }
        }
        for field in inputs(&definition) {
            assert!(field.description.is_some(), "{name}.{}", field.name.node);
        }
    }
}

#[test]
fn the_committed_schema_is_the_one_served() {
    let committed = include_str!("../../../../schema.graphql");

    assert_eq!(
        committed.trim_end(),
        crate::api::sdl().trim_end(),
        "print it anew: pointsman schema > schema.graphql"
    );
}
