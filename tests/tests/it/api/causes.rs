//! Why things happened, through the API: the chain of causes, and why a workflow fired or did not.

use anyhow::{Context, Result};
use pointsman::crm::access::Role;
use pointsman_tests::app::{Call, TestApp};
use serde_json::{Value as Json, json};

use super::{
    runs::{key, over},
    workflows::publish,
};
use crate::served;

const UPDATE: &str = "mutation($id: ID!, $input: ContactUpdateInput!, $automation: Automation) {
    contactUpdate(id: $id, input: $input, automation: $automation) { userErrors { message } } }";

/// A task for each contact whose score becomes high.
fn high(condition: &str) -> Json {
    json!({
        "nodes": [
            { "key": "scored", "config": { "recordUpdated": { "object": "contact", "fields": ["score"], "where": condition } } },
            { "key": "call", "config": { "createTask": { "title": "Call {{ record.name }}", "about": "record" } } },
        ],
        "edges": [{ "from": "scored", "to": "call" }],
    })
}

/// Something for each task.
fn tasks() -> Json {
    json!({
        "nodes": [
            { "key": "made", "config": { "recordCreated": { "object": "task" } } },
            { "key": "end", "config": { "stop": {} } },
        ],
        "edges": [{ "from": "made", "to": "end" }],
    })
}

/// A workflow that writes one field of contacts when another one changes.
fn passes_on(listens: &str, writes: &str) -> Json {
    json!({
        "nodes": [
            { "key": "changed", "config": { "recordUpdated": { "object": "contact", "fields": [listens] } } },
            { "key": "write", "config": { "updateRecord": { "values": { writes: "x" } } } },
        ],
        "edges": [{ "from": "changed", "to": "write" }],
    })
}

async fn update(app: &TestApp, contact: &str, input: Json) -> Result<()> {
    app.data(UPDATE, json!({ "id": contact, "input": input })).await?;
    Ok(())
}

/// All runs, the oldest first.
async fn runs(app: &TestApp) -> Result<Vec<String>> {
    let query = "{ runs(orderBy: {field: CREATED_AT, direction: ASC}) { nodes { id } } }";
    let data = app.data(query, json!({})).await?;
    let nodes = data["runs"]["nodes"].as_array().context("runs")?;
    Ok(nodes
        .iter()
        .filter_map(|run| run["id"].as_str().map(str::to_owned))
        .collect())
}

/// Why a record's changes fired or did not: outcome and run of each decision, the newest change first.
async fn why(app: &TestApp, record: &str, workflow: Option<&str>) -> Result<Vec<Json>> {
    let query = "query($record: ID!, $workflow: ID) { enrolmentTrace(recordId: $record, workflowId: $workflow) {
        edges { node { change { version suppressed } decisions { outcome node run { id } condition { source value fault } } } } } }";
    let data = app
        .data(query, json!({ "record": record, "workflow": workflow }))
        .await?;
    let edges = data["enrolmentTrace"]["edges"].as_array().context("edges")?;
    Ok(edges.iter().map(|edge| edge["node"].clone()).collect())
}

fn outcomes(told: &[Json]) -> Vec<Vec<&str>> {
    let of = |node: &Json| node["decisions"].as_array().map(|all| all.len()).unwrap_or_default();
    told.iter()
        .map(|node| {
            (0..of(node))
                .filter_map(|place| node["decisions"][place]["outcome"].as_str())
                .collect()
        })
        .collect()
}

served! {
    async fn the_chain_of_causes_is_walked_both_ways(app: TestApp) -> Result<TestApp> {
        publish(&app, &high("record.score > 50")).await?;
        publish(&app, &tasks()).await?;
        let contact = app.create("contacts", json!([{ "name": "Ann", "score": 1 }])).await?.remove(0);
        update(&app, &contact, json!({ "score": 80 })).await?;
        let first = runs(&app).await?.remove(0);
        over(&app, &first).await?;
        let second = runs(&app).await?.remove(1);
        over(&app, &second).await?;

        let back = "query($id: ID!) { run(id: $id) { depth causedBy { step run { id causedBy { step run { id } change { operation step record { id } fields { field } } } } change { operation step run { id } suppressed } } } }";
        let back = app.data(back, json!({ "id": second })).await?;
        let on = "query($id: ID!) { run(id: $id) { causes(first: 5) { pageInfo { hasNextPage } edges { node { operation step record { ... on Task { title } } runs { id } } } } } }";
        let on = app.data(on, json!({ "id": first })).await?;

        let cause = &back["run"]["causedBy"];
        assert_eq!((&back["run"]["depth"], &cause["step"], &cause["run"]["id"]), (&json!(1), &json!("call"), &json!(first)));
        assert_eq!(cause["change"], json!({ "operation": "CREATED", "step": "call", "run": { "id": first }, "suppressed": false }));
        let origin = json!({ "operation": "UPDATED", "step": null, "record": { "id": contact }, "fields": [{ "field": "score" }] });
        assert_eq!(cause["run"]["causedBy"], json!({ "step": null, "run": null, "change": origin }));
        let made = json!({ "operation": "CREATED", "step": "call", "record": { "title": "Call Ann" }, "runs": [{ "id": second }] });
        assert_eq!(on["run"]["causes"], json!({ "pageInfo": { "hasNextPage": false }, "edges": [{ "node": made }] }));
        Ok(app)
    }

    async fn each_change_tells_why_a_workflow_fired_or_did_not(app: TestApp) -> Result<TestApp> {
        let workflow = publish(&app, &high("record.score > 50 && record.company.name == 'Acme'")).await?;
        let company = app.create("companies", json!([{ "name": "Acme" }])).await?.remove(0);
        let contact = app.create("contacts", json!([{ "name": "Ann", "score": 1, "companyId": company }])).await?.remove(0);
        update(&app, &contact, json!({ "score": 20 })).await?;
        update(&app, &contact, json!({ "name": "Anna" })).await?;
        update(&app, &contact, json!({ "score": 80 })).await?;
        app.data("mutation($id: ID!) { companyUpdate(id: $id, input: {name: \"Bcme\"}) { userErrors { message } } }", json!({ "id": company })).await?;
        update(&app, &contact, json!({ "score": 85 })).await?;
        app.data("mutation($id: ID!) { workflowPause(id: $id) { workflow { id } } }", json!({ "id": workflow })).await?;
        update(&app, &contact, json!({ "score": 90 })).await?;
        app.data(UPDATE, json!({ "id": contact, "input": { "score": 95 }, "automation": "SUPPRESS" })).await?;
        let run = runs(&app).await?.remove(0);

        let told = why(&app, &contact, Some(&workflow)).await?;
        let all = why(&app, &contact, None).await?;

        let expected: [&[&str]; 7] = [&[], &["NOT_ACTIVE"], &["CONDITION_FALSE"], &["STARTED"], &["OTHER_FIELDS"], &["CONDITION_FALSE"], &["NOT_LISTENING"]];
        assert_eq!(outcomes(&told), expected);
        assert_eq!(told[0]["change"], json!({ "version": 7, "suppressed": true }));
        let started = &told[3]["decisions"][0];
        assert_eq!((&started["run"]["id"], &started["node"]), (&json!(run), &json!("scored")));
        let value = |node: &Json, source: &str| {
            let parts = node["decisions"][0]["condition"].as_array().cloned().unwrap_or_default();
            parts.into_iter().find(|part| part["source"] == source).map(|part| part["value"].clone())
        };
        assert_eq!(value(&told[3], "record.company.name"), Some(json!("\"Acme\"")), "as it was then");
        assert_eq!(value(&told[2], "record.company.name"), Some(json!("\"Bcme\"")));
        assert_eq!(value(&told[5], "record.score"), Some(json!("20")));
        assert_eq!(value(&told[5], "record.company.name"), Some(Json::Null), "nobody asked for it");
        let expected: [&[&str]; 7] = [&[], &[], &["CONDITION_FALSE"], &["STARTED"], &["OTHER_FIELDS"], &["CONDITION_FALSE"], &[]];
        assert_eq!(outcomes(&all), expected);
        Ok(app)
    }

    async fn a_change_that_was_turned_away_says_so(app: TestApp) -> Result<TestApp> {
        let mut definition = high("record.score > 50");
        definition["settings"] = json!({ "reenrolment": "ONCE_PER_RECORD" });
        let workflow = publish(&app, &definition).await?;
        let contact = app.create("contacts", json!([{ "name": "Ann", "score": 1 }])).await?.remove(0);
        update(&app, &contact, json!({ "score": 80 })).await?;
        update(&app, &contact, json!({ "score": 90 })).await?;

        let told = why(&app, &contact, Some(&workflow)).await?;

        let expected: [&[&str]; 3] = [&["ENROLLED_BEFORE"], &["STARTED"], &["NOT_LISTENING"]];
        assert_eq!(outcomes(&told), expected);
        Ok(app)
    }

    async fn who_may_not_inspect_is_not_told_why(app: TestApp) -> Result<TestApp> {
        let contact = app.create("contacts", json!([{ "name": "Ann" }])).await?.remove(0);
        let viewer = key(&app, Role::Viewer).await?;
        let query = "query($id: ID!) { enrolmentTrace(recordId: $id) { edges { cursor } } }";

        let seen = app.send(Call { token: Some(viewer), ..app.call(query, json!({ "id": contact })) }).await?;
        let unknown = app.data(query, json!({ "id": "contact_01h455vb4pex5vsknk084sn02q" })).await?;

        assert_eq!(seen.code(), "FORBIDDEN");
        assert_eq!(unknown["enrolmentTrace"], Json::Null);
        Ok(app)
    }

    async fn suppressing_automation_takes_a_right_and_is_written_down(app: TestApp) -> Result<TestApp> {
        publish(&app, &high("record.score > 50")).await?;
        let contact = app.create("contacts", json!([{ "name": "Ann", "score": 1 }])).await?.remove(0);
        let member = key(&app, Role::Member).await?;
        let call = app.call(UPDATE, json!({ "id": contact, "input": { "score": 80 }, "automation": "SUPPRESS" }));

        let refused = app.send(Call { token: Some(member), ..call.clone() }).await?;
        let done = app.send(call).await?;

        let timeline = "query($id: ID!) { timeline(recordId: $id) { edges { node { suppressed runs { id } } } } }";
        let timeline = app.data(timeline, json!({ "id": contact })).await?;
        assert_eq!(refused.code(), "FORBIDDEN");
        assert_eq!(done.body["data"]["contactUpdate"]["userErrors"], json!([]));
        let edges = json!([{ "node": { "suppressed": true, "runs": [] } }, { "node": { "suppressed": false, "runs": [] } }]);
        assert_eq!(timeline["timeline"]["edges"], edges);
        assert_eq!(runs(&app).await?, Vec::<String>::new());
        Ok(app)
    }

    async fn publishing_warns_of_workflows_that_trigger_each_other(app: TestApp) -> Result<TestApp> {
        publish(&app, &passes_on("source", "jobTitle")).await?;
        let create = "mutation($definition: WorkflowDefinitionInput!) { workflowCreate(input: {name: \"Back\", definition: $definition}) { workflow { id } } }";
        let created = app.data(create, json!({ "definition": passes_on("jobTitle", "source") })).await?;
        let query = "mutation($id: ID!) { workflowPublish(input: {id: $id}) { version { name timeZone } problems { code node severity message } } }";

        let published = app.data(query, json!({ "id": created["workflowCreate"]["workflow"]["id"] })).await?;

        let published = &published["workflowPublish"];
        assert_eq!(published["version"], json!({ "name": "Back", "timeZone": "UTC" }));
        let problem = &published["problems"][0];
        assert_eq!((&problem["code"], &problem["node"], &problem["severity"]), (&json!("TRIGGER_EACH_OTHER"), &json!("write"), &json!("WARNING")));
        assert!(problem["message"].as_str().is_some_and(|message| message.contains("“Back” → “Promotion” → “Back”")), "{problem:#}");
        Ok(app)
    }

    async fn settings_read_back_as_they_were_sent_in_both_forms(app: TestApp) -> Result<TestApp> {
        let mut definition = high("true");
        definition["settings"] = json!({
            "reenrolment": "NOT_WHILE_RUNNING",
            "concurrency": { "key": "record.company", "limit": 3, "overflow": "RESTART" },
            "deduplication": { "key": "record.email", "window": "PT24H" },
            "rate": { "limit": 100, "per": "PT1M" },
        });
        let id = publish(&app, &definition).await?;
        let query = "query($id: ID!) { workflow(id: $id) { draft { json settings {
            reenrolment concurrency { key limit overflow } deduplication { key window } rate { limit per } } } } }";

        let draft = &app.data(query, json!({ "id": id })).await?["workflow"]["draft"];

        assert_eq!(draft["settings"], definition["settings"]);
        assert_eq!(draft["json"]["settings"]["concurrency"], json!({ "key": "record.company", "limit": 3, "overflow": "restart" }));
        let check = "query($json: JSON) { workflowCheck(json: $json) { code field } }";
        let again = app.data(check, json!({ "json": draft["json"] })).await?;
        assert_eq!(again["workflowCheck"], json!([]));
        Ok(app)
    }
}
