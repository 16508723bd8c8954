//! Performs the order of an `httpRequest` node once and says what is certain of it. Never retries, never reads a
//! setting: all it needs is in the order.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue, RETRY_AFTER};
use reqwest::{Method, Url};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::egress::{Answer, Egress, End, Error, Request};
use super::{Code, Failure, IdempotencyKey, Outcome};

/// Nobody may park an effect for longer than this.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// What the node asks for, as the ledger keeps it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The method.
    pub method: Verb,
    /// An absolute URL, http or https.
    pub url: String,
    /// Headers in their order; the name may come twice.
    pub headers: Vec<(String, String)>,
    /// The body, as it is sent.
    pub body: Option<String>,
    /// The statuses that mean success; none given means 200 to 299.
    pub expected: BTreeSet<u16>,
}

/// The methods that an order may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "they are HTTP's own")]
pub enum Verb {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

/// Headers may hold secrets, and so may the query and the body.
impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let host = Url::parse(&self.url)
            .ok()
            .and_then(|url| url.host_str().map(ToOwned::to_owned));
        f.debug_struct("Order")
            .field("method", &self.method)
            .field("host", &host)
            .finish_non_exhaustive()
    }
}

/// Sends the order with its key as `Idempotency-Key`.
///
/// What an answer means, where its status is not an expected one:
/// - 429, and 503 that says when to come back: nothing was done, [`Outcome::NotSent`];
/// - 502 and 504: a gateway does not know either, [`Outcome::Unknown`];
/// - 408, 425 and the other 5xx: rejected, but the same order may succeed later;
/// - all others: rejected.
///
/// An expected answer whose body breaks off is [`Outcome::Unknown`]: the effect happened, its output is not known.
pub async fn perform(egress: &Egress, order: &Order, key: &IdempotencyKey, timeout: Duration) -> Outcome {
    let request = match request(order, key, timeout) {
        Ok(request) => request,
        Err(invalid) => return Outcome::rejected(Code::InvalidOrder, invalid.to_string()),
    };
    match egress.send(request).await {
        Ok(answer) => judge(&order.expected, &answer),
        Err(error) => unanswered(&error),
    }
}

#[derive(Debug, thiserror::Error)]
enum Invalid {
    #[error("the URL is not valid: {0}")]
    Url(#[from] url::ParseError),
    #[error("`{0}` is not the name of a header")]
    Name(String),
    #[error("the header `{0}` is set by Pointsman itself")]
    Reserved(String),
    #[error("the value of the header `{0}` has a character that no header may have")]
    Value(String),
    #[error("the idempotency key has a character that no header may have")]
    Key(#[from] InvalidHeaderValue),
}

fn request(order: &Order, key: &IdempotencyKey, timeout: Duration) -> Result<Request, Invalid> {
    let mut headers = HeaderMap::new();
    for (name, value) in &order.headers {
        headers.append(
            header_name(name)?,
            HeaderValue::from_str(value).map_err(|_| Invalid::Value(name.clone()))?,
        );
    }
    headers.insert(
        HeaderName::from_static("idempotency-key"),
        HeaderValue::from_str(key.as_str())?,
    );
    let method = order.method.into();
    Ok(Request {
        method,
        url: Url::parse(&order.url)?,
        headers,
        body: order.body.clone().map(Into::into),
        timeout,
    })
}

/// Framing, routing and decompression are the client's: an order that sets them could smuggle a second request.
fn header_name(name: &str) -> Result<HeaderName, Invalid> {
    const RESERVED: [&str; 10] = [
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    let parsed: HeaderName = name.parse().map_err(|_| Invalid::Name(name.to_owned()))?;
    let reserved = RESERVED.contains(&parsed.as_str()) || parsed.as_str().starts_with("proxy-");
    if reserved {
        Err(Invalid::Reserved(name.to_owned()))
    } else {
        Ok(parsed)
    }
}

impl From<Verb> for Method {
    fn from(verb: Verb) -> Self {
        match verb {
            Verb::Get => Self::GET,
            Verb::Head => Self::HEAD,
            Verb::Post => Self::POST,
            Verb::Put => Self::PUT,
            Verb::Patch => Self::PATCH,
            Verb::Delete => Self::DELETE,
        }
    }
}

fn unanswered(error: &Error) -> Outcome {
    let message = with_cause(error);
    match error {
        Error::Refused(_) => Outcome::rejected(Code::EgressRefused, message),
        Error::Malformed(_) => Outcome::rejected(Code::InvalidOrder, message),
        Error::Connect { .. } => Outcome::not_sent(Code::ConnectFailed, message),
        Error::Lost { .. } | Error::TimedOut { .. } => Outcome::unknown(Code::AnswerLost, message),
    }
}

/// The root cause says what the layers above it do not: `connection refused`, `certificate has expired`.
fn with_cause(error: &Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |&cause| cause.source());
    causes
        .last()
        .map_or_else(|| error.to_string(), |root| format!("{error}: {root}"))
}

fn judge(expected: &BTreeSet<u16>, answer: &Answer) -> Outcome {
    let status = answer.status.as_u16();
    let success = if expected.is_empty() {
        (200..300).contains(&status)
    } else {
        expected.contains(&status)
    };
    match (success, answer.end) {
        (true, End::Complete | End::Cut) => Outcome::Done { output: output(answer) },
        (true, End::Lost) => Outcome::unknown(Code::AnswerLost, format!("the answer ({status}) broke off in its body")),
        (false, End::Complete | End::Cut | End::Lost) => unexpected(status, retry_after(&answer.headers)),
    }
}

fn unexpected(status: u16, retry_after: Option<Duration>) -> Outcome {
    let message = format!("the answer has the status {status}");
    match (status, retry_after) {
        (429, _) => Outcome::NotSent {
            failure: Failure::new(Code::RateLimited, message),
            retry_after,
        },
        (503, Some(_)) => Outcome::NotSent {
            failure: Failure::new(Code::Unavailable, message),
            retry_after,
        },
        (502 | 504, _) => Outcome::unknown(Code::GatewayFailed, message),
        (status, _) => {
            let retryable = matches!(status, 408 | 425 | 500..);
            Outcome::Rejected {
                failure: Failure::new(Code::UnexpectedStatus, message),
                retryable,
            }
        }
    }
}

/// RFC 9110, 10.2.3: seconds, or a date, which is read against the answer's own `Date`, so that no clock need agree.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let now = DateTime::parse_from_rfc2822(headers.get(DATE)?.to_str().ok()?).ok()?;
            (DateTime::parse_from_rfc2822(text).ok()? - now)
                .to_std()
                .unwrap_or_default()
        }
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

fn output(answer: &Answer) -> Value {
    json!({
        "status": answer.status.as_u16(),
        "headers": headers(&answer.headers),
        "body": body(answer),
        "truncated": answer.end == End::Cut,
    })
}

/// Names in lower case; the values of a name that comes twice are joined by a comma, as RFC 9110, 5.3 has it.
fn headers(map: &HeaderMap) -> BTreeMap<&str, String> {
    let mut joined: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in map {
        let text = String::from_utf8_lossy(value.as_bytes());
        joined
            .entry(name.as_str())
            .and_modify(|all| {
                all.push_str(", ");
                all.push_str(&text);
            })
            .or_insert_with(|| text.to_string());
    }
    joined
}

/// JSON where the answer says so and it is; else text.
fn body(answer: &Answer) -> Value {
    let text = || Value::String(String::from_utf8_lossy(&answer.body).into_owned());
    let is_json = answer
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(names_json);
    if is_json {
        serde_json::from_slice(&answer.body).unwrap_or_else(|_| text())
    } else {
        text()
    }
}

fn names_json(content_type: &str) -> bool {
    let media = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    media == "application/json" || media.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(headers: &[(&str, &str)]) -> Order {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let url = "https://api.example/x?token=secret".to_owned();
        Order {
            method: Verb::Post,
            url,
            headers,
            body: None,
            expected: BTreeSet::new(),
        }
    }

    fn answer(status: u16, headers: &[(HeaderName, &str)], body: &str, end: End) -> Answer {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()))
            .collect();
        Answer {
            status: status.try_into().unwrap(),
            headers,
            body: body.into(),
            end,
        }
    }

    fn judged(status: u16, headers: &[(HeaderName, &str)]) -> Outcome {
        judge(&BTreeSet::new(), &answer(status, headers, "", End::Complete))
    }

    #[test]
    fn an_order_cannot_set_the_framing_or_break_a_header() {
        let key = "k1".parse().unwrap();
        for (name, value) in [
            ("Host", "x"),
            ("content-length", "0"),
            ("Proxy-Authorization", "x"),
            ("a b", "x"),
            ("x", "a\r\nb: c"),
        ] {
            assert!(
                request(&order(&[(name, value)]), &key, Duration::ZERO).is_err(),
                "{name}"
            );
        }
    }

    #[test]
    fn the_key_is_sent_even_where_the_order_names_another() {
        let request = request(
            &order(&[("idempotency-key", "mine")]),
            &"k1".parse().unwrap(),
            Duration::ZERO,
        )
        .unwrap();

        assert_eq!(
            request.headers.get_all("idempotency-key").iter().collect::<Vec<_>>(),
            ["k1"]
        );
    }

    #[test]
    fn what_is_logged_of_an_order_shows_no_secret() {
        assert!(!format!("{:?}", order(&[("x-key", "secret")])).contains("secret"));
    }

    #[test]
    fn a_request_to_slow_down_was_not_carried_out() {
        for (status, code) in [(429, Code::RateLimited), (503, Code::Unavailable)] {
            let Outcome::NotSent { failure, retry_after } = judged(status, &[(RETRY_AFTER, "7")]) else {
                panic!("{status}")
            };
            assert_eq!((failure.code, retry_after), (code, Some(Duration::from_secs(7))));
        }
    }

    #[test]
    fn a_date_to_come_back_at_is_read_by_the_clock_of_the_other_side() {
        let headers = [
            (DATE, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (RETRY_AFTER, "Sun, 06 Nov 1994 08:50:37 GMT"),
        ];
        let headers = answer(429, &headers, "", End::Complete).headers;

        assert_eq!(retry_after(&headers), Some(Duration::from_secs(60)));
    }

    #[test]
    fn nobody_parks_an_effect_for_more_than_a_day() {
        let headers = answer(429, &[(RETRY_AFTER, "99999999")], "", End::Complete).headers;

        assert_eq!(retry_after(&headers), Some(MAX_RETRY_AFTER));
    }

    #[test]
    fn a_gateway_that_does_not_know_leaves_it_unknown() {
        for status in [502, 504] {
            assert!(matches!(judged(status, &[]), Outcome::Unknown { .. }), "{status}");
        }
    }

    #[test]
    fn an_unexpected_status_is_a_definite_answer() {
        let cases = [
            (302, false),
            (400, false),
            (404, false),
            (408, true),
            (425, true),
            (500, true),
            (503, true),
        ];
        for (status, retry) in cases {
            assert!(
                matches!(judged(status, &[]), Outcome::Rejected { retryable, .. } if retryable == retry),
                "{status}"
            );
        }
    }

    #[test]
    fn the_order_says_which_statuses_are_expected() {
        let expected = BTreeSet::from([404]);

        assert!(matches!(
            judge(&expected, &answer(404, &[], "", End::Complete)),
            Outcome::Done { .. }
        ));
        assert!(matches!(
            judge(&expected, &answer(200, &[], "", End::Complete)),
            Outcome::Rejected { .. }
        ));
    }

    #[test]
    fn an_answer_that_breaks_off_leaves_the_output_unknown() {
        let broken = answer(200, &[], "{", End::Lost);

        assert!(matches!(judge(&BTreeSet::new(), &broken), Outcome::Unknown { .. }));
    }

    #[test]
    fn the_output_has_the_body_as_json_where_it_is() {
        let json = answer(
            200,
            &[(CONTENT_TYPE, "application/problem+json; charset=utf-8")],
            r#"{"a":1}"#,
            End::Complete,
        );
        let text = answer(200, &[(CONTENT_TYPE, "text/plain")], r#"{"a":1}"#, End::Complete);
        let cut = answer(200, &[(CONTENT_TYPE, "application/json")], r#"{"a":"#, End::Cut);

        assert_eq!(output(&json)["body"], json!({"a": 1}));
        assert_eq!(output(&text)["body"], json!(r#"{"a":1}"#));
        assert_eq!(
            (&output(&cut)["body"], &output(&cut)["truncated"]),
            (&json!(r#"{"a":"#), &json!(true))
        );
    }
}
