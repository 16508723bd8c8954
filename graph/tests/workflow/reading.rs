//! Definitions as text.

use std::{fs, path::PathBuf};

use pointsman_graph::{
    catalogue,
    definition::{Definition, MAX_BYTES},
    node::Config,
};
use serde_json::{Map, Value as Json, json};

fn read(json: Json) -> Result<Definition, String> {
    Definition::from_json(json).map_err(|error| error.code().to_owned())
}

#[test]
fn a_file_of_every_released_format_is_read_and_written_again() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/formats");
    let text = fs::read_to_string(folder.join("1.json")).unwrap();

    let definition = Definition::read(&text).unwrap();

    assert_eq!(definition.to_file(), serde_json::from_str::<Json>(&text).unwrap());
    let kinds: Vec<_> = definition.nodes.iter().map(|node| node.config.kind()).collect();
    let missing: Vec<_> = catalogue::kinds()
        .iter()
        .filter(|kind| !kinds.contains(&kind.kind))
        .collect();
    assert!(missing.is_empty(), "the file shows every kind, but not {missing:?}");
}

#[test]
fn a_kind_that_is_not_ours_is_kept_as_it_is() {
    let node = json!({ "key": "x", "kind": "fax", "config": { "to": ["1"], "deep": { "b": 1, "a": 2.5 } }, "configVersion": 7 });
    let json = json!({ "nodes": [node], "edges": [] });

    let written = read(json.clone()).unwrap().to_json();

    assert_eq!(written.to_string(), json.to_string());
}

#[test]
fn a_field_that_a_kind_does_not_have_is_kept_too() {
    let json =
        json!({ "nodes": [{ "key": "x", "kind": "if", "config": { "condition": "true", "color": 3 } }], "edges": [] });

    assert_eq!(read(json.clone()).unwrap().to_json(), json);
}

#[test]
fn an_edge_without_an_id_is_named_after_its_ends() {
    let json = json!({ "edges": [{ "from": "a", "to": "b" }, { "from": "a", "port": "yes", "to": "b" }] });

    let ids: Vec<_> = read(json).unwrap().edges.into_iter().map(|edge| edge.id).collect();

    assert_eq!(ids, ["a::b", "a:yes:b"]);
}

#[test]
fn what_cannot_be_read_is_refused_with_a_code() {
    let node = |extra: Json| {
        let mut node = json!({ "key": "x", "kind": "if" });
        node.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        read(json!({ "nodes": [node] })).unwrap_err()
    };

    assert_eq!(node(json!({ "key": "1x" })), "DEFINITION_MALFORMED");
    assert_eq!(node(json!({ "colour": "red" })), "DEFINITION_MALFORMED");
    assert_eq!(node(json!({ "config": { "condition": 3 } })), "CONFIG_MALFORMED");
    assert_eq!(node(json!({ "configVersion": 2 })), "CONFIG_MALFORMED");
    assert_eq!(read(json!({ "format": 2 })).unwrap_err(), "DEFINITION_FORMAT_UNKNOWN");
    assert_eq!(
        Definition::read(&" ".repeat(MAX_BYTES + 1)).unwrap_err().code(),
        "DEFINITION_TOO_LARGE"
    );
}

#[test]
fn every_field_that_the_catalogue_describes_is_one_that_its_kind_reads() {
    for kind in catalogue::kinds() {
        let nulls: Map<String, Json> = kind
            .fields
            .iter()
            .map(|field| (field.name.to_owned(), Json::Null))
            .collect();

        let (config, unknown) = Config::read(kind.kind, kind.version, nulls).unwrap();

        assert_eq!(config.kind(), kind.kind);
        assert!(unknown.is_empty());
        assert!(
            config.to_json().is_empty(),
            "{} is empty where nothing is set",
            kind.kind
        );
    }
}
