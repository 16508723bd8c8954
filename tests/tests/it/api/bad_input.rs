//! Whatever is wrong with a request, it is told so by a code, and the database is as it was.

use anyhow::{Context, Result};
use pointsman_tests::{
    app::{Call, Raw, Reply, TestApp},
    dump::difference,
};
use serde_json::{Value as Json, json};

use super::{
    runs::{newest, over, patient},
    workflows::{create, promotion, publish},
};
use crate::served;

/// An id of a contact, a workflow, a run that nobody has given out.
const UNKNOWN: &str = "01h455vb4pex5vsknk084sn02q";

/// What a request is told that leaves the database as it was.
async fn told<T>(app: &TestApp, asked: impl Future<Output = Result<T>>) -> Result<T> {
    let before = app.dump().await?;
    let told = asked.await?;
    assert_eq!(difference(&before, &app.dump().await?), Vec::<String>::new());
    Ok(told)
}

async fn post(app: &TestApp, body: impl Into<Vec<u8>>) -> Result<Reply> {
    let (body, token) = (body.into(), Some(app.key.clone()));
    told(app, app.post(Raw { body, token })).await
}

async fn send(app: &TestApp, query: &str, variables: Json) -> Result<Reply> {
    told(app, app.send(app.call(query, variables))).await
}

/// A workflow for new contacts with one step.
fn step(config: Json) -> Json {
    json!({
        "nodes": [
            { "key": "made", "config": { "recordCreated": { "object": "contact" } } },
            { "key": "step", "config": config },
        ],
        "edges": [{ "from": "made", "to": "step" }],
    })
}

/// A million turns in a few hundred bytes.
fn million() -> String {
    let ten = "[0,1,2,3,4,5,6,7,8,9]";
    (0..6).fold("true".to_owned(), |body, depth| format!("{ten}.all(x{depth}, {body})"))
}

/// What publishing a draft is refused with: the code, node and field of each problem.
async fn refused(app: &TestApp, definition: &Json) -> Result<Json> {
    let draft = create(app, definition).await?;
    let query =
        "mutation($id: ID!) { workflowPublish(input: {id: $id}) { version { number } problems { code node field } } }";
    let reply = send(app, query, json!({ "id": draft["workflow"]["id"] })).await?;
    let payload = &reply.body["data"]["workflowPublish"];
    assert_eq!(payload["version"], Json::Null, "{payload:#}");
    Ok(payload["problems"].clone())
}

served! {
    async fn a_graph_that_cannot_run_is_not_published(app: TestApp) -> Result<TestApp> {
        let set = |key: &str| json!({ "key": key, "config": { "set": { "values": { "x": "1" } } } });
        let edge = |from: &str, to: &str| json!({ "from": from, "to": to });
        let new = json!({ "key": "made", "config": { "recordCreated": { "object": "contact" } } });
        let cases = [
            (json!({ "nodes": [new, set("a"), set("b")], "edges": [edge("made", "a"), edge("a", "b"), edge("b", "a")] }), "CYCLE"),
            (json!({ "nodes": [new, set("a")], "edges": [edge("made", "nowhere")] }), "UNKNOWN_NODE"),
            (json!({ "nodes": [set("a")], "edges": [] }), "NO_TRIGGER"),
            (json!({ "nodes": [new, set("a")], "edges": [] }), "UNREACHABLE"),
            (json!({ "nodes": [new, set("made")], "edges": [] }), "DUPLICATE_KEY"),
        ];

        for (definition, code) in cases {
            let problems = refused(&app, &definition).await?;

            let codes: Vec<_> = problems.as_array().context("problems")?.iter().map(|problem| &problem["code"]).collect();
            assert!(codes.contains(&&json!(code)), "{code}: {problems:#}");
        }
        Ok(app)
    }

    async fn an_unknown_variable_is_named_with_its_node_and_field(app: TestApp) -> Result<TestApp> {
        let problems = refused(&app, &step(json!({ "if": { "condition": "rekord.score > 1" } }))).await?;
        let undeclared = send(&app, "mutation { contactCreate(input: {name: $name}) { contact { id } } }", json!({ "name": "Ann" })).await?;

        assert_eq!(problems, json!([{ "code": "UNKNOWN_VARIABLE", "node": "step", "field": "condition" }]));
        assert_eq!(undeclared.code(), "BAD_USER_INPUT");
        Ok(app)
    }

    async fn an_unknown_id_is_not_found(app: TestApp) -> Result<TestApp> {
        publish(&app, &promotion()).await?;
        let (contact, workflow, run) = (format!("contact_{UNKNOWN}"), format!("workflow_{UNKNOWN}"), format!("run_{UNKNOWN}"));
        let cases = [
            ("contactUpdate(id: $id, input: {name: \"Ann\"}) { userErrors { code } }", &contact),
            ("contactDelete(id: $id) { userErrors { code } }", &contact),
            ("contactRestore(id: $id) { userErrors { code } }", &contact),
            ("contactUpdate(id: $id, input: {name: \"Ann\"}) { userErrors { code } }", &workflow),
            ("workflowPublish(input: {id: $id}) { userErrors { code } }", &workflow),
            ("workflowDraftSave(input: {id: $id, expectedVersion: 1, name: \"N\"}) { userErrors { code } }", &workflow),
            ("workflowPause(id: $id) { userErrors { code } }", &workflow),
            ("workflowRun(input: {id: $id}) { userErrors { code } }", &workflow),
            ("runCancel(id: $id) { userErrors { code } }", &run),
            ("apiKeyRevoke(id: $id) { userErrors { code } }", &run),
        ];

        for (mutation, id) in cases {
            let reply = send(&app, &format!("mutation($id: ID!) {{ it: {mutation} }}"), json!({ "id": id })).await?;
            assert_eq!(reply.body["data"]["it"]["userErrors"][0]["code"], "NOT_FOUND", "{mutation}: {:#}", reply.body);
        }
        let read = send(&app, "query($id: ID!) { contact(id: $id) { id } node(id: \"nonsense\") { id } }", json!({ "id": contact })).await?;
        assert_eq!(read.body["data"], json!({ "contact": null, "node": null }));
        Ok(app)
    }

    async fn a_stale_version_is_a_conflict(app: TestApp) -> Result<TestApp> {
        let contact = app.create("contacts", json!([{ "name": "Ann" }])).await?.remove(0);
        let rename = "mutation($id: ID!) { it: contactUpdate(id: $id, input: {name: \"Bob\"}, expectedVersion: 1) { userErrors { code } } }";
        app.data(rename, json!({ "id": contact })).await?;
        let workflow = publish(&app, &promotion()).await?;
        let save = "mutation($id: ID!) { it: workflowDraftSave(input: {id: $id, expectedVersion: 1, name: \"N\"}) { userErrors { code } } }";
        app.data(save, json!({ "id": workflow })).await?;
        let republish = "mutation($id: ID!) { it: workflowPublish(input: {id: $id, expectedVersion: 1}) { userErrors { code } } }";

        for (mutation, id) in [(rename, contact), (save, workflow.clone()), (republish, workflow)] {
            let reply = send(&app, mutation, json!({ "id": id })).await?;
            assert_eq!(reply.body["data"]["it"]["userErrors"][0]["code"], "CONFLICT", "{mutation}: {:#}", reply.body);
        }
        Ok(app)
    }

    async fn a_body_that_is_no_request_is_refused(app: TestApp) -> Result<TestApp> {
        let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let bodies: [&[u8]; 7] = [
            b"{\"query\": \"mutation { contactCreate", b"", b"null", b"[]", b"{\"query\": 7}", b"{\"query\": \"\xff\"}", nested.as_bytes(),
        ];

        for body in bodies {
            let reply = post(&app, body).await?;
            let shown = String::from_utf8_lossy(body.get(..40).unwrap_or(body));
            assert_eq!((reply.status, reply.code()), (400, "BAD_USER_INPUT"), "{shown}: {:#}", reply.body);
        }
        Ok(app)
    }

    async fn ten_megabytes_are_refused(app: TestApp) -> Result<TestApp> {
        let name = "x".repeat(10 << 20);
        let body = json!({ "query": "mutation($name: String!) { contactCreate(input: {name: $name}) { contact { id } } }", "variables": { "name": name } });

        let reply = post(&app, body.to_string()).await?;

        assert_eq!((reply.status, reply.code()), (413, "BAD_USER_INPUT"));
        Ok(app)
    }

    async fn a_query_bomb_writes_nothing(app: TestApp) -> Result<TestApp> {
        let aliases: String = (0..300).map(|n| format!("a{n}: contactCreate(input: {{name: \"x\"}}) {{ contact {{ id }} }} ")).collect();
        let spreads: String = (0..30).map(|n| format!("fragment f{n} on Contact {{ ...f{} ...f{} }} ", n + 1, n + 1)).collect();
        let depth = format!("{}id{}", "company { contacts { nodes { ".repeat(10), " } } }".repeat(10));
        let bombs = [
            format!("mutation {{ {aliases} }}"),
            format!("mutation {{ contactCreate(input: {{name: \"x\"}}) {{ contact {{ ...f0 }} }} }} {spreads} fragment f30 on Contact {{ id }}"),
            format!("mutation {{ contactCreate(input: {{name: \"x\"}}) {{ contact {{ {depth} }} }} }}"),
        ];

        for bomb in bombs {
            let reply = send(&app, &bomb, json!(null)).await?;
            assert_eq!(reply.code(), "COMPLEXITY_EXCEEDED", "{bomb}");
        }
        Ok(app)
    }

    async fn a_condition_of_a_million_turns_fails_its_step_and_changes_no_record(app: TestApp) -> Result<TestApp> {
        let mut definition = step(json!({ "if": { "condition": million() } }));
        definition["nodes"].as_array_mut().context("nodes")?.push(json!({ "key": "mark", "config": { "updateRecord": { "values": { "score": "1" } } } }));
        definition["edges"].as_array_mut().context("edges")?.push(json!({ "from": "step", "port": "yes", "to": "mark" }));
        publish(&app, &definition).await?;
        let contact = app.create("contacts", json!([{ "name": "Ann" }])).await?.remove(0);
        let run = newest(&app).await?;
        over(&app, &run).await?;

        let query = "query($run: ID!, $contact: ID!) { run(id: $run) { status error steps { node status error { code } } } contact(id: $contact) { version score } }";
        let data = app.data(query, json!({ "run": run, "contact": contact })).await?;

        assert_eq!(data["run"]["status"], "FAILED");
        assert_eq!(data["run"]["steps"], json!([{ "node": "step", "status": "FAILED", "error": { "code": "TOO_MANY_STEPS" } }]));
        assert_eq!(data["contact"], json!({ "version": 1, "score": null }));
        Ok(app)
    }

    async fn a_trigger_of_a_million_turns_starts_nothing_and_delays_nobody(app: TestApp) -> Result<TestApp> {
        let mut definition = step(json!({ "stop": {} }));
        definition["nodes"][0]["config"]["recordCreated"]["where"] = json!(million());
        publish(&app, &definition).await?;

        app.create("contacts", json!([{ "name": "Ann" }])).await?;

        let data = app.data("{ runs { totalCount } contacts { totalCount } }", json!(null)).await?;
        assert_eq!(data, json!({ "runs": { "totalCount": 0 }, "contacts": { "totalCount": 1 } }));
        Ok(app)
    }

    async fn what_is_over_cannot_be_cancelled_again(app: TestApp) -> Result<TestApp> {
        publish(&app, &patient()).await?;
        app.create("contacts", json!([{ "name": "Ann" }])).await?;
        let run = newest(&app).await?;
        let cancel = "mutation($id: ID!) { runCancel(id: $id) { userErrors { code } } }";
        app.data(cancel, json!({ "id": run })).await?;
        over(&app, &run).await?;

        let reply = send(&app, cancel, json!({ "id": run })).await?;

        assert_eq!(reply.body["data"]["runCancel"]["userErrors"][0]["code"], "INVALID");
        Ok(app)
    }

    async fn a_stranger_changes_nothing(app: TestApp) -> Result<TestApp> {
        let query = "mutation { contactCreate(input: {name: \"Ann\"}) { contact { id } } }";

        for token in [None, Some("pm_nobody_nothing".to_owned())] {
            let call = Call { query: query.into(), token, ..Call::default() };
            assert_eq!(told(&app, app.send(call)).await?.code(), "UNAUTHENTICATED");
        }
        Ok(app)
    }
}
