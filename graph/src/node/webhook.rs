//! `webhook`: a run for each call from outside to a path of our own.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::kind::{Compiled, Kind, Work};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site},
    json_schema::{JsonSchema, type_of},
    key::Port,
    plan::{Occasion, Trigger},
    value::Type,
};

/// The longest path, in bytes.
const LONGEST: usize = 128;

/// The header of a signature where nothing is said: what most senders call it.
const SIGNATURE_HEADER: &str = "x-hub-signature-256";

/// The header of a delivery's id where nothing is said (Standard Webhooks).
const ID_HEADER: &str = "webhook-id";

/// Starts a run for each call to a path.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Webhook {
    /// Behind `/hooks/`.
    pub path: Option<String>,
    /// How a caller shows that it may.
    pub verification: Option<Verification>,
    /// The name of the secret that it shows it with.
    pub secret: Option<String>,
    /// Where `hmac` finds the signature; absent: `X-Hub-Signature-256`.
    pub signature_header: Option<String>,
    /// What names a delivery, so that one that comes again starts nothing; absent: `webhook-id`.
    pub id_header: Option<String>,
    /// A JSON Schema.
    pub payload: Option<Json>,
}

/// How a caller shows that it may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verification {
    /// Signs id, time and body (standardwebhooks.com).
    StandardWebhooks,
    /// Signs the body with HMAC-SHA-256.
    Hmac,
    /// Sends the secret itself.
    Bearer,
    /// Needs nothing.
    None,
}

/// What a call must be like.
#[derive(Clone, Debug)]
pub struct Hook {
    /// Behind `/hooks/`.
    pub path: Arc<str>,
    /// How a caller shows that it may, with which secret.
    pub proof: Proof,
    /// What names a delivery.
    pub id_header: Arc<str>,
    /// None where any JSON will do.
    pub payload: Option<JsonSchema>,
}

/// How a caller shows that it may call; secrets by their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Signatures as Standard Webhooks has them.
    StandardWebhooks {
        /// Its name.
        secret: Arc<str>,
    },
    /// A signature of the body alone.
    Hmac {
        /// Its name.
        secret: Arc<str>,
        /// Where the signature stands.
        header: Arc<str>,
    },
    /// The secret itself, as a bearer token.
    Bearer {
        /// Its name.
        secret: Arc<str>,
    },
    /// None at all.
    None,
}

impl Webhook {
    /// The type of `trigger.payload`.
    pub fn payload_type(&self) -> Type {
        self.payload.as_ref().map_or(Type::Dyn, type_of)
    }

    fn path(&self, site: &mut Site<'_>) -> Option<Arc<str>> {
        let path = self.path.as_deref().filter(|path| !path.is_empty())?;
        let plain = |segment: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            !segment.is_empty() && segment.bytes().all(plain)
        };
        if path.len() > LONGEST || !path.split('/').all(plain) {
            let message = format!("`{path}` is no path of letters, digits, `-` and `_` between slashes");
            site.report(Problem::error(Code::InvalidValue, message).field("path"));
        }
        Some(path.into())
    }

    fn proof(&self, site: &mut Site<'_>) -> Option<Proof> {
        let verification = self.verification?;
        if verification == Verification::None {
            let message = "anybody who learns the path can start runs";
            site.report(Problem::warning(Code::Unverified, message).field("verification"));
            return Some(Proof::None);
        }
        let Some(secret) = self.secret.as_deref().filter(|name| !name.trim().is_empty()) else {
            let message = "verification needs `secret`: the name of what both sides know";
            site.report(Problem::error(Code::Required, message).field("secret"));
            return None;
        };
        let secret = Arc::from(secret);
        Some(match verification {
            Verification::StandardWebhooks => Proof::StandardWebhooks { secret },
            Verification::Hmac => Proof::Hmac {
                secret,
                header: header(
                    site,
                    "signatureHeader",
                    self.signature_header.as_deref(),
                    SIGNATURE_HEADER,
                ),
            },
            Verification::Bearer => Proof::Bearer { secret },
            Verification::None => Proof::None,
        })
    }

    fn schema(&self, site: &mut Site<'_>) -> Option<JsonSchema> {
        match JsonSchema::compile(self.payload.as_ref()?) {
            Ok(schema) => Some(schema),
            Err(error) => {
                site.report(Problem::error(Code::InvalidValue, error.to_string()).field("payload"));
                None
            }
        }
    }
}

/// A header's name in lower case.
fn header(site: &mut Site<'_>, field: &str, name: Option<&str>, usual: &str) -> Arc<str> {
    let name = name.filter(|name| !name.is_empty()).unwrap_or(usual);
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !name.bytes().all(token) {
        let message = format!("`{name}` cannot be the name of a header");
        site.report(Problem::error(Code::InvalidValue, message).field(field));
    }
    name.to_ascii_lowercase().into()
}

impl Kind for Webhook {
    const DESCRIPTION: Description = Description {
        kind: "webhook",
        label: "Webhook",
        family: Family::Trigger,
        doc: "Starts a run for each call to a path; `trigger.payload` is what was sent.",
        version: 1,
        ports: &[Port::OUT],
        fields: &[
            Field::required(
                "path",
                Input::Text,
                "what callers put behind `/hooks/`, such as `orders`",
            ),
            Field::required(
                "verification",
                Input::Choice(&["standardWebhooks", "hmac", "bearer", "none"]),
                "how a caller shows that it may",
            ),
            Field::optional("secret", Input::Text, "the name of the secret that both sides know"),
            Field::optional(
                "signatureHeader",
                Input::Text,
                "where `hmac` finds the signature; `X-Hub-Signature-256` if nothing is said",
            ),
            Field::optional(
                "idHeader",
                Input::Text,
                "what names a delivery, so that a repetition starts nothing; `webhook-id` if nothing is said",
            ),
            Field::optional(
                "payload",
                Input::Json,
                "the JSON Schema of what is sent, which types `trigger.payload`",
            ),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let (path, proof, payload) = (self.path(site), self.proof(site), self.schema(site));
        let id_header = header(site, "idHeader", self.id_header.as_deref(), ID_HEADER);
        let hook = path.zip(proof).map(|(path, proof)| Hook {
            path,
            proof,
            id_header,
            payload,
        });
        let trigger = hook.and_then(|hook| {
            site.unless_wrong(Trigger {
                object: None,
                occasion: Occasion::Call(Box::new(hook)),
                fields: Vec::new(),
                condition: None,
            })
        });
        Compiled {
            output: Type::Null,
            work: trigger.map(|trigger| Work::Trigger(Arc::new(trigger))),
            writes: Vec::new(),
        }
    }
}
