//! Flow control through the API: loops and calls drawn, runs retried, done again, moved, counted.

use anyhow::{Context, Result};
use pointsman::crm::access::Role;
use pointsman_tests::app::{Call, TestApp};
use serde_json::{Value as Json, json};

use super::{
    runs::{key, newest, over, patient},
    workflows::publish,
};
use crate::served;

/// A loop over the figures; each divides by the contact's score.
fn looping() -> Json {
    json!({
        "nodes": [
            { "key": "made", "config": { "recordCreated": { "object": "contact" } } },
            { "key": "loop", "config": { "forEach": { "items": "[1, 2]", "concurrency": 2, "onError": "STOP" } } },
            { "key": "task", "config": { "createTask": { "title": "{{ item }}" } } },
            { "key": "share", "config": { "set": { "values": { "part": "item / record.score" } } } },
        ],
        "edges": [
            { "from": "made", "to": "loop" }, { "from": "loop", "port": "each", "to": "task" }, { "from": "task", "to": "share" },
        ],
    })
}

const SCORE: &str = "mutation($id: ID!) { contactUpdate(id: $id, input: {score: 1}) { userErrors { message } } }";

/// A contact whose run fails; its id and the run's.
async fn failed(app: &TestApp) -> Result<(String, String)> {
    let contact = app
        .create("contacts", json!([{ "name": "Ann", "score": 0 }]))
        .await?
        .remove(0);
    let run = newest(app).await?;
    over(app, &run).await?;
    Ok((contact, run))
}

async fn status(app: &TestApp, run: &str) -> Result<Json> {
    let data = app
        .data("query($id: ID!) { run(id: $id) { status } }", json!({ "id": run }))
        .await?;
    Ok(data["run"]["status"].clone())
}

served! {
    async fn a_failed_run_is_retried_and_done_again(app: TestApp) -> Result<TestApp> {
        publish(&app, &looping()).await?;
        let (contact, run) = failed(&app).await?;
        assert_eq!(status(&app, &run).await?, "FAILED");
        app.data(SCORE, json!({ "id": contact })).await?;

        let retry = "mutation($id: ID!) { runRetry(id: $id) { run { id } userErrors { code message field } } }";
        let retried = app.data(retry, json!({ "id": run })).await?;
        over(&app, &run).await?;
        let twice = app.data(retry, json!({ "id": run })).await?;
        let replay = "mutation($id: ID!, $step: String) { runReplay(input: {id: $id, fromStep: $step}) {
            run { id replayOf { id } steps { step status } } userErrors { code field } } }";
        let replayed = app.data(replay, json!({ "id": run, "step": "loop[1]/task" })).await?;
        let nowhere = app.data(replay, json!({ "id": run, "step": "loop[7]/task" })).await?;

        assert_eq!(retried["runRetry"], json!({ "run": { "id": run }, "userErrors": [] }));
        assert_eq!(status(&app, &run).await?, "SUCCEEDED");
        assert_eq!(twice["runRetry"]["userErrors"][0]["code"], "INVALID");
        let new = &replayed["runReplay"]["run"];
        assert_eq!(new["replayOf"]["id"], json!(run));
        over(&app, new["id"].as_str().context("id")?).await?;
        assert_eq!(nowhere["runReplay"]["userErrors"], json!([{ "code": "NOT_FOUND", "field": ["input", "fromStep"] }]));
        let tasks = app.data("{ tasks { totalCount } }", json!({})).await?;
        assert_eq!(tasks["tasks"]["totalCount"], 3);
        Ok(app)
    }

    async fn a_replay_with_one_key_is_one_replay(app: TestApp) -> Result<TestApp> {
        publish(&app, &looping()).await?;
        let (_, run) = failed(&app).await?;
        let query = "mutation($id: ID!) { runReplay(input: {id: $id}) { run { id } userErrors { code } } }";
        let call = Call { idempotency_key: Some("once".into()), ..app.call(query, json!({ "id": run })) };

        let first = app.send(call.clone()).await?.body;
        let second = app.send(call).await?.body;

        assert_eq!(first["data"], second["data"]);
        let runs = app.data("{ runs { totalCount } }", json!({})).await?;
        assert_eq!(runs["runs"]["totalCount"], 2);
        Ok(app)
    }

    async fn failed_runs_are_listed_by_what_failed_and_retried_together(app: TestApp) -> Result<TestApp> {
        let workflow = publish(&app, &looping()).await?;
        let (contact, run) = failed(&app).await?;
        failed(&app).await?;
        app.data(SCORE, json!({ "id": contact })).await?;

        let groups = "query($id: ID!) { failureGroups(workflowId: $id, since: \"2026-01-01T00:00:00Z\") {
            node code message count sample { workflow { id } } } }";
        let before = app.data(groups, json!({ "id": workflow })).await?;
        let viewer = key(&app, Role::Viewer).await?;
        let hidden = app.send(Call { token: Some(viewer.clone()), ..app.call(groups, json!({ "id": workflow })) }).await?.body;
        let retry = "mutation($id: ID!) { runsRetry(filter: {workflowId: $id}) { runs { id } hasMore userErrors { code } } }";
        let forbidden = app.send(Call { token: Some(viewer), ..app.call(retry, json!({ "id": workflow })) }).await?;
        let retried = app.data(retry, json!({ "id": workflow })).await?;
        over(&app, &run).await?;

        let group = &before["failureGroups"][0];
        assert_eq!((&group["node"], &group["code"], &group["count"]), (&json!("share"), &json!("DIVIDE_BY_ZERO"), &json!(2)));
        assert_eq!(group["sample"]["workflow"]["id"], json!(workflow));
        assert_eq!(hidden["data"]["failureGroups"][0]["message"], Json::Null);
        assert_eq!(forbidden.code(), "FORBIDDEN");
        assert_eq!(retried["runsRetry"]["runs"].as_array().map(Vec::len), Some(2));
        assert_eq!(retried["runsRetry"]["hasMore"], false);
        assert_eq!(status(&app, &run).await?, "SUCCEEDED");
        Ok(app)
    }

    async fn waiting_runs_are_moved_and_cancelled(app: TestApp) -> Result<TestApp> {
        let workflow = publish(&app, &patient()).await?;
        app.create("contacts", json!([{ "name": "Ann" }, { "name": "Bob" }])).await?;
        let migrate = "mutation($id: ID!) { runMigrate(workflowId: $id) {
            migrated { id version { number } } stayed { run { id } steps } hasMore userErrors { code field } } }";
        let publish_again = "mutation($id: ID!) { workflowPublish(input: {id: $id}) { version { number } } }";

        let none = app.data(migrate, json!({ "id": "workflow_nonsense" })).await?;
        app.data(publish_again, json!({ "id": workflow })).await?;
        let run = newest(&app).await?;
        let waits = "subscription($run: ID!) { runEvents(runId: $run) { __typename } }";
        let mut events = pointsman_tests::socket::Subscription::open(app.app.address, &app.key, waits, json!({ "run": run })).await?;
        while events.event("runEvents").await?["__typename"] != "StepWaiting" {}
        let moved = app.data(migrate, json!({ "id": workflow })).await?;
        let cancel = "mutation($id: ID!) { runsCancel(filter: {workflowId: $id}) { runs { id } userErrors { code } } }";
        let cancelled = app.data(cancel, json!({ "id": workflow })).await?;
        over(&app, &run).await?;

        assert_eq!(none["runMigrate"]["userErrors"], json!([{ "code": "NOT_FOUND", "field": ["workflowId"] }]));
        let migrated = moved["runMigrate"]["migrated"].as_array().context("migrated")?;
        assert!(migrated.iter().any(|one| one["id"] == json!(run) && one["version"]["number"] == 2), "{moved:#}");
        assert_eq!(cancelled["runsCancel"]["runs"].as_array().map(Vec::len), Some(2));
        assert_eq!(status(&app, &run).await?, "CANCELLED");
        Ok(app)
    }

    async fn a_span_is_shown_in_parts_and_not_in_too_many(app: TestApp) -> Result<TestApp> {
        publish(&app, &looping()).await?;
        failed(&app).await?;
        let query = "query($to: DateTime!) { throughput(from: \"2026-01-05T09:00:00Z\", to: $to, bucket: HOUR) {
            from started succeeded failed cancelled p95Milliseconds } }";

        let parts = app.data(query, json!({ "to": "2026-01-05T11:00:00Z" })).await?;
        let many = app.send(app.call(query, json!({ "to": "2027-01-05T11:00:00Z" }))).await?;

        let parts = parts["throughput"].as_array().context("parts")?.clone();
        assert_eq!(parts.len(), 2);
        assert_eq!((&parts[0]["started"], &parts[0]["failed"], &parts[0]["p95Milliseconds"]), (&json!(1), &json!(1), &json!(0.0)));
        assert_eq!((&parts[1]["started"], &parts[1]["p95Milliseconds"]), (&json!(0), &Json::Null));
        assert_eq!(many.code(), "BAD_USER_INPUT");
        Ok(app)
    }

    async fn the_ledger_is_empty_where_nothing_was_sent(app: TestApp) -> Result<TestApp> {
        let effects = app.data("{ effects(filter: {state: [UNKNOWN, FAILED]}) { totalCount nodes { id state run { id } result } } }", json!({})).await?;
        let resolve = "mutation { effectResolve(input: {id: \"effect_nonsense\", finding: GIVE_UP}) { effect { id } userErrors { code field } } }";
        let resolved = app.data(resolve, json!({})).await?;

        assert_eq!(effects["effects"], json!({ "totalCount": 0, "nodes": [] }));
        assert_eq!(resolved["effectResolve"]["userErrors"], json!([{ "code": "NOT_FOUND", "field": ["input", "id"] }]));
        Ok(app)
    }
}
