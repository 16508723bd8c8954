//! What happens in a run, as a subscriber sees it: live, after a cut, and whoever it is.

use anyhow::{Context, Result};
use pointsman::crm::access::Role;
use pointsman_tests::{
    app::TestApp,
    socket::{Said, Subscription},
};
use serde_json::{Value as Json, json};

use super::{
    runs::{key, newest, over, patient},
    workflows::{promotion, publish},
};
use crate::served;

const EVENTS: &str = "subscription($run: ID!, $after: Int) { runEvents(runId: $run, after: $after) {
    __typename seq at ... on StepStarted { node } ... on StepSucceeded { node port } ... on StepWaiting { node until }
    ... on RunFinished { status } } }";

async fn watch(app: &TestApp, run: &str, after: Json) -> Result<Subscription> {
    Subscription::open(app.app.address, &app.key, EVENTS, json!({ "run": run, "after": after })).await
}

fn kinds(events: &[Json]) -> Vec<&str> {
    events.iter().filter_map(|event| event["__typename"].as_str()).collect()
}

served! {
    /// The tour: draw, publish, change a record, watch.
    async fn a_change_starts_a_run_that_is_watched_to_its_end(app: TestApp) -> Result<TestApp> {
        publish(&app, &promotion()).await?;
        let contact = app.create("contacts", json!([{ "name": "Ann", "score": 1 }])).await?.remove(0);

        let update = "mutation($id: ID!) { contactUpdate(id: $id, input: {score: 80}) { contact { id } userErrors { message } } }";
        app.data(update, json!({ "id": contact })).await?;
        let mut events = watch(&app, &newest(&app).await?, Json::Null).await?;
        let events = events.rest("runEvents").await?;

        assert_eq!(kinds(&events), ["RunStarted", "StepStarted", "StepSucceeded", "StepStarted", "StepSucceeded", "RunFinished"]);
        assert_eq!((&events[2]["node"], &events[2]["port"]), (&json!("hot"), &json!("yes")));
        assert_eq!(events[5]["status"], "SUCCEEDED");
        assert!(events.is_sorted_by_key(|event| event["seq"].as_i64()));
        Ok(app)
    }

    async fn a_waiting_run_goes_on_before_the_subscribers_eyes(app: TestApp) -> Result<TestApp> {
        publish(&app, &patient()).await?;
        app.create("contacts", json!([{ "name": "Ann" }])).await?;
        let mut events = watch(&app, &newest(&app).await?, Json::Null).await?;
        let waiting = loop {
            let event = events.event("runEvents").await?;
            if event["__typename"] == "StepWaiting" {
                break event;
            }
        };

        app.clock.advance(std::time::Duration::from_secs(366 * 86_400));
        let rest = events.rest("runEvents").await?;

        assert_eq!((&waiting["node"], &waiting["until"]), (&json!("wait"), &json!("2027-01-05T09:00:00Z")));
        assert_eq!(rest.last().context("an end")?["status"], "SUCCEEDED");
        Ok(app)
    }

    async fn a_subscriber_that_is_cut_a_hundred_times_sees_each_event_once_and_in_order(app: TestApp) -> Result<TestApp> {
        publish(&app, &promotion()).await?;
        let contacts = app.create("contacts", json!([{ "name": "Ann", "score": 1 }])).await?;
        let update = "mutation($id: ID!) { contactUpdate(id: $id, input: {score: 80}) { userErrors { message } } }";
        app.data(update, json!({ "id": contacts[0] })).await?;
        let run = newest(&app).await?;
        let whole = watch(&app, &run, Json::Null).await?.rest("runEvents").await?;

        for cut in 0..100 {
            let mut seen = Vec::new();
            let mut events = watch(&app, &run, Json::Null).await?;
            for _ in 0..cut % whole.len() {
                seen.push(events.event("runEvents").await?);
            }
            drop(events);
            let last = seen.last().map_or(Json::Null, |event| event["seq"].clone());
            seen.extend(watch(&app, &run, last).await?.rest("runEvents").await?);
            assert_eq!(seen, whole, "cut {cut}");
        }
        Ok(app)
    }

    async fn watching_a_run_that_is_over_from_its_last_event_completes_at_once(app: TestApp) -> Result<TestApp> {
        publish(&app, &promotion()).await?;
        let contacts = app.create("contacts", json!([{ "name": "Ann", "score": 1 }])).await?;
        app.data("mutation($id: ID!) { contactUpdate(id: $id, input: {score: 2}) { userErrors { message } } }", json!({ "id": contacts[0] })).await?;
        let run = newest(&app).await?;
        over(&app, &run).await?;

        let events = watch(&app, &run, json!(1_000)).await?.rest("runEvents").await?;

        assert_eq!(events, Vec::<Json>::new());
        Ok(app)
    }

    async fn a_viewers_key_may_watch_and_a_stranger_may_not(app: TestApp) -> Result<TestApp> {
        publish(&app, &patient()).await?;
        app.create("contacts", json!([{ "name": "Ann" }])).await?;
        let (run, viewer) = (newest(&app).await?, key(&app, Role::Viewer).await?);

        let mut allowed = Subscription::open(app.app.address, &viewer, EVENTS, json!({ "run": run })).await?;
        let stranger = Subscription::open(app.app.address, "pm_nobody_nothing", EVENTS, json!({ "run": run })).await;
        let mut missing = watch(&app, "run_01h455vb4pex5vsknk084sn02q", Json::Null).await?;

        assert_eq!(allowed.event("runEvents").await?["__typename"], "RunStarted");
        assert!(stranger.is_err());
        assert_eq!(missing.next().await?, Said::Error(vec!["NOT_FOUND".into()]));
        Ok(app)
    }

    async fn every_change_of_a_run_is_told_with_a_cursor_to_go_on_from(app: TestApp) -> Result<TestApp> {
        let workflow = publish(&app, &promotion()).await?;
        let other = publish(&app, &patient()).await?;
        let query = "subscription($filter: RunFilter, $after: String) { runChanged(filter: $filter, after: $after) { cursor run { status workflow { id } record { id } } } }";
        let watch = async |filter: Json, after: Json| {
            Subscription::open(app.app.address, &app.key, query, json!({ "filter": filter, "after": after })).await
        };
        // From the log's beginning, so that nothing depends on when a subscription begins.
        let beginning = json!("MS4wLjA");
        let mut all = watch(json!({}), beginning.clone()).await?;
        let mut one = watch(json!({ "workflowId": workflow }), beginning).await?;

        let contacts = app.create("contacts", json!([{ "name": "Ann", "score": 1 }])).await?;
        let waiting = all.event("runChanged").await?;
        app.data("mutation($id: ID!) { contactUpdate(id: $id, input: {score: 2}) { userErrors { message } } }", json!({ "id": contacts[0] })).await?;
        let live = one.event("runChanged").await?;
        let caught_up = watch(json!({}), waiting["cursor"].clone()).await?.event("runChanged").await?;

        assert_eq!((&waiting["run"]["status"], &waiting["run"]["workflow"]["id"]), (&json!("WAITING"), &json!(other)));
        assert_eq!(live["run"], json!({ "status": "SUCCEEDED", "workflow": { "id": workflow }, "record": { "id": contacts[0] } }));
        assert_eq!(caught_up, live);
        Ok(app)
    }
}
