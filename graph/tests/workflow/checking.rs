//! What the check finds.

use pointsman_graph::{
    check::between,
    definition::{Overflow, Reenrolment},
    value::Type,
};
use serde_json::{Value as Json, json};

use super::crm::{after_won, check, problems};

#[test]
fn the_workflow_of_the_handbook_is_sound() {
    let definition = json!({
        "nodes": [
            { "key": "won", "kind": "recordUpdated", "config": { "object": "deal", "fields": ["status"],
              "where": "record.status == 'WON' && previous.status != 'WON'" }, "position": { "x": 0, "y": 0 } },
            { "key": "big", "kind": "if", "config": { "condition": "record.amount > 10000" } },
            { "key": "mail", "kind": "sendEmail", "config": { "to": "{{ record.owner.email }}",
              "subject": "{{ record.name }} is won", "text": "…" } },
        ],
        "edges": [{ "from": "won", "to": "big" }, { "from": "big", "port": "yes", "to": "mail" }],
    });

    let checked = check(definition);

    assert_eq!(checked.problems, []);
    assert!(checked.plan.is_some());
}

#[test]
fn every_problem_is_found_at_once() {
    let definition = json!({
        "nodes": [
            { "key": "won", "kind": "recordUpdated", "config": { "object": "deel" } },
            { "key": "big", "kind": "if", "config": {} },
            { "key": "mail", "kind": "sendEmail", "config": { "to": "{{ record.", "subjekt": "?" } },
            { "key": "lost", "kind": "delay", "config": { "for": "3 days" } },
        ],
        "edges": [
            { "from": "won", "to": "big" },
            { "from": "big", "port": "yess", "to": "mail" },
            { "id": "e3", "from": "big", "port": "no", "to": "nowhere" },
        ],
    });

    assert_eq!(
        problems(definition),
        [
            "big:yess:mail UNKNOWN_PORT",
            "e3 UNKNOWN_NODE",
            "won object UNKNOWN_OBJECT",
            "big condition REQUIRED",
            "mail subject REQUIRED",
            "mail subjekt UNKNOWN_CONFIG_FIELD",
            "mail text REQUIRED",
            "mail to UNBALANCED_TEMPLATE",
            "lost UNREACHABLE",
            "lost for INVALID_VALUE",
        ]
        .map(String::from)
    );
}

#[test]
fn a_message_names_what_was_probably_meant() {
    let checked = check(after_won("if", json!({ "condition": "record.amuont > 10" })));

    let problem = &checked.problems[0];
    assert_eq!(problem.suggestion.as_deref(), Some("amount"));
    assert!(
        problem.message.contains("did you mean `amount`?"),
        "{}",
        problem.message
    );
    assert_eq!(problem.field.as_deref(), Some("condition"));
    assert!(checked.plan.is_none());
}

#[test]
fn neither_case_nor_separators_keep_a_name_from_being_recognised() {
    let suggestion = |definition: serde_json::Value| check(definition).problems[0].suggestion.clone();

    let kind = after_won("SEND_EMAIL", json!({}));
    let field = after_won("updateRecord", json!({ "values": { "close_date": null } }));
    let object = after_won("createRecord", json!({ "object": "DEAL", "values": { "name": "x" } }));
    let nothing = after_won("if", json!({ "": 1, "condition": "record.amount > 1" }));

    assert_eq!(suggestion(kind).as_deref(), Some("sendEmail"));
    assert_eq!(suggestion(field).as_deref(), Some("closeDate"));
    assert_eq!(suggestion(object).as_deref(), Some("deal"));
    assert_eq!(suggestion(nothing), None);
}

#[test]
fn the_shape_is_checked() {
    let manual = |key: &str| json!({ "key": key, "kind": "manual", "config": { "object": "deal" } });
    let action = |key: &str| json!({ "key": key, "kind": "updateRecord", "config": { "values": { "name": "x" } } });
    let circle = json!({
        "nodes": [manual("start"), action("a"), action("b"), action("a")],
        "edges": [{ "from": "start", "to": "a" }, { "from": "a", "to": "b" }, { "from": "b", "to": "a" },
                  { "from": "a", "to": "start" }, { "from": "a", "port": "done", "to": "b" }],
    });

    let found = check(circle).problems;

    let codes: Vec<_> = found.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["EDGE_INTO_TRIGGER", "DUPLICATE_EDGE", "DUPLICATE_KEY", "CYCLE"]);
    assert!(found[3].message.ends_with("`a` → `b` → `a`"), "{}", found[3].message);
    assert_eq!(problems(json!({})), ["NO_TRIGGER"]);
}

#[test]
fn an_edge_out_of_a_branch_must_name_its_port() {
    let mut definition = after_won("if", json!({ "condition": "true" }));
    definition["nodes"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "key": "end", "kind": "stop" }));
    let edges = [
        json!({ "from": "node", "to": "end" }),
        json!({ "from": "end", "to": "node" }),
    ];
    definition["edges"].as_array_mut().unwrap().extend(edges);

    let found = check(definition).problems;

    assert_eq!(found[0].message, "which way out of `node`? It has yes, no");
    assert_eq!(found[1].message, "`end` ends the run: nothing comes after it");
}

#[test]
fn names_that_tell_things_apart_are_told_apart() {
    let case = |name: &str| json!({ "name": name, "condition": "record.probability > 10" });
    let mut definition = after_won(
        "switch",
        json!({ "cases": [case("a"), case("a"), case("error"), case(" ")] }),
    );
    definition["edges"] = json!([
        { "id": "e", "from": "won", "to": "node" },
        { "id": "e", "from": "node", "port": "a", "to": "gone" },
    ]);

    let expected = [
        "e UNKNOWN_NODE",
        "e DUPLICATE_ID",
        "node cases[1].name DUPLICATE_NAME",
        "node cases[2].name DUPLICATE_NAME",
        "node cases[3].name REQUIRED",
    ];
    assert_eq!(problems(definition), expected);
}

#[test]
fn a_join_that_can_never_fire_is_found() {
    let case = |name: &str| json!({ "name": name, "condition": "record.probability > 10" });
    let definition = |count: u32| {
        json!({
            "nodes": [
                { "key": "start", "kind": "manual", "config": { "object": "deal" } },
                { "key": "ways", "kind": "switch", "config": { "cases": [case("hot"), case("cold")] } },
                { "key": "join", "kind": "join", "config": { "policy": "count", "count": count } },
            ],
            "edges": [
                { "from": "start", "to": "ways" },
                { "from": "ways", "port": "hot", "to": "join" },
                { "from": "ways", "port": "cold", "to": "join" },
            ],
        })
    };

    assert_eq!(problems(definition(2)), ["join count JOIN_NEVER_FIRES"]);
    assert_eq!(problems(definition(1)), [""; 0]);
    assert_eq!(problems(definition(0)), ["join count REQUIRED"]);
}

#[test]
fn values_are_checked_against_the_fields() {
    let values = json!({
        "nmae": "x", "id": "deal_1", "status": "GONE", "amount": "{{ record.name }}", "probability": 1.5,
        "closeDate": "2026-01-31", "owner": "{{ record.company.owner }}", "company": "{{ record.owner }}",
    });

    let found = problems(after_won("updateRecord", json!({ "values": values })));

    assert_eq!(
        found,
        [
            "node values.nmae UNKNOWN_FIELD",
            "node values.id NOT_WRITABLE",
            "node values.status INVALID_VALUE",
            "node values.amount WRONG_TYPE",
            "node values.probability INVALID_VALUE",
            "node values.company WRONG_TYPE",
        ]
    );
}

#[test]
fn a_new_record_needs_what_its_object_requires() {
    let config = json!({ "object": "company", "values": { "owner": "{{ record.owner }}" } });

    assert_eq!(
        problems(after_won("createRecord", config)),
        ["node values.name REQUIRED"]
    );
}

#[test]
fn a_step_must_come_before_the_node_that_reads_it() {
    let definition = json!({
        "nodes": [
            { "key": "start", "kind": "manual", "config": { "object": "deal" } },
            { "key": "find", "kind": "findRecords", "config": { "object": "company" } },
            { "key": "here", "kind": "if", "config": { "condition": "steps.find.output.count > 0" } },
            { "key": "aside", "kind": "if", "config": { "condition": "steps.find.output.count > 0" } },
            { "key": "wrong", "kind": "if", "config": { "condition": "steps.find.output.cuont > 0" } },
        ],
        "edges": [
            { "from": "start", "to": "find" }, { "from": "start", "to": "aside" },
            { "from": "find", "to": "here" }, { "from": "find", "to": "wrong" },
        ],
    });

    assert_eq!(
        problems(definition),
        ["aside condition STEP_NOT_UPSTREAM", "wrong condition UNKNOWN_FIELD"]
    );
}

#[test]
fn the_output_of_a_step_that_may_not_have_run_may_be_null() {
    let output = |disabled: bool| {
        let definition = json!({
            "nodes": [
                { "key": "start", "kind": "manual", "config": { "object": "deal" } },
                { "key": "find", "kind": "findRecords", "config": { "object": "company" }, "disabled": disabled },
                { "key": "sum", "kind": "set", "config": { "values": { "count": "steps.find.output.count" } } },
            ],
            "edges": [{ "from": "start", "to": "find" }, { "from": "find", "to": "sum" }],
        });
        let plan = check(definition).plan.unwrap();
        match &plan.node(&"sum".parse().unwrap()).unwrap().output {
            Type::Struct(fields) => fields["count"].ty.to_string(),
            other => panic!("{other}"),
        }
    };

    assert_eq!(output(false), "int");
    assert_eq!(output(true), "int or null");
}

#[test]
fn a_record_of_several_objects_has_the_fields_that_all_have() {
    let definition = |condition: &str| {
        json!({
            "nodes": [
                { "key": "deal", "kind": "recordCreated", "config": { "object": "deal" } },
                { "key": "company", "kind": "recordCreated", "config": { "object": "company" } },
                { "key": "both", "kind": "if", "config": { "condition": condition } },
            ],
            "edges": [{ "from": "deal", "to": "both" }, { "from": "company", "to": "both" }],
        })
    };

    assert_eq!(problems(definition("record.name == 'x'")), [""; 0]);
    assert_eq!(
        problems(definition("record.amount > 1")),
        ["both condition UNKNOWN_FIELD"]
    );
}

#[test]
fn a_workflow_that_sets_itself_off_is_warned_of() {
    let update = |values| problems(after_won("updateRecord", json!({ "values": values })));

    assert_eq!(update(json!({ "status": "LOST" })), ["[node TRIGGERS_ITSELF]"]);
    assert_eq!(update(json!({ "name": "x" })), [""; 0]);
}

#[test]
fn what_a_node_creates_or_deletes_can_set_its_workflow_off_too() {
    let on = |trigger: &str, kind: &str, config: Json| {
        problems(json!({
            "nodes": [
                { "key": "start", "kind": trigger, "config": { "object": "company" } },
                { "key": "node", "kind": kind, "config": config },
            ],
            "edges": [{ "from": "start", "to": "node" }],
        }))
    };
    let upsert = json!({ "object": "company", "match": ["name"], "values": { "name": "x" } });

    assert_eq!(
        on("recordDeleted", "deleteRecord", json!({})),
        ["[node TRIGGERS_ITSELF]"]
    );
    assert_eq!(on("recordCreated", "deleteRecord", json!({})), [""; 0]);
    assert_eq!(
        on("recordCreated", "upsertRecord", upsert.clone()),
        ["[node TRIGGERS_ITSELF]"]
    );
    assert_eq!(
        on("recordUpdated", "upsertRecord", upsert.clone()),
        ["[node TRIGGERS_ITSELF]"]
    );
    assert_eq!(on("recordDeleted", "upsertRecord", upsert), [""; 0]);
}

#[test]
fn a_wait_without_a_time_out_is_warned_of() {
    let wait = |config| problems(after_won("waitFor", config));

    assert_eq!(
        wait(json!({ "event": "recordChanged" })),
        ["[node timeout WAITS_FOREVER]"]
    );
    assert_eq!(
        wait(json!({ "event": "recordChanged", "timeout": "P7D", "where": "record.status == 'LOST'" })),
        [""; 0]
    );
}

#[test]
fn only_actions_are_retried_or_disabled() {
    let mut definition = after_won("if", json!({ "condition": "record.probability > 10" }));
    definition["nodes"][1]["retry"] = json!({ "maxAttempts": 3 });
    definition["nodes"][1]["disabled"] = json!(true);

    assert_eq!(
        problems(definition),
        ["node retry NOT_AN_ACTION", "node disabled CANNOT_BE_DISABLED"]
    );
}

#[test]
fn a_retry_has_bounds() {
    let mut definition = after_won("updateRecord", json!({ "values": { "name": "x" } }));
    definition["nodes"][1]["retry"] = json!({ "maxAttempts": 0, "initial": "P1D", "max": "PT1H" });
    definition["nodes"][1]["timeout"] = json!("PT0S");

    let expected = [
        "node timeout INVALID_VALUE",
        "node retry.initial INVALID_VALUE",
        "node retry.maxAttempts INVALID_VALUE",
    ];
    assert_eq!(problems(definition), expected);
}

#[test]
fn a_condition_on_other_records_has_them_as_record() {
    let find = |condition: &str| {
        problems(after_won(
            "findRecords",
            json!({ "object": "company", "where": condition }),
        ))
    };

    let unused = "[node UNUSED_OUTPUT]";
    assert_eq!(find("record.owner == trigger.record.owner"), [unused]);
    assert_eq!(find("record.amount > 1"), ["node where UNKNOWN_FIELD", unused]);
}

#[test]
fn a_thousand_nodes_are_checked_in_time_that_grows_with_their_number() {
    let nodes = (0..999).map(|number| {
        let condition = if number % 50 == 1 {
            "steps.n0.output == null"
        } else {
            "record.amount > 10"
        };
        json!({ "key": format!("n{number}"), "kind": "if", "config": { "condition": condition } })
    });
    let start = json!({ "key": "start", "kind": "manual", "config": { "object": "deal" } });
    let link = |number: u32| match number {
        0 => json!({ "from": "start", "to": "n0" }),
        _ => json!({ "from": format!("n{}", number - 1), "port": "yes", "to": format!("n{number}") }),
    };
    let definition = json!({
        "nodes": std::iter::once(start).chain(nodes).collect::<Vec<_>>(),
        "edges": (0..999).map(link).collect::<Vec<_>>(),
    });
    let begun = std::time::Instant::now();

    let checked = check(definition);

    assert_eq!(checked.problems, []);
    assert!(begun.elapsed().as_secs() < 2, "{:?}", begun.elapsed());
}

#[test]
fn a_secret_stands_alone_in_a_request_and_nowhere_else() {
    let call = |template: &str| {
        problems(after_won(
            "httpRequest",
            json!({ "method": "POST", "url": "https://a.example", "body": template }),
        ))
    };

    assert_eq!(call("key={{ secrets.vault }}"), [""; 0]);
    assert_eq!(
        call("{% if record.amount > 1 %}{{ secrets.vault }}{% endif %}"),
        [""; 0]
    );
    for computed in [
        "{{ secrets.vault + 'x' }}",
        "{{ size(secrets.vault) }}",
        "{{ secrets }}",
        "{{ secrets[record.name] }}",
        "{% if secrets.vault == 'x' %}y{% endif %}",
        "{% for name in secrets %}{{ name }}{% endfor %}",
    ] {
        assert_eq!(call(computed), ["node body INVALID_VALUE"], "{computed}");
    }
    let mail = json!({ "to": "a@b.example", "subject": "x", "text": "{{ secrets.vault }}" });
    assert_eq!(problems(after_won("sendEmail", mail)).len(), 1);
}

#[test]
fn a_wait_for_an_answer_knows_the_message_and_the_record() {
    let wait = |reply: &str, condition: &str| {
        let mut definition = after_won("sendEmail", json!({ "to": "a@b.example", "subject": "x", "text": "y" }));
        let config = json!({ "event": "messageReceived", "replyTo": reply, "where": condition, "timeout": "P1D" });
        definition["nodes"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "key": "answer", "kind": "waitFor", "config": config }));
        definition["edges"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "from": "node", "to": "answer" }));
        problems(definition)
    };

    assert_eq!(
        wait(
            "steps.node.output.message",
            "message.text.contains('yes') && record.amount > 1"
        ),
        [""; 0]
    );
    assert_eq!(wait("record", "message.text != ''"), ["answer replyTo WRONG_TYPE"]);
    assert_eq!(wait("steps.later.output.message", "message.text != ''").len(), 1);
    assert_eq!(
        wait("steps.node.output.message", "message.amount > 1"),
        ["answer where UNKNOWN_FIELD"]
    );
}

#[test]
fn a_run_that_a_message_starts_has_it_as_record_and_by_its_name() {
    let came = |condition: &str| {
        problems(json!({
            "nodes": [
                { "key": "came", "kind": "messageReceived", "config": { "channel": "SMS", "where": condition } },
                { "key": "big", "kind": "if", "config": { "condition": "message.text == record.text" } },
            ],
            "edges": [{ "from": "came", "to": "big" }],
        }))
    };

    assert_eq!(came("message.text.contains('hi') || message.channel == 'SMS'"), [""; 0]);
    assert_eq!(came("message.txt == ''"), ["came where UNKNOWN_FIELD"]);
}

#[test]
fn a_schema_that_no_answer_could_be_held_against_is_refused() {
    let with = |schema| {
        let config = json!({ "method": "POST", "url": "https://example.com", "responseSchema": schema });
        problems(after_won("httpRequest", config))
    };

    for unusable in [
        json!({ "type": "unicorn" }),
        json!({ "$ref": "https://example.com/schema.json" }),
        json!(7),
    ] {
        assert_eq!(
            with(unusable.clone()),
            ["node responseSchema INVALID_VALUE"],
            "{unusable}"
        );
    }
    assert_eq!(with(json!({ "type": "object" })), Vec::<String>::new());
}

#[test]
fn settings_are_checked_by_field() {
    let mut definition = after_won("stop", json!({}));
    definition["settings"] = json!({
        "reenrolment": "oncePerRecord",
        "concurrency": { "key": "record.amuont", "limit": 0 },
        "deduplication": { "window": "P1M" },
        "rate": { "limit": 5000 },
    });

    assert_eq!(
        problems(definition),
        [
            "settings.concurrency.key UNKNOWN_FIELD",
            "settings.concurrency.limit INVALID_VALUE",
            "settings.deduplication.key REQUIRED",
            "settings.deduplication.window INVALID_VALUE",
            "settings.rate.limit INVALID_VALUE",
            "settings.rate.per REQUIRED",
        ]
        .map(String::from)
    );
}

#[test]
fn sound_settings_are_part_of_the_plan() {
    let mut definition = after_won("set", json!({ "values": { "x": "1" } }));
    definition["settings"] = json!({
        "reenrolment": "whenTurnsTrue",
        "concurrency": { "key": "record.name" },
        "deduplication": { "key": "trigger.key", "window": "PT1H" },
        "rate": { "limit": 10, "per": "PT1M" },
    });

    let checked = check(definition);

    let plan = checked.plan.unwrap();
    let enrolment = plan.enrolment();
    assert_eq!(enrolment.reenrolment, Reenrolment::WhenTurnsTrue);
    let gate = enrolment.concurrency.as_ref().unwrap();
    assert_eq!((gate.limit, gate.overflow), (1, Overflow::Queue));
    assert_eq!(enrolment.rate.unwrap().limit, 10);
    assert!(enrolment.deduplication.is_some());
}

#[test]
fn the_run_is_not_there_yet_when_its_settings_decide() {
    let mut definition = after_won("stop", json!({}));
    definition["settings"] = json!({ "concurrency": { "key": "run.id" } });

    assert_eq!(
        problems(definition),
        ["settings.concurrency.key UNKNOWN_VARIABLE".to_owned()]
    );
}

#[test]
fn workflows_that_set_each_other_off_are_warned_of_with_the_way_round() {
    let plan = |listens: &str, writes: serde_json::Value| {
        let definition = json!({
            "nodes": [
                { "key": "changed", "kind": "recordUpdated", "config": { "object": "deal", "fields": [listens] } },
                { "key": "write", "kind": "updateRecord", "config": { "values": writes } },
            ],
            "edges": [{ "from": "changed", "to": "write" }],
        });
        check(definition).plan.unwrap()
    };
    let first = plan("name", json!({ "probability": 5 }));
    let second = plan("probability", json!({ "amount": 10 }));
    let third = plan("amount", json!({ "name": "x" }));

    let round = between("A", &first, &[("B", &second), ("C", &third)]);
    let open = between("A", &first, &[("B", &second)]);

    assert_eq!(open, []);
    assert_eq!(round.len(), 1);
    assert_eq!(
        (round[0].code.as_str(), round[0].is_error()),
        ("TRIGGER_EACH_OTHER", false)
    );
    assert_eq!(round[0].node.as_ref().map(|node| node.as_str()), Some("write"));
    assert!(
        round[0].message.contains("“A” → “B” → “C” → “A”"),
        "{}",
        round[0].message
    );
}
