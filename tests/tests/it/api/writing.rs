//! Creating, changing, deleting and restoring records.

use anyhow::{Context, Result};
use pointsman_tests::app::TestApp;
use serde_json::json;

use crate::served;

served! {
    async fn a_contact_lives_from_creation_to_restoration(app: TestApp) -> Result<TestApp> {
        let created = app.data(
            r#"mutation { contactCreate(input: { firstName: "Zoë", email: "Zoe@Acme.example" }) {
                 contact { id name email status version createdAt } userErrors { code } } }"#,
            json!(null),
        ).await?;
        let contact = &created["contactCreate"]["contact"];
        assert_eq!(contact["name"], "Zoë");
        assert_eq!(contact["email"], "zoe@acme.example");
        assert_eq!(contact["status"], "LEAD");
        assert_eq!(contact["createdAt"], "2026-01-05T09:00:00Z");
        let id = contact["id"].as_str().context("id")?;

        let steps = app.data(
            r#"mutation($id: ID!) {
                 update: contactUpdate(id: $id, input: { status: ACTIVE }) { contact { status version } }
                 delete: contactDelete(id: $id) { contact { deletedAt version } }
                 again: contactDelete(id: $id) { contact { id } userErrors { code field } }
                 restore: contactRestore(id: $id) { contact { deletedAt version } } }"#,
            json!({ "id": id }),
        ).await?;

        assert_eq!(steps["update"]["contact"], json!({ "status": "ACTIVE", "version": 2 }));
        assert_eq!(steps["delete"]["contact"], json!({ "deletedAt": "2026-01-05T09:00:00Z", "version": 3 }));
        assert_eq!(steps["again"], json!({ "contact": null, "userErrors": [{ "code": "NOT_FOUND", "field": ["id"] }] }));
        assert_eq!(steps["restore"]["contact"], json!({ "deletedAt": null, "version": 4 }));
        Ok(app)
    }

    async fn what_is_wrong_with_an_input_is_said_by_its_path(app: TestApp) -> Result<TestApp> {
        let data = app.data(
            r#"mutation { one: contactCreate(input: { email: "nope", score: 99000000 }) { contact { id } userErrors { code field } }
                 many: companiesCreate(inputs: [{ name: "Right" }, { name: "  " }]) { companies { id } userErrors { code field } }
                 money: dealCreate(input: { name: "D", amount: { amount: "1.005", currency: "EUR" } }) { userErrors { code field } }
                 reference: contactCreate(input: { companyId: "contact_1" }) { userErrors { code field } } }"#,
            json!(null),
        ).await?;

        assert_eq!(data["one"]["userErrors"], json!([
            { "code": "INVALID", "field": ["input", "email"] },
            { "code": "OUT_OF_RANGE", "field": ["input", "score"] },
            { "code": "REQUIRED", "field": ["input", "name"] },
        ]));
        assert_eq!(data["many"], json!({ "companies": [], "userErrors": [{ "code": "REQUIRED", "field": ["inputs", "1", "name"] }] }));
        assert_eq!(data["money"]["userErrors"], json!([{ "code": "INVALID", "field": ["input", "amount"] }]));
        assert_eq!(data["reference"]["userErrors"], json!([{ "code": "NOT_FOUND", "field": ["input", "companyId"] }]));
        let count = app.data("{ companies { totalCount } }", json!(null)).await?;
        assert_eq!(count["companies"]["totalCount"], 0);
        Ok(app)
    }

    async fn a_stale_version_is_refused_and_changes_nothing(app: TestApp) -> Result<TestApp> {
        let id = app.create("contacts", json!([{ "firstName": "Ann" }])).await?.remove(0);
        let update = "mutation($id: ID!, $name: String!) {
            contactUpdate(id: $id, input: { jobTitle: $name }, expectedVersion: 1) { contact { jobTitle } userErrors { code field } } }";

        app.data(update, json!({ "id": id, "name": "first" })).await?;
        let second = app.data(update, json!({ "id": id, "name": "second" })).await?;

        assert_eq!(second["contactUpdate"]["userErrors"], json!([{ "code": "CONFLICT", "field": ["expectedVersion"] }]));
        let now = app.data("query($id: ID!) { contact(id: $id) { jobTitle version } }", json!({ "id": id })).await?;
        assert_eq!(now["contact"], json!({ "jobTitle": "first", "version": 2 }));
        Ok(app)
    }

    async fn a_variable_that_is_not_provided_leaves_its_field_alone(app: TestApp) -> Result<TestApp> {
        let id = app.create("contacts", json!([{ "firstName": "Ann", "phone": "+49 30 1234", "city": "Berlin" }])).await?.remove(0);
        let update = "mutation($id: ID!, $phone: PhoneNumber, $city: String) {
            contactUpdate(id: $id, input: { phone: $phone, city: $city }) { contact { phone city } } }";

        let kept = app.data(update, json!({ "id": id, "city": "Köln" })).await?;
        let emptied = app.data(update, json!({ "id": id, "phone": null })).await?;

        assert_eq!(kept["contactUpdate"]["contact"], json!({ "phone": "+49301234", "city": "Köln" }));
        assert_eq!(emptied["contactUpdate"]["contact"], json!({ "phone": null, "city": "Köln" }));
        Ok(app)
    }

    async fn a_moved_deal_follows_its_stage(app: TestApp) -> Result<TestApp> {
        let deal = app.create("deals", json!([{ "name": "Big", "amount": { "amount": "999.99", "currency": "EUR" } }])).await?.remove(0);
        let stages = app.data("{ stages { nodes { id name } } }", json!(null)).await?;
        let stages = stages["stages"]["nodes"].as_array().context("stages")?;
        let won = stages.iter().find(|stage| stage["name"] == "Won").context("Won")?["id"].clone();

        let before = app.data("query($id: ID!) { deal(id: $id) { status stage { name } weightedAmount { amount currency } } }", json!({ "id": deal })).await?;
        let moved = app.data(
            "mutation($id: ID!, $stage: ID!) { dealMove(id: $id, stageId: $stage) {
               deal { status probability closedAt weightedAmount { amount } pipeline { name } } userErrors { code } } }",
            json!({ "id": deal, "stage": won }),
        ).await?;

        assert_eq!(before["deal"], json!({ "status": "OPEN", "stage": { "name": "New" }, "weightedAmount": { "amount": "100.00", "currency": "EUR" } }));
        assert_eq!(moved["dealMove"]["deal"], json!({
            "status": "WON", "probability": 100, "closedAt": "2026-01-05T09:00:00Z",
            "weightedAmount": { "amount": "999.99" }, "pipeline": { "name": "Sales" },
        }));
        Ok(app)
    }
}
