//! Workflows through the API: drawn, checked, saved, published, put to rest.

use anyhow::{Context, Result};
use pointsman_tests::app::{Call, TestApp};
use serde_json::{Value as Json, json};

use crate::served;

const PROBLEMS: &str = "problems { node edge field code severity message suggestion }";

/// A workflow that promotes contacts, by its typed definition.
pub fn promotion() -> Json {
    json!({
        "nodes": [
            { "key": "scored", "config": { "recordUpdated": { "object": "contact", "fields": ["score"] } }, "position": { "x": 1.5, "y": 2 } },
            { "key": "hot", "config": { "if": { "condition": "record.score > 70" } } },
            { "key": "promote", "name": "Promote", "config": { "updateRecord": { "values": { "status": "ACTIVE" } } },
              "retry": { "maxAttempts": 3, "initial": "PT1S" }, "timeout": "PT30S" },
        ],
        "edges": [{ "from": "scored", "to": "hot" }, { "from": "hot", "port": "yes", "to": "promote" }],
    })
}

/// Creates a workflow and publishes it; its id.
pub async fn publish(app: &TestApp, definition: &Json) -> Result<String> {
    let created = create(app, definition).await?;
    let id = created["workflow"]["id"].as_str().context("id")?.to_owned();
    let query = "mutation($id: ID!) { workflowPublish(input: {id: $id}) { version { number } userErrors { message } problems { message } } }";
    let published = app.data(query, json!({ "id": id })).await?;
    anyhow::ensure!(published["workflowPublish"]["version"]["number"] == 1, "{published:#}");
    Ok(id)
}

/// Creates a workflow; the payload.
pub async fn create(app: &TestApp, definition: &Json) -> Result<Json> {
    let query = format!(
        "mutation($definition: WorkflowDefinitionInput!) {{
           workflowCreate(input: {{name: \"Promotion\", definition: $definition}}) {{
             workflow {{ id state draftVersion }} {PROBLEMS} userErrors {{ code field message }} }} }}"
    );
    let data = app.data(&query, json!({ "definition": definition })).await?;
    Ok(data["workflowCreate"].clone())
}

served! {
    async fn a_typed_definition_reads_back_as_it_was_drawn(app: TestApp) -> Result<TestApp> {
        let created = create(&app, &promotion()).await?;

        let query = "query($id: ID!) { workflow(id: $id) {
            name state draftVersion timeZone activeVersion { number }
            draft { json edges { id from port to } nodes {
              key kind name disabled ports summary position { x y } retry { maxAttempts initial } timeout configJson
              config { __typename ... on RecordUpdatedConfig { object fields where } ... on UpdateRecordConfig { values } } } } } }";
        let workflow = &app.data(query, json!({ "id": created["workflow"]["id"] })).await?["workflow"];
        let nodes = &workflow["draft"]["nodes"];

        assert_eq!(created["problems"], json!([]));
        assert_eq!((&workflow["state"], &workflow["draftVersion"]), (&json!("DRAFT"), &json!(1)));
        assert_eq!(workflow["activeVersion"], Json::Null);
        assert_eq!(nodes[0]["config"], json!({ "__typename": "RecordUpdatedConfig", "object": "contact", "fields": ["score"], "where": null }));
        assert_eq!(nodes[0]["position"], json!({ "x": 1.5, "y": 2.0 }));
        assert_eq!(nodes[1]["ports"], json!(["yes", "no"]));
        assert_eq!(nodes[2]["config"]["values"], json!({ "status": "ACTIVE" }));
        assert_eq!(nodes[2]["retry"], json!({ "maxAttempts": 3, "initial": "PT1S" }));
        assert_eq!((&nodes[2]["timeout"], &nodes[2]["summary"]), (&json!("PT30S"), &json!("status")));
        assert_eq!(workflow["draft"]["edges"][0]["port"], "out");
        assert_eq!(workflow["draft"]["json"]["format"], 1);
        Ok(app)
    }

    async fn an_exported_workflow_is_imported_as_the_same_with_kinds_that_nobody_knows(app: TestApp) -> Result<TestApp> {
        let file = json!({ "format": 1, "edges": [], "nodes": [
            { "key": "fly", "kind": "teleport", "config": { "to": "Mars" } },
            { "key": "by", "kind": "manual", "config": { "object": "contact", "colour": "red" } },
        ] });

        let query = "mutation($json: JSON!) { workflowCreate(input: {name: \"Import\", json: $json}) {
            workflow { draft { json nodes { config { ... on UnknownConfig { type json } } } } } problems { node code } } }";
        let created = app.data(query, json!({ "json": file })).await?;
        let created = &created["workflowCreate"];

        assert_eq!(created["workflow"]["draft"]["json"], file);
        assert_eq!(created["workflow"]["draft"]["nodes"][0]["config"], json!({ "type": "teleport", "json": { "to": "Mars" } }));
        assert!(created["problems"].as_array().context("problems")?.contains(&json!({ "node": "fly", "code": "UNKNOWN_KIND" })));
        Ok(app)
    }

    async fn an_invalid_draft_is_not_published_and_says_where_it_is_wrong(app: TestApp) -> Result<TestApp> {
        let mut definition = promotion();
        definition["nodes"][1]["config"] = json!({ "if": { "condition": "record.scor > 70" } });
        let created = create(&app, &definition).await?;
        let id = &created["workflow"]["id"];

        let query = format!("mutation($id: ID!) {{ workflowPublish(input: {{id: $id}}) {{
            workflow {{ state activeVersion {{ id }} versions {{ totalCount }} }} version {{ id }} {PROBLEMS} userErrors {{ code }} }} }}");
        let published = app.data(&query, json!({ "id": id })).await?;
        let published = &published["workflowPublish"];

        let problem = &published["problems"][0];
        assert_eq!((&problem["node"], &problem["field"]), (&json!("hot"), &json!("condition")));
        assert_eq!((&problem["severity"], &problem["suggestion"]), (&json!("ERROR"), &json!("score")));
        assert_eq!(published["userErrors"], json!([{ "code": "INVALID" }]));
        assert_eq!(published["version"], Json::Null);
        assert_eq!(published["workflow"], json!({ "state": "DRAFT", "activeVersion": null, "versions": { "totalCount": 0 } }));
        Ok(app)
    }

    async fn a_check_saves_nothing_and_takes_either_form(app: TestApp) -> Result<TestApp> {
        let query = format!("query($definition: WorkflowDefinitionInput, $json: JSON) {{
            workflowCheck(definition: $definition, json: $json) {{ code node }} }} # {PROBLEMS}");

        let typed = app.data(&query, json!({ "definition": promotion() })).await?;
        let file = app.data(&query, json!({ "json": { "nodes": [{ "key": "1st", "kind": "stop" }] } })).await?;
        let both = app.send(app.call(&query, json!({ "definition": promotion(), "json": {} }))).await?;
        let neither = app.send(app.call(&query, json!({}))).await?;
        let list = app.data("{ workflows { totalCount } }", json!({})).await?;

        assert_eq!(typed["workflowCheck"], json!([]));
        assert_eq!(file["workflowCheck"], json!([{ "code": "DEFINITION_MALFORMED", "node": null }]));
        assert_eq!((both.code(), neither.code()), ("BAD_USER_INPUT", "BAD_USER_INPUT"));
        assert_eq!(list["workflows"]["totalCount"], 0);
        Ok(app)
    }

    async fn a_save_of_a_draft_that_was_saved_meanwhile_is_a_conflict(app: TestApp) -> Result<TestApp> {
        let created = create(&app, &promotion()).await?;
        let save = "mutation($id: ID!, $name: String) { workflowDraftSave(input: {id: $id, expectedVersion: 1, name: $name}) {
            workflow { name draftVersion } userErrors { code field } } }";

        let first = app.data(save, json!({ "id": created["workflow"]["id"], "name": "Mine" })).await?;
        let second = app.data(save, json!({ "id": created["workflow"]["id"], "name": "Theirs" })).await?;

        assert_eq!(first["workflowDraftSave"]["workflow"], json!({ "name": "Mine", "draftVersion": 2 }));
        assert_eq!(second["workflowDraftSave"]["workflow"], Json::Null);
        assert_eq!(second["workflowDraftSave"]["userErrors"], json!([{ "code": "CONFLICT", "field": ["input", "expectedVersion"] }]));
        Ok(app)
    }

    async fn what_is_not_there_is_null_to_queries_and_a_user_error_to_mutations(app: TestApp) -> Result<TestApp> {
        let ids = ["workflow_01h455vb4pex5vsknk084sn02q", "contact_01h455vb4pex5vsknk084sn02q", "nonsense"];

        for id in ids {
            let read = app.data("query($id: ID!) { workflow(id: $id) { id } run(id: $id) { id } workflowVersion(id: $id) { id } }", json!({ "id": id })).await?;
            let paused = app.data("mutation($id: ID!) { workflowPause(id: $id) { workflow { id } userErrors { code field } } }", json!({ "id": id })).await?;
            let cancelled = app.data("mutation($id: ID!) { runCancel(id: $id) { run { id } userErrors { code field } } }", json!({ "id": id })).await?;
            let missing = json!([{ "code": "NOT_FOUND", "field": ["id"] }]);
            assert_eq!(read, json!({ "workflow": null, "run": null, "workflowVersion": null }));
            assert_eq!(paused["workflowPause"], json!({ "workflow": null, "userErrors": missing }));
            assert_eq!(cancelled["runCancel"], json!({ "run": null, "userErrors": missing }));
        }
        Ok(app)
    }

    async fn a_paused_workflow_starts_nothing_until_it_is_resumed(app: TestApp) -> Result<TestApp> {
        let id = publish(&app, &promotion()).await?;
        let contact = app.create("contacts", json!([{ "name": "Ann", "score": 1 }])).await?.remove(0);
        let score = "mutation($id: ID!, $score: Int!) { contactUpdate(id: $id, input: {score: $score}) { userErrors { message } } }";
        let runs = "query($id: ID!) { workflow(id: $id) { state runs { totalCount } } }";

        let paused = app.data("mutation($id: ID!) { workflowPause(id: $id) { workflow { state } } }", json!({ "id": id })).await?;
        app.data(score, json!({ "id": contact, "score": 2 })).await?;
        let meanwhile = app.data(runs, json!({ "id": id })).await?;
        app.data("mutation($id: ID!) { workflowResume(id: $id) { workflow { state } } }", json!({ "id": id })).await?;
        app.data(score, json!({ "id": contact, "score": 3 })).await?;
        let then = app.data(runs, json!({ "id": id })).await?;

        assert_eq!(paused["workflowPause"]["workflow"]["state"], "PAUSED");
        assert_eq!(meanwhile["workflow"], json!({ "state": "PAUSED", "runs": { "totalCount": 0 } }));
        assert_eq!(then["workflow"], json!({ "state": "ACTIVE", "runs": { "totalCount": 1 } }));
        Ok(app)
    }

    async fn a_repeated_request_makes_one_workflow_one_version_and_one_run(app: TestApp) -> Result<TestApp> {
        let definition = json!({ "nodes": [{ "key": "by", "config": { "manual": { "cardinality": "NONE" } } }, { "key": "end", "config": { "stop": {} } }], "edges": [{ "from": "by", "to": "end" }] });
        let keyed = |query: &str, variables: Json, key: &str| Call { idempotency_key: Some(key.into()), ..app.call(query, variables) };
        let create = "mutation($definition: WorkflowDefinitionInput) { workflowCreate(input: {name: \"Once\", definition: $definition}) { workflow { id } } }";
        let publish = "mutation($id: ID!) { workflowPublish(input: {id: $id}) { version { id number } userErrors { message } } }";
        let run = "mutation($id: ID!) { workflowRun(input: {id: $id}) { run { id } userErrors { message } } }";

        let mut answers = Vec::new();
        for _ in 0..2 {
            answers.push(app.send(keyed(create, json!({ "definition": definition }), "create")).await?.body);
        }
        let id = answers[0]["data"]["workflowCreate"]["workflow"]["id"].clone();
        for (query, key) in [(publish, "publish"), (run, "run")] {
            let calls = (0..10).map(|_| app.send(keyed(query, json!({ "id": id }), key)));
            let replies = futures_util::future::try_join_all(calls).await?;
            assert!(replies.iter().all(|reply| reply.body == replies[0].body), "{replies:#?}");
            assert!(replies[0].body["data"].as_object().context("data")?.values().all(|payload| payload["userErrors"] == json!([])), "{replies:#?}");
        }
        let reused = app.send(keyed(run, json!({ "id": id }), "publish")).await?;
        let counts = app.data("query($id: ID!) { workflow(id: $id) { versions { totalCount } runs { totalCount } } }", json!({ "id": id })).await?;

        assert_eq!(answers[0], answers[1]);
        assert_eq!(reused.code(), "CONFLICT");
        assert_eq!(counts["workflow"], json!({ "versions": { "totalCount": 1 }, "runs": { "totalCount": 1 } }));
        Ok(app)
    }

    async fn the_catalogue_describes_every_kind(app: TestApp) -> Result<TestApp> {
        let data = app.data("{ nodeKinds { kind label family description ports fields { name input options required description } } }", json!({})).await?;
        let kinds = data["nodeKinds"].as_array().context("kinds")?;

        let join = kinds.iter().find(|kind| kind["kind"] == "join").context("join")?;
        assert_eq!(join["fields"][0]["options"], json!(["all", "any", "count"]));
        assert_eq!((&join["family"], &join["fields"][0]["input"]), (&json!("LOGIC"), &json!("CHOICE")));
        assert!(kinds.len() >= 16);
        Ok(app)
    }

    async fn pages_of_workflows_go_both_ways(app: TestApp) -> Result<TestApp> {
        for name in ["Ada", "Bob", "Cid", "Dora", "Eve"] {
            app.data("mutation($name: String!) { workflowCreate(input: {name: $name}) { workflow { id } } }", json!({ "name": name })).await?;
        }
        let page = "query($first: Int, $after: String, $last: Int, $before: String) {
            workflows(first: $first, after: $after, last: $last, before: $before) {
              totalCount nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
        let names = |data: &Json| -> Vec<String> {
            let nodes = data["workflows"]["nodes"].as_array().cloned().unwrap_or_default();
            nodes.iter().filter_map(|node| node["name"].as_str().map(str::to_owned)).collect()
        };

        let first = app.data(page, json!({ "first": 2 })).await?;
        let second = app.data(page, json!({ "first": 2, "after": first["workflows"]["pageInfo"]["endCursor"] })).await?;
        let last = app.data(page, json!({ "last": 2 })).await?;
        let back = app.data(page, json!({ "last": 2, "before": last["workflows"]["pageInfo"]["startCursor"] })).await?;
        let foreign = app.send(app.call("query($after: String) { workflows(orderBy: {field: CREATED_AT}, after: $after) { totalCount } }", json!({ "after": first["workflows"]["pageInfo"]["endCursor"] }))).await?;

        assert_eq!(names(&first), ["Ada", "Bob"]);
        assert_eq!(names(&second), ["Cid", "Dora"]);
        assert_eq!(names(&last), ["Dora", "Eve"]);
        assert_eq!(names(&back), ["Bob", "Cid"]);
        assert_eq!(second["workflows"]["pageInfo"]["hasNextPage"], true);
        assert_eq!((&first["workflows"]["pageInfo"]["hasPreviousPage"], &last["workflows"]["pageInfo"]["hasNextPage"]), (&json!(false), &json!(false)));
        assert_eq!(foreign.code(), "BAD_USER_INPUT");
        Ok(app)
    }
}
