//! Runs through the API: found, looked into, cancelled.

use anyhow::{Context, Result};
use pointsman::{auth::NewKey, crm::access::Role};
use pointsman_tests::{
    app::{Call, TestApp},
    socket::Subscription,
};
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

use super::workflows::{promotion, publish};
use crate::served;

const SCORE: &str =
    "mutation($id: ID!, $score: Int!) { contactUpdate(id: $id, input: {score: $score}) { userErrors { message } } }";

/// A workflow that fails for every contact, in the words of an expression.
fn failing() -> Json {
    json!({
        "nodes": [
            { "key": "made", "config": { "recordCreated": { "object": "contact" } } },
            { "key": "shares", "config": { "set": { "values": { "share": "100 / record.score" } } } },
        ],
        "edges": [{ "from": "made", "to": "shares" }],
    })
}

/// A workflow that waits for a year.
pub fn patient() -> Json {
    json!({
        "nodes": [
            { "key": "made", "config": { "recordCreated": { "object": "contact" } } },
            { "key": "wait", "config": { "delay": { "for": "P365D" } } },
            { "key": "end", "config": { "stop": {} } },
        ],
        "edges": [{ "from": "made", "to": "wait" }, { "from": "wait", "to": "end" }],
    })
}

/// The newest run's id.
pub async fn newest(app: &TestApp) -> Result<String> {
    let data = app.data("{ runs(first: 1) { nodes { id } } }", json!({})).await?;
    Ok(data["runs"]["nodes"][0]["id"].as_str().context("a run")?.to_owned())
}

/// Waits until a run is over.
pub async fn over(app: &TestApp, run: &str) -> Result<()> {
    let query = "subscription($run: ID!) { runEvents(runId: $run) { seq } }";
    let mut events = Subscription::open(app.app.address, &app.key, query, json!({ "run": run })).await?;
    events.rest("runEvents").await.map(|_| ())
}

/// A key of a role.
pub async fn key(app: &TestApp, role: Role) -> Result<String> {
    let new = NewKey {
        name: "test".into(),
        role,
        owner: None,
        expires_at: None,
    };
    let shown = app.app.installation.accounts.create_key(new).await?;
    Ok(shown.text.expose_secret().to_owned())
}

served! {
    async fn a_run_shows_what_it_did_and_to_what(app: TestApp) -> Result<TestApp> {
        publish(&app, &promotion()).await?;
        let contact = app.create("contacts", json!([{ "name": "Ann", "score": 1 }])).await?.remove(0);
        app.data(SCORE, json!({ "id": contact, "score": 80 })).await?;
        let run = newest(&app).await?;
        over(&app, &run).await?;

        let query = "query($id: ID!) { node(id: $id) { ... on Run {
            status trigger error depth workflow { name } version { number workflow { id } } causedBy { run { id } change { operation version } }
            record { id ... on Contact { name status } } createdAt startedAt finishedAt
            steps { number node status attempt port input output error { code } }
            events(first: 3) { __typename seq } } } }";
        let data = app.data(query, json!({ "id": run })).await?;
        let shown = &data["node"];

        assert_eq!((&shown["status"], &shown["trigger"], &shown["error"]), (&json!("SUCCEEDED"), &json!("scored"), &Json::Null));
        assert_eq!((&shown["workflow"]["name"], &shown["version"]["number"]), (&json!("Promotion"), &json!(1)));
        assert_eq!(shown["record"], json!({ "id": contact, "name": "Ann", "status": "ACTIVE" }));
        assert_eq!(shown["steps"].as_array().context("steps")?.len(), 2);
        assert_eq!((&shown["steps"][0]["node"], &shown["steps"][0]["port"]), (&json!("hot"), &json!("yes")));
        assert_eq!(shown["steps"][1]["status"], "SUCCEEDED");
        assert_eq!(shown["events"][0], json!({ "__typename": "RunStarted", "seq": 1 }));
        Ok(app)
    }

    async fn runs_are_found_by_workflow_status_record_time_and_error(app: TestApp) -> Result<TestApp> {
        let workflow = publish(&app, &failing()).await?;
        publish(&app, &patient()).await?;
        let contacts = app.create("contacts", json!([{ "name": "Ann", "score": 0 }, { "name": "Bob", "score": 5 }])).await?;
        let all = app.data("{ runs { nodes { id workflow { id } record { id } } } }", json!({})).await?;
        for run in all["runs"]["nodes"].as_array().context("runs")?.iter().filter(|run| run["workflow"]["id"] == json!(workflow)) {
            over(&app, run["id"].as_str().context("id")?).await?;
        }
        let count = async |filter: Json| -> Result<Json> {
            let data = app.data("query($filter: RunFilter) { runs(filter: $filter) { totalCount } }", json!({ "filter": filter })).await?;
            Ok(data["runs"]["totalCount"].clone())
        };

        assert_eq!(count(json!({})).await?, 4);
        assert_eq!(count(json!({ "workflowId": workflow })).await?, 2);
        assert_eq!(count(json!({ "workflowId": workflow, "status": { "eq": "FAILED" } })).await?, 1);
        assert_eq!(count(json!({ "status": { "in": ["FAILED", "SUCCEEDED"] } })).await?, 2);
        assert_eq!(count(json!({ "recordId": contacts[0] })).await?, 2);
        assert_eq!(count(json!({ "recordId": "contact_nonsense" })).await?, 0);
        assert_eq!(count(json!({ "errorContains": "DIVI" })).await?, 1);
        assert_eq!(count(json!({ "errorContains": "%" })).await?, 0);
        assert_eq!(count(json!({ "createdAt": { "gte": "2026-01-05T09:00:00Z" } })).await?, 4);
        assert_eq!(count(json!({ "createdAt": { "lt": "2026-01-05T09:00:00Z" } })).await?, 0);
        Ok(app)
    }

    async fn who_may_not_inspect_sees_status_alone(app: TestApp) -> Result<TestApp> {
        publish(&app, &failing()).await?;
        app.create("contacts", json!([{ "name": "Ann", "score": 0 }])).await?;
        let run = newest(&app).await?;
        over(&app, &run).await?;
        let viewer = key(&app, Role::Viewer).await?;
        let query = "query($id: ID!) { run(id: $id) { status error steps { status input output error { code } }
            events { ... on StepFailed { final error { code } } } } }";
        let asked = |token: &str, query: &str| Call { token: Some(token.to_owned()), ..app.call(query, json!({ "id": run })) };

        let admin = app.send(asked(&app.key, query)).await?.body;
        let seen = app.send(asked(&viewer, query)).await?.body;
        let search = app.send(asked(&viewer, "{ runs(filter: {errorContains: \"a\"}) { totalCount } }")).await?;
        let cancel = app.send(asked(&viewer, "mutation($id: ID!) { runCancel(id: $id) { run { id } } }")).await?;

        let failed = |body: &Json| body["data"]["run"]["events"].as_array().into_iter().flatten().find(|event| event["final"] == true).cloned();
        assert!(admin["data"]["run"]["error"].is_string(), "{admin:#}");
        assert!(failed(&admin).context("a failure")?["error"]["code"].is_string());
        assert_eq!(seen["data"]["run"]["status"], "FAILED");
        assert_eq!(seen["data"]["run"]["error"], Json::Null);
        assert_eq!(seen["data"]["run"]["steps"][0], json!({ "status": "FAILED", "input": null, "output": null, "error": null }));
        assert_eq!(failed(&seen).context("a failure")?["error"], Json::Null);
        assert_eq!((search.code(), cancel.code()), ("FORBIDDEN", "FORBIDDEN"));
        Ok(app)
    }

    async fn a_cancelled_run_ends_and_cannot_be_cancelled_again(app: TestApp) -> Result<TestApp> {
        publish(&app, &patient()).await?;
        app.create("contacts", json!([{ "name": "Ann" }])).await?;
        let run = newest(&app).await?;
        let cancel = "mutation($id: ID!) { runCancel(id: $id) { run { id } userErrors { code message } } }";

        let first = app.data(cancel, json!({ "id": run })).await?;
        over(&app, &run).await?;
        let second = app.data(cancel, json!({ "id": run })).await?;
        let shown = app.data("query($id: ID!) { run(id: $id) { status steps { node status } } }", json!({ "id": run })).await?;

        assert_eq!(first["runCancel"], json!({ "run": { "id": run }, "userErrors": [] }));
        assert_eq!(second["runCancel"]["userErrors"], json!([{ "code": "INVALID", "message": "the run is over" }]));
        assert_eq!(shown["run"]["status"], "CANCELLED");
        Ok(app)
    }

    async fn a_page_of_runs_takes_a_statement_for_each_kind_of_thing(app: TestApp) -> Result<TestApp> {
        publish(&app, &patient()).await?;
        let contacts: Vec<Json> = (0..20).map(|number| json!({ "name": format!("Contact {number}") })).collect();
        app.create("contacts", json!(contacts)).await?;
        let query = "{ runs(first: 20) { nodes { workflow { name } version { number } record { id } steps { node } } } }";
        app.data(query, json!({})).await?;

        // The engine reads by itself now and then: the quietest of several tries is the page's own.
        let (mut least, mut page) = (u64::MAX, Json::Null);
        for _ in 0..20 {
            let before = app.statements();
            page = app.data(query, json!({})).await?;
            least = least.min(app.statements() - before);
        }

        assert_eq!(page["runs"]["nodes"].as_array().map(Vec::len), Some(20));
        // One for each kind and the caller's key; one for each run would be 80.
        assert!(least < 20, "{least} statements");
        Ok(app)
    }
}
