//! What nodes do when their turn comes.

use std::sync::Arc;

use chrono_tz::Tz;
use pointsman_graph::{
    event::Outcome,
    expression::{Budget, Variables},
    node::EmailKind,
    plan::{Change, Operation},
    resolve::{Body, Moment, Order, Resolution, Unresolved},
    value::{Reference, Timestamp, Value},
};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::crm::{after_won, check};

fn resolve(kind: &str, config: Json) -> Result<Resolution, Unresolved> {
    resolve_with(kind, config, &bindings())
}

fn resolve_with(kind: &str, config: Json, bindings: &Variables) -> Result<Resolution, Unresolved> {
    let checked = check(after_won(kind, config));
    let plan = checked.plan.unwrap_or_else(|| panic!("{:?}", checked.problems));
    let node = plan.node(&"node".parse().unwrap()).unwrap();
    let now = "2026-03-28T11:00:00Z".parse().unwrap();
    node.resolve(&mut Moment {
        bindings,
        budget: &mut Budget::default(),
        now,
        zone: Tz::Europe__Berlin,
    })
}

fn order(kind: &str, config: Json) -> Order {
    match resolve(kind, config).unwrap() {
        Resolution::Order(order) => order,
        other => panic!("{other:?}"),
    }
}

fn bindings() -> Variables {
    let user = |id: &str| {
        Value::Reference(Reference {
            object: "user".into(),
            id: id.into(),
        })
    };
    let record = Value::map([
        ("id", Value::text("deal_1")),
        ("name", Value::text("<Big>\nBcc: x@example.com")),
        ("amount", Value::Decimal(Decimal::new(123_456, 2))),
        ("status", Value::text("WON")),
        ("closeDate", Value::Timestamp("2026-04-01T00:00:00Z".parse().unwrap())),
        ("probability", Value::Int(80)),
        ("owner", user("user_1")),
        ("company", Value::Null),
    ]);
    let now: Timestamp = "2026-03-28T11:00:00Z".parse().unwrap();
    let owner = Value::map([("id", Value::text("user_1")), ("email", Value::text("ann@example.com"))]);
    Variables::default()
        .with("record", record)
        .with("now", now)
        .with_record("user_1", Some(owner))
}

#[test]
fn an_if_leaves_by_yes_or_no_and_says_why() {
    let Resolution::Leave { port, traces, .. } = resolve("if", json!({ "condition": "record.amount > 1000" })).unwrap()
    else {
        panic!("an if leaves")
    };

    assert_eq!(port.as_str(), "yes");
    assert_eq!(traces[0].field, "condition");
    assert!(
        traces[0]
            .trace
            .steps
            .iter()
            .any(|step| &*step.source == "record.amount")
    );
}

#[test]
fn a_switch_goes_the_way_of_the_first_case_that_holds() {
    let case = |name: &str, above: u8| json!({ "name": name, "condition": format!("record.probability > {above}") });
    let way = |cases: Json| match resolve("switch", json!({ "cases": cases })).unwrap() {
        Resolution::Leave { port, traces, .. } => (port.to_string(), traces.len()),
        other => panic!("{other:?}"),
    };

    assert_eq!(
        way(json!([case("hot", 90), case("warm", 50), case("cold", 0)])),
        ("warm".to_owned(), 2)
    );
    assert_eq!(way(json!([case("hot", 90)])), ("otherwise".to_owned(), 1));
}

#[test]
fn set_keeps_the_types_of_its_values() {
    let values = json!({ "double": "record.probability * 2", "due": "record.closeDate" });

    let Resolution::Leave { output, .. } = resolve("set", json!({ "values": values })).unwrap() else {
        panic!("set leaves")
    };

    assert_eq!(output.get("double"), Some(&Value::Int(160)));
    assert!(matches!(output.get("due"), Some(Value::Timestamp(_))));
}

#[test]
fn stop_says_how_and_why() {
    let config = json!({ "outcome": "failed", "message": "{{ record.status }} at {{ record.amount }}" });

    let Resolution::Stop { outcome, message } = resolve("stop", config).unwrap() else {
        panic!("stop stops")
    };

    assert_eq!((outcome, message.as_str()), (Outcome::Failed, "WON at 1234.56"));
}

#[test]
fn a_delay_counts_days_by_the_calendar_of_its_zone() {
    let until = |config| match order("delay", config) {
        Order::Delay { until } => until.to_string(),
        other => panic!("{other:?}"),
    };

    assert_eq!(until(json!({ "for": "P1D" })), "2026-03-29T10:00:00Z");
    assert_eq!(until(json!({ "for": "PT24H" })), "2026-03-29T11:00:00Z");
    assert_eq!(until(json!({ "until": "record.closeDate" })), "2026-04-01T00:00:00Z");
}

#[test]
fn values_keep_their_types_where_a_template_is_one_expression() {
    let values = json!({ "amount": "{{ record.amount }}", "name": "{{ record.status }}!", "owner": "{{ record.owner }}", "status": "LOST", "probability": 5 });

    let Order::UpdateRecord { target, values } = order("updateRecord", json!({ "values": values })) else {
        panic!("an update")
    };

    assert_eq!(
        target,
        Reference {
            object: "deal".into(),
            id: "deal_1".into()
        }
    );
    assert!(matches!(values["amount"], Value::Decimal(_)));
    assert!(matches!(values["owner"], Value::Reference(_)));
    assert_eq!(values["name"], Value::text("WON!"));
    assert_eq!(values["probability"], Value::Int(5));
}

#[test]
fn a_record_that_is_not_loaded_is_asked_for() {
    let bindings = Variables::default().with("record", bindings_without_owner());

    let error = resolve_with("if", json!({ "condition": "record.owner.email == 'x'" }), &bindings).unwrap_err();

    assert_eq!(error.unloaded().map(|reference| &*reference.id), Some("user_2"));
}

fn bindings_without_owner() -> Value {
    let owner = Reference {
        object: "user".into(),
        id: "user_2".into(),
    };
    Value::map([("id", Value::text("deal_1")), ("owner", Value::Reference(owner))])
}

#[test]
fn a_record_that_is_missing_is_a_failure_with_a_code() {
    let config = json!({ "record": "record.company", "values": { "name": "x" } });

    assert_eq!(resolve("updateRecord", config).unwrap_err().code(), "NOT_A_RECORD");
}

#[test]
fn an_e_mail_escapes_by_context() {
    let config = json!({ "to": ["{{ record.owner.email }}", "b@example.com"], "subject": "Hi", "html": "<p>{{ record.name }}</p>" });

    let Order::SendEmail(email) = order("sendEmail", config) else {
        panic!("an e-mail")
    };

    assert_eq!(email.to, ["ann@example.com", "b@example.com"]);
    assert!(email.html.unwrap().starts_with("<p>&lt;Big&gt;"));
    assert_eq!((email.text, email.kind), (None, EmailKind::Transactional));
}

#[test]
fn a_line_break_never_reaches_a_header() {
    let code = |to: &str, subject: &str| {
        resolve("sendEmail", json!({ "to": to, "subject": subject, "text": "x" }))
            .unwrap_err()
            .code()
    };

    assert_eq!(code("a@example.com", "{{ record.name }}"), "UNSAFE_HEADER");
    assert_eq!(code("{{ record.name }}", "Hi"), "UNSAFE_HEADER");
    assert_eq!(code("Ann {{ record.name }}", "Hi"), "UNSAFE_HEADER");
    assert_eq!(code("{{ [record.name] }}", "Hi"), "UNSAFE_HEADER");
}

#[test]
fn an_e_mail_to_nobody_is_a_failure_with_a_code() {
    let config = json!({ "to": "{{ record.company.owner.email }}", "subject": "Hi", "text": "x" });

    assert_eq!(resolve("sendEmail", config).unwrap_err().code(), "NO_RECIPIENT");
}

#[test]
fn a_value_that_is_the_whole_url_is_meant_as_one() {
    let config = json!({ "url": "{{ 'https://example.com/a?b=' + record.status }}" });

    let Order::HttpRequest(request) = order("httpRequest", config) else {
        panic!("a request")
    };

    assert_eq!(request.url, "https://example.com/a?b=WON");
}

#[test]
fn a_request_is_rendered_with_its_json() {
    let config = json!({
        "method": "POST", "url": "https://example.com/{{ record.name }}",
        "headers": { "X-Deal": "{{ record.id }}" },
        "json": { "amount": "{{ record.amount }}", "tags": ["{{ record.status }}", 1] },
    });

    let Order::HttpRequest(request) = order("httpRequest", config) else {
        panic!("a request")
    };

    assert!(request.url.starts_with("https://example.com/%3CBig%3E%0A"));
    assert_eq!(request.headers["X-Deal"], "deal_1");
    assert_eq!(
        request.body,
        Some(Body::Json(json!({ "amount": "1234.56", "tags": ["WON", 1] })))
    );
}

#[test]
fn a_task_is_due_and_has_an_assignee() {
    let config =
        json!({ "title": "Call {{ record.status }}", "dueIn": "P1D", "assignee": "record.owner", "about": "record" });

    let Order::CreateTask(task) = order("createTask", config) else {
        panic!("a task")
    };

    assert_eq!(task.title, "Call WON");
    assert_eq!(task.due_at.unwrap().to_string(), "2026-03-29T10:00:00Z");
    assert_eq!(task.assignee.unwrap().id, Arc::from("user_1"));
    assert_eq!(
        task.about.unwrap(),
        Reference {
            object: "deal".into(),
            id: "deal_1".into()
        }
    );
}

#[test]
fn a_wait_names_its_record_and_deadline() {
    let config = json!({ "event": "recordChanged", "where": "record.status == 'LOST'", "timeout": "P1D" });

    let Order::WaitForRecord(wait) = order("waitFor", config) else {
        panic!("a wait")
    };

    assert_eq!(wait.record.unwrap().id, Arc::from("deal_1"));
    assert_eq!(wait.deadline.unwrap().to_string(), "2026-03-29T10:00:00Z");
    assert!(wait.condition.is_some());
}

#[test]
fn a_search_is_handed_on_with_its_condition() {
    let config =
        json!({ "object": "company", "where": "record.name == 'x'", "orderBy": [{ "field": "name" }], "limit": 5 });

    let Order::FindRecords(search) = order("findRecords", config) else {
        panic!("a search")
    };

    assert_eq!((&*search.object, search.limit), ("company", 5));
    assert_eq!(search.condition.unwrap().source(), "record.name == 'x'");
}

#[test]
fn a_trigger_matches_its_operation_object_fields_and_condition() {
    let mut definition = after_won("stop", json!({}));
    definition["nodes"][0]["config"]["where"] = json!("record.probability > 50");
    let plan = check(definition).plan.unwrap();
    let (_, trigger) = plan.triggers().next().unwrap();
    let matches = |operation, object, field: &str, probability: i64| {
        let bindings = Variables::default().with("record", Value::map([("probability", Value::Int(probability))]));
        let change = Change {
            operation,
            object,
            fields: &[field.into()],
        };
        trigger.matches(&change, &bindings, &mut Budget::default()).unwrap()
    };

    assert!(matches(Operation::Updated, "deal", "status", 80));
    assert!(!matches(Operation::Updated, "deal", "status", 20));
    assert!(!matches(Operation::Updated, "deal", "name", 80));
    assert!(!matches(Operation::Created, "deal", "status", 80));
    assert!(!matches(Operation::Updated, "company", "status", 80));
}

#[test]
fn a_trigger_for_messages_hears_people_on_its_channel_alone() {
    let definition = json!({
        "nodes": [
            { "key": "came", "kind": "messageReceived", "config": { "channel": "SMS", "where": "message.text == 'a' || message.text == 'b'" } },
            { "key": "end", "kind": "stop", "config": {} },
        ],
        "edges": [{ "from": "came", "to": "end" }],
    });
    let plan = check(definition).plan.unwrap();
    let (_, trigger) = plan.triggers().next().unwrap();
    let hears = |direction: &str, channel: &str, automatic: bool, text: &str| {
        let message = Value::map([
            ("direction", Value::text(direction)),
            ("channel", Value::text(channel)),
            ("automatic", Value::Bool(automatic)),
            ("text", Value::text(text)),
        ]);
        let bindings = Variables::default().with("message", message);
        trigger
            .condition
            .as_ref()
            .unwrap()
            .holds(&bindings, &mut Budget::default())
            .unwrap()
    };

    assert!(hears("IN", "SMS", false, "b"));
    assert!(!hears("OUT", "SMS", false, "b"));
    assert!(!hears("IN", "EMAIL", false, "b"));
    assert!(!hears("IN", "SMS", true, "b"));
    assert!(!hears("IN", "SMS", false, "c"));
}

#[test]
fn an_sms_is_rendered_with_its_number() {
    let Order::SendSms(sms) = order(
        "sendSms",
        json!({ "to": " +1 415 555 0100 ", "text": "{{ record.status }}!" }),
    ) else {
        panic!("an SMS")
    };

    assert_eq!(
        (sms.to.as_str(), sms.text.as_str(), sms.kind),
        ("+1 415 555 0100", "WON!", EmailKind::Transactional)
    );
    assert_eq!(
        resolve("sendSms", json!({ "to": "{{ '' }}", "text": "x" }))
            .unwrap_err()
            .code(),
        "NO_RECIPIENT"
    );
}
