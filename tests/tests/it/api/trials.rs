//! Workflows that are tried out through the API.

use anyhow::{Context, Result};
use pointsman::crm::access::Role;
use pointsman_tests::{
    app::{Call, TestApp},
    socket::Subscription,
};
use serde_json::{Value as Json, json};

use super::{
    runs::key,
    workflows::{promotion, publish},
};
use crate::served;

const DRY_RUN: &str = "query($input: WorkflowDryRunInput!) { workflowDryRun(input: $input) {
    dryRun { wouldStart startTrace status halt { code } startedAt finishedAt
      steps { number node status port simulated waitsUntil input output error { code } }
      effects { __typename
        ... on DryRunRecordChange { step object recordId operation fields { field before after } }
        ... on DryRunEmail { step to subject text marketing }
        ... on DryRunHttpRequest { step method url headerNames body }
        ... on DryRunStart { step trigger workflow { name } } } }
    problems { node code } userErrors { code field message } } }";

async fn dry_run(app: &TestApp, input: Json) -> Result<Json> {
    Ok(app.data(DRY_RUN, json!({ "input": input })).await?["workflowDryRun"].clone())
}

served! {
    async fn a_dry_run_shows_what_a_change_would_set_off(app: TestApp) -> Result<TestApp> {
        publish(&app, &promotion()).await?;
        let contact = app.create("contacts", json!([{ "name": "Ann", "score": 1 }])).await?.remove(0);
        let start = json!({ "recordId": contact, "values": { "score": 80 } });

        let found = dry_run(&app, json!({ "subject": { "definition": promotion() }, "start": start })).await?;

        let run = &found["dryRun"];
        assert_eq!((&found["userErrors"], &found["problems"]), (&json!([]), &json!([])));
        assert_eq!((&run["wouldStart"], &run["status"]), (&json!(true), &json!("SUCCEEDED")));
        let ways: Vec<_> = run["steps"].as_array().context("steps")?.iter().map(|step| (&step["node"], &step["port"])).collect();
        assert_eq!(ways, [(&json!("hot"), &json!("yes")), (&json!("promote"), &json!("done"))]);
        assert_eq!(run["effects"][0], json!({
            "__typename": "DryRunRecordChange", "step": "promote", "object": "contact", "recordId": contact,
            "operation": "UPDATED", "fields": [{ "field": "status", "before": run["effects"][0]["fields"][0]["before"], "after": "ACTIVE" }],
        }));
        let read = app.data("query($id: ID!) { contact(id: $id) { score } }", json!({ "id": contact })).await?;
        assert_eq!(read["contact"]["score"], 1, "the change was imagined");
        Ok(app)
    }

    async fn what_is_wrong_with_a_dry_run_is_said_by_argument(app: TestApp) -> Result<TestApp> {
        let contact = app.create("contacts", json!([{ "name": "Ann" }])).await?.remove(0);
        let subject = json!({ "definition": promotion() });
        let error = async |input: Json| -> Result<Json> {
            let found = dry_run(&app, input).await?;
            assert_eq!(found["dryRun"], Json::Null);
            Ok(json!([found["userErrors"][0]["code"], found["userErrors"][0]["field"]]))
        };

        let absent = error(json!({ "subject": subject, "start": { "recordId": "contact_nobody" } })).await?;
        let bad = error(json!({ "subject": subject, "start": { "recordId": contact, "values": { "email": "x" } } })).await?;
        let answers = error(json!({ "subject": subject, "start": { "recordId": contact }, "answers": [{ "step": "nobody" }] })).await?;
        let nothing = error(json!({ "subject": subject })).await?;
        let workflow = error(json!({ "subject": { "workflowId": "workflow_none" } })).await?;
        let flawed = dry_run(&app, json!({ "subject": { "json": { "nodes": [], "edges": [] } } })).await?;

        assert_eq!(absent, json!(["NOT_FOUND", ["input", "start", "recordId"]]));
        assert_eq!(bad, json!(["INVALID", ["input", "start", "values", "email"]]));
        assert_eq!(answers, json!(["INVALID", ["input", "answers"]]));
        assert_eq!(nothing, json!(["INVALID", ["input", "start", "trigger"]]));
        assert_eq!(workflow, json!(["NOT_FOUND", ["input", "subject", "workflowId"]]));
        assert_eq!(flawed["problems"], json!([{ "node": null, "code": "NO_TRIGGER" }]));
        Ok(app)
    }

    async fn only_those_who_may_see_into_runs_try_workflows_out(app: TestApp) -> Result<TestApp> {
        let token = key(&app, Role::Member).await?;
        let test = "mutation($input: WorkflowTestStepInput!) { workflowTestStep(input: $input) { userErrors { code } } }";
        let backtest = "mutation($input: WorkflowBacktestInput!) { workflowBacktest(input: $input) { userErrors { code } } }";
        let subject = json!({ "definition": promotion() });
        let asked = [
            (DRY_RUN, json!({ "subject": subject })),
            (test, json!({ "subject": subject, "node": "hot" })),
            (backtest, json!({ "subject": subject, "since": "2026-01-01T00:00:00Z" })),
        ];

        for (query, input) in asked {
            let call = Call { query: query.into(), variables: json!({ "input": input }), token: Some(token.clone()), ..Call::default() };
            assert_eq!(app.send(call).await?.code(), "FORBIDDEN");
        }
        Ok(app)
    }

    async fn a_backtest_is_watched_to_its_end(app: TestApp) -> Result<TestApp> {
        let contact = app.create("contacts", json!([{ "name": "Ann", "score": 1 }])).await?.remove(0);
        let update = "mutation($id: ID!) { contactUpdate(id: $id, input: {score: 80}) { userErrors { message } } }";
        app.data(update, json!({ "id": contact })).await?;
        let query = "mutation($input: WorkflowBacktestInput!) { workflowBacktest(input: $input) {
            job { id state } problems { code } userErrors { message } } }";
        let input = json!({ "subject": { "definition": promotion() }, "since": "2026-01-01T00:00:00Z" });

        let asked = app.data(query, json!({ "input": input })).await?["workflowBacktest"].clone();
        let id = asked["job"]["id"].as_str().context("id")?;
        let progress = "subscription($id: ID!) { jobProgress(id: $id) { state done total error backtest {
            evaluated wouldEnrol notEvaluable days { day runs } samples { recordId trigger status effects { __typename } } } } }";
        let mut watched = Subscription::open(app.app.address, &app.key, progress, json!({ "id": id })).await?;
        let seen = watched.rest("jobProgress").await?;

        let last = seen.last().context("progress")?;
        assert_eq!((&last["state"], &last["done"], &last["total"]), (&json!("DONE"), &json!(2), &json!(2)), "{last:#}");
        assert_eq!(last["backtest"], json!({
            "evaluated": 2, "wouldEnrol": 1, "notEvaluable": 0, "days": [{ "day": "2026-01-05", "runs": 1 }],
            "samples": [{ "recordId": contact, "trigger": "scored", "status": "SUCCEEDED",
                          "effects": [{ "__typename": "DryRunRecordChange" }] }],
        }));
        let read = app.data("query($id: ID!) { job(id: $id) { state } }", json!({ "id": id })).await?;
        assert_eq!(read["job"]["state"], "DONE");
        Ok(app)
    }
}
