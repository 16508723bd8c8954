//! Triggers of time, deletion and calls from outside: what of them is sound, and what their runs see.

use pointsman_graph::{
    node::Proof,
    plan::{Occasion, Trigger},
    timetable::CatchUp,
};
use serde_json::{Value as Json, json};

use super::crm::{check, problems};

/// The workflow `start → node`.
fn started_by(kind: &str, config: Json, condition: &str) -> Json {
    json!({
        "nodes": [
            { "key": "start", "kind": kind, "config": config },
            { "key": "node", "kind": "if", "config": { "condition": condition } },
        ],
        "edges": [{ "from": "start", "to": "node" }],
    })
}

fn compiled(kind: &str, config: Json) -> Trigger {
    let checked = check(started_by(kind, config, "trigger.key == 'other'"));
    let plan = checked.plan.unwrap_or_else(|| panic!("{:#?}", checked.problems));
    plan.triggers().next().map(|(_, trigger)| (**trigger).clone()).unwrap()
}

#[test]
fn a_schedule_names_times_that_come() {
    let found = |config| problems(started_by("schedule", config, "trigger.key == 'other'"));

    assert_eq!(
        found(json!({ "cron": "0 8 * * *", "zone": "America/New_York" })),
        [] as [String; 0]
    );
    assert_eq!(found(json!({})), ["start cron REQUIRED"]);
    assert_eq!(found(json!({ "cron": "0 8 * *" })), ["start cron INVALID_VALUE"]);
    assert_eq!(found(json!({ "cron": "0 8 30 2 *" })), ["start cron INVALID_VALUE"]);
    assert_eq!(
        found(json!({ "cron": "0 8 * * *", "zone": "Europe/Berlim", "where": "true" })),
        [
            "start zone INVALID_VALUE",
            "start object REQUIRED",
            "[start where CONSTANT_CONDITION]"
        ]
    );
}

#[test]
fn a_zone_that_was_meant_is_named() {
    let config = json!({ "cron": "0 8 * * *", "zone": "Europe/Berlim" });

    let found = check(started_by("schedule", config, "trigger.key == 'other'")).problems;

    assert_eq!(found[0].suggestion.as_deref(), Some("Europe/Berlin"));
}

#[test]
fn a_schedule_has_a_record_only_with_an_object() {
    let with = json!({ "cron": "0 8 * * *", "object": "deal", "where": "record.amount > 5 && now > timestamp(0)" });

    assert_eq!(
        problems(started_by("schedule", with, "record.amount > 10")),
        [] as [String; 0]
    );
    let without = problems(started_by(
        "schedule",
        json!({ "cron": "0 8 * * *" }),
        "record.amount > 10",
    ));
    assert_eq!(without.len(), 1, "{without:?}");
}

#[test]
fn a_schedule_leaves_out_what_was_missed_unless_it_says_otherwise() {
    let catch_up = |config| {
        compiled("schedule", config)
            .timetable()
            .map(|timetable| timetable.catch_up)
    };

    assert_eq!(catch_up(json!({ "cron": "0 8 * * *" })), Some(CatchUp::Skip));
    assert_eq!(
        catch_up(json!({ "cron": "0 8 * * *", "catchUp": "all" })),
        Some(CatchUp::All)
    );
}

#[test]
fn a_date_is_a_field_that_holds_one() {
    let found = |config| problems(started_by("dateReached", config, "record.amount > 10"));

    let sound = json!({ "object": "deal", "dateField": "closeDate", "offset": "-P3D", "at": "08:00" });
    assert_eq!(found(sound), [] as [String; 0]);
    assert_eq!(found(json!({ "object": "deal" })), ["start dateField REQUIRED"]);
    let other = json!({ "object": "deal", "dateField": "amount", "offset": "3 days", "at": "8" });
    assert_eq!(
        found(other),
        [
            "start offset INVALID_VALUE",
            "start at INVALID_VALUE",
            "start dateField WRONG_TYPE"
        ]
    );
    assert_eq!(
        found(json!({ "object": "deal", "dateField": "closeDat" })),
        ["start dateField UNKNOWN_FIELD"]
    );
    assert_eq!(
        found(json!({ "object": "deal", "dateField": "closeDate", "offset": "-PT2H", "at": "08:00" })),
        ["start offset INVALID_VALUE"]
    );
}

#[test]
fn a_webhook_needs_a_path_of_its_own_and_says_how_callers_are_known() {
    let found = |config| problems(started_by("webhook", config, "trigger.key == 'other'"));

    let sound = json!({ "path": "shop/orders", "verification": "standardWebhooks", "secret": "shop" });
    assert_eq!(found(sound), [] as [String; 0]);
    assert_eq!(found(json!({})), ["start path REQUIRED", "start verification REQUIRED"]);
    assert_eq!(
        found(json!({ "path": "a", "verification": "none" })),
        ["[start verification UNVERIFIED]"]
    );
    assert_eq!(
        found(json!({ "path": "a", "verification": "bearer" })),
        ["start secret REQUIRED"]
    );
    for path in ["/a", "a/", "a//b", "a b", "../a", "ä"] {
        let config = json!({ "path": path, "verification": "bearer", "secret": "s" });
        assert_eq!(found(config), ["start path INVALID_VALUE"], "{path}");
    }
    let config =
        json!({ "path": "a", "verification": "bearer", "secret": "s", "idHeader": "x y", "payload": { "type": 1 } });
    assert_eq!(
        found(config),
        ["start payload INVALID_VALUE", "start idHeader INVALID_VALUE"]
    );
}

#[test]
fn two_webhooks_of_a_workflow_have_two_paths() {
    let webhook = |key: &str| json!({ "key": key, "kind": "webhook", "config": { "path": "a", "verification": "bearer", "secret": "s" } });

    let found = problems(json!({ "nodes": [webhook("one"), webhook("two")] }));

    assert_eq!(found, ["two path DUPLICATE_PATH"]);
}

#[test]
fn a_payload_has_the_types_of_its_schema() {
    let schema = json!({ "type": "object", "required": ["number"], "properties": { "number": { "type": "integer" } } });
    let config = json!({ "path": "a", "verification": "hmac", "secret": "s", "payload": schema });
    let found = |condition| problems(started_by("webhook", config.clone(), condition));

    assert_eq!(found("trigger.payload.number > 10"), [] as [String; 0]);
    assert_eq!(found("trigger.payload.numbr > 10"), ["node condition UNKNOWN_FIELD"]);
    let Occasion::Call(hook) = compiled("webhook", config.clone()).occasion else {
        panic!("a call");
    };
    let header = "x-hub-signature-256".into();
    assert_eq!(
        hook.proof,
        Proof::Hmac {
            secret: "s".into(),
            header
        }
    );
    assert!(hook.payload.unwrap().check(&json!({ "number": "1" })).is_err());
}

#[test]
fn a_deletion_sees_the_record_and_nothing_before_it() {
    let config = json!({ "object": "deal", "where": "record.amount > 10 && previous == null" });

    assert_eq!(
        problems(started_by("recordDeleted", config, "record.name == 'x'")),
        [] as [String; 0]
    );
}
