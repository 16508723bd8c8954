//! The kinds that turn to people, to other runs and to records by their values: what is checked, and what is ordered.

use chrono_tz::Tz;
use pointsman_graph::{
    expression::{Budget, Variables},
    node::{Load, Strategy},
    resolve::{Moment, Order, Resolution, Unresolved},
    value::{Reference, Type, Value},
};
use serde_json::{Value as Json, json};

use super::crm::{after_won, check, problems};

fn found(kind: &str, config: Json) -> Vec<String> {
    problems(after_won(kind, config))
}

fn resolve(kind: &str, config: Json) -> Result<Order, Unresolved> {
    let checked = check(after_won(kind, config));
    let plan = checked.plan.unwrap_or_else(|| panic!("{:?}", checked.problems));
    let owner = Reference {
        object: "user".into(),
        id: "user_1".into(),
    };
    let record = Value::map([
        ("id", Value::text("deal_1")),
        ("name", Value::text("Big & small")),
        ("probability", Value::Int(80)),
        ("owner", Value::Reference(owner)),
        ("company", Value::Null),
    ]);
    let resolved = plan.node(&"node".parse().unwrap()).unwrap().resolve(&mut Moment {
        bindings: &Variables::default().with("record", record),
        budget: &mut Budget::default(),
        // A Saturday, on the eve of summer time.
        now: "2026-03-28T11:00:00Z".parse().unwrap(),
        zone: Tz::Europe__Berlin,
    })?;
    match resolved {
        Resolution::Order(order) => Ok(order),
        other => panic!("{other:?}"),
    }
}

#[test]
fn people_are_named_by_address_id_expression_or_team() {
    let users = json!([
        "ann@acme.example",
        "{{ record.owner }}",
        "{{ [record.owner, 'bob@acme.example'] }}",
        "{{ record.company.owner }}"
    ]);

    let Order::Assign(order) = resolve(
        "assign",
        json!({ "strategy": "leastBusy", "busyWith": "tasks", "users": users, "team": " Sales " }),
    )
    .unwrap() else {
        panic!("an assignment")
    };

    assert_eq!(
        order.people.users,
        ["ann@acme.example", "user_1", "user_1", "bob@acme.example"]
    );
    assert_eq!(order.people.team.as_deref(), Some("Sales"));
    assert_eq!(
        (order.strategy, order.load, &*order.target.id),
        (Strategy::LeastBusy, Load::Tasks, "deal_1")
    );
}

#[test]
fn people_must_be_named_and_must_be_users() {
    assert_eq!(found("assign", json!({ "strategy": "user" })), ["node users REQUIRED"]);
    assert_eq!(
        found(
            "notify",
            json!({ "title": "x", "users": ["{{ record.amount }}", "{{ record.company }}"] })
        ),
        ["node users[0] WRONG_TYPE", "node users[1] WRONG_TYPE"]
    );
    assert_eq!(
        found(
            "assign",
            json!({ "strategy": "user", "users": "a@b.c", "busyWith": "tasks" })
        ),
        ["node busyWith AMBIGUOUS"]
    );
    let nobody = resolve("notify", json!({ "title": "x", "users": "{{ record.company.owner }}" }));
    assert_eq!(nobody.unwrap_err().code(), "NO_RECIPIENT");
}

#[test]
fn an_upsert_needs_a_value_for_each_field_to_match_and_no_amount() {
    assert_eq!(
        found(
            "upsertRecord",
            json!({ "object": "deal", "match": ["name", "amount", "nome"], "values": { "amount": 5 } })
        ),
        [
            "node match[2] UNKNOWN_FIELD",
            "node values.name REQUIRED",
            "node match WRONG_TYPE",
            "node values.name REQUIRED",
        ]
    );
    assert_eq!(
        found(
            "upsertRecord",
            json!({ "object": "company", "values": { "name": "x" } })
        ),
        ["node match REQUIRED"]
    );
}

#[test]
fn a_wait_for_a_signal_takes_its_address_and_nothing_of_a_record() {
    let config = json!({ "event": "signal", "name": "paid", "key": "record", "timeout": "P1D" });

    let Order::WaitForSignal(wait) = resolve("waitFor", config).unwrap() else {
        panic!("a wait")
    };

    assert_eq!((&*wait.name, wait.key.as_str()), ("paid", "deal_1"));
    assert_eq!(wait.deadline.unwrap().to_string(), "2026-03-29T10:00:00Z");
    assert_eq!(
        found(
            "waitFor",
            json!({ "event": "signal", "where": "true", "timeout": "P1D" })
        ),
        ["node where AMBIGUOUS", "node name REQUIRED"]
    );
    assert_eq!(
        found("waitFor", json!({ "event": "recordChanged", "name": "paid" })),
        ["[node timeout WAITS_FOREVER]", "node name AMBIGUOUS"]
    );
}

#[test]
fn a_key_is_text_a_number_or_a_record_and_never_empty() {
    let key = |key: &str| match resolve("emitSignal", json!({ "name": "paid", "key": key })) {
        Ok(Order::EmitSignal(signal)) => Ok(signal.key),
        Ok(other) => panic!("{other:?}"),
        Err(unresolved) => Err(unresolved.code()),
    };

    assert_eq!(key("record.probability"), Ok("80".into()));
    assert_eq!(key("record.owner"), Ok("user_1".into()));
    assert_eq!(key("record.company"), Err("NOT_A_KEY"));
    assert_eq!(key("''"), Err("NOT_A_KEY"));
    assert_eq!(key("[1]"), Err("NOT_A_KEY"));
}

#[test]
fn a_signal_carries_what_its_templates_give() {
    let Order::EmitSignal(signal) = resolve(
        "emitSignal",
        json!({ "name": "paid", "payload": { "of": "{{ record.name }}", "n": [1, "{{ record.probability }}"] } }),
    )
    .unwrap() else {
        panic!("a signal")
    };

    assert_eq!(signal.payload, json!({ "of": "Big & small", "n": [1, 80] }));
    assert_eq!(signal.key, "");
}

#[test]
fn an_approvals_output_has_the_types_of_its_form() {
    let form = json!([{ "name": "limit", "input": "number", "required": true }, { "name": "why", "input": "text" }]);
    let mut definition = after_won(
        "approval",
        json!({ "users": "{{ record.owner }}", "title": "{{ record.name }}?", "form": form, "deadline": "P1D" }),
    );
    let set = json!({ "key": "sum", "kind": "set", "config": { "values": { "limit": "steps.node.output.form.limit", "by": "steps.node.output.by.email", "odd": "steps.node.output.form.colour" } } });
    definition["nodes"].as_array_mut().unwrap().push(set);
    definition["edges"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "from": "node", "port": "approved", "to": "sum" }));

    let checked = check(definition);

    let codes: Vec<_> = checked.problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["UNKNOWN_FIELD", "UNUSED_OUTPUT"]);
    let question = check(after_won(
        "approval",
        json!({ "users": "{{ record.owner }}", "title": "?", "form": form_of_two(), "deadline": "P1D" }),
    ));
    let plan = question.plan.unwrap();
    let Type::Struct(output) = &plan.node(&"node".parse().unwrap()).unwrap().output else {
        panic!("an output of fields")
    };
    let Type::Struct(answers) = &output["form"].ty else {
        panic!("answers")
    };
    assert_eq!(
        (&answers["limit"].ty, &answers["when"].ty),
        (&Type::Decimal, &Type::Date)
    );
    assert!(answers["when"].nullable && output["form"].nullable && !output["by"].nullable);
}

fn form_of_two() -> Json {
    json!([{ "name": "limit", "input": "number", "required": true }, { "name": "when", "input": "date" }])
}

#[test]
fn an_approval_is_asked_with_its_form_and_deadline() {
    let Order::Approval(request) = resolve(
        "approval",
        json!({ "team": "Sales", "title": "{{ record.name }}?", "form": form_of_two(), "deadline": "P1D" }),
    )
    .unwrap() else {
        panic!("a question")
    };

    assert_eq!((request.title.as_str(), request.form.len()), ("Big & small?", 2));
    assert_eq!(request.deadline.unwrap().to_string(), "2026-03-29T10:00:00Z");
    assert_eq!(
        found(
            "approval",
            json!({ "team": "Sales", "title": "?", "form": [{ "name": "x", "input": "select" }, { "name": "x" }] })
        ),
        [
            "node form[0].options REQUIRED",
            "node form[1].name DUPLICATE_NAME",
            "[node deadline WAITS_FOREVER]"
        ]
    );
}

#[test]
fn a_delay_ends_at_the_next_such_time_of_day() {
    let until = |until_time: Json| match resolve("delay", json!({ "untilTime": until_time })).unwrap() {
        Order::Delay { until } => until.to_string(),
        other => panic!("{other:?}"),
    };

    assert_eq!(until(json!({ "time": "12:30" })), "2026-03-28T11:30:00Z");
    assert_eq!(until(json!({ "time": "12:00" })), "2026-03-29T10:00:00Z");
    assert_eq!(
        until(json!({ "time": "09:00", "weekdays": ["MONDAY"] })),
        "2026-03-30T07:00:00Z"
    );
    assert_eq!(
        until(json!({ "time": "09:00", "zone": "America/New_York" })),
        "2026-03-28T13:00:00Z"
    );
    assert_eq!(
        found("delay", json!({ "untilTime": { "time": "25:00", "zone": "Mars" } })),
        ["node untilTime.time INVALID_VALUE", "node untilTime.zone INVALID_VALUE"]
    );
    assert_eq!(
        found("delay", json!({ "for": "PT1H", "untilTime": { "time": "09:00" } })),
        ["node until AMBIGUOUS"]
    );
}

#[test]
fn a_deletion_names_its_record() {
    let Order::DeleteRecord { target } = resolve("deleteRecord", json!({})).unwrap() else {
        panic!("a deletion")
    };

    assert_eq!((&*target.object, &*target.id), ("deal", "deal_1"));
    assert_eq!(
        found("deleteRecord", json!({ "object": "company" })),
        ["node record REQUIRED"]
    );
}

#[test]
fn a_note_and_a_link_are_rendered() {
    let Order::CreateRecord { object, values } = resolve("addNote", json!({ "body": "{{ record.name }}!" })).unwrap()
    else {
        panic!("a note")
    };
    let Order::Notify(notice) = resolve(
        "notify",
        json!({ "users": "a@b.c", "title": "x", "link": "https://crm.example/?q={{ record.name }}" }),
    )
    .unwrap() else {
        panic!("a notice")
    };

    assert_eq!(
        (&*object, values.get("body")),
        ("note", Some(&Value::text("Big & small!")))
    );
    assert!(matches!(values.get("deal"), Some(Value::Reference(deal)) if &*deal.id == "deal_1"));
    assert_eq!(notice.link.as_deref(), Some("https://crm.example/?q=Big%20%26%20small"));
}
