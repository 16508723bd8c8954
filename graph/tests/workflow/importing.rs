//! Workflows of n8n, read as ours. Nothing of a file may get lost: what is not mapped is kept or listed.

use std::{collections::HashSet, fs, path::Path};

use pointsman_graph::{
    definition::Definition,
    foreign::{
        n8n::{self, Imported},
        report::{EdgeFate, NodeFate},
    },
};
use serde_json::{Value as Json, json};

use crate::crm;

const MAIL: &str = include_str!("../foreign/mail.json");
const LOOP: &str = include_str!("../foreign/loop.json");

fn import(text: &str) -> Imported {
    n8n::import(text).unwrap().remove(0)
}

fn node(imported: &Imported, key: &str) -> Json {
    let definition = imported.definition.to_json();
    let nodes = definition["nodes"].as_array().unwrap();
    nodes.iter().find(|node| node["key"] == key).unwrap().clone()
}

fn edges(imported: &Imported) -> Vec<&str> {
    imported.definition.edges.iter().map(|edge| edge.id.as_str()).collect()
}

fn codes(imported: &Imported) -> HashSet<&'static str> {
    let problems = crm::check(imported.definition.to_json()).problems;
    problems
        .iter()
        .filter(|problem| problem.is_error())
        .map(|problem| problem.code.as_str())
        .collect()
}

/// Counts the file itself, without the importer's reader.
fn account_is_complete(text: &str) {
    let file: Json = serde_json::from_str(text).unwrap();
    let imported = import(text);
    let (report, counts) = (&imported.report, &imported.report.counts);

    let names: Vec<_> = file["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["name"].as_str().unwrap())
        .collect();
    let told: Vec<_> = report.nodes.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(told, names);
    let mut links = Vec::new();
    for (from, kinds) in file["connections"].as_object().unwrap() {
        for (kind, outputs) in kinds.as_object().unwrap() {
            for (output, targets) in outputs.as_array().unwrap().iter().enumerate() {
                for target in targets.as_array().into_iter().flatten() {
                    let input = target["index"].as_u64().unwrap_or(0) as usize;
                    links.push((
                        from.as_str(),
                        kind.as_str(),
                        output,
                        target["node"].as_str().unwrap(),
                        input,
                    ));
                }
            }
        }
    }
    let told: Vec<_> = report
        .edges
        .iter()
        .map(|line| {
            (
                line.from.as_str(),
                line.kind.as_str(),
                line.output,
                line.to.as_str(),
                line.input,
            )
        })
        .collect();
    assert_eq!(told, links);

    assert_eq!(
        counts.nodes,
        counts.mapped + counts.placeholders + counts.parts + counts.notes
    );
    let listed = counts.closing_loops + counts.leading_back + counts.repeated + counts.supplying;
    assert_eq!(
        counts.edges,
        counts.drawn + listed + counts.without_way_out + counts.dangling
    );
    assert_eq!(imported.definition.nodes.len(), counts.mapped + counts.placeholders);
    assert_eq!(imported.definition.edges.len(), counts.drawn + counts.added);
    let drawn: HashSet<_> = edges(&imported).into_iter().collect();
    for line in &report.edges {
        assert_eq!(line.fate == EdgeFate::Drawn, line.edge.is_some());
        assert!(line.edge.as_ref().is_none_or(|edge| drawn.contains(edge.as_str())));
    }
    assert!(
        report
            .nodes
            .iter()
            .all(|line| (line.fate == NodeFate::Note) == line.key.is_none())
    );
    nothing_is_lost(&file, &imported);
    is_a_sound_draft(&imported);
}

/// Every node that is no note and not mapped stands in a placeholder as it was.
fn nothing_is_lost(file: &Json, imported: &Imported) {
    for (line, original) in imported.report.nodes.iter().zip(file["nodes"].as_array().unwrap()) {
        let Some(key) = &line.key else { continue };
        let kept = node(imported, key.as_str());
        match line.fate {
            NodeFate::Placeholder => assert_eq!(kept["config"]["node"], *original),
            NodeFate::Part => assert!(kept["config"]["parts"].as_array().unwrap().contains(original)),
            NodeFate::Mapped => assert_eq!(kept["position"]["x"], json!(original["position"][0].as_f64())),
            NodeFate::Note => {}
        }
    }
}

/// The draft has no problem but those that are for a person: it never leads round in a circle, has no two of one key or edge.
fn is_a_sound_draft(imported: &Imported) {
    let file = imported.definition.to_file().to_string();
    assert_eq!(Definition::read(&file).unwrap(), imported.definition);
    let codes = codes(imported);
    for impossible in [
        "CYCLE",
        "DUPLICATE_KEY",
        "DUPLICATE_EDGE",
        "DUPLICATE_ID",
        "UNKNOWN_NODE",
        "UNKNOWN_PORT",
        "DUPLICATE_NAME",
    ] {
        assert!(!codes.contains(impossible), "{impossible} in {file}");
    }
}

#[test]
fn every_node_and_edge_of_a_file_is_accounted_for() {
    account_is_complete(MAIL);
    account_is_complete(LOOP);
}

#[test]
#[ignore = "needs graphs of n8n, where N8N_GRAPHS_DIR says they are"]
fn every_node_and_edge_of_real_files_is_accounted_for() {
    let folder = std::env::var("N8N_GRAPHS_DIR").unwrap();
    let files = fs::read_dir(Path::new(&folder))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    assert!(!files.is_empty(), "{folder} holds no graph");

    for file in files {
        println!("{}", file.display());
        account_is_complete(&fs::read_to_string(file).unwrap());
    }
}
