//! The protocol as a client meets it. Where time matters the socket is a pair of channels, so that a test owns the clock;
//! where the handshake matters it is a real one.

mod channel;
mod handshake;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use channel::Client;

const SUBSCRIBE: &str = "subscription { silence }";

fn subscribe(id: &str, query: &str) -> Value {
    json!({"type": "subscribe", "id": id, "payload": {"query": query}})
}

#[tokio::test(start_paused = true)]
async fn what_is_no_message_closes_with_4400() {
    let odd = [
        "",
        "{",
        "[]",
        "[\"ping\"]",
        "{}",
        r#"{"type":"start"}"#,
        r#"{"type":"subscribe","id":"1"}"#,
    ];
    for text in odd {
        assert_eq!(Client::opened().says_raw(text).await.closed().await, 4400, "{text}");
    }
    let mut client = Client::acknowledged().await;
    client
        .says(json!({"type": "subscribe", "id": "1", "payload": ["{ hello }"]}))
        .await;
    assert_eq!(client.closed().await, 4400);
}

#[tokio::test(start_paused = true)]
async fn an_operation_before_the_acknowledgement_closes_with_4401() {
    assert_eq!(
        Client::opened().says(subscribe("1", "{ hello }")).await.closed().await,
        4401
    );
}

#[tokio::test(start_paused = true)]
async fn credentials_that_are_not_good_close_with_4403() {
    let mut client = Client::opened();
    client
        .says(json!({"type": "connection_init", "payload": {"authorization": "Bearer bad"}}))
        .await;

    assert_eq!(client.closed().await, 4403);
}

#[tokio::test(start_paused = true)]
async fn credentials_that_are_revoked_close_with_4403() {
    let mut client = Client::signed_in().await;
    client.says(subscribe("1", SUBSCRIBE)).await;

    client.door.revoked.cancel();

    assert_eq!(client.closed().await, 4403);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_is_closed_with_4408_after_three_seconds() {
    let began = Instant::now();

    assert_eq!(Client::opened().closed().await, 4408);
    assert_eq!(began.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_id_in_use_closes_with_4409() {
    let mut client = Client::acknowledged().await;
    client.says(subscribe("1", SUBSCRIBE)).await;
    client.says(subscribe("1", SUBSCRIBE)).await;

    assert_eq!(client.closed().await, 4409);
}

#[tokio::test(start_paused = true)]
async fn a_second_init_closes_with_4429() {
    let mut client = Client::acknowledged().await;
    client.says(json!({"type": "connection_init"})).await;

    assert_eq!(client.closed().await, 4429);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_closes_with_1001() {
    let mut client = Client::acknowledged().await;

    client.sockets.shutdown.cancel();

    assert_eq!(client.closed().await, 1001);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_its_sender_may_not_send_closes_with_1009() {
    let long = subscribe("1", &" ".repeat(70_000));

    assert_eq!(
        Client::acknowledged().await.says(long.clone()).await.closed().await,
        1009
    );
    assert_eq!(
        Client::signed_in().await.says(long).await.heard().await["type"],
        "error"
    );
}

#[tokio::test(start_paused = true)]
async fn queries_and_mutations_are_answered_and_completed() {
    let mut client = Client::signed_in().await;
    client.says(subscribe("q", "{ hello caller }")).await;

    let data = json!({"hello": "world", "caller": "good"});
    assert_eq!(
        client.heard().await,
        json!({"type": "next", "id": "q", "payload": {"data": data}})
    );
    assert_eq!(client.heard().await, json!({"type": "complete", "id": "q"}));

    client
        .says(subscribe("m", "mutation { change(input: {}) { phone } }"))
        .await;
    assert_eq!(client.heard().await["payload"]["data"]["change"]["phone"], "KEPT");
}

#[tokio::test(start_paused = true)]
async fn a_subscription_streams_and_completes() {
    let mut client = Client::acknowledged().await;
    client.says(subscribe("1", "subscription { count(to: 3) }")).await;

    for count in 1..=3 {
        assert_eq!(client.heard().await["payload"]["data"]["count"], count);
    }
    assert_eq!(client.heard().await["type"], "complete");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_executed_is_an_error_message_with_a_code() {
    let cases = [
        ("{ nonsense }", "BAD_USER_INPUT"),
        ("{ echo(text: \"", "BAD_USER_INPUT"),
        (&format!("{{ {} }}", "hello ".repeat(60)), "COMPLEXITY_EXCEEDED"),
        ("{ panics }", "INTERNAL"),
    ];
    let mut client = Client::acknowledged().await;
    for (query, code) in cases {
        client.says(subscribe("1", query)).await;
        let message = client.heard().await;
        assert_eq!(
            (&message["type"], &message["payload"][0]["extensions"]["code"]),
            (&json!("error"), &json!(code))
        );
        assert!(message["payload"][0]["extensions"]["requestId"].is_string());
    }
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_cannot_begin_says_nothing_internal() {
    let mut client = Client::acknowledged().await;
    client.says(subscribe("1", "subscription { broken }")).await;

    let message = client.heard().await;
    assert!(
        message.to_string().contains("INTERNAL") && !message.to_string().contains("hunter2"),
        "{message}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_query_ends_at_its_deadline_and_a_subscription_does_not() {
    let mut client = Client::acknowledged().await;
    client.says(subscribe("s", SUBSCRIBE)).await;
    client.says(subscribe("q", "{ never }")).await;
    let began = Instant::now();

    let message = client.heard().await;

    assert_eq!(
        (&message["id"], &message["payload"][0]["extensions"]["code"]),
        (&json!("q"), &json!("TIMEOUT"))
    );
    assert_eq!(began.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_never_pauses_does_not_starve_its_neighbours() {
    let mut client = Client::acknowledged().await;
    client.says(subscribe("flood", "subscription { flood }")).await;
    client.says(subscribe("q", "{ hello }")).await;

    let mut before = 0;
    while client.heard().await["id"] != "q" {
        before += 1;
    }

    assert!(before < 100, "{before} messages went first");
}

#[tokio::test(start_paused = true)]
async fn an_id_is_free_after_complete_and_nothing_of_the_old_stream_follows() {
    let mut client = Client::acknowledged().await;
    client.says(subscribe("1", "subscription { flood }")).await;
    client.heard().await;

    client.says(json!({"type": "complete", "id": "1"})).await;
    client.says(json!({"type": "ping"})).await;
    client.says(subscribe("1", "{ hello }")).await;
    while client.heard().await["type"] != "pong" {}

    let data = json!({"hello": "world"});
    assert_eq!(
        client.heard().await,
        json!({"type": "next", "id": "1", "payload": {"data": data}})
    );
}

#[tokio::test(start_paused = true)]
async fn the_operation_after_the_hundredth_is_declined_and_the_others_go_on() {
    let mut client = Client::acknowledged().await;
    for n in 0..=100 {
        client.says(subscribe(&n.to_string(), SUBSCRIBE)).await;
    }

    let message = client.heard().await;

    assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("100")));
    assert_eq!(message["payload"][0]["extensions"]["code"], "RATE_LIMITED");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_closed() {
    let mut client = Client::acknowledged().await;
    client.says(subscribe("1", "subscription { flood }")).await;

    let began = Instant::now();
    client.ended().await;

    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_gone_is_noticed_by_its_silence() {
    let mut client = Client::acknowledged().await;
    client.says(subscribe("1", SUBSCRIBE)).await;
    let began = Instant::now();

    client.is_deaf_until_the_end().await;

    assert_eq!(began.elapsed().as_secs(), 40);
}

#[tokio::test(start_paused = true)]
async fn a_ping_is_answered_before_the_init_too() {
    let mut client = Client::opened();
    client.says(json!({"type": "ping", "payload": {"a": 1}})).await;

    assert_eq!(client.heard().await, json!({"type": "pong", "payload": {"a": 1}}));
}
