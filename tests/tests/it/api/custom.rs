//! Custom fields and objects over the API: defined, written, listed and watched without a change of the schema.

use anyhow::{Context, Result, ensure};
use pointsman_tests::app::TestApp;
use serde_json::{Value as Json, json};

use crate::served;

const DEFINE: &str = "mutation($input: CustomFieldCreateInput!) {
    customFieldCreate(input: $input) { customField { id key type } userErrors { code field message } } }";

const CREATE: &str = "mutation($input: ContactCreateInput!) {
    contactCreate(input: $input) { contact { id custom } userErrors { code field message } } }";

served! {
    async fn a_custom_field_is_written_read_filtered_and_ordered(app: TestApp) -> Result<TestApp> {
        define(&app, json!({ "object": "contact", "key": "fee", "label": "Fee", "type": "DECIMAL", "scale": 2 })).await?;
        let options = json!([{ "key": "A", "label": "a" }, { "key": "B", "label": "b" }]);
        define(&app, json!({ "object": "contact", "key": "teams", "label": "Teams", "type": "MULTI_SELECT", "options": options })).await?;

        for (name, custom) in [
            ("Ann", json!({ "fee": "10.50", "teams": ["B", "A"] })),
            ("Bob", json!({ "fee": "9", "teams": ["B"] })),
            ("Cid", json!({})),
        ] {
            let data = app.data(CREATE, json!({ "input": { "firstName": name, "custom": custom } })).await?;
            ensure!(data["contactCreate"]["userErrors"] == json!([]), "{data:#}");
        }

        let list = "query($filter: ContactFilter, $order: [ContactOrder!]) {
            contacts(filter: $filter, orderBy: $order) { totalCount nodes { name custom } } }";
        let order = json!([{ "custom": "fee", "direction": "ASC" }]);
        let all = app.data(list, json!({ "order": order })).await?;
        ensure!(all["contacts"]["nodes"] == json!([
            { "name": "Bob", "custom": { "fee": "9.00", "teams": ["B"] } },
            { "name": "Ann", "custom": { "fee": "10.50", "teams": ["A", "B"] } },
            { "name": "Cid", "custom": { "fee": null, "teams": null } },
        ]), "{all:#}");
        for (custom, expected) in [
            (json!([{ "field": "fee", "gt": "9.5" }]), 1),
            (json!([{ "field": "fee", "in": ["9", "11"] }]), 1),
            (json!([{ "field": "teams", "contains": "B" }]), 2),
            (json!([{ "field": "teams", "contains": "B" }, { "field": "fee", "lte": "9.00" }]), 1),
            (json!([{ "field": "fee", "isNull": true }]), 1),
            (json!([{ "field": "teams", "notIn": [["B"]] }]), 2),
        ] {
            let found = app.data(list, json!({ "filter": { "custom": custom } })).await?;
            ensure!(found["contacts"]["totalCount"] == expected, "{custom}: {found:#}");
        }
        for wrong in [json!([{ "field": "nothing", "eq": 1 }]), json!([{ "field": "fee", "eq": 1.5 }])] {
            let reply = app.send(app.call(list, json!({ "filter": { "custom": wrong } }))).await?;
            ensure!(reply.code() == "BAD_USER_INPUT", "{:#}", reply.body);
        }
        Ok(app)
    }

    async fn what_is_wrong_with_a_value_is_said_at_its_key(app: TestApp) -> Result<TestApp> {
        define(&app, json!({ "object": "contact", "key": "fee", "label": "Fee", "type": "DECIMAL", "required": true })).await?;
        let before = app.dump().await?;

        for (custom, code, path) in [
            (json!({ "fee": "1.234" }), "OUT_OF_RANGE", json!(["input", "custom", "fee"])),
            (json!({ "fee": 1.5 }), "INVALID", json!(["input", "custom", "fee"])),
            (json!({ "fee": "1", "other": 1 }), "NOT_FOUND", json!(["input", "custom", "other"])),
            (json!({}), "REQUIRED", json!(["input", "custom", "fee"])),
            (json!([1]), "INVALID", json!(["input", "custom"])),
        ] {
            let data = app.data(CREATE, json!({ "input": { "firstName": "Ann", "custom": custom } })).await?;
            let error = &data["contactCreate"]["userErrors"][0];
            ensure!(error["code"] == code && error["field"] == path, "{custom}: {error:#}");
        }
        ensure!(app.dump().await? == before, "nothing is written");
        Ok(app)
    }

    async fn a_custom_object_has_records_of_its_own(app: TestApp) -> Result<TestApp> {
        let made = app.data(
            "mutation { customObjectCreate(input: { key: \"vehicle\", label: \"Vehicle\" }) {
               customObject { id key version } userErrors { code field message } } }",
            Json::Null,
        ).await?;
        ensure!(made["customObjectCreate"]["customObject"]["key"] == "vehicle", "{made:#}");
        define(&app, json!({ "object": "vehicle", "key": "wheels", "label": "Wheels", "type": "INTEGER" })).await?;
        define(&app, json!({ "object": "contact", "key": "drives", "label": "Drives", "type": "REFERENCE", "target": "vehicle" })).await?;

        let create = "mutation($input: RecordCreateInput!) { recordCreate(object: \"vehicle\", input: $input) {
            record { id object name custom version } userErrors { code field message } } }";
        let van = app.data(create, json!({ "input": { "name": "Van", "custom": { "wheels": 4 } } })).await?;
        let van = van["recordCreate"]["record"].clone();
        let id = van["id"].as_str().context("id")?.to_owned();
        ensure!(id.starts_with("vehicle_") && van["custom"] == json!({ "wheels": 4 }), "{van:#}");
        app.data(create, json!({ "input": { "name": "Bike", "custom": { "wheels": 2 } } })).await?;
        app.data(CREATE, json!({ "input": { "firstName": "Ann", "custom": { "drives": id } } })).await?;

        let read = app.data(
            "query($id: ID!) {
               record(id: $id) { name referring(object: \"contact\", field: \"drives\") { nodes { id ... on Contact { name custom } } } }
               node(id: $id) { __typename id }
               records(object: \"vehicle\", filter: { custom: [{ field: \"wheels\", lt: 4 }] }, orderBy: [{ field: NAME }]) { totalCount nodes { name } }
               timeline(recordId: $id) { edges { node { operation fields { field after } } } } }",
            json!({ "id": id }),
        ).await?;
        ensure!(read["record"]["referring"]["nodes"][0]["custom"] == json!({ "drives": id }), "{read:#}");
        ensure!(read["node"] == json!({ "__typename": "CustomRecord", "id": id }), "{read:#}");
        ensure!(read["records"] == json!({ "totalCount": 1, "nodes": [{ "name": "Bike" }] }), "{read:#}");
        let fields = read["timeline"]["edges"][0]["node"]["fields"].as_array().context("fields")?;
        ensure!(fields.contains(&json!({ "field": "wheels", "after": 4 })), "{read:#}");

        let changed = app.data(
            "mutation($id: ID!) {
               recordUpdate(id: $id, input: { custom: { wheels: 6 } }, expectedVersion: 1) { record { name custom } userErrors { code } } }",
            json!({ "id": id }),
        ).await?;
        ensure!(changed["recordUpdate"]["record"] == json!({ "name": "Van", "custom": { "wheels": 6 } }), "{changed:#}");
        for mutation in ["recordDelete", "recordRestore"] {
            let query = format!("mutation($id: ID!) {{ {mutation}(id: $id) {{ record {{ id }} userErrors {{ code }} }} }}");
            let data = app.data(&query, json!({ "id": id })).await?;
            ensure!(data[mutation]["userErrors"] == json!([]), "{data:#}");
        }
        Ok(app)
    }

    async fn a_field_that_a_workflow_uses_is_not_retired(app: TestApp) -> Result<TestApp> {
        let id = define(&app, json!({ "object": "contact", "key": "fee", "label": "Fee", "type": "DECIMAL" })).await?;
        let definition = json!({ "format": 1, "nodes": [
            { "key": "made", "kind": "recordCreated", "config": { "object": "contact", "where": "record.fee > 10" } },
            { "key": "set", "kind": "updateRecord", "config": { "values": { "fee": "{{ record.fee * 2 }}" } } },
        ], "edges": [{ "from": "made", "to": "set" }] });
        let workflow = pointsman_tests::world::publish(&app.app.installation.workflows, definition).await?;

        let retire = "mutation($id: ID!) { customFieldRetire(id: $id) { customField { retired } userErrors { code message } } }";
        let refused = app.data(retire, json!({ "id": id })).await?;
        let error = &refused["customFieldRetire"]["userErrors"][0];
        ensure!(error["code"] == "IN_USE" && error["message"].as_str().is_some_and(|text| text.contains("Test")), "{refused:#}");

        let workflow = pointsman::crm::id::format("workflow", workflow);
        app.data("mutation($id: ID!) { workflowArchive(id: $id) { userErrors { code } } }", json!({ "id": workflow })).await?;
        let retired = app.data(retire, json!({ "id": id })).await?;
        ensure!(retired["customFieldRetire"]["customField"]["retired"] == true, "{retired:#}");
        Ok(app)
    }

    async fn definitions_are_an_administrators(app: TestApp) -> Result<TestApp> {
        let new = pointsman::auth::NewKey { name: "member".into(), role: pointsman::crm::access::Role::Member, owner: None, expires_at: None };
        let key = app.app.installation.accounts.create_key(new).await?;
        let mut call = app.call(DEFINE, json!({ "input": { "object": "contact", "key": "fee", "label": "Fee", "type": "DECIMAL" } }));
        call.token = Some(secrecy::ExposeSecret::expose_secret(&key.text).to_owned());

        let reply = app.send(call).await?;

        ensure!(reply.code() == "FORBIDDEN", "{:#}", reply.body);
        Ok(app)
    }
}

/// Defines a field; its id.
async fn define(app: &TestApp, input: Json) -> Result<String> {
    let data = app.data(DEFINE, json!({ "input": input })).await?;
    let id = data["customFieldCreate"]["customField"]["id"].as_str();
    id.map(str::to_owned).with_context(|| format!("{data:#}"))
}
