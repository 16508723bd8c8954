//! What is certain of an HTTP request, by how it failed.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use pointsman::actions::egress::{Egress, Settings};
use pointsman::actions::http::{Carried, Order, Text, Verb, perform};
use pointsman::actions::{Code, Outcome};
use pointsman_tests::servers::http::{Reply, Sink};
use serde_json::json;

/// Posts a small JSON document with the key `k1`.
async fn post(url: String, timeout: Duration) -> Result<Outcome> {
    carry_out(&order(url), timeout).await
}

async fn carry_out(order: &Order, timeout: Duration) -> Result<Outcome> {
    let egress = Egress::new(&Settings {
        allow: vec!["127.0.0.0/8".parse()?],
        ca: None,
    })?;
    Ok(perform(&egress, order, Carried::default(), &"k1".parse()?, timeout).await)
}

fn order(url: String) -> Order {
    let plain = |text: &str| Text::Plain(text.to_owned());
    Order {
        method: Verb::Post,
        url: Text::Plain(url),
        headers: vec![("Content-Type".to_owned(), plain("application/json"))],
        body: Some(plain(r#"{"deal":1}"#)),
        expected: BTreeSet::new(),
        schema: None,
    }
}

async fn outcome_of(reply: Reply) -> Result<Outcome> {
    let sink = Sink::start([reply]).await?;
    post(sink.url("/hook"), Duration::from_secs(2)).await
}

fn unknown(outcome: &Outcome) -> Option<Code> {
    match outcome {
        Outcome::Unknown { failure } => Some(failure.code),
        Outcome::Done { .. } | Outcome::NotSent { .. } | Outcome::Rejected { .. } => None,
    }
}

#[tokio::test]
async fn an_order_arrives_as_it_was_given_with_its_key() -> Result<()> {
    let sink = Sink::start([Reply::answer(
        201,
        &[("Content-Type", "application/json")],
        r#"{"id":7}"#,
    )])
    .await?;

    let outcome = post(sink.url("/hook?a=b"), Duration::from_secs(5)).await?;

    let Outcome::Done { output } = outcome else {
        anyhow::bail!("{outcome:?}")
    };
    assert_eq!((&output["status"], &output["body"]["id"]), (&201.into(), &7.into()));
    let request = &sink.recorded()[0];
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("POST", "/hook?a=b")
    );
    assert_eq!(request.headers["idempotency-key"], "k1");
    assert_eq!(request.body, br#"{"deal":1}"#);
    Ok(())
}

#[tokio::test]
async fn an_answer_that_does_not_keep_to_its_schema_is_rejected_with_the_path() -> Result<()> {
    let json = |text: &str| Reply::answer(200, &[("Content-Type", "application/json")], text);
    let sink = Sink::start([json(r#"{"id":"hush"}"#), json(r#"{"id":7}"#)]).await?;
    let order = Order {
        schema: Some(json!({ "properties": { "id": { "type": "integer" } } })),
        ..order(sink.url("/hook"))
    };

    let other = carry_out(&order, Duration::from_secs(5)).await?;
    let right = carry_out(&order, Duration::from_secs(5)).await?;

    let Outcome::Rejected {
        failure,
        retryable: false,
    } = other
    else {
        anyhow::bail!("{other:?}")
    };
    assert_eq!(failure.code, Code::SchemaMismatch);
    assert_eq!(failure.message, r#"/id: value is not of type "integer""#);
    assert!(matches!(right, Outcome::Done { .. }), "{right:?}");
    Ok(())
}

#[tokio::test]
async fn nothing_is_sent_where_the_schema_of_the_answer_cannot_be_used() -> Result<()> {
    let sink = Sink::start([Reply::answer(200, &[], "{}")]).await?;
    let order = Order {
        schema: Some(json!({ "type": "unicorn" })),
        ..order(sink.url("/hook"))
    };

    let outcome = carry_out(&order, Duration::from_secs(5)).await?;

    assert!(matches!(outcome, Outcome::Rejected { failure, retryable: false } if failure.code == Code::InvalidOrder));
    assert_eq!(sink.recorded(), []);
    Ok(())
}

#[tokio::test]
async fn a_refused_connection_is_not_sent() -> Result<()> {
    let gone = Sink::start([Reply::Drop]).await?.url("/");

    let outcome = post(gone, Duration::from_secs(5)).await?;

    assert!(matches!(outcome, Outcome::NotSent { failure, .. } if failure.code == Code::ConnectFailed));
    Ok(())
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_not_sent() -> Result<()> {
    let outcome = post("http://nowhere.invalid/".to_owned(), Duration::from_secs(5)).await?;

    assert!(matches!(outcome, Outcome::NotSent { failure, .. } if failure.code == Code::ConnectFailed));
    Ok(())
}

#[tokio::test]
async fn a_connection_that_breaks_before_its_answer_leaves_it_unknown() -> Result<()> {
    assert_eq!(unknown(&outcome_of(Reply::Drop).await?), Some(Code::AnswerLost));
    Ok(())
}

#[tokio::test]
async fn silence_leaves_it_unknown() -> Result<()> {
    assert_eq!(unknown(&outcome_of(Reply::Silence).await?), Some(Code::AnswerLost));
    Ok(())
}

#[tokio::test]
async fn an_answer_that_breaks_off_leaves_it_unknown() -> Result<()> {
    assert_eq!(unknown(&outcome_of(Reply::Half).await?), Some(Code::AnswerLost));
    assert_eq!(unknown(&outcome_of(Reply::Drip).await?), Some(Code::AnswerLost));
    Ok(())
}

#[tokio::test]
async fn a_request_to_slow_down_says_when_to_come_back() -> Result<()> {
    let outcome = outcome_of(Reply::answer(429, &[("Retry-After", "7")], "")).await?;

    let wait = Duration::from_secs(7);
    assert!(matches!(outcome, Outcome::NotSent { retry_after: Some(after), .. } if after == wait));
    Ok(())
}

#[tokio::test]
async fn a_post_is_not_followed_to_where_it_would_become_a_get() -> Result<()> {
    let sink = Sink::start([Reply::answer(303, &[("Location", "/result")], "")]).await?;

    let outcome = post(sink.url("/hook"), Duration::from_secs(5)).await?;

    let code = Code::UnexpectedStatus;
    assert!(matches!(outcome, Outcome::Rejected { failure, retryable: false } if failure.code == code));
    assert_eq!(sink.recorded().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_forbidden_address_is_rejected_with_its_rule() -> Result<()> {
    let outcome = post("http://10.0.0.1/".to_owned(), Duration::from_secs(5)).await?;

    let Outcome::Rejected {
        failure,
        retryable: false,
    } = outcome
    else {
        anyhow::bail!("{outcome:?}")
    };
    assert_eq!(failure.code, Code::EgressRefused);
    assert!(failure.message.contains("private use"), "{}", failure.message);
    Ok(())
}

#[tokio::test]
async fn no_failure_shows_the_query_of_its_url() -> Result<()> {
    for url in [
        "http://127.0.0.1:1/?key=secret",
        "http://10.0.0.1/?key=secret",
        "http://nowhere.invalid/?key=secret",
    ] {
        let outcome = post(url.to_owned(), Duration::from_secs(5)).await?;

        assert!(!format!("{outcome:?}").contains("secret"), "{outcome:?}");
    }
    Ok(())
}

/// Runs another test of this binary again, where each request by a proxy would fail.
#[test]
fn no_proxy_of_the_environment_is_used() -> Result<()> {
    let proxies = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].map(|name| (name, "http://127.0.0.1:1"));

    let again = std::process::Command::new(std::env::current_exe()?)
        .args([
            "--exact",
            "outside::http::an_order_arrives_as_it_was_given_with_its_key",
        ])
        .envs(proxies)
        .output()?;

    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stdout));
    assert!(String::from_utf8_lossy(&again.stdout).contains("1 passed"));
    Ok(())
}
