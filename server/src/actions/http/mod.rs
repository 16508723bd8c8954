//! Performs the order of an `httpRequest` node once and says what is certain of it. Never retries, never reads a
//! setting: all it needs is in the order.

mod answer;
mod schema;
mod text;

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue};
use reqwest::{Method, Url};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::egress::{Bound, Egress, Error, Request};
use super::{Code, IdempotencyKey, Outcome};
use schema::Schema;

pub(super) use answer::retry_after;
pub use text::{Form, Missing, Piece, Text, Values};

/// What the node asks for, as the ledger keeps it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The method.
    pub method: Verb,
    /// An absolute URL, http or https.
    pub url: Text,
    /// Headers in their order; the name may come twice.
    pub headers: Vec<(String, Text)>,
    /// The body, as it is sent.
    pub body: Option<Text>,
    /// The statuses that mean success; none given means 200 to 299.
    pub expected: BTreeSet<u16>,
    /// The JSON Schema that the body of an expected answer must keep to; absent: any body will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
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
        let host = Url::parse(&self.url.shown())
            .ok()
            .and_then(|url| url.host_str().map(ToOwned::to_owned));
        f.debug_struct("Order")
            .field("method", &self.method)
            .field("host", &host)
            .finish_non_exhaustive()
    }
}

/// The secrets of an order, for the moment of its call.
#[derive(Debug, Default)]
pub struct Carried {
    /// Their values.
    pub values: Values,
    /// For each of them the hosts that it may go to.
    pub bound: Vec<Vec<Bound>>,
}

impl Order {
    /// The names of its secrets.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let headers = self.headers.iter().map(|(_, value)| value);
        let texts = std::iter::once(&self.url).chain(headers).chain(&self.body);
        texts.flat_map(Text::secrets)
    }
}

/// Sends the order with its key as `Idempotency-Key`, and with its secrets to hosts that they are bound to.
///
/// What an answer means, where its status is not an expected one:
/// - 429, and 503 that says when to come back: nothing was done, [`Outcome::NotSent`];
/// - 502 and 504: a gateway does not know either, [`Outcome::Unknown`];
/// - 408, 425 and the other 5xx: rejected, but the same order may succeed later;
/// - all others: rejected.
///
/// An expected answer whose body breaks off is [`Outcome::Unknown`]: the effect happened, its output is not known. One whose
/// body does not keep to the order's schema is rejected: asking again would do it again, for the same answer.
pub async fn perform(
    egress: &Egress,
    order: &Order,
    carried: Carried,
    key: &IdempotencyKey,
    timeout: Duration,
) -> Outcome {
    let Carried { values, bound } = carried;
    let read = request(order, &values, key, timeout).and_then(|request| Ok((request, schema(order)?)));
    let (request, schema) = match read {
        Ok((request, schema)) => (Request { bound, ..request }, schema),
        Err(invalid) => return Outcome::rejected(Code::InvalidOrder, invalid.to_string()),
    };
    match egress.send(request).await {
        Ok(mut answer) => {
            text::conceal(&mut answer, &values);
            answer::judge(&order.expected, schema.as_ref(), &answer)
        }
        Err(error) => unanswered(&error),
    }
}

#[derive(Debug, thiserror::Error)]
enum Invalid {
    #[error("the URL is not valid: {0}")]
    Url(#[from] url::ParseError),
    #[error(transparent)]
    Secret(#[from] Missing),
    #[error("`{0}` is not the name of a header")]
    Name(String),
    #[error("the header `{0}` is set by Pointsman itself")]
    Reserved(String),
    #[error("the value of the header `{0}` has a character that no header may have")]
    Value(String),
    #[error("the idempotency key has a character that no header may have")]
    Key(#[from] InvalidHeaderValue),
    #[error(transparent)]
    Schema(#[from] schema::Unsound),
}

fn schema(order: &Order) -> Result<Option<Schema>, Invalid> {
    Ok(order.schema.as_ref().map(Schema::read).transpose()?)
}

fn request(order: &Order, values: &Values, key: &IdempotencyKey, timeout: Duration) -> Result<Request, Invalid> {
    let mut headers = HeaderMap::new();
    for (name, value) in &order.headers {
        headers.append(
            header_name(name)?,
            HeaderValue::from_str(&value.filled(values)?).map_err(|_| Invalid::Value(name.clone()))?,
        );
    }
    headers.insert(
        HeaderName::from_static("idempotency-key"),
        HeaderValue::from_str(key.as_str())?,
    );
    let method = order.method.into();
    let body = order.body.as_ref().map(|body| body.filled(values)).transpose()?;
    let body = body.map(|body| body.into_owned());
    Ok(Request {
        method,
        url: Url::parse(&order.url.filled(values)?)?,
        headers,
        body: body.map(Vec::from),
        timeout,
        bound: Vec::new(),
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

/// What it means that there is no answer.
pub(super) fn unanswered(error: &Error) -> Outcome {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn order(headers: &[(&str, &str)]) -> Order {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Text::Plain((*value).to_owned())))
            .collect();
        let url = Text::Plain("https://api.example/x?token=secret".to_owned());
        Order {
            method: Verb::Post,
            url,
            headers,
            body: None,
            expected: BTreeSet::new(),
            schema: None,
        }
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
                request(&order(&[(name, value)]), &Values::new(), &key, Duration::ZERO).is_err(),
                "{name}"
            );
        }
    }

    #[test]
    fn the_key_is_sent_even_where_the_order_names_another() {
        let request = request(
            &order(&[("idempotency-key", "mine")]),
            &Values::new(),
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
}
