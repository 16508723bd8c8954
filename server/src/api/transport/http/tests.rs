//! The HTTP layer as a client meets it: one request in, one response out.

mod browser;

use std::time::Duration;

use futures_util::stream;
use poem::http::{HeaderMap, StatusCode, header};
use poem::{Body, Endpoint as _, Request, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::toy;

const GRAPHQL: &str = "application/graphql-response+json";

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap()
    }
}

async fn sent(request: Request) -> Reply {
    let response: Response = toy::endpoint().get_response(request).await;
    let (parts, body) = response.into_parts();
    let body = body.into_vec().await.unwrap();
    let body = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&body).unwrap()
    };
    Reply {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

fn post() -> RequestBuilder {
    Request::builder()
        .method(poem::http::Method::POST)
        .content_type("application/json")
}

fn query(text: &str) -> String {
    json!({ "query": text }).to_string()
}

async fn asked(text: &str, accept: &str) -> Reply {
    sent(post().header(header::ACCEPT, accept).body(query(text))).await
}

async fn got(parameters: &[(&str, &str)]) -> Reply {
    let pairs = parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", value.replace(' ', "+")));
    let uri = format!("/graphql?{}", pairs.collect::<Vec<_>>().join("&"));
    sent(Request::builder().uri_str(uri).finish()).await
}

#[tokio::test]
async fn a_request_error_is_400_and_has_no_data_under_the_new_media_type() {
    for text in ["{ nonsense }", "{", "{ echo(text: 1) }"] {
        let new = asked(text, GRAPHQL).await;
        let old = asked(text, "application/json").await;

        assert_eq!(
            (new.status, old.status),
            (StatusCode::BAD_REQUEST, StatusCode::OK),
            "{text}"
        );
        assert!(
            new.body.get("data").is_none() && old.body.get("data").is_none(),
            "{text}"
        );
        assert_eq!(new.code(), "BAD_USER_INPUT", "{text}");
    }
}

#[tokio::test]
async fn a_field_error_is_200_and_keeps_its_data() {
    let reply = asked("{ leak }", GRAPHQL).await;

    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.body["data"], Value::Null);
    assert!(reply.body.get("data").is_some());
}

#[tokio::test]
async fn what_a_resolver_leaks_or_panics_with_stays_inside() {
    let (leak, panic) = (asked("{ leak }", GRAPHQL).await, asked("{ panics }", GRAPHQL).await);

    assert_eq!(
        (leak.status, panic.status),
        (StatusCode::OK, StatusCode::INTERNAL_SERVER_ERROR)
    );
    for reply in [leak, panic] {
        assert_eq!(reply.code(), "INTERNAL");
        assert!(!reply.body.to_string().contains("hunter2"));
    }
}

#[tokio::test]
async fn every_error_names_its_request() {
    let reply = sent(post().header("x-request-id", "trace-1").body(query("{ leak }"))).await;

    assert_eq!(reply.headers["x-request-id"], "trace-1");
    assert_eq!(reply.body["errors"][0]["extensions"]["requestId"], "trace-1");
}

#[tokio::test]
async fn a_resolver_knows_its_request_and_its_caller() {
    let request = post()
        .header("x-request-id", "trace-1")
        .header("authorization", "Bearer good");

    let reply = sent(request.body(query("{ requestId caller }"))).await;

    assert_eq!(reply.body["data"], json!({"requestId": "trace-1", "caller": "good"}));
}

#[tokio::test]
async fn only_json_in_utf_8_can_be_posted() {
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json; charset=utf-16",
    ] {
        let request = Request::builder()
            .method(poem::http::Method::POST)
            .content_type(kind)
            .body(query("{ hello }"));
        assert_eq!(sent(request).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
    let bare = Request::builder()
        .method(poem::http::Method::POST)
        .body(query("{ hello }"));
    assert_eq!(sent(bare).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_get_runs_queries_alone() {
    let read = got(&[("query", "{ hello }")]).await;
    let write = got(&[("query", "mutation { key }")]).await;

    assert_eq!(read.body["data"]["hello"], "world");
    assert_eq!(write.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(write.headers[header::ALLOW], "POST");
}

#[tokio::test]
async fn the_operation_that_runs_decides_and_not_the_first() {
    let both = "query A { hello } mutation B { key }";

    assert_eq!(
        got(&[("query", both), ("operationName", "A")]).await.status,
        StatusCode::OK
    );
    assert_eq!(
        got(&[("query", both), ("operationName", "B")]).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn malformed_parameters_are_400_whatever_is_accepted() {
    for body in [
        "",
        "{",
        "[]",
        "{}",
        "\"{ hello }\"",
        r#"{"query":1}"#,
        r#"{"query":"{hello}","variables":"{}"}"#,
    ] {
        for accept in [GRAPHQL, "application/json"] {
            let reply = sent(post().header(header::ACCEPT, accept).body(body)).await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}");
        }
    }
    assert_eq!(
        got(&[("query", "{ hello }"), ("variables", "[")]).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_body_is_read_only_as_far_as_its_sender_may_go() {
    let endless = || Body::from_bytes_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 1 << 14])));

    let anybody = sent(post().body(endless())).await;
    let signed_in = sent(post().header("authorization", "Bearer good").body(endless())).await;

    assert_eq!(
        (anybody.status, signed_in.status),
        (StatusCode::PAYLOAD_TOO_LARGE, StatusCode::PAYLOAD_TOO_LARGE)
    );
    assert!(anybody.body.to_string().contains("65536") && signed_in.body.to_string().contains("4194304"));
}

#[tokio::test]
async fn credentials_that_are_not_good_are_401_and_too_many_are_429() {
    let bad = sent(post().header("authorization", "Bearer bad").body(query("{ hello }"))).await;
    let busy = sent(post().header("authorization", "Bearer busy").body(query("{ hello }"))).await;

    assert_eq!((bad.status, bad.code()), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"));
    assert_eq!(bad.headers[header::WWW_AUTHENTICATE], "Bearer");
    assert_eq!(
        (busy.status, busy.code()),
        (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED")
    );
    assert_eq!(busy.headers[header::RETRY_AFTER], "7");
}

#[tokio::test]
async fn every_answer_says_that_it_is_not_to_be_cached_or_sniffed() {
    for reply in [asked("{ hello }", "*/*").await, asked("{", "text/html").await] {
        assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(reply.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert!(
            reply
                .headers
                .get_all(header::VARY)
                .iter()
                .any(|value| value == "accept")
        );
    }
}

#[tokio::test]
async fn an_idempotency_key_reaches_the_resolver_and_both_cookies_the_client() {
    let reply = sent(post().header("idempotency-key", "k-1").body(query("mutation { key }"))).await;

    assert_eq!(reply.body["data"]["key"], "k-1");
    assert_eq!(reply.headers.get_all(header::SET_COOKIE).iter().count(), 2);
}

#[tokio::test]
async fn a_keyed_mutation_has_one_root_field() {
    let reply = sent(
        post()
            .header("idempotency-key", "k-1")
            .body(query("mutation { key other: key }")),
    )
    .await;

    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn an_execution_is_dropped_at_its_deadline() {
    let began = Instant::now();

    let reply = asked("{ never }", "*/*").await;

    assert_eq!((reply.status, reply.code()), (StatusCode::GATEWAY_TIMEOUT, "TIMEOUT"));
    assert_eq!(began.elapsed().as_secs(), Duration::from_secs(10).as_secs());
}

#[tokio::test]
async fn a_bomb_is_a_request_error() {
    let bomb = format!("{{ {} }}", "hello ".repeat(1_001));

    let reply = asked(&bomb, GRAPHQL).await;

    assert_eq!(
        (reply.status, reply.code()),
        (StatusCode::BAD_REQUEST, "COMPLEXITY_EXCEEDED")
    );
}

#[tokio::test]
async fn of_ten_thousand_faults_a_hundred_are_told() {
    let faults = format!("query({}) {{ hello }}", "$c: I ".repeat(2_500));

    let reply = asked(&faults, GRAPHQL).await;

    assert_eq!(reply.body["errors"].as_array().unwrap().len(), 100);
}
