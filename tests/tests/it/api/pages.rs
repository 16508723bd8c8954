//! Pages, in both directions.

use anyhow::{Context, Result};
use pointsman_tests::app::TestApp;
use serde_json::{Value as Json, json};

use crate::served;

const PAGE: &str = "query($first: Int, $after: String, $last: Int, $before: String, $order: [ContactOrder!]) {
    contacts(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {
      nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

/// The ids of all records, page by page from one end.
async fn walk(app: &TestApp, order: &Json, size: usize, backward: bool) -> Result<Vec<String>> {
    let (count, cursor, more, edge) = match backward {
        false => ("first", "after", "hasNextPage", "endCursor"),
        true => ("last", "before", "hasPreviousPage", "startCursor"),
    };
    let mut variables = json!({ count: size, "order": order });
    let mut ids = Vec::new();
    loop {
        let data = app.data(PAGE, variables.clone()).await?;
        let nodes = data["contacts"]["nodes"].as_array().context("nodes")?;
        let mut page: Vec<String> = nodes
            .iter()
            .filter_map(|node| Some(node["id"].as_str()?.to_owned()))
            .collect();
        if backward {
            page.reverse();
        }
        ids.extend(page);
        let info = &data["contacts"]["pageInfo"];
        if info[more] == false {
            return Ok(ids);
        }
        variables[cursor] = info[edge].clone();
    }
}

served! {
    async fn any_walk_meets_each_record_once_and_in_order(app: TestApp) -> Result<TestApp> {
        let scores = [Some(3), None, Some(1), Some(3), None, Some(-2), Some(1), Some(7), None, Some(3), Some(0)];
        let inputs = scores.iter().enumerate().map(|(n, score)| json!({ "name": format!("n{n}"), "score": score }));
        app.create("contacts", Json::Array(inputs.collect())).await?;

        for direction in ["ASC", "DESC"] {
            for nulls in ["FIRST", "LAST"] {
                for order in [
                    json!([{ "field": "SCORE", "direction": direction, "nulls": nulls }]),
                    json!([{ "field": "SCORE", "direction": direction, "nulls": nulls }, { "field": "NAME", "direction": "DESC" }]),
                ] {
                    let whole = walk(&app, &order, 100, false).await?;
                    assert_eq!(whole.len(), scores.len());
                    for size in [1, 2, 3, 10, 11] {
                        assert_eq!(walk(&app, &order, size, false).await?, whole, "forward by {size}, {order}");
                        let mut backward = walk(&app, &order, size, true).await?;
                        backward.reverse();
                        assert_eq!(backward, whole, "backward by {size}, {order}");
                    }
                }
            }
        }
        Ok(app)
    }

    async fn a_page_that_cannot_be_is_refused(app: TestApp) -> Result<TestApp> {
        for arguments in ["first: 101", "first: -1", "first: 1, last: 1", "after: \"nonsense\""] {
            let reply = app.send(app.call(&format!("{{ contacts({arguments}) {{ nodes {{ id }} }} }}"), json!(null))).await?;
            assert_eq!(reply.code(), "BAD_USER_INPUT", "{arguments}");
        }
        Ok(app)
    }
}
