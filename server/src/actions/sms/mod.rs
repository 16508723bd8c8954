//! Sends SMS by Twilio and says what is certain of it. Never retries, and never sends past [`super::egress`]: the
//! provider's client library makes the request, and ours carries it.

mod ask;
mod number;
pub mod signature;
mod through;

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use twilio::{TwilioAuthentication, TwilioClient, model::ApiV2010AccountMessage};
use url::form_urlencoded;

use super::{
    Code, Failure, Outcome,
    egress::{self, Answer, Egress, End},
    http::{retry_after, unanswered},
};
use through::Through;

pub use ask::Sent;
pub use number::{NotInternational, Number};

/// Where Twilio's API is.
pub const API: &str = "https://api.twilio.com";

/// The longest message that Twilio takes, in characters.
pub const MAX_TEXT: usize = 1_600;

/// An SMS as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sms {
    /// Whom to.
    pub to: Number,
    /// The text.
    pub text: String,
    /// Where the provider tells what becomes of it.
    pub callback: String,
}

/// The operator's account.
#[derive(Debug, Clone)]
pub struct SmsConfig {
    /// The account's SID, `AC…`.
    pub account: String,
    /// The account's token, which signs what Twilio tells us too.
    pub token: SecretString,
    /// The number that messages come from.
    pub from: String,
    /// Where the API is.
    pub base_url: String,
}

/// Why the account can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    #[error("`sms.account` is no account SID such as AC followed by letters and digits")]
    Account,
    #[error("`sms.from`: {0}")]
    From(#[from] NotInternational),
    #[error("`sms.base_url` is no URL of a server")]
    BaseUrl,
    /// The library insists on them, though ours are the ones that count.
    #[error("the certificate authorities of the system can't be read, which the SMS library needs")]
    Authorities,
}

/// The client of the configured account.
pub struct Texter {
    account: String,
    token: SecretString,
    from: Number,
    base_url: String,
}

impl Texter {
    /// A client; it connects when it sends.
    ///
    /// # Errors
    /// Where the configuration can't be used.
    pub fn new(config: SmsConfig) -> Result<Self, SetUpError> {
        let digits = config.account.strip_prefix("AC").ok_or(SetUpError::Account)?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(SetUpError::Account);
        }
        let url = Url::parse(&config.base_url).map_err(|_| SetUpError::BaseUrl)?;
        if !["http", "https"].contains(&url.scheme()) || url.path() != "/" || url.query().is_some() {
            return Err(SetUpError::BaseUrl);
        }
        // The library panics where the system has no certificates, and would do so in the middle of a send.
        std::panic::catch_unwind(httpclient::Client::new).map_err(|_| SetUpError::Authorities)?;
        Ok(Self {
            from: config.from.parse()?,
            account: config.account,
            token: config.token,
            base_url: config.base_url.trim_end_matches('/').to_owned(),
        })
    }

    /// The token by which Twilio signs.
    #[must_use]
    pub fn token(&self) -> &SecretString {
        &self.token
    }

    /// The number that messages come from.
    #[must_use]
    pub fn from(&self) -> &Number {
        &self.from
    }

    /// Sends a message. Twilio knows no idempotency key, so whatever is lost behind the request leaves it unknown:
    /// - 2xx: done; 429: not sent; another 4xx: rejected;
    /// - 5xx, or no answer, or half of one: unknown, until the provider tells by its callback.
    pub async fn send(&self, egress: &Egress, sms: &Sms, timeout: Duration) -> Outcome {
        let through = Through::new(egress.clone(), Some(self.form(sms)), timeout);
        let told = through.told();
        let message = self.client(through).create_message(&self.account).await;
        match told.take() {
            Some(Ok(answer)) => judge(&answer, message.ok()),
            Some(Err(error)) => unanswered(&error),
            None => Outcome::not_sent(Code::Unavailable, "the SMS library did not send its request"),
        }
    }

    fn client(&self, through: Through) -> TwilioClient {
        let authentication = TwilioAuthentication::BasicAuth {
            basic_auth: BASE64_STANDARD.encode(format!("{}:{}", self.account, self.token.expose_secret())),
        };
        TwilioClient::new(&self.base_url, authentication).with_middleware(through)
    }

    fn form(&self, sms: &Sms) -> String {
        form_urlencoded::Serializer::new(String::new())
            .append_pair("To", sms.to.as_str())
            .append_pair("From", self.from.as_str())
            .append_pair("Body", &sms.text)
            .append_pair("StatusCallback", &sms.callback)
            .finish()
    }
}

fn judge(answer: &Answer, message: Option<ApiV2010AccountMessage>) -> Outcome {
    let sid = message.and_then(|message| message.sid);
    match (answer.status.as_u16(), sid) {
        (200..=299, Some(sid)) if answer.end == End::Complete => Outcome::Done {
            output: json!({ "providerId": sid }),
        },
        (429, _) => Outcome::NotSent {
            failure: Failure::new(Code::RateLimited, told(answer)),
            retry_after: retry_after(&answer.headers),
        },
        (400..=499, _) => Outcome::rejected(Code::Refused, told(answer)),
        (_, _) => Outcome::unknown(Code::AnswerLost, told(answer)),
    }
}

/// What Twilio says of a failure: a code that its documentation lists, and a sentence.
fn told(answer: &Answer) -> String {
    let status = answer.status.as_u16();
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    match (json.get("code"), json.get("message").and_then(Value::as_str)) {
        (Some(code), Some(message)) => format!("Twilio answers {status}, {code}: {message}"),
        _ => format!("Twilio answers {status}"),
    }
}

/// What carries the library's requests.
type Carried = Result<Answer, egress::Error>;
