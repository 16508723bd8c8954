//! Filters, references, nodes and timelines, and what they cost.

use anyhow::{Context, Result};
use pointsman_tests::app::TestApp;
use serde_json::{Value as Json, json};

use crate::served;

/// The names of the contacts that a filter selects.
async fn named(app: &TestApp, filter: Json) -> Result<Vec<String>> {
    let query = "query($filter: ContactFilter) { contacts(filter: $filter) { nodes { name } } }";
    let data = app.data(query, json!({ "filter": filter })).await?;
    let nodes = data["contacts"]["nodes"].as_array().context("nodes")?;
    Ok(nodes
        .iter()
        .filter_map(|node| Some(node["name"].as_str()?.to_owned()))
        .collect())
}

/// The statements that a query costs. The engine's polling can only add to them, so the least of several tries counts.
async fn cost(app: &TestApp, query: &str) -> Result<u64> {
    let mut least = u64::MAX;
    for _ in 0..20 {
        let before = app.statements();
        app.data(query, json!(null)).await?;
        least = least.min(app.statements() - before);
    }
    Ok(least)
}

served! {
    async fn filters_select_what_they_say(app: TestApp) -> Result<TestApp> {
        let acme = app.create("companies", json!([{ "name": "Acme" }])).await?.remove(0);
        app.create("contacts", json!([
            { "name": "Ann", "score": 5, "email": "ann@acme.example", "companyId": acme, "status": "ACTIVE" },
            { "name": "Bob", "score": 9, "emailOptOut": true },
            { "name": "C_d", "city": "100 %" },
        ])).await?;

        for (filter, expected) in [
            (json!({ "score": { "gte": 5, "lt": 9 } }), vec!["Ann"]),
            (json!({ "score": { "isNull": true } }), vec!["C_d"]),
            (json!({ "score": { "neq": 5 } }), vec!["Bob", "C_d"]),
            (json!({ "score": { "notIn": [5, 9] } }), vec!["C_d"]),
            (json!({ "not": { "score": { "gt": 1 } } }), vec!["C_d"]),
            (json!({ "or": [{ "name": { "eq": "Ann" } }, { "name": { "startsWith": "B" } }] }), vec!["Ann", "Bob"]),
            (json!({ "and": [{ "score": { "gt": 1 } }, { "status": { "in": ["LEAD"] } }] }), vec!["Bob"]),
            (json!({ "name": { "contains": "_" } }), vec!["C_d"]),
            (json!({ "city": { "contains": "%" } }), vec!["C_d"]),
            (json!({ "email": { "eq": "ANN@acme.example" } }), vec!["Ann"]),
            (json!({ "emailOptOut": { "eq": true } }), vec!["Bob"]),
            (json!({ "company": { "name": { "eq": "Acme" } } }), vec!["Ann"]),
            (json!({ "companyId": { "eq": acme } }), vec!["Ann"]),
            (json!({ "companyId": { "isNull": true } }), vec!["Bob", "C_d"]),
            (json!({ "createdAt": { "gt": "2026-01-05T10:00:00+01:00" } }), vec![]),
            (json!({ "or": [] }), vec![]),
            (json!({ "id": { "in": ["company_nonsense"] } }), vec![]),
            (json!({}), vec!["Ann", "Bob", "C_d"]),
        ] {
            assert_eq!(named(&app, filter.clone()).await?, expected, "{filter}");
        }
        Ok(app)
    }

    async fn amounts_are_compared_within_their_currency(app: TestApp) -> Result<TestApp> {
        let deal = |name: &str, amount: &str, currency: &str| json!({ "name": name, "amount": { "amount": amount, "currency": currency } });
        app.create("deals", json!([deal("yen", "5000", "JPY"), deal("cents", "50.00", "EUR"), deal("more", "51.00", "EUR"), { "name": "none" }])).await?;

        for (test, expected) in [
            (json!({ "eq": { "amount": "50", "currency": "EUR" } }), json!([{ "name": "cents" }])),
            (json!({ "gt": { "amount": "1", "currency": "EUR" } }), json!([{ "name": "cents" }, { "name": "more" }])),
            (json!({ "lte": { "amount": "5000", "currency": "JPY" } }), json!([{ "name": "yen" }])),
            (json!({ "neq": { "amount": "50", "currency": "EUR" } }), json!([{ "name": "yen" }, { "name": "more" }, { "name": "none" }])),
        ] {
            let query = "query($test: MoneyFilter) { deals(filter: { amount: $test }) { nodes { name } } }";
            let data = app.data(query, json!({ "test": test })).await?;
            assert_eq!(data["deals"]["nodes"], expected, "{test}");
        }
        Ok(app)
    }

    async fn a_page_of_fifty_with_companies_is_two_statements(app: TestApp) -> Result<TestApp> {
        let companies = app.create("companies", (0..10).map(|n| json!({ "name": format!("c{n}") })).collect()).await?;
        let contact = |n: usize| json!({ "name": format!("n{n}"), "companyId": companies[n % 10] });
        app.create("contacts", (0..50).map(contact).collect()).await?;

        let signing_in = cost(&app, "{ viewer { role } }").await?;
        let whole = cost(&app, "{ contacts(first: 50) { nodes { name company { name } } } }").await?;

        assert_eq!(whole - signing_in, 2);
        let data = app.data("{ contacts(first: 50) { nodes { company { name } } } }", json!(null)).await?;
        assert_eq!(data["contacts"]["nodes"][49]["company"]["name"], "c9");
        Ok(app)
    }

    async fn nodes_come_in_the_order_they_are_asked_for(app: TestApp) -> Result<TestApp> {
        let contact = app.create("contacts", json!([{ "name": "Ann" }])).await?.remove(0);
        let company = app.create("companies", json!([{ "name": "Acme" }])).await?.remove(0);

        let data = app.data(
            "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Contact { name } } }",
            json!({ "ids": [company, "contact_nonsense", contact] }),
        ).await?;

        assert_eq!(data["nodes"], json!([
            { "__typename": "Company", "id": company }, null, { "__typename": "Contact", "id": contact, "name": "Ann" },
        ]));
        Ok(app)
    }

    async fn a_company_lists_who_refers_to_it(app: TestApp) -> Result<TestApp> {
        let company = app.create("companies", json!([{ "name": "Acme" }])).await?.remove(0);
        app.create("contacts", json!([{ "name": "Ann", "companyId": company }, { "name": "Bob" }, { "name": "Cem", "companyId": company }])).await?;

        let data = app.data(
            "query($id: ID!) { company(id: $id) { contacts(first: 1) { totalCount nodes { name } pageInfo { hasNextPage } } } }",
            json!({ "id": company }),
        ).await?;

        assert_eq!(data["company"]["contacts"], json!({ "totalCount": 2, "nodes": [{ "name": "Ann" }], "pageInfo": { "hasNextPage": true } }));
        Ok(app)
    }

    async fn a_query_may_nest_as_deep_as_the_guard_allows(app: TestApp) -> Result<TestApp> {
        let company = app.create("companies", json!([{ "name": "Acme" }])).await?.remove(0);
        app.create("contacts", json!([{ "name": "Ann", "companyId": company }])).await?;
        let around = |inner: String| format!("company {{ contacts {{ nodes {{ {inner} }} }} }}");
        let nested = (0..3).fold("company { contacts { totalCount } }".to_owned(), |inner, _| around(inner));

        let data = app.data(
            &format!("query($id: ID!) {{ company(id: $id) {{ contacts {{ nodes {{ {nested} }} }} }} }}"),
            json!({ "id": company }),
        ).await?;

        let mut reached = &data;
        for _ in 0..4 {
            reached = &reached["company"]["contacts"]["nodes"][0];
        }
        assert_eq!(reached["company"]["contacts"]["totalCount"], 1);
        Ok(app)
    }

    async fn a_timeline_tells_each_change_newest_first(app: TestApp) -> Result<TestApp> {
        let id = app.create("contacts", json!([{ "name": "Ann" }])).await?.remove(0);
        app.data("mutation($id: ID!) { contactUpdate(id: $id, input: { score: 5 }) { contact { id } } }", json!({ "id": id })).await?;

        let query = "query($id: ID!, $after: String) { timeline(recordId: $id, first: 1, after: $after) {
            edges { node { operation version fields { field before after } actor cause } } pageInfo { hasNextPage endCursor } } }";
        let newest = app.data(query, json!({ "id": id })).await?["timeline"].clone();
        let oldest = app.data(query, json!({ "id": id, "after": newest["pageInfo"]["endCursor"] })).await?["timeline"].clone();

        let node = &newest["edges"][0]["node"];
        assert_eq!(node["operation"], "UPDATED");
        assert_eq!(node["fields"], json!([{ "field": "score", "before": null, "after": 5 }]));
        assert_eq!(node["cause"], "request");
        assert_eq!(newest["pageInfo"]["hasNextPage"], true);
        assert_eq!(oldest["edges"][0]["node"]["operation"], "CREATED");
        assert_eq!(oldest["pageInfo"]["hasNextPage"], false);
        Ok(app)
    }
}
