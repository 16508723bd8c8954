//! Definitions that make no sense.

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use pointsman_graph::catalogue::{self, Field, Input};

use super::crm::check;

/// Texts that mean something somewhere, and some that never do.
const TEXTS: [&str; 16] = [
    "deal",
    "company",
    "task",
    "record.amount > 1",
    "steps.n1.output",
    "{{ steps.n2.output.records }}",
    "{{ record",
    "PT5M",
    "P1D",
    "",
    "now",
    "record.owner",
    "record",
    "yes",
    "{{ record.name }} {% if %}",
    "previous.name == 'x' || ((",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn any_definition_is_checked_without_a_panic_and_a_plan_means_no_errors(
        nodes in prop::collection::vec(any::<[u8; 8]>(), 0..20),
        edges in prop::collection::vec(any::<[u8; 3]>(), 0..40),
    ) {
        let definition = json!({
            "nodes": nodes.iter().enumerate().map(node).collect::<Vec<_>>(),
            "edges": edges.iter().map(|draw| edge(draw, nodes.len())).collect::<Vec<_>>(),
        });

        let checked = check(definition);

        prop_assert_eq!(checked.plan.is_some(), !checked.problems.iter().any(|problem| problem.is_error()));
        prop_assert!(checked.problems.iter().all(|problem| !problem.message.is_empty()));
    }
}

fn node((number, draw): (usize, &[u8; 8])) -> Json {
    let kind = catalogue::kinds()[usize::from(draw[0]) % catalogue::kinds().len()];
    let given = kind
        .fields
        .iter()
        .zip(draw.iter().cycle().skip(1))
        .filter(|(_, draw)| **draw > 60);
    let config: Map<String, Json> = given
        .map(|(field, draw)| (field.name.to_owned(), value(field, *draw)))
        .collect();
    let key = if draw[7] < 10 {
        "twice".to_owned()
    } else {
        format!("n{number}")
    };
    json!({ "key": key, "kind": if draw[6] < 5 { "fax" } else { kind.kind }, "config": config, "disabled": draw[5] < 20 })
}

fn value(field: &Field, draw: u8) -> Json {
    let text = TEXTS[usize::from(draw) % TEXTS.len()];
    match field.input {
        Input::FieldNames | Input::Templates => json!([text, "amount"]),
        Input::Values | Input::Expressions => json!({ "amount": text, "name": text, text: text }),
        Input::Json => json!({ "type": "object", "properties": { text: { "type": "string" } }, "x": [text] }),
        Input::Cases => json!([{ "name": text, "condition": text }, { "name": "b", "condition": "true" }]),
        Input::OrderBy => json!([{ "field": text }]),
        Input::Number => json!(draw % 4),
        Input::Numbers => json!([draw, 200]),
        Input::Choice(options) => json!(options[usize::from(draw) % options.len()]),
        Input::Form => json!([{ "name": text }, { "name": "x" }]),
        Input::Search => json!({ "object": text, "where": text, "limit": draw }),
        Input::Parameters => json!([{ "name": text, "type": "record", "object": text }, { "name": "x" }]),
        Input::Boolean => json!(draw.is_multiple_of(2)),
        Input::Workflow | Input::Object | Input::Condition | Input::Expression | Input::Template | Input::Duration => {
            json!(text)
        }
        Input::UntilTime => json!({ "time": text }),
        Input::FieldName | Input::Cron | Input::TimeZone | Input::TimeOfDay | Input::Offset | Input::Text => {
            json!(text)
        }
    }
}

fn edge([from, port, to]: &[u8; 3], nodes: usize) -> Json {
    let ports = [
        None,
        Some("done"),
        Some("error"),
        Some("yes"),
        Some("no"),
        Some("otherwise"),
        Some("timedOut"),
        Some("each"),
    ];
    let end = |draw: &u8| format!("n{}", usize::from(*draw) % (nodes + 1));
    match ports[usize::from(*port) % ports.len()] {
        Some(port) => json!({ "from": end(from), "port": port, "to": end(to) }),
        None => json!({ "from": end(from), "to": end(to) }),
    }
}
