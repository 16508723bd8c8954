//! Errors have codes that clients can rely on.

use anyhow::Result;
use pointsman_tests::app::{Call, TestApp};
use serde_json::json;

use crate::served;

served! {
    async fn without_credentials_nothing_is_told(app: TestApp) -> Result<TestApp> {
        for query in ["{ contacts { nodes { id } } }", "{ contact(id: \"contact_1\") { id } }", "{ apiKeys { id } }", "{ node(id: \"x\") { id } }",
            "mutation { contactCreate(input: {}) { contact { id } } }", "mutation { sessionDelete { deleted } }"] {
            let reply = app.send(Call { query: query.into(), ..Call::default() }).await?;
            assert_eq!(reply.code(), "UNAUTHENTICATED", "{query}");
        }
        let wrong = app.send(Call { token: Some("pm_wrong".into()), ..app.call("{ viewer { role } }", json!(null)) }).await?;
        assert_eq!(wrong.code(), "UNAUTHENTICATED");
        Ok(app)
    }

    async fn a_filter_reaches_one_hop(app: TestApp) -> Result<TestApp> {
        let query = r#"{ contacts(filter: { company: { owner: { name: { eq: "A" } } } }) { nodes { id } } }"#;

        assert_eq!(app.send(app.call(query, json!(null))).await?.code(), "BAD_USER_INPUT");
        Ok(app)
    }

    async fn a_refused_field_leaves_its_neighbours(app: TestApp) -> Result<TestApp> {
        let reply = app.send(app.call("{ viewer { role } contacts(first: 1000) { nodes { id } } }", json!(null))).await?;

        assert_eq!(reply.body["data"], json!({ "viewer": { "role": "ADMIN" }, "contacts": null }));
        assert!(reply.body["errors"][0]["extensions"]["requestId"].is_string());
        Ok(app)
    }

    async fn too_many_records_at_once_are_refused(app: TestApp) -> Result<TestApp> {
        let inputs: Vec<_> = (0..1_001).map(|n| json!({ "name": format!("n{n}") })).collect();
        let query = "mutation($inputs: [ContactCreateInput!]!) { contactsCreate(inputs: $inputs) { contacts { id } } }";

        assert_eq!(app.send(app.call(query, json!({ "inputs": inputs }))).await?.code(), "BAD_USER_INPUT");
        Ok(app)
    }
}
