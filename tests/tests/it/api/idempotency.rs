//! A repeated request is one request.

use anyhow::Result;
use futures_util::future::try_join_all;
use pointsman_tests::app::{Call, TestApp};
use serde_json::json;

use crate::served;

fn keyed(app: &TestApp, name: &str, key: &str) -> Call {
    let query =
        "mutation($name: String) { contactCreate(input: { name: $name }) { contact { id name } userErrors { code } } }";
    Call {
        idempotency_key: Some(key.to_owned()),
        ..app.call(query, json!({ "name": name }))
    }
}

served! {
    async fn fifty_calls_at_once_with_one_key_have_one_effect(app: TestApp) -> Result<TestApp> {
        let replies = try_join_all((0..50).map(|_| app.send(keyed(&app, "Ann", "k-1")))).await?;

        for reply in &replies {
            assert_eq!(reply.body["data"], replies[0].body["data"], "{:#}", reply.body);
        }
        assert_eq!(replies[0].body["data"]["contactCreate"]["contact"]["name"], "Ann");
        let data = app.data("{ contacts { totalCount } }", json!(null)).await?;
        assert_eq!(data["contacts"]["totalCount"], 1);
        Ok(app)
    }

    async fn another_request_under_the_same_key_is_refused(app: TestApp) -> Result<TestApp> {
        app.send(keyed(&app, "Ann", "k-1")).await?;

        let reply = app.send(keyed(&app, "Bob", "k-1")).await?;

        assert_eq!(reply.code(), "CONFLICT");
        Ok(app)
    }

    async fn a_key_names_one_mutation(app: TestApp) -> Result<TestApp> {
        let query = r#"mutation { a: contactCreate(input: { name: "A" }) { contact { id } } b: contactCreate(input: { name: "B" }) { contact { id } } }"#;

        let reply = app.send(Call { idempotency_key: Some("k-1".into()), ..app.call(query, json!(null)) }).await?;

        assert_eq!(reply.code(), "BAD_USER_INPUT");
        Ok(app)
    }

    async fn a_repeated_deletion_gives_its_answer_again(app: TestApp) -> Result<TestApp> {
        let id = app.create("contacts", json!([{ "name": "Ann" }])).await?.remove(0);
        let query = "mutation($id: ID!) { contactDelete(id: $id) { contact { id deletedAt } userErrors { code } } }";
        let call = Call { idempotency_key: Some("k-1".into()), ..app.call(query, json!({ "id": id })) };

        let first = app.send(call.clone()).await?;
        let second = app.send(call).await?;

        assert_eq!(first.body["data"], second.body["data"]);
        assert_eq!(second.body["data"]["contactDelete"]["userErrors"], json!([]));
        Ok(app)
    }
}
