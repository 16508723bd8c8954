//! The stream of changed records: filtered, resumed, and held back behind open transactions.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use pointsman_tests::{
    app::TestApp,
    socket::{Said, Subscription},
    world::Backend,
};
use sea_orm::{ConnectionTrait, Database, TransactionTrait};
use serde_json::{Value as Json, json};

use super::{
    runs::newest,
    workflows::{promotion, publish},
};
use crate::served;

const CHANGES: &str = "subscription($object: String!, $id: ID, $filter: RecordFilter, $after: String) {
    recordChanged(object: $object, id: $id, filter: $filter, after: $after) {
      cursor operation fields version recordId actor cause record { id ... on Contact { name company { name } } } } }";

/// The cursor of a log's beginning, so that nothing depends on when a subscription begins.
const BEGINNING: &str = "MS4wLjA";

async fn watch(app: &TestApp, mut variables: Json) -> Result<Subscription> {
    if variables.get("after").is_none() {
        variables["after"] = json!(BEGINNING);
    }
    Subscription::open(app.app.address, &app.key, CHANGES, variables).await
}

async fn rename(app: &TestApp, contact: &str, name: &str) -> Result<()> {
    let update = "mutation($id: ID!, $name: String!) { contactUpdate(id: $id, input: {name: $name}) { userErrors { message } } }";
    app.data(update, json!({ "id": contact, "name": name }))
        .await
        .map(|_| ())
}

served! {
    async fn changes_are_told_live_and_again_from_a_cursor(app: TestApp) -> Result<TestApp> {
        let mut live = watch(&app, json!({ "object": "contact" })).await?;
        let contact = app.create("contacts", json!([{ "name": "Ann" }])).await?.remove(0);
        let created = live.event("recordChanged").await?;

        rename(&app, &contact, "Anna").await?;
        let updated = live.event("recordChanged").await?;
        app.data("mutation($id: ID!) { contactDelete(id: $id) { userErrors { message } } }", json!({ "id": contact })).await?;
        let deleted = live.event("recordChanged").await?;
        let again = watch(&app, json!({ "object": "contact", "after": created["cursor"] })).await?.event("recordChanged").await?;

        assert_eq!((&created["operation"], &created["record"]["name"]), (&json!("CREATED"), &json!("Ann")));
        assert_eq!((&updated["operation"], &updated["fields"], &updated["version"]), (&json!("UPDATED"), &json!(["name"]), &json!(2)));
        assert_eq!((&deleted["operation"], &deleted["record"], &deleted["recordId"]), (&json!("DELETED"), &Json::Null, &json!(contact)));
        assert_eq!((&again["cursor"], &again["operation"]), (&updated["cursor"], &json!("UPDATED")));
        Ok(app)
    }

    async fn a_watcher_sees_only_what_it_asked_for(app: TestApp) -> Result<TestApp> {
        let contacts = app.create("contacts", json!([{ "name": "Ann" }, { "name": "Bob" }])).await?;
        app.create("companies", json!([{ "name": "Acme" }])).await?;

        let one = watch(&app, json!({ "object": "contact", "id": contacts[1] })).await?.event("recordChanged").await?;
        let such = watch(&app, json!({ "object": "contact", "filter": { "contact": { "name": { "startsWith": "B" } } } })).await?.event("recordChanged").await?;

        assert_eq!(one["record"]["name"], "Bob");
        assert_eq!(such["record"]["name"], "Bob");
        Ok(app)
    }

    async fn what_an_event_shows_of_other_records_is_as_they_are_then(app: TestApp) -> Result<TestApp> {
        let company = app.create("companies", json!([{ "name": "Acme" }])).await?.remove(0);
        let mut live = watch(&app, json!({ "object": "contact" })).await?;
        let contact = app.create("contacts", json!([{ "name": "Ann", "companyId": company }])).await?.remove(0);
        let before = live.event("recordChanged").await?;

        app.data("mutation($id: ID!) { companyUpdate(id: $id, input: {name: \"Ajax\"}) { userErrors { message } } }", json!({ "id": company })).await?;
        rename(&app, &contact, "Anna").await?;
        let after = live.event("recordChanged").await?;

        assert_eq!(before["record"]["company"]["name"], "Acme");
        assert_eq!(after["record"]["company"]["name"], "Ajax");
        Ok(app)
    }

    async fn a_stream_that_cannot_be_had_says_why(app: TestApp) -> Result<TestApp> {
        let related = json!({ "contact": { "company": { "name": { "eq": "Acme" } } } });
        let refusals = [
            (json!({ "object": "unicorn" }), "BAD_USER_INPUT"),
            (json!({ "object": "contact", "id": "company_01h455vb4pex5vsknk084sn02q" }), "NOT_FOUND"),
            (json!({ "object": "contact", "filter": { "company": {} } }), "BAD_USER_INPUT"),
            (json!({ "object": "contact", "filter": related }), "BAD_USER_INPUT"),
            (json!({ "object": "contact", "after": "nonsense" }), "BAD_USER_INPUT"),
            // `2.0.0`: of another epoch.
            (json!({ "object": "contact", "after": "Mi4wLjA" }), "CURSOR_EXPIRED"),
        ];

        for (variables, code) in refusals {
            let said = watch(&app, variables.clone()).await?.next().await?;
            assert_eq!(said, Said::Error(vec![code.into()]), "{variables}");
        }
        Ok(app)
    }

    async fn a_shutdown_ends_the_streams(app: TestApp) -> Result<TestApp> {
        let mut live = watch(&app, json!({ "object": "contact" })).await?;
        app.create("contacts", json!([{ "name": "Ann" }])).await?;
        live.event("recordChanged").await?;

        app.stop().await;
        let end = live.next().await;

        assert!(matches!(end, Err(_) | Ok(Said::Complete)), "{end:?}");
        TestApp::start(Backend::Sqlite).await
    }
}

/// A later number can be visible before an earlier one: the feeds of all records and runs wait for whoever may still
/// commit an earlier one. A run's own sequence has no gaps, so its events flow on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_transaction_holds_the_global_feeds_back_but_no_run() -> Result<()> {
    let app = TestApp::start(Backend::Postgres).await?;
    publish(&app, &promotion()).await?;
    let contact = app
        .create("contacts", json!([{ "name": "Ann", "score": 1 }]))
        .await?
        .remove(0);
    let mut feed = watch(&app, json!({ "object": "contact" })).await?;
    feed.event("recordChanged").await?;

    let database = Database::connect(app.database_url().context("PostgreSQL")?).await?;
    let open = database.begin().await?;
    open.execute_unprepared("SELECT pg_current_xact_id()").await?;
    let update = "mutation($id: ID!) { contactUpdate(id: $id, input: {score: 80}) { userErrors { message } } }";
    app.data(update, json!({ "id": contact })).await?;
    let query = "subscription($run: ID!) { runEvents(runId: $run) { __typename } }";
    let mut run = Subscription::open(app.app.address, &app.key, query, json!({ "run": newest(&app).await? })).await?;
    let events = run.rest("runEvents").await?;
    let held = !feed.has_more();

    let ended = Instant::now();
    open.rollback().await?;
    let change = feed.event("recordChanged").await?;

    assert_eq!(events.last().context("an end")?["__typename"], "RunFinished");
    assert!(held, "the feed must wait for the open transaction");
    assert_eq!(change["fields"], json!(["score"]));
    assert!(ended.elapsed() <= Duration::from_secs(1), "{:?}", ended.elapsed());
    app.stop().await;
    Ok(())
}
