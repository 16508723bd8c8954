//! What the guard lets through and what it stops, as the toy schema sees it.

use std::time::Instant;

use async_graphql::{Response, Value, Variables};
use serde_json::json;

use super::super::failure::seal;
use super::super::{RequestId, toy};
use super::*;

fn refused(query: &str) -> (String, String) {
    let mut errors = vec![admit(&mut Request::new(query)).unwrap_err()];
    seal(&mut errors, &RequestId::fresh());
    let error = errors.remove(0);
    let Some(Value::String(code)) = error.extensions.unwrap().get("code").cloned() else {
        panic!("no code");
    };
    (code, error.message)
}

fn admitted(query: &str) -> Admitted {
    admit(&mut Request::new(query)).unwrap()
}

async fn run(query: &str, variables: serde_json::Value) -> Response {
    let mut request = Request::new(query).variables(Variables::from_json(variables));
    match admit(&mut request) {
        Ok(_) => toy::schema().execute(request).await,
        Err(error) => Response::from_errors(vec![error]),
    }
}

async fn data(query: &str, variables: serde_json::Value) -> serde_json::Value {
    let response = run(query, variables).await;
    assert_eq!(response.errors, []);
    response.data.into_json().unwrap()
}

fn nested(field: &str, levels: usize) -> String {
    format!("{}{}{}", "{ again ".repeat(levels), field, " }".repeat(levels))
}

/// `F0` spreads `F1` `width` times, that one `F2`, and so on: `width` to the power of `levels` fields.
fn bomb(levels: usize, width: usize) -> String {
    let body = |n: usize| format!("...F{} ", n + 1).repeat(width);
    let fragments = (0..levels).map(|n| format!("fragment F{n} on Query {{ {} }} ", body(n)));
    format!(
        "{{ ...F0 }} {} fragment F{levels} on Query {{ hello }}",
        fragments.collect::<String>()
    )
}

#[test]
fn each_limit_is_admitted_and_one_more_is_refused() {
    let repeated = |what: &str, times: usize| format!("{{ again {{ {} }} }}", what.repeat(times));
    let cases: [(String, String); 5] = [
        (nested("{ hello }", 14), nested("{ hello }", 15)),
        (repeated("a: hello ", 50), repeated("a: hello ", 51)),
        (
            format!("{{ {} }}", "hello ".repeat(50)),
            format!("{{ {} }}", "hello ".repeat(51)),
        ),
        (repeated("hello ", 999), repeated("hello ", 1_000)),
        (
            repeated("hello @skip(if: false) ", 50),
            repeated("hello @skip(if: false) ", 51),
        ),
    ];

    for (fits, exceeds) in cases {
        admitted(&fits);
        assert_eq!(refused(&exceeds).0, "COMPLEXITY_EXCEEDED", "{exceeds}");
    }
}

#[test]
fn the_length_of_a_document_is_limited() {
    let padded = |bytes: usize| format!("{{ hello }}{}", " ".repeat(bytes - 9));

    admitted(&padded(LONGEST));
    assert_eq!(refused(&padded(LONGEST + 1)).0, "COMPLEXITY_EXCEEDED");
}

#[test]
fn bombs_are_refused_at_once() {
    let bombs = [
        bomb(30, 2),
        bomb(5, 200),
        bomb(300, 2),
        bomb(400, 1),
        "{ a { ".repeat(2_500),
        format!("{{ a(b: {} }}", "[".repeat(16_000)),
        format!("query($a: {} {{ a }}", "[".repeat(16_000)),
        format!(
            "{{ {} }}",
            (0..1_500).map(|n| format!("a{n}: hello ")).collect::<String>()
        ),
        format!("{{ {} }}", "hello @a ".repeat(1_500)),
        format!("{{ {} hello {} }}", "... { ".repeat(33), "}".repeat(33)),
    ];

    for query in bombs {
        let began = Instant::now();
        assert_eq!(
            refused(&query).0,
            "COMPLEXITY_EXCEEDED",
            "{}",
            &query[..query.len().min(200)]
        );
        // Ten times the bar, as this is an unoptimised build on a machine that does other things.
        assert!(began.elapsed().as_millis() < 100, "{}", &query[..query.len().min(200)]);
    }
}

#[test]
fn a_bomb_that_no_operation_reaches_is_refused_too() {
    let unreached = bomb(30, 2).replace("{ ...F0 }", "{ hello }");

    assert_eq!(refused(&unreached).0, "COMPLEXITY_EXCEEDED");
}

#[test]
fn operations_that_do_not_run_count_too() {
    let operations = (0..51).map(|n| format!("query Q{n} {{ hello }} "));
    let mut request = Request::new(operations.collect::<String>()).operation_name("Q7");

    assert!(admit(&mut request).unwrap_err().message.contains("root fields"));
}

#[test]
fn a_fragment_that_spreads_itself_is_refused() {
    let circle = "{ ...A } fragment A on Query { again { ...B } } fragment B on Query { ...A }";

    let (code, message) = refused(circle);

    assert_eq!(code, "BAD_USER_INPUT");
    assert!(message.ends_with("spreads itself."), "{message}");
}

#[test]
fn an_operation_that_is_not_there_is_refused() {
    for (query, name) in [
        ("{ hello }", Some("A")),
        ("query A { hello }", Some("B")),
        ("query A { hello } query B { hello }", None),
    ] {
        let mut request = Request::new(query);
        request.operation_name = name.map(str::to_owned);

        assert!(admit(&mut request).is_err(), "{query}");
    }
}

#[test]
fn a_subscription_to_two_things_is_refused() {
    assert_eq!(refused("subscription { count(to: 1) silence }").0, "BAD_USER_INPUT");
    assert_eq!(
        admitted("subscription { count(to: 1) }").kind,
        OperationType::Subscription
    );
}

#[test]
fn a_document_that_does_not_parse_is_told_what_and_where_but_not_repeated() {
    let error = admit(&mut Request::new(format!("{{ hello( {} ", "hello ".repeat(2_000)))).unwrap_err();

    assert_eq!(error.message, "The document does not parse: expected argument");
    assert_eq!((error.locations[0].line, error.locations[0].column), (1, 10));
}

#[tokio::test]
async fn the_introspection_of_graphql_js_passes() {
    let answer = data(include_str!("introspection.graphql"), json!({})).await;

    assert_eq!(answer["__schema"]["queryType"]["name"], "Query");
}

const CHANGE: &str = "mutation Change($phone: String) { change(input: {phone: $phone}) { phone } }";

#[tokio::test]
async fn a_variable_that_is_not_provided_leaves_the_column_alone() {
    assert_eq!(data(CHANGE, json!({})).await["change"]["phone"], "KEPT");
    assert_eq!(data(CHANGE, json!({"phone": null})).await["change"]["phone"], "CLEARED");
    assert_eq!(data(CHANGE, json!({"phone": "1"})).await["change"]["phone"], "CHANGED");
}

#[tokio::test]
async fn without_the_guard_the_library_would_clear_it() {
    let answer = toy::schema().execute(CHANGE).await;

    assert_eq!(answer.data.into_json().unwrap()["change"]["phone"], "CLEARED");
}

#[tokio::test]
async fn a_variable_that_is_not_provided_leaves_an_argument_to_its_default() {
    let query = "query($text: String) { echo(text: $text) }";

    assert_eq!(data(query, json!({})).await["echo"], "unsaid");
}

#[tokio::test]
async fn a_variable_that_is_not_provided_is_null_in_a_list() {
    let query = "query($item: String) { list(items: [\"a\", $item]) echo(text: $item) }";

    assert_eq!(
        data(query, json!({})).await,
        json!({"list": ["a", null], "echo": "unsaid"})
    );
}

#[tokio::test]
async fn what_is_dropped_in_a_shared_fragment_is_not_held_against_another_operation() {
    let query =
        "query A($t: String) { ...F } query B($t: String = \"b\") { ...F } fragment F on Query { echo(text: $t) }";
    let mut request = Request::new(query).operation_name("A");

    admit(&mut request).unwrap();
    let response = toy::schema().execute(request).await;

    assert_eq!(response.errors, []);
    assert_eq!(response.data.into_json().unwrap()["echo"], "unsaid");
}

#[tokio::test]
async fn a_default_counts_in_include() {
    let query = "query($yes: Boolean = true) { hello @include(if: $yes) }";

    assert_eq!(data(query, json!({})).await["hello"], "world");
    assert!(data(query, json!({"yes": false})).await.get("hello").is_none());
}

#[tokio::test]
async fn a_variable_that_must_have_a_value_is_asked_for() {
    for variables in [json!({}), json!({"text": null})] {
        let response = run("query($text: String!) { echo(text: $text) }", variables).await;

        assert_eq!(response.data, Value::Null);
        assert_eq!(
            response.errors[0].message,
            "The variable \"$text\" of type \"String!\" has no value."
        );
    }
}

#[tokio::test]
async fn a_variable_that_nothing_uses_is_still_reported() {
    let response = run("query($a: String) { hello }", json!({})).await;

    assert_eq!(response.errors[0].message, "Variable \"$a\" is not used");
}
