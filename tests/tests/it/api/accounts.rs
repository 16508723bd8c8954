//! The first administrator, sessions, users and keys.

use std::time::Duration;

use anyhow::{Context, Result};
use pointsman_tests::{
    app::{Call, Reply, TestApp},
    socket::Subscription,
};
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

use crate::served;

const PASSWORD: &str = "a long enough sentence";
const SIGN_IN: &str = "mutation($email: EmailAddress!, $password: String!) {
    sessionCreate(input: { email: $email, password: $password, carrier: BEARER }) { token user { email } userErrors { code } } }";
const VIEWER: &str = "{ viewer { role user { email } } }";

async fn as_nobody(app: &TestApp, query: &str, variables: Json) -> Result<Reply> {
    app.send(Call {
        query: query.into(),
        variables,
        ..Call::default()
    })
    .await
}

async fn create_user(app: &TestApp, email: &str, role: &str) -> Result<String> {
    let query = "mutation($input: UserCreateInput!, $password: String) {
        userCreate(input: $input, password: $password) { user { id } userErrors { code message field } } }";
    let input = json!({ "email": email, "name": "Some One", "role": role });
    let data = app.data(query, json!({ "input": input, "password": PASSWORD })).await?;
    Ok(data["userCreate"]["user"]["id"]
        .as_str()
        .with_context(|| data.to_string())?
        .to_owned())
}

async fn token(app: &TestApp, email: &str) -> Result<String> {
    let reply = as_nobody(app, SIGN_IN, json!({ "email": email, "password": PASSWORD })).await?;
    Ok(reply.body["data"]["sessionCreate"]["token"]
        .as_str()
        .with_context(|| reply.body.to_string())?
        .to_owned())
}

async fn viewer(app: &TestApp, token: &str) -> Result<Reply> {
    app.send(Call {
        token: Some(token.into()),
        query: VIEWER.into(),
        ..Call::default()
    })
    .await
}

served! {
    async fn the_link_makes_one_administrator(app: TestApp) -> Result<TestApp> {
        let link = app.app.set_up_link.as_ref().context("a link")?.expose_secret().to_owned();
        let (_, secret) = link.split_once('#').context("a token")?;
        let query = "mutation($input: SetUpInput!) { setUp(input: $input) { user { role } userErrors { code field } } }";
        let input = |password: &str| json!({ "input": { "token": secret, "email": "ada@acme.example", "name": "Ada", "password": password } });

        let weak = as_nobody(&app, query, input("short")).await?;
        let done = as_nobody(&app, query, input(PASSWORD)).await?;
        let again = as_nobody(&app, query, input(PASSWORD)).await?;

        assert_eq!(weak.body["data"]["setUp"]["userErrors"], json!([{ "code": "INVALID", "field": ["input", "password"] }]));
        assert_eq!(done.body["data"]["setUp"]["user"]["role"], "ADMIN");
        assert_eq!(again.code(), "FORBIDDEN");
        let cookie = done.headers.get("set-cookie").context("a cookie")?.to_str()?;
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        let pair = cookie.split(';').next().context("a pair")?.to_owned();
        let seen = app.send(Call { query: VIEWER.into(), cookie: Some(pair), ..Call::default() }).await?;
        assert_eq!(seen.body["data"]["viewer"]["user"]["email"], "ada@acme.example");
        Ok(app)
    }

    async fn a_session_lasts_until_it_is_ended_or_old(app: TestApp) -> Result<TestApp> {
        create_user(&app, "bob@acme.example", "MEMBER").await?;
        let (ended, old) = (token(&app, "Bob@Acme.example").await?, token(&app, "bob@acme.example").await?);
        assert_eq!(viewer(&app, &ended).await?.body["data"]["viewer"]["role"], "MEMBER");

        let out = Call { token: Some(ended.clone()), ..app.call("mutation { sessionDelete { deleted } }", json!(null)) };
        assert_eq!(app.send(out).await?.body["data"]["sessionDelete"]["deleted"], true);
        assert_eq!(viewer(&app, &ended).await?.code(), "UNAUTHENTICATED");
        assert_eq!(viewer(&app, &old).await?.code(), "");

        app.clock.advance(Duration::from_secs(31 * 86_400));
        assert_eq!(viewer(&app, &old).await?.code(), "UNAUTHENTICATED");
        Ok(app)
    }

    async fn a_wrong_password_and_an_unknown_user_look_the_same_and_are_slowed_down(app: TestApp) -> Result<TestApp> {
        create_user(&app, "bob@acme.example", "MEMBER").await?;
        let attempt = |email: &str| as_nobody(&app, SIGN_IN, json!({ "email": email, "password": "not this one" }));

        let (wrong, unknown) = (attempt("bob@acme.example").await?, attempt("eve@acme.example").await?);
        assert_eq!(wrong.body, unknown.body);
        assert_eq!(wrong.body["data"]["sessionCreate"]["userErrors"], json!([{ "code": "INVALID" }]));
        for _ in 0..4 {
            attempt("bob@acme.example").await?;
        }
        assert_eq!(attempt("bob@acme.example").await?.code(), "RATE_LIMITED");

        app.clock.advance(Duration::from_secs(60));
        token(&app, "bob@acme.example").await?;
        Ok(app)
    }

    async fn a_disabled_user_is_out_at_once_and_so_are_their_keys(app: TestApp) -> Result<TestApp> {
        let id = create_user(&app, "root@acme.example", "ADMIN").await?;
        let session = token(&app, "root@acme.example").await?;
        let query = r#"mutation { apiKeyCreate(input: { name: "k", role: ADMIN }) { secret apiKey { owner { email } } } }"#;
        let made = app.send(Call { token: Some(session.clone()), ..app.call(query, json!(null)) }).await?;
        let key = made.body["data"]["apiKeyCreate"]["secret"].as_str().context("a key")?.to_owned();
        assert_eq!(viewer(&app, &key).await?.body["data"]["viewer"]["user"]["email"], "root@acme.example");

        let disable = r#"mutation($id: ID!) { userUpdate(id: $id, input: { disabledAt: "2026-01-01T00:00:00Z" }) { user { id } } }"#;
        app.data(disable, json!({ "id": id })).await?;

        assert_eq!(viewer(&app, &session).await?.code(), "UNAUTHENTICATED");
        assert_eq!(viewer(&app, &key).await?.code(), "UNAUTHENTICATED");
        let refused = as_nobody(&app, SIGN_IN, json!({ "email": "root@acme.example", "password": PASSWORD })).await?;
        assert_eq!(refused.body["data"]["sessionCreate"]["token"], json!(null));
        Ok(app)
    }

    async fn a_key_may_no_more_than_its_owner_and_nothing_once_revoked(app: TestApp) -> Result<TestApp> {
        let id = create_user(&app, "root@acme.example", "ADMIN").await?;
        let session = token(&app, "root@acme.example").await?;
        let query = r#"mutation { apiKeyCreate(input: { name: "k", role: ADMIN }) { secret apiKey { id } } }"#;
        let made = app.send(Call { token: Some(session), ..app.call(query, json!(null)) }).await?;
        let made = &made.body["data"]["apiKeyCreate"];
        let key = made["secret"].as_str().context("a key")?.to_owned();

        app.data("mutation($id: ID!) { userUpdate(id: $id, input: { role: VIEWER }) { user { id } } }", json!({ "id": id })).await?;
        assert_eq!(viewer(&app, &key).await?.body["data"]["viewer"]["role"], "VIEWER");
        let write = r#"mutation { contactCreate(input: { name: "A" }) { contact { id } } }"#;
        assert_eq!(app.send(Call { token: Some(key.clone()), ..app.call(write, json!(null)) }).await?.code(), "FORBIDDEN");
        let keys = Call { token: Some(key.clone()), ..app.call("{ apiKeys { id } }", json!(null)) };
        assert_eq!(app.send(keys).await?.code(), "FORBIDDEN");

        app.data("mutation($id: ID!) { apiKeyRevoke(id: $id) { apiKey { revokedAt } userErrors { code } } }", json!({ "id": made["apiKey"]["id"] })).await?;
        assert_eq!(viewer(&app, &key).await?.code(), "UNAUTHENTICATED");
        Ok(app)
    }

    async fn a_caller_who_was_just_recognised_costs_no_statement(app: TestApp) -> Result<TestApp> {
        create_user(&app, "bob@acme.example", "MEMBER").await?;
        let session = token(&app, "bob@acme.example").await?;
        for token in [app.key.clone(), session] {
            viewer(&app, &token).await?;

            // The engine reads by itself now and then: the quietest of several tries is the request's own.
            let mut least = u64::MAX;
            for _ in 0..20 {
                let before = app.statements();
                let call = Call { token: Some(token.clone()), ..app.call("{ __typename }", json!(null)) };
                assert_eq!(app.send(call).await?.code(), "");
                least = least.min(app.statements() - before);
            }
            assert_eq!(least, 0);
        }
        Ok(app)
    }

    async fn an_open_socket_ends_as_soon_as_its_user_may_do_less(app: TestApp) -> Result<TestApp> {
        let id = create_user(&app, "root@acme.example", "ADMIN").await?;
        let session = token(&app, "root@acme.example").await?;
        let changes = "subscription { recordChanged(object: \"contact\", after: \"MS4wLjA\") { operation } }";
        let mut open = Subscription::open(app.app.address, &session, changes, json!({})).await?;
        app.create("contacts", json!([{ "name": "Ann" }])).await?;
        open.event("recordChanged").await?;

        app.data("mutation($id: ID!) { userUpdate(id: $id, input: { role: VIEWER }) { user { id } } }", json!({ "id": id })).await?;
        let end = open.next().await;
        let again = viewer(&app, &session).await?;

        assert!(end.is_err_and(|error| error.to_string().contains("4403")));
        assert_eq!(again.body["data"]["viewer"]["role"], "VIEWER");
        Ok(app)
    }

    async fn an_address_belongs_to_one_user(app: TestApp) -> Result<TestApp> {
        create_user(&app, "bob@acme.example", "MEMBER").await?;
        let query = r#"mutation { userCreate(input: { email: "BOB@acme.example", name: "B" }) { user { id } userErrors { code field } } }"#;

        let data = app.data(query, json!(null)).await?;

        assert_eq!(data["userCreate"], json!({ "user": null, "userErrors": [{ "code": "TAKEN", "field": ["input", "email"] }] }));
        Ok(app)
    }
}
