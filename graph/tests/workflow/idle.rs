//! What the check finds that is sound, and in vain.

use serde_json::{Value as Json, json};

use super::crm::{after_won, check, problems};

fn condition(condition: &str) -> Vec<String> {
    problems(after_won("if", json!({ "condition": condition })))
}

const CONSTANT: &str = "[node condition CONSTANT_CONDITION]";

#[test]
fn a_condition_that_always_comes_to_the_same_is_warned_of() {
    let constant = [
        "true",
        "1 + 1 == 2",
        "record.name == 'a' && record.name == 'b'",
        "record.status != 'WON' || record.status != 'LOST'",
        "record.status == 'WON' && record.status in ['OPEN', 'LOST']",
        "record.amount > 10 && record.amount < 5",
        "record.amount >= 10 && record.amount <= 10 && record.amount != 10",
        "record.name == null",
        "record.closeDate > timestamp('2026-02-01T00:00:00Z') && record.closeDate < timestamp('2026-01-01T00:00:00Z')",
        "record.name.startsWith('a') || !record.name.startsWith('a')",
        "false && record.owner.email == 'x'",
    ];

    for source in constant {
        assert_eq!(condition(source), [CONSTANT], "{source}");
    }
}

#[test]
fn a_condition_that_can_come_to_both_is_not() {
    let varying = [
        "record.status == 'WON'",
        // Its status may be empty.
        "record.status == 'OPEN' || record.status == 'WON' || record.status == 'LOST'",
        "record.amount > 5 && record.amount < 10",
        "record.amount > 10 || record.amount <= 10",
        "record.name == 'a' || record.name != 'b'",
        "record.owner == null",
        "record.company.name == null",
        "record.probability > 5 && record.probability < 6",
        "record.owner.email == record.name",
        "now > timestamp('2026-02-01T00:00:00Z')",
        "record.status == previous.status",
        "has(record.amount)",
        "trigger.form.wanted",
    ];

    for source in varying {
        assert_eq!(condition(source), [""; 0], "{source}");
    }
}

#[test]
fn the_message_says_which_way_a_condition_always_goes() {
    let never = check(after_won(
        "if",
        json!({ "condition": "record.amount > 10 && record.amount < 5" }),
    ));

    let problem = &never.problems[0];
    assert_eq!(
        problem.message,
        "`record.amount > 10 && record.amount < 5` never holds, whatever it reads"
    );
    assert_eq!(problem.field.as_deref(), Some("condition"));
    assert!(never.plan.is_some());
}

#[test]
fn an_output_that_nobody_reads_is_warned_of() {
    let unread = |kind, config| problems(after_won(kind, config));

    assert_eq!(
        unread("findRecords", json!({ "object": "company" })),
        ["[node UNUSED_OUTPUT]"]
    );
    assert_eq!(
        unread("set", json!({ "values": { "a": "1" } })),
        ["[node UNUSED_OUTPUT]"]
    );
    let request = |method: Json| json!({ "url": "https://x.example", "method": method });
    assert_eq!(unread("httpRequest", request(json!("GET"))), ["[node UNUSED_OUTPUT]"]);
    assert_eq!(unread("httpRequest", request(json!("POST"))), [""; 0]);
}

#[test]
fn an_output_that_a_template_or_a_loop_reads_is_used() {
    let definition = |text: &str| {
        json!({
            "nodes": [
                { "key": "start", "kind": "manual", "config": { "object": "deal" } },
                { "key": "find", "kind": "findRecords", "config": { "object": "company" } },
                { "key": "note", "kind": "createTask", "config": { "title": text } },
            ],
            "edges": [{ "from": "start", "to": "find" }, { "from": "find", "to": "note" }],
        })
    };

    assert_eq!(problems(definition("{{ steps.find.output.count }}")), [""; 0]);
    let each = "{% for one in steps.find.output.records %}{{ one.name }}{% endfor %}";
    assert_eq!(problems(definition(each)), [""; 0]);
    assert_eq!(
        problems(definition("{{ steps.find.output.records.all(r, r.name != '') }}")),
        [""; 0]
    );
    assert_eq!(problems(definition("x")), ["[find UNUSED_OUTPUT]"]);
}

#[test]
fn what_depends_on_a_disabled_node_is_named() {
    let definition = json!({
        "nodes": [
            { "key": "start", "kind": "manual", "config": { "object": "deal" } },
            { "key": "find", "kind": "findRecords", "config": { "object": "company" }, "disabled": true },
            { "key": "a", "kind": "createTask", "config": { "title": "{{ steps.find.output.count }}" } },
            { "key": "b", "kind": "createTask", "config": { "title": "failed" } },
        ],
        "edges": [{ "from": "start", "to": "find" }, { "from": "find", "to": "a" },
                  { "id": "e", "from": "find", "port": "error", "to": "b" }],
    });

    let found = check(definition.clone()).problems;

    assert_eq!(
        problems(definition),
        ["[e NEVER_TAKEN]", "[find disabled DISABLED_BUT_READ]"]
    );
    assert_eq!(found[1].message, "`find` is disabled, so what `a` reads of it is null");
}

#[test]
fn a_join_of_one_way_is_warned_of() {
    let found = problems(after_won("join", json!({ "policy": "all" })));

    assert_eq!(found, ["[node JOIN_GATHERS_NOTHING]"]);
}

#[test]
fn marketing_must_say_how_to_unsubscribe() {
    let mail = |kind: &str, text: &str| {
        let config = json!({ "to": "{{ record.owner.email }}", "subject": "News", "text": text, "kind": kind });
        problems(after_won("sendEmail", config))
    };

    assert_eq!(mail("MARKETING", "Buy!"), ["[node text NO_WAY_TO_UNSUBSCRIBE]"]);
    assert_eq!(mail("MARKETING", "Buy! Or unsubscribe: …"), [""; 0]);
    assert_eq!(mail("TRANSACTIONAL", "Your order"), [""; 0]);
}
