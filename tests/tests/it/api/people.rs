//! What runs ask of people, as these people meet it: approvals, notifications, signals.

use anyhow::{Context, Result};
use pointsman::{auth::NewKey, crm::access::Role, crm::id};
use pointsman_tests::{
    app::{Call, TestApp},
    socket::Subscription,
};
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

use super::{
    runs::{key, newest, over},
    workflows::publish,
};
use crate::served;

/// The cursor of a log's beginning, so that nothing depends on when a subscription begins.
const BEGINNING: &str = "MS4wLjA";

const DECIDE: &str = "mutation($id: ID!, $decision: ApprovalDecision!, $form: JSON, $comment: String) {
    approvalDecide(id: $id, decision: $decision, form: $form, comment: $comment) {
      approval { id status comment answers decidedBy { name } } userErrors { code field } } }";

/// A user with a key of their own: its global id and the key.
async fn member(app: &TestApp, name: &str) -> Result<(String, String)> {
    let email = format!("{name}@acme.example");
    let create =
        "mutation($input: UserCreateInput!) { userCreate(input: $input) { user { id } userErrors { message } } }";
    let data = app
        .data(create, json!({ "input": { "name": name, "email": email } }))
        .await?;
    let user = data["userCreate"]["user"]["id"].as_str().context("a user")?.to_owned();
    let new = NewKey {
        name: name.into(),
        role: Role::Member,
        owner: id::parse("user", &user),
        expires_at: None,
    };
    let key = app.app.installation.accounts.create_key(new).await?;
    Ok((user, key.text.expose_secret().to_owned()))
}

/// What somebody else than the administrator is answered.
async fn ask(app: &TestApp, key: &str, query: &str, variables: Json) -> Result<Json> {
    let call = Call {
        token: Some(key.to_owned()),
        ..app.call(query, variables)
    };
    Ok(app.send(call).await?.body)
}

/// New contacts need somebody's yes, and a limit.
fn discount() -> Json {
    json!({
        "nodes": [
            { "key": "made", "config": { "recordCreated": { "object": "contact" } } },
            { "key": "boss", "config": { "approval": {
                "users": ["ann@acme.example"], "title": "A discount for {{ record.name }}?", "deadline": "P3D",
                "form": [{ "name": "limit", "input": "NUMBER", "required": true }] } } },
            { "key": "end", "config": { "stop": {} } },
        ],
        "edges": [{ "from": "made", "to": "boss" }, { "from": "boss", "port": "approved", "to": "end" }],
    })
}

/// New contacts wait for a signal about them.
fn listening() -> Json {
    let wait = json!({ "event": "SIGNAL", "name": "paid", "key": "record.id", "timeout": "P1D" });
    json!({
        "nodes": [
            { "key": "made", "config": { "recordCreated": { "object": "contact" } } },
            { "key": "hear", "config": { "waitFor": wait } },
            { "key": "end", "config": { "stop": {} } },
        ],
        "edges": [{ "from": "made", "to": "hear" }, { "from": "hear", "port": "happened", "to": "end" }],
    })
}

served! {
    async fn who_is_asked_finds_the_approval_and_decides_it_once(app: TestApp) -> Result<TestApp> {
        let ((_, ann), (_, eve)) = (member(&app, "ann").await?, member(&app, "eve").await?);
        publish(&app, &discount()).await?;
        let contact = app.create("contacts", json!([{ "name": "Cy" }])).await?.remove(0);
        let mut news = Subscription::open(app.app.address, &ann, "subscription($after: String) { notificationAdded(after: $after) {
            cursor notification { id title readAt approval { id status } } } }", json!({ "after": BEGINNING })).await?;
        let told = news.event("notificationAdded").await?;

        let list = "query($filter: ApprovalFilter) { approvals(filter: $filter) { totalCount nodes {
            id status title form { name input required } assignees { name } record { id } deadline } } }";
        let mine = ask(&app, &ann, list, json!({ "filter": { "mine": true, "status": { "eq": "PENDING" } } })).await?;
        let hers = ask(&app, &eve, list, json!({})).await?;
        let all = app.data(list, json!({})).await?;
        let id = told["notification"]["approval"]["id"].clone();
        let stranger = ask(&app, &eve, DECIDE, json!({ "id": id, "decision": "APPROVE" })).await?;
        let unfit = ask(&app, &ann, DECIDE, json!({ "id": id, "decision": "APPROVE", "form": { "colour": "red" } })).await?;
        let decided = ask(&app, &ann, DECIDE, json!({ "id": id, "decision": "APPROVE", "form": { "limit": 5 }, "comment": "fine" })).await?;
        let again = ask(&app, &ann, DECIDE, json!({ "id": id, "decision": "REJECT" })).await?;
        let run = newest(&app).await?;
        over(&app, &run).await?;

        let expected = json!({ "id": id, "status": "PENDING", "title": "A discount for Cy?",
            "form": [{ "name": "limit", "input": "NUMBER", "required": true }], "assignees": [{ "name": "ann" }],
            "record": { "id": contact }, "deadline": "2026-01-08T09:00:00Z" });
        assert_eq!(mine["data"]["approvals"], json!({ "totalCount": 1, "nodes": [expected] }));
        assert_eq!((&hers["data"]["approvals"]["totalCount"], &all["approvals"]["totalCount"]), (&json!(0), &json!(1)));
        assert_eq!(stranger["data"]["approvalDecide"]["userErrors"], json!([{ "code": "NOT_FOUND", "field": ["id"] }]));
        assert_eq!(unfit["data"]["approvalDecide"]["userErrors"],
            json!([{ "code": "INVALID", "field": ["form", "colour"] }, { "code": "REQUIRED", "field": ["form", "limit"] }]));
        assert_eq!(decided["data"]["approvalDecide"]["approval"],
            json!({ "id": id, "status": "APPROVED", "comment": "fine", "answers": { "limit": "5" }, "decidedBy": { "name": "ann" } }));
        assert_eq!(again["data"]["approvalDecide"]["userErrors"], json!([{ "code": "CONFLICT", "field": ["id"] }]));
        let step = app.data("query($id: ID!) { run(id: $id) { status steps { node port output } } node(id: $id) { id } }", json!({ "id": run })).await?;
        assert_eq!((&step["run"]["status"], &step["run"]["steps"][0]["port"]), (&json!("SUCCEEDED"), &json!("approved")));
        assert_eq!(step["run"]["steps"][0]["output"]["form"], json!({ "limit": "5" }));
        Ok(app)
    }

    async fn a_link_shows_a_form_that_needs_no_script_and_only_its_button_decides(app: TestApp) -> Result<TestApp> {
        let (_, ann) = member(&app, "ann").await?;
        publish(&app, &discount()).await?;
        app.create("contacts", json!([{ "name": "<Cy>" }])).await?;
        let subscription = "subscription($after: String) { notificationAdded(after: $after) { notification { link approval { id } } } }";
        let mut news = Subscription::open(app.app.address, &ann, subscription, json!({ "after": BEGINNING })).await?;
        let told = news.event("notificationAdded").await?;
        let link = told["notification"]["link"].as_str().context("a link")?.to_owned();
        let (client, status) = (reqwest::Client::new(), async || {
            let query = "query($id: ID!) { approval(id: $id) { status answers comment decidedBy { name } } }";
            Ok::<_, anyhow::Error>(app.data(query, json!({ "id": told["notification"]["approval"]["id"] })).await?["approval"].clone())
        });
        let post = async |link: &str, form: &str| {
            let request = client.post(link).header("content-type", "application/x-www-form-urlencoded").body(form.to_owned());
            let reply = request.send().await?;
            Ok::<_, anyhow::Error>((reply.status().as_u16(), reply.text().await?))
        };

        let page = client.get(&link).send().await?;
        let headers = page.headers().clone();
        let html = page.text().await?;
        let looked_at = status().await?;
        let forged = post(&link.replace("/approvals/0", "/approvals/1"), "decision=approve&answer.limit=5").await?;
        let empty = post(&link, "decision=approve&answer.limit=").await?;
        let undecided = post(&link, "answer.limit=5").await?;
        let decided = post(&link, "decision=approve&answer.limit=5.5&comment=fine").await?;
        let again = post(&link, "decision=reject").await?;
        let run = newest(&app).await?;
        over(&app, &run).await?;

        assert!(html.contains("A discount for &lt;Cy&gt;?") && html.contains("name=\"answer.limit\"") && !html.contains("<script"), "{html}");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(looked_at["status"], "PENDING");
        assert_eq!([forged.0, empty.0, undecided.0, decided.0, again.0], [404, 422, 422, 200, 409]);
        assert!(empty.1.contains("`limit` must be answered") && again.1.contains("It is approved"), "{} {}", empty.1, again.1);
        let expected = json!({ "status": "APPROVED", "answers": { "limit": "5.5" }, "comment": "fine", "decidedBy": { "name": "ann" } });
        assert_eq!(status().await?, expected);
        Ok(app)
    }

    async fn a_link_counts_until_the_deadline_and_while_its_user_may_sign_in(app: TestApp) -> Result<TestApp> {
        let (user, ann) = member(&app, "ann").await?;
        publish(&app, &discount()).await?;
        app.create("contacts", json!([{ "name": "Cy" }])).await?;
        let subscription = "subscription($after: String) { notificationAdded(after: $after) { notification { link } } }";
        let mut news = Subscription::open(app.app.address, &ann, subscription, json!({ "after": BEGINNING })).await?;
        let link = news.event("notificationAdded").await?["notification"]["link"].as_str().context("a link")?.to_owned();
        let look = async || Ok::<_, anyhow::Error>(reqwest::Client::new().get(&link).send().await?.status().as_u16());

        let disable = "mutation($id: ID!, $at: DateTime) { userUpdate(id: $id, input: { disabledAt: $at }) { userErrors { message } } }";
        app.data(disable, json!({ "id": user, "at": "2026-01-01T00:00:00Z" })).await?;
        let disabled = look().await?;
        app.data(disable, json!({ "id": user, "at": null })).await?;
        let enabled = look().await?;
        app.clock.advance(std::time::Duration::from_secs(3 * 86_400));

        assert_eq!((disabled, enabled, look().await?), (404, 200, 410));
        Ok(app)
    }

    async fn notifications_are_their_readers_alone_and_read_once(app: TestApp) -> Result<TestApp> {
        let ((_, ann), (_, eve)) = (member(&app, "ann").await?, member(&app, "eve").await?);
        publish(&app, &discount()).await?;
        app.create("contacts", json!([{ "name": "Cy" }, { "name": "Di" }])).await?;
        let subscription = "subscription($after: String) { notificationAdded(after: $after) { cursor notification { id title } } }";
        let mut news = Subscription::open(app.app.address, &ann, subscription, json!({ "after": BEGINNING })).await?;
        let (first, second) = (news.event("notificationAdded").await?, news.event("notificationAdded").await?);
        let mut resumed = Subscription::open(app.app.address, &ann, subscription, json!({ "after": first["cursor"] })).await?;

        let mark = "mutation($ids: [ID!]!) { notificationMarkRead(ids: $ids) { notifications { id readAt } userErrors { code field } } }";
        let ids = json!({ "ids": [first["notification"]["id"], "notification_nonsense"] });
        let stranger = ask(&app, &eve, mark, ids.clone()).await?;
        let marked = ask(&app, &ann, mark, ids.clone()).await?;
        app.clock.advance(std::time::Duration::from_secs(60));
        let again = ask(&app, &ann, mark, ids).await?;
        let list = "query($filter: NotificationFilter) { notifications(filter: $filter) { totalCount nodes { title run { id } } } }";
        let unread = ask(&app, &ann, list, json!({ "filter": { "read": false } })).await?;
        let of_eve = ask(&app, &eve, list, json!({})).await?;

        assert_eq!(resumed.event("notificationAdded").await?, second);
        assert_eq!(stranger["data"]["notificationMarkRead"]["notifications"], json!([]));
        assert_eq!(marked["data"]["notificationMarkRead"]["userErrors"], json!([{ "code": "NOT_FOUND", "field": ["ids", "1"] }]));
        assert_eq!(marked["data"]["notificationMarkRead"]["notifications"][0]["readAt"], "2026-01-05T09:00:00Z");
        assert_eq!(again, marked);
        assert_eq!(unread["data"]["notifications"]["totalCount"], 1);
        assert_eq!(unread["data"]["notifications"]["nodes"][0]["title"], second["notification"]["title"]);
        assert_eq!(of_eve["data"]["notifications"]["totalCount"], 0);
        Ok(app)
    }

    async fn a_signal_reaches_its_run_and_a_repeated_request_is_one_signal(app: TestApp) -> Result<TestApp> {
        publish(&app, &listening()).await?;
        let contact = app.create("contacts", json!([{ "name": "Cy" }])).await?.remove(0);
        let run = newest(&app).await?;
        let mut events = Subscription::open(app.app.address, &app.key,
            "subscription($run: ID!) { runEvents(runId: $run) { __typename } }", json!({ "run": run })).await?;
        while events.event("runEvents").await?["__typename"] != "StepWaiting" {}

        let send = "mutation($name: String!, $key: String, $payload: JSON) {
            signalSend(name: $name, key: $key, payload: $payload) { signalId toldRuns userErrors { code field } } }";
        let variables = json!({ "name": "paid", "key": contact, "payload": { "amount": 7 } });
        let keyed = || Call { idempotency_key: Some("once".into()), ..app.call(send, variables.clone()) };
        let first = app.send(keyed()).await?.body;
        let second = app.send(keyed()).await?.body;
        over(&app, &run).await?;
        let nameless = app.data(send, json!({ "name": " " })).await?;
        let viewer = ask(&app, &key(&app, Role::Viewer).await?, send, variables.clone()).await?;

        assert_eq!((&first["data"]["signalSend"]["toldRuns"], &first["data"]["signalSend"]["userErrors"]), (&json!(1), &json!([])));
        assert_eq!(second["data"], first["data"]);
        let step = app.data("query($id: ID!) { run(id: $id) { steps { port output } } }", json!({ "id": run })).await?;
        assert_eq!(step["run"]["steps"][0], json!({ "port": "happened", "output": { "amount": 7 } }));
        assert_eq!(nameless["signalSend"]["userErrors"], json!([{ "code": "INVALID", "field": ["name"] }]));
        assert_eq!(viewer["errors"][0]["extensions"]["code"], "FORBIDDEN");
        Ok(app)
    }
}
