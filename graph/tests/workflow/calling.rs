//! Loops and calls of workflows: what their check finds.

use std::sync::Arc;

use pointsman_graph::{
    call::{Callee, Signature},
    check,
    definition::Definition,
    track::{Loop, OnError, Role},
    value::{ObjectType, Schema, Type},
};
use serde_json::{Value as Json, json};

use super::crm::{self, Crm, after_won, problems};

/// The small CRM, in which one workflow can be called.
struct Calls;

impl Schema for Calls {
    fn object(&self, name: &str) -> Option<Arc<ObjectType>> {
        Crm.object(name)
    }

    fn object_names(&self) -> Vec<Arc<str>> {
        Crm.object_names()
    }

    fn callee(&self, workflow: &str) -> Callee {
        let signature = Signature::of(&Definition::from_json(called()).unwrap()).unwrap();
        match workflow {
            "workflow_known" => Callee::Known(Arc::new(signature)),
            _ => Callee::Absent,
        }
    }
}

fn called() -> Json {
    json!({
        "nodes": [
            { "key": "called", "kind": "called", "config": {
                "object": "company",
                "parameters": [{ "name": "deal", "type": "record", "object": "deal", "required": true }, { "name": "days", "type": "integer" }],
                "results": [{ "name": "sum", "type": "decimal" }] } },
            { "key": "end", "kind": "stop", "config": { "outputs": { "sum": "{{ trigger.inputs.deal.amount * 2 }}" } } },
        ],
        "edges": [{ "from": "called", "to": "end" }],
    })
}

/// The problems where the known workflow can be called, as `field CODE`.
fn calling(config: Json) -> Vec<String> {
    let schema: Arc<dyn Schema> = Arc::new(Calls);
    let definition = Definition::from_json(after_won("callWorkflow", config)).unwrap();
    let found = check::check(&definition, &schema).problems;
    let brief = |problem: &check::Problem| {
        let field = problem.field.as_deref().unwrap_or_default();
        format!("{field} {}", problem.code.as_str())
    };
    found.iter().map(brief).collect()
}

#[test]
fn items_have_a_type_and_are_known_in_their_loop_alone() {
    let definition = json!({
        "nodes": [
            { "key": "won", "kind": "recordUpdated", "config": { "object": "deal" } },
            { "key": "loop", "kind": "forEach", "config": { "find": { "object": "company", "where": "record.owner == trigger.record.owner" } } },
            { "key": "good", "kind": "updateRecord", "config": { "record": "item", "values": { "name": "{{ item.name }} {{ index + 1 }}" } } },
            { "key": "bad", "kind": "set", "config": { "values": { "x": "item.nmae" } } },
            { "key": "behind", "kind": "set", "config": { "values": { "x": "item", "n": "steps.loop.output.count + 1" } } },
        ],
        "edges": [
            { "from": "won", "to": "loop" }, { "from": "loop", "port": "each", "to": "good" },
            { "from": "good", "to": "bad" }, { "from": "loop", "port": "done", "to": "behind" },
        ],
    });

    assert_eq!(
        problems(definition),
        [
            "bad values.x UNKNOWN_FIELD",
            "[bad UNUSED_OUTPUT]",
            "behind values.x UNKNOWN_VARIABLE",
            "[behind UNUSED_OUTPUT]"
        ]
    );
}

#[test]
fn the_inner_loop_has_the_last_word() {
    let definition = json!({
        "nodes": [
            { "key": "won", "kind": "recordUpdated", "config": { "object": "deal" } },
            { "key": "outer", "kind": "forEach", "config": { "items": "[['a'], ['b']]" } },
            { "key": "inner", "kind": "forEach", "config": { "items": "item" } },
            { "key": "good", "kind": "set", "config": { "values": { "x": "item + 'c'" } } },
            { "key": "bad", "kind": "set", "config": { "values": { "x": "item + 1" } } },
        ],
        "edges": [
            { "from": "won", "to": "outer" }, { "from": "outer", "port": "each", "to": "inner" },
            { "from": "inner", "port": "each", "to": "good" }, { "from": "good", "to": "bad" },
        ],
    });

    assert_eq!(
        problems(definition),
        [
            "[good UNUSED_OUTPUT]",
            "bad values.x WRONG_OPERAND_TYPE",
            "[bad UNUSED_OUTPUT]"
        ]
    );
}

#[test]
fn a_loop_is_told_what_to_go_through_and_how() {
    let looping = |config| problems(after_won("forEach", config));

    assert_eq!(looping(json!({})), ["node items REQUIRED"]);
    assert_eq!(looping(json!({ "items": "record.name" })), ["node items WRONG_TYPE"]);
    assert_eq!(
        looping(json!({ "items": "[1]", "find": { "object": "deal" } })),
        ["node find AMBIGUOUS"]
    );
    assert_eq!(
        looping(
            json!({ "find": { "object": "deal", "where": "record.nmae == ''", "orderBy": [{ "field": "nmae" }], "limit": 0 } })
        ),
        [
            "node find.where UNKNOWN_FIELD",
            "node find.orderBy[0].field UNKNOWN_FIELD",
            "node find.limit INVALID_VALUE"
        ]
    );
    assert_eq!(
        looping(json!({ "items": "[1]", "concurrency": 0 })),
        ["node concurrency INVALID_VALUE"]
    );
}

#[test]
fn a_loop_runs_as_its_config_says() {
    let checked = crm::check(after_won(
        "forEach",
        json!({ "items": "[1]", "concurrency": 7, "onError": "continue" }),
    ));

    let plan = checked.plan.unwrap();
    let role = plan
        .track()
        .nodes()
        .find(|node| node.key.as_str() == "node")
        .map(|node| node.role);
    let concurrency = 7.try_into().unwrap();
    assert_eq!(
        role,
        Some(Role::Loop(Loop {
            concurrency,
            on_error: OnError::Continue
        }))
    );
    assert_eq!(
        plan.node(&"node".parse().unwrap()).and_then(|node| node.item()),
        Some(&Type::Int)
    );
}

#[test]
fn a_called_workflow_declares_what_it_takes_and_gives() {
    assert_eq!(problems(called()), Vec::<String>::new());

    let mut wrong = called();
    wrong["nodes"][0]["config"]["parameters"] =
        json!([{ "name": "a", "type": "record" }, { "name": "a", "object": "deal" }, {}]);
    wrong["nodes"][1]["config"]["outputs"] = json!({ "sum": "x", "smu": 1 });
    assert_eq!(
        problems(wrong),
        [
            "called parameters[0].object REQUIRED",
            "called parameters[1].name DUPLICATE_NAME",
            "called parameters[1].object INVALID_VALUE",
            "called parameters[2].name REQUIRED",
            "end outputs.sum INVALID_VALUE",
            "end outputs.smu UNKNOWN_PARAMETER",
        ]
    );
}

#[test]
fn a_workflow_is_called_in_one_way_only() {
    let mut twice = called();
    twice["nodes"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "key": "again", "kind": "called", "config": {} }));

    assert!(problems(twice).contains(&"again AMBIGUOUS".to_owned()));
}

#[test]
fn a_call_hands_over_what_is_asked_for() {
    let call =
        |inputs: Json| calling(json!({ "workflow": "workflow_known", "record": "record.company", "inputs": inputs }));

    assert_eq!(call(json!({ "deal": "{{ record }}", "days": 3 })), Vec::<String>::new());
    assert_eq!(
        call(json!({ "days": "soon", "day": 1 })),
        [
            "inputs.days INVALID_VALUE",
            "inputs.day UNKNOWN_PARAMETER",
            "inputs.deal REQUIRED"
        ]
    );
    assert_eq!(
        calling(json!({ "workflow": "workflow_lost" })),
        ["workflow NOT_CALLABLE"]
    );
    assert_eq!(
        calling(json!({ "workflow": "workflow_known", "inputs": { "deal": "{{ record }}" } })),
        ["record WRONG_TYPE"]
    );
}
