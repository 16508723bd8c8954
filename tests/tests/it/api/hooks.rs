//! Other systems call: with the right proof and payload they start a run, once a delivery, and nothing else does.

use anyhow::{Context, Result};
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac};
use pointsman::secrets::New;
use pointsman_tests::app::TestApp;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value as Json, json};
use sha2::Sha256;

use super::{runs::over, workflows::publish};
use crate::served;

const KEY: &[u8] = b"pointsman knows";

/// Notes each order that is sent.
fn orders(webhook: Json) -> Json {
    let mut config = json!({
        "path": "shop/orders",
        "payload": {
            "type": "object", "required": ["number"],
            "properties": { "number": { "type": "integer" }, "buyer": { "type": "string" } },
        },
    });
    if let (Some(all), Some(more)) = (config.as_object_mut(), webhook.as_object()) {
        all.extend(more.clone());
    }
    json!({
        "nodes": [
            { "key": "order", "config": { "webhook": config } },
            { "key": "note", "config": { "createTask": {
                "title": "Order {{ trigger.payload.number + 1 }} of {{ trigger.payload.buyer }}",
            } } },
        ],
        "edges": [{ "from": "order", "to": "note" }],
    })
}

async fn keep(app: &TestApp, value: String) -> Result<()> {
    let new = New {
        name: "shop".into(),
        value: value.into(),
        hosts: Vec::new(),
        by: None,
    };
    let kept = app.app.installation.secrets.create(new).await?;
    kept.map(|_| ()).map_err(|problem| anyhow::anyhow!("{problem}"))
}

async fn call(app: &TestApp, headers: &[(&str, &str)], body: impl Into<reqwest::Body>) -> Result<Response> {
    let call = Client::new().post(app.url("/hooks/shop/orders")).body(body);
    let call = headers
        .iter()
        .fold(call, |call, (name, value)| call.header(*name, *value));
    Ok(call.send().await?)
}

/// A call as Standard Webhooks has it.
async fn signed(app: &TestApp, id: &str, seconds: i64, body: &str) -> Result<Response> {
    let time = seconds.to_string();
    let mac = Hmac::<Sha256>::new_from_slice(KEY).map_err(|_| anyhow::anyhow!("a key"))?;
    let mac = mac.chain_update(format!("{id}.{time}.{body}"));
    let signature = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    let headers = [
        ("webhook-id", id),
        ("webhook-timestamp", time.as_str()),
        ("webhook-signature", signature.as_str()),
    ];
    call(app, &headers, body.to_owned()).await
}

/// The status, and the code or the run.
async fn told(response: Response) -> Result<(StatusCode, String)> {
    let status = response.status();
    let body: Json = response.json().await?;
    let text = body["code"]
        .as_str()
        .or(body["runId"].as_str())
        .context("a code or a run")?;
    Ok((status, text.to_owned()))
}

async fn count(app: &TestApp) -> Result<i64> {
    let data = app.data("{ runs(first: 1) { totalCount } }", json!({})).await?;
    data["runs"]["totalCount"].as_i64().context("a count")
}

fn now(app: &TestApp) -> i64 {
    use pointsman::source::Clock;
    app.clock.now().micros() / 1_000_000
}

served! {
    async fn a_signed_call_starts_a_run_once_a_delivery(app: TestApp) -> Result<TestApp> {
        keep(&app, format!("whsec_{}", BASE64_STANDARD.encode(KEY))).await?;
        publish(&app, &orders(json!({ "verification": "STANDARD_WEBHOOKS", "secret": "shop" }))).await?;
        let (at, order) = (now(&app), r#"{"number": 41, "buyer": "Ann"}"#);

        let (status, run) = told(signed(&app, "msg_1", at, order).await?).await?;
        over(&app, &run).await?;
        let again = told(signed(&app, "msg_1", at + 60, order).await?).await?;
        let forged = told(call(&app, &[("webhook-id", "msg_2"), ("webhook-signature", "v1,AAAA")], order).await?).await?;
        let old = told(signed(&app, "msg_3", at - 301, order).await?).await?;

        assert_eq!(status, StatusCode::ACCEPTED);
        assert_eq!(again, (StatusCode::ACCEPTED, run), "the same delivery, the same run");
        assert_eq!(forged, (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED".to_owned()));
        assert_eq!(old, forged);
        assert_eq!(count(&app).await?, 1);
        let tasks = app.data("{ tasks { nodes { title } } }", json!({})).await?;
        assert_eq!(tasks["tasks"]["nodes"], json!([{ "title": "Order 42 of Ann" }]));
        Ok(app)
    }

    async fn a_call_keeps_to_the_settings_with_the_types_of_its_payload(app: TestApp) -> Result<TestApp> {
        let properties = json!({
            "number": { "type": "integer" }, "buyer": { "type": "string" }, "price": { "type": "number" },
        });
        let schema = json!({ "type": "object", "required": ["number", "price"], "properties": properties });
        let mut definition = orders(json!({ "verification": "NONE", "payload": schema }));
        definition["settings"] = json!({ "deduplication": { "key": "trigger.payload.price * 1.5" } });
        publish(&app, &definition).await?;

        let first = told(call(&app, &[("webhook-id", "a")], r#"{"number": 1, "price": 41}"#).await?).await?;
        let same = told(call(&app, &[("webhook-id", "b")], r#"{"number": 1, "price": 41}"#).await?).await?;
        let other = told(call(&app, &[("webhook-id", "c")], r#"{"number": 1, "price": 42}"#).await?).await?;

        assert_eq!((first.0, other.0), (StatusCode::ACCEPTED, StatusCode::ACCEPTED));
        assert_eq!(same, (StatusCode::CONFLICT, "DUPLICATE".to_owned()));
        assert_eq!(count(&app).await?, 2);
        Ok(app)
    }

    async fn deliveries_that_come_at_once_start_one_run(app: TestApp) -> Result<TestApp> {
        publish(&app, &orders(json!({ "verification": "NONE", "idHeader": "X-Delivery" }))).await?;

        let calls = (0..20).map(|_| call(&app, &[("x-delivery", "same")], r#"{"number": 1}"#));
        let answers = futures_util::future::try_join_all(calls).await?;

        assert!(answers.iter().all(|answer| answer.status() == StatusCode::ACCEPTED));
        assert_eq!(count(&app).await?, 1);
        call(&app, &[], r#"{"number": 1}"#).await?;
        call(&app, &[], r#"{"number": 1}"#).await?;
        assert_eq!(count(&app).await?, 3, "calls without an id are all different");
        Ok(app)
    }

    async fn what_may_not_come_in_is_refused_with_a_code(app: TestApp) -> Result<TestApp> {
        keep(&app, "hush".into()).await?;
        let definition = orders(json!({ "verification": "BEARER", "secret": "shop" }));
        let unknown = told(call(&app, &[], "{}").await?).await?;
        publish(&app, &definition).await?;
        let bearer = [("authorization", "Bearer hush")];

        let got = Client::new().get(app.url("/hooks/shop/orders")).send().await?;
        let allowed = got.headers().get("allow").cloned();
        let mismatch: Json = call(&app, &bearer, r#"{"number": "many"}"#).await?.json().await?;

        assert_eq!(unknown, (StatusCode::NOT_FOUND, "NOT_FOUND".to_owned()));
        assert_eq!(told(got).await?.0, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(allowed.context("allow")?, "POST");
        assert_eq!(told(call(&app, &[], "{}").await?).await?.0, StatusCode::UNAUTHORIZED);
        assert_eq!(told(call(&app, &bearer, "{").await?).await?.1, "MALFORMED");
        assert_eq!((&mismatch["code"], &mismatch["field"]), (&json!("INVALID_PAYLOAD"), &json!("/number")));
        let large = told(call(&app, &bearer, vec![b' '; 1024 * 1024 + 1]).await?).await?;
        assert_eq!(large, (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE".to_owned()));
        let long = told(call(&app, &[bearer[0], ("webhook-id", &"x".repeat(256))], r#"{"number": 1}"#).await?).await?;
        assert_eq!(long, (StatusCode::UNPROCESSABLE_ENTITY, "INVALID_ID".to_owned()));
        assert_eq!(count(&app).await?, 0);
        Ok(app)
    }

    async fn too_many_calls_must_wait(app: TestApp) -> Result<TestApp> {
        keep(&app, "hush".into()).await?;
        publish(&app, &orders(json!({ "verification": "BEARER", "secret": "shop" }))).await?;

        for _ in 0..500 {
            assert_eq!(call(&app, &[], "{}").await?.status(), StatusCode::UNAUTHORIZED);
        }
        let limited = call(&app, &[], "{}").await?;

        assert_eq!(limited.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(limited.headers().get("retry-after").context("retry-after")?, "1");
        app.clock.advance(std::time::Duration::from_secs(1));
        assert_eq!(call(&app, &[], "{}").await?.status(), StatusCode::UNAUTHORIZED);
        Ok(app)
    }

    async fn a_path_belongs_to_one_active_workflow(app: TestApp) -> Result<TestApp> {
        let open = json!({ "verification": "NONE" });
        let first = publish(&app, &orders(open.clone())).await?;
        let second = "mutation($definition: WorkflowDefinitionInput!) {
            workflowCreate(input: {name: \"second\", definition: $definition}) { workflow { id } } }";
        let second = app.data(second, json!({ "definition": orders(open) })).await?;
        let second = &second["workflowCreate"]["workflow"]["id"];
        let switch = "mutation($id: ID!) { workflowPublish(input: {id: $id}) { userErrors { code message } } }";

        let taken = app.data(switch, json!({ "id": second })).await?;
        let pause = "mutation($id: ID!) { workflowPause(id: $id) { userErrors { code } } }";
        app.data(pause, json!({ "id": first })).await?;
        let unheard = told(call(&app, &[], r#"{"number": 1}"#).await?).await?;
        let free = app.data(switch, json!({ "id": second })).await?;

        assert_eq!(taken["workflowPublish"]["userErrors"][0]["code"], "TAKEN");
        assert_eq!(unheard.0, StatusCode::NOT_FOUND, "a paused workflow does not listen");
        assert_eq!(free["workflowPublish"]["userErrors"], json!([]));
        assert_eq!(call(&app, &[], r#"{"number": 1}"#).await?.status(), StatusCode::ACCEPTED);
        let resume = "mutation($id: ID!) { workflowResume(id: $id) { userErrors { code } } }";
        let resumed = app.data(resume, json!({ "id": first })).await?;
        assert_eq!(resumed["workflowResume"]["userErrors"][0]["code"], "TAKEN");
        Ok(app)
    }

    async fn a_large_payload_reaches_its_run_whole(app: TestApp) -> Result<TestApp> {
        publish(&app, &orders(json!({ "verification": "NONE" }))).await?;
        let order = json!({ "number": 1, "buyer": "Ann", "notes": "x".repeat(500_000) });

        let (status, run) = told(call(&app, &[], order.to_string()).await?).await?;
        over(&app, &run).await?;

        assert_eq!(status, StatusCode::ACCEPTED);
        let tasks = app.data("{ tasks { nodes { title } } }", json!({})).await?;
        assert_eq!(tasks["tasks"]["nodes"], json!([{ "title": "Order 2 of Ann" }]));
        Ok(app)
    }
}
