//! Reads an HTTP answer: what it makes certain, when to come back, and what later steps see of it. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use serde_json::{Value, json};

use super::super::egress::{Answer, End};
use super::super::{Code, Failure, Outcome};
use super::schema::Schema;

/// Nobody may park an effect for longer than this.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// See [`super::perform`] for the meaning of each status.
pub(super) fn judge(expected: &BTreeSet<u16>, schema: Option<&Schema>, answer: &Answer) -> Outcome {
    let status = answer.status.as_u16();
    let success = if expected.is_empty() {
        (200..300).contains(&status)
    } else {
        expected.contains(&status)
    };
    match (success, answer.end) {
        (true, End::Complete | End::Cut) => done(schema, output(answer)),
        (true, End::Lost) => Outcome::unknown(Code::AnswerLost, format!("the answer ({status}) broke off in its body")),
        (false, End::Complete | End::Cut | End::Lost) => unexpected(status, retry_after(&answer.headers)),
    }
}

fn done(schema: Option<&Schema>, output: Value) -> Outcome {
    let body = output.get("body").unwrap_or(&Value::Null);
    match schema.and_then(|schema| schema.mismatch(body)) {
        Some(mismatch) => Outcome::rejected(Code::SchemaMismatch, mismatch),
        None => Outcome::Done { output },
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
pub(in crate::actions) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
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
    use reqwest::header::HeaderName;

    use super::*;

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
        judge(&BTreeSet::new(), None, &answer(status, headers, "", End::Complete))
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
            judge(&expected, None, &answer(404, &[], "", End::Complete)),
            Outcome::Done { .. }
        ));
        assert!(matches!(
            judge(&expected, None, &answer(200, &[], "", End::Complete)),
            Outcome::Rejected { .. }
        ));
    }

    #[test]
    fn an_answer_that_breaks_off_leaves_the_output_unknown() {
        let broken = answer(200, &[], "{", End::Lost);

        assert!(matches!(
            judge(&BTreeSet::new(), None, &broken),
            Outcome::Unknown { .. }
        ));
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
