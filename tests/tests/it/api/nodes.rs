//! Several server nodes on one PostgreSQL, as their clients meet them.

use std::time::Duration;

use anyhow::Result;
use pointsman_tests::{
    app::{Call, TestApp},
    socket::Subscription,
    world::Backend,
};
use serde_json::{Value as Json, json};

use super::{
    runs::newest,
    workflows::{promotion, publish},
};

/// The cursor of a log's beginning.
const BEGINNING: &str = "MS4wLjA";

async fn two() -> Result<(TestApp, TestApp)> {
    let one = TestApp::start(Backend::Postgres).await?;
    let other = one.beside().await?;
    Ok((one, other))
}

async fn score(app: &TestApp, contact: &str, score: i64) -> Result<()> {
    let update = "mutation($id: ID!, $score: Int!) { contactUpdate(id: $id, input: {score: $score}) { userErrors { message } } }";
    app.data(update, json!({ "id": contact, "score": score }))
        .await
        .map(drop)
}

async fn runs(app: &TestApp) -> Result<Json> {
    Ok(app.data("{ runs { totalCount } }", json!(null)).await?["runs"]["totalCount"].clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscriber_on_one_node_sees_runs_that_another_executes() -> Result<()> {
    let (one, other) = two().await?;
    publish(&one, &promotion()).await?;
    let watch =
        async |query: &str, variables: Json| Subscription::open(other.app.address, &other.key, query, variables).await;
    let query = "subscription($after: String) { runChanged(after: $after) { run { id status } } }";
    let mut moves = watch(query, json!({ "after": BEGINNING })).await?;
    let query =
        "subscription($after: String) { recordChanged(object: \"contact\", after: $after) { operation cause } }";
    let mut changes = watch(query, json!({ "after": BEGINNING })).await?;

    let contact = one
        .create("contacts", json!([{ "name": "Ann", "score": 1 }]))
        .await?
        .remove(0);
    score(&one, &contact, 80).await?;
    let run = newest(&one).await?;
    let query = "subscription($run: ID!) { runEvents(runId: $run) { __typename } }";
    let events = watch(query, json!({ "run": run })).await?.rest("runEvents").await?;
    let moved = moves.event("runChanged").await?;
    let mut causes = Vec::new();
    for _ in 0..3 {
        causes.push(changes.event("recordChanged").await?["cause"].clone());
    }

    assert_eq!(
        events.last().map(|event| &event["__typename"]),
        Some(&json!("RunFinished"))
    );
    assert_eq!(moved["run"], json!({ "id": run, "status": "SUCCEEDED" }));
    assert_eq!(causes[..2], [json!("request"), json!("request")]);
    assert!(
        causes[2].as_str().is_some_and(|cause| cause.starts_with("run")),
        "{causes:?}"
    );
    other.stop().await;
    one.stop().await;
    Ok(())
}

/// The first change has the one node remember that nothing is to be started.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_publishes_starts_with_the_next_change_on_another() -> Result<()> {
    let (one, other) = two().await?;
    let contact = one
        .create("contacts", json!([{ "name": "Ann", "score": 1 }]))
        .await?
        .remove(0);

    let workflow = publish(&other, &promotion()).await?;
    score(&one, &contact, 2).await?;
    let started = runs(&one).await?;
    other
        .data(
            "mutation($id: ID!) { workflowPause(id: $id) { workflow { state } } }",
            json!({ "id": workflow }),
        )
        .await?;
    score(&one, &contact, 3).await?;
    let paused = runs(&one).await?;

    assert_eq!((started, paused), (json!(1), json!(1)));
    other.stop().await;
    one.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_takes_back_counts_on_another_within_five_seconds() -> Result<()> {
    let (one, other) = two().await?;
    let create = "mutation { apiKeyCreate(input: { name: \"k\", role: VIEWER }) { secret apiKey { id } } }";
    let made = one.data(create, json!(null)).await?["apiKeyCreate"].clone();
    let asked = || async {
        let token = made["secret"].as_str().map(str::to_owned);
        let call = Call {
            token,
            ..other.call("{ viewer { role } }", json!(null))
        };
        anyhow::Ok(other.send(call).await?.code().to_owned())
    };
    let before = asked().await?;

    let revoke = "mutation($id: ID!) { apiKeyRevoke(id: $id) { userErrors { code } } }";
    one.data(revoke, json!({ "id": made["apiKey"]["id"] })).await?;
    other.clock.advance(Duration::from_secs(5));
    let after = asked().await?;

    assert_eq!((before.as_str(), after.as_str()), ("", "UNAUTHENTICATED"));
    other.stop().await;
    one.stop().await;
    Ok(())
}
