//! The rules of access one by one, as clients meet them.

use anyhow::{Context, Result};
use pointsman::{
    auth::NewKey,
    crm::{access::Role, id},
};
use pointsman_tests::{
    app::{Call, Reply, TestApp},
    dump::difference,
    socket::Subscription,
};
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

use crate::{
    api::workflows::{create, promotion, publish},
    served,
};

const CREATE: &str = "mutation($input: RoleCreateInput!) { roleCreate(input: $input) { role { id version } userErrors { code field } } }";
const UPDATE: &str = "mutation($id: ID!, $input: RoleUpdateInput!) { roleUpdate(id: $id, input: $input) { role { version } userErrors { code field } } }";
const DELETE: &str = "mutation($id: ID!) { roleDelete(id: $id) { role { id } userErrors { code field } } }";

async fn role(app: &TestApp, input: Json) -> Result<String> {
    let made = app.data(CREATE, json!({ "input": input })).await?;
    Ok(made["roleCreate"]["role"]["id"]
        .as_str()
        .with_context(|| made.to_string())?
        .to_owned())
}

/// A user of the role; the id, and a key that may do what the user may.
async fn user(app: &TestApp, role: &str, team: Option<&str>) -> Result<(String, String)> {
    let query =
        "mutation($input: UserCreateInput!) { userCreate(input: $input) { user { id } userErrors { code message } } }";
    let input = json!({ "email": format!("{}@acme.example", &role[..5].to_lowercase()), "name": "Una", "role": role, "teamId": team });
    let made = app.data(query, json!({ "input": input })).await?;
    let global = made["userCreate"]["user"]["id"]
        .as_str()
        .with_context(|| made.to_string())?
        .to_owned();
    let new = NewKey {
        name: "k".into(),
        role: Role::Admin,
        owner: id::parse("user", &global),
        expires_at: None,
    };
    let shown = app.app.installation.accounts.create_key(new).await?;
    Ok((global, shown.text.expose_secret().to_owned()))
}

async fn ask(app: &TestApp, key: &str, query: &str, variables: Json) -> Result<Reply> {
    let call = Call {
        query: query.into(),
        variables,
        token: Some(key.into()),
        ..Call::default()
    };
    app.send(call).await
}

fn reading(scope: &str) -> Json {
    json!({ "name": "Reader", "others": { "read": "ALL" }, "rules": [{ "object": "contact", "scopes": { "read": scope } }] })
}

served! {
    async fn a_change_of_a_role_counts_at_once_and_closes_streams(app: TestApp) -> Result<TestApp> {
        let role = role(&app, reading("ALL")).await?;
        let (_, key) = user(&app, &role, None).await?;
        let contact = app.create("contacts", json!([{ "name": "Ann" }])).await?.remove(0);
        let query = "query($id: ID!) { contact(id: $id) { id } contacts { totalCount } }";
        let changes = "subscription { recordChanged(object: \"contact\", after: \"MS4wLjA\") { operation } }";
        let before = ask(&app, &key, query, json!({ "id": contact })).await?.body;
        let mut open = Subscription::open(app.app.address, &key, changes, json!({})).await?;
        open.event("recordChanged").await?;

        app.data(UPDATE, json!({ "id": role, "input": { "rules": [{ "object": "contact", "scopes": { "read": "OWN" } }] } })).await?;
        let end = open.next().await;
        let after = ask(&app, &key, query, json!({ "id": contact })).await?.body;

        assert_eq!(before["data"], json!({ "contact": { "id": contact }, "contacts": { "totalCount": 1 } }));
        assert_eq!(after["data"], json!({ "contact": null, "contacts": { "totalCount": 0 } }));
        assert!(end.is_err_and(|error| error.to_string().contains("4403")));
        Ok(app)
    }

    async fn a_moved_team_moves_what_its_members_reach(app: TestApp) -> Result<TestApp> {
        let teams = app.create("teams", json!([{ "name": "North" }, { "name": "South" }])).await?;
        let role = role(&app, reading("TEAM")).await?;
        let (_, key) = user(&app, &role, Some(&teams[0])).await?;
        app.create("contacts", json!([{ "name": "Ann", "teamId": teams[1] }])).await?;
        let count = "{ contacts { totalCount } }";
        let before = ask(&app, &key, count, Json::Null).await?.body;
        let under = "mutation($id: ID!, $parent: ID) { teamUpdate(id: $id, input: { parentId: $parent }) { team { id } userErrors { code field } } }";

        app.data(under, json!({ "id": teams[1], "parent": teams[0] })).await?;
        let after = ask(&app, &key, count, Json::Null).await?.body;
        let cycle = app.data(under, json!({ "id": teams[0], "parent": teams[1] })).await?;

        assert_eq!((&before["data"]["contacts"]["totalCount"], &after["data"]["contacts"]["totalCount"]), (&json!(0), &json!(1)));
        assert_eq!(cycle["teamUpdate"]["userErrors"], json!([{ "code": "INVALID", "field": ["input", "parentId"] }]));
        Ok(app)
    }

    async fn a_role_that_somebody_has_stays_and_the_built_in_ones_always(app: TestApp) -> Result<TestApp> {
        let role = role(&app, reading("ALL")).await?;
        let (holder, key) = user(&app, &role, None).await?;
        let refused = app.data(DELETE, json!({ "id": role })).await?;
        let fixed = app.data(UPDATE, json!({ "id": "MEMBER", "input": { "name": "Guest" } })).await?;
        let forbidden = ask(&app, &key, DELETE, json!({ "id": role })).await?;

        app.data("mutation($id: ID!) { userUpdate(id: $id, input: { role: VIEWER }) { user { id } } }", json!({ "id": holder })).await?;
        let deleted = app.data(DELETE, json!({ "id": role })).await?;
        let gone = app.data("mutation($id: ID!, $role: RoleName) { userUpdate(id: $id, input: { role: $role }) { userErrors { code field } } }", json!({ "id": holder, "role": role })).await?;

        assert_eq!(refused["roleDelete"]["userErrors"][0]["code"], "CONFLICT");
        assert_eq!(fixed["roleUpdate"]["userErrors"][0]["code"], "READ_ONLY");
        assert_eq!(forbidden.code(), "FORBIDDEN");
        assert_eq!(deleted["roleDelete"]["role"]["id"], json!(role));
        assert_eq!(gone["userUpdate"]["userErrors"], json!([{ "code": "NOT_FOUND", "field": ["input", "role"] }]));
        Ok(app)
    }

    async fn nobody_without_the_permission_gives_themselves_rights(app: TestApp) -> Result<TestApp> {
        let all = json!({ "read": "ALL", "create": "ALL", "update": "ALL", "delete": "ALL" });
        let role = role(&app, json!({ "name": "Writer", "others": all })).await?;
        let (own, key) = user(&app, &role, None).await?;
        let before = app.dump().await?;

        let raise = ask(&app, &key, "mutation($id: ID!) { userUpdate(id: $id, input: { role: ADMIN }) { user { id } } }", json!({ "id": own })).await?;
        let made = ask(&app, &key, CREATE, json!({ "input": { "name": "Mine" } })).await?;

        assert_eq!((raise.code(), made.code()), ("FORBIDDEN", "FORBIDDEN"));
        let mut after = app.dump().await?;
        // The last use of the key that asked is noted beside it.
        after.insert("api_key".into(), before["api_key"].clone());
        assert_eq!(after, before);
        Ok(app)
    }

    async fn who_may_create_only_own_records_owns_them(app: TestApp) -> Result<TestApp> {
        let own = json!({ "object": "contact", "scopes": { "read": "OWN", "create": "OWN" } });
        let role = role(&app, json!({ "name": "Solo", "rules": [own] })).await?;
        let (me, key) = user(&app, &role, None).await?;
        let query = "mutation($owner: ID) { contactCreate(input: { name: \"Ann\", ownerId: $owner }) { contact { id } userErrors { code field } } }";

        let mine = ask(&app, &key, query, Json::Null).await?.body;
        let found = app.data("query($id: ID!) { contact(id: $id) { owner { id } } }", json!({ "id": mine["data"]["contactCreate"]["contact"]["id"] })).await?;

        assert_eq!(found["contact"]["owner"]["id"], json!(me));
        Ok(app)
    }

    async fn a_role_with_wrong_rules_is_refused_with_a_path(app: TestApp) -> Result<TestApp> {
        let cases = [
            (json!({ "name": " " }), "REQUIRED", "name"),
            (json!({ "name": "Admin" }), "TAKEN", "name"),
            (json!({ "name": "A", "rules": [{ "object": "ship", "scopes": {} }] }), "NOT_FOUND", "rules"),
            (json!({ "name": "A", "fieldRules": [{ "object": "contact", "field": "mast", "rule": "HIDDEN" }] }), "NOT_FOUND", "fieldRules"),
            (json!({ "name": "A", "fieldRules": [{ "object": "contact", "field": "name", "rule": "HIDDEN" }] }), "INVALID", "fieldRules"),
            (json!({ "name": "A", "permissions": ["INSPECT_RUNS"] }), "INVALID", "permissions"),
        ];

        for (input, code, field) in cases {
            let made = app.data(CREATE, json!({ "input": input })).await?;
            assert_eq!(made["roleCreate"]["userErrors"], json!([{ "code": code, "field": ["input", field] }]), "{input}");
        }
        Ok(app)
    }

    async fn rules_hold_for_what_an_installation_has_defined(app: TestApp) -> Result<TestApp> {
        app.data("mutation($o: CustomObjectCreateInput!, $f: CustomFieldCreateInput!) {
            customObjectCreate(input: $o) { userErrors { code } } customFieldCreate(input: $f) { userErrors { code } } }",
            json!({ "o": { "key": "site", "label": "Site" }, "f": { "object": "contact", "key": "fee", "label": "Fee", "type": "INTEGER" } })).await?;
        let site = app.data("mutation { recordCreate(object: \"site\", input: { name: \"Harbour\" }) { record { id } } }", json!({})).await?;
        let site = site["recordCreate"]["record"]["id"].clone();
        app.data("mutation { contactCreate(input: { firstName: \"Ann\", custom: { fee: 7 } }) { contact { id } } }", json!({})).await?;
        let role = role(&app, json!({ "name": "Blind", "others": { "read": "ALL", "create": "ALL", "update": "ALL", "delete": "ALL" },
            "rules": [{ "object": "site", "scopes": {} }], "fieldRules": [{ "object": "contact", "field": "fee", "rule": "HIDDEN" }] })).await?;
        let (_, key) = user(&app, &role, None).await?;
        let before = app.dump().await?;

        let read = ask(&app, &key, "query($id: ID!) { record(id: $id) { id } node(id: $id) { id } records(object: \"site\") { totalCount }
            contacts { nodes { custom } } }", json!({ "id": site })).await?;
        let filtered = ask(&app, &key, "{ contacts(filter: { custom: [{ field: \"fee\", eq: 7 }] }) { totalCount } }", json!({})).await?;
        let writes = [
            "mutation { done: recordCreate(object: \"site\", input: { name: \"Pier\" }) { record { id } userErrors { code } } }",
            "mutation($id: ID!) { done: recordUpdate(id: $id, input: { name: \"Pier\" }) { record { id } userErrors { code } } }",
            "mutation($id: ID!) { done: recordDelete(id: $id) { record { id } userErrors { code } } }",
        ];
        for write in writes {
            let variables = if write.contains("$id") { json!({ "id": site }) } else { json!({}) };
            let reply = ask(&app, &key, write, variables).await?;
            assert!(reply.body["data"]["done"]["record"].is_null(), "{write}: {:#}", reply.body);
        }

        let data = &read.body["data"];
        assert_eq!((&data["record"], &data["node"]), (&Json::Null, &Json::Null), "{:#}", read.body);
        assert_eq!(data["records"]["totalCount"], 0, "{:#}", read.body);
        assert!(data["contacts"]["nodes"][0]["custom"]["fee"].is_null(), "{:#}", read.body);
        assert_eq!(filtered.code(), "BAD_USER_INPUT", "{:#}", filtered.body);
        assert_eq!(difference(&before, &app.dump().await?), Vec::<String>::new());
        Ok(app)
    }

    async fn a_viewer_is_told_what_they_may_do(app: TestApp) -> Result<TestApp> {
        let role = role(&app, json!({
            "name": "Seller", "permissions": ["RUN_WORKFLOWS"],
            "rules": [{ "object": "deal", "scopes": { "read": "TEAM", "update": "OWN" } }],
            "fieldRules": [{ "object": "deal", "field": "amount", "rule": "HIDDEN" }, { "object": "deal", "field": "source", "rule": "READ_ONLY" }],
        })).await?;
        let (_, key) = user(&app, &role, None).await?;
        let query = "{ viewer { role rights { permissions objects { object scopes { read create update delete } hiddenFields readOnlyFields } } } }";

        let viewer = ask(&app, &key, query, Json::Null).await?.body["data"]["viewer"].clone();

        let objects = viewer["rights"]["objects"].as_array().context("objects")?;
        let deal = objects.iter().find(|object| object["object"] == "deal").context("deal")?;
        assert_eq!((&viewer["role"], &viewer["rights"]["permissions"]), (&json!(role), &json!(["RUN_WORKFLOWS"])));
        assert_eq!(deal["scopes"], json!({ "read": "TEAM", "create": "NONE", "update": "OWN", "delete": "NONE" }));
        assert_eq!(deal["hiddenFields"], json!(["amount"]));
        assert!(deal["readOnlyFields"].as_array().is_some_and(|names| names.contains(&json!("source")) && names.contains(&json!("amount"))));
        Ok(app)
    }

    async fn publishing_names_what_the_publisher_may_not_read_or_write(app: TestApp) -> Result<TestApp> {
        let all = json!({ "read": "ALL", "create": "ALL", "update": "ALL" });
        let role = role(&app, json!({
            "name": "Drawer", "permissions": ["EDIT_WORKFLOWS"], "others": all,
            "fieldRules": [{ "object": "contact", "field": "score", "rule": "HIDDEN" }, { "object": "contact", "field": "status", "rule": "READ_ONLY" }],
        })).await?;
        let (_, key) = user(&app, &role, None).await?;
        let workflow = create(&app, &promotion()).await?["workflow"]["id"].clone();
        let publish = "mutation($id: ID!) { workflowPublish(input: { id: $id }) { version { number } problems { node field code } } }";

        let refused = ask(&app, &key, publish, json!({ "id": workflow })).await?.body["data"]["workflowPublish"].clone();
        let allowed = app.data(publish, json!({ "id": workflow })).await?;

        let nodes: Vec<_> = refused["problems"].as_array().context("problems")?.iter().map(|problem| problem["node"].clone()).collect();
        assert_eq!(refused["version"], Json::Null);
        for node in ["scored", "hot", "promote"] {
            assert!(nodes.contains(&json!(node)), "{refused:#}");
        }
        assert_eq!(allowed["workflowPublish"]["version"]["number"], 1);
        Ok(app)
    }

    async fn runs_of_records_that_may_not_be_read_are_not_there(app: TestApp) -> Result<TestApp> {
        let role = role(&app, reading("OWN")).await?;
        let (me, key) = user(&app, &role, None).await?;
        publish(&app, &promotion()).await?;
        let contacts = app.create("contacts", json!([{ "name": "Ann", "ownerId": me }, { "name": "Bob" }])).await?;
        let score = "mutation($id: ID!) { contactUpdate(id: $id, input: { score: 5 }) { userErrors { code } } }";
        for contact in &contacts {
            app.data(score, json!({ "id": contact })).await?;
        }
        let everything = app.data("{ runs { totalCount nodes { id record { ... on Contact { id } } } } }", Json::Null).await?;
        let of = |contact: &String| everything["runs"]["nodes"].as_array().and_then(|runs| runs.iter().find(|run| run["record"]["id"] == json!(contact)));
        let (own, other) = (of(&contacts[0]).context("own")?["id"].clone(), of(&contacts[1]).context("other")?["id"].clone());

        let query = "query($own: ID!, $other: ID!) { runs { totalCount nodes { id } } own: run(id: $own) { id } other: run(id: $other) { id } node(id: $other) { id } }";
        let seen = ask(&app, &key, query, json!({ "own": own, "other": other })).await?.body["data"].clone();
        let changes = "subscription { runChanged(after: \"MS4wLjA\") { run { id } } }";
        let told = Subscription::open(app.app.address, &key, changes, json!({})).await?.event("runChanged").await?;

        assert_eq!(everything["runs"]["totalCount"], 2);
        assert_eq!(seen, json!({ "runs": { "totalCount": 1, "nodes": [{ "id": own }] }, "own": { "id": own }, "other": null, "node": null }));
        assert_eq!(told["run"]["id"], own);
        Ok(app)
    }
}
