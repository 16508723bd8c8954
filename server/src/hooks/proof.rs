//! Whether a caller has shown that it may call. Takes the same time wherever a proof is wrong.

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac};
use poem::http::{HeaderMap, header};
use pointsman_graph::node::Proof;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// How far a signature's time may lie from ours, either way, in seconds (standardwebhooks.com).
const TOLERANCE: i64 = 300;

/// A call as far as its proof is about it.
pub(super) struct Call<'a> {
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    /// Seconds since 1970 in UTC.
    pub now: i64,
}

/// The name of the secret that a proof takes.
pub(super) fn secret(proof: &Proof) -> Option<&str> {
    match proof {
        Proof::StandardWebhooks { secret } | Proof::Hmac { secret, .. } | Proof::Bearer { secret } => Some(secret),
        Proof::None => None,
    }
}

/// Whether the call proves that its sender knows the secret.
pub(super) fn holds(proof: &Proof, call: &Call<'_>, secret: &SecretString) -> bool {
    let secret = secret.expose_secret();
    match proof {
        Proof::StandardWebhooks { .. } => signed_by_standard(call, secret).is_some(),
        Proof::Hmac { header, .. } => signed(call, header, secret).is_some(),
        Proof::Bearer { .. } => bears(call, secret).is_some(),
        Proof::None => true,
    }
}

/// `webhook-signature` holds one or several `v1,<base64>` of `<id>.<time>.<body>`: several while a secret is replaced.
fn signed_by_standard(call: &Call<'_>, secret: &str) -> Option<()> {
    let (id, time) = (call.text("webhook-id")?, call.text("webhook-timestamp")?);
    let late = call.now.checked_sub(time.parse().ok()?)?;
    if !(-TOLERANCE..=TOLERANCE).contains(&late) {
        return None;
    }
    let key = BASE64_STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap_or(secret))
        .ok()?;
    let signatures = call.text("webhook-signature")?.split(' ');
    let signatures = signatures.filter_map(|one| BASE64_STANDARD.decode(one.strip_prefix("v1,")?).ok());
    let mac = mac(&key)?.chain_update(format!("{id}.{time}.")).chain_update(call.body);
    any(&mac, signatures)
}

/// A signature of the body, as `sha256=<hex>`, hex or base64.
fn signed(call: &Call<'_>, header: &str, secret: &str) -> Option<()> {
    let written = call.text(header)?;
    let written = written.strip_prefix("sha256=").unwrap_or(written);
    let read = [hex::decode(written).ok(), BASE64_STANDARD.decode(written).ok()];
    let mac = mac(secret.as_bytes())?.chain_update(call.body);
    any(&mac, read.into_iter().flatten())
}

/// Digests are of one length, whatever was sent.
fn bears(call: &Call<'_>, secret: &str) -> Option<()> {
    let (scheme, token) = call.text(header::AUTHORIZATION.as_str())?.split_once(' ')?;
    let same = Sha256::digest(token.trim()).ct_eq(&Sha256::digest(secret));
    (scheme.eq_ignore_ascii_case("bearer") && bool::from(same)).then_some(())
}

fn mac(key: &[u8]) -> Option<Hmac<Sha256>> {
    Hmac::new_from_slice(key).ok()
}

fn any(mac: &Hmac<Sha256>, signatures: impl IntoIterator<Item = Vec<u8>>) -> Option<()> {
    let fits = |signature: Vec<u8>| mac.clone().verify_slice(&signature).ok();
    signatures.into_iter().find_map(fits)
}

impl Call<'_> {
    fn text(&self, header: &str) -> Option<&str> {
        self.headers.get(header)?.to_str().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of standardwebhooks.com and its libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const AT: i64 = 1_614_265_330;

    fn check(proof: &Proof, secret: &str, headers: &[(&'static str, &str)], now: i64) -> bool {
        let headers = headers.iter().map(|(name, value)| {
            let name = poem::http::HeaderName::from_static(name);
            (name, poem::http::HeaderValue::from_str(value).unwrap())
        });
        let (headers, body) = (headers.collect(), BODY);
        let call = Call {
            headers: &headers,
            body,
            now,
        };
        holds(proof, &call, &SecretString::from(secret))
    }

    fn standard(id: &str, signature: &str, now: i64) -> bool {
        let proof = Proof::StandardWebhooks { secret: "s".into() };
        let time = AT.to_string();
        let headers = [
            ("webhook-id", id),
            ("webhook-timestamp", time.as_str()),
            ("webhook-signature", signature),
        ];
        check(&proof, SECRET, &headers, now)
    }

    #[test]
    fn a_standard_signature_covers_id_time_and_body() {
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";

        assert!(standard(id, SIGNATURE, AT));
        assert!(!standard("msg_other", SIGNATURE, AT));
        assert!(!standard(id, &SIGNATURE.replace("v1,g", "v1,h"), AT));
        assert!(!standard(id, &SIGNATURE.replace("v1,", "v2,"), AT));
        assert!(standard(id, &format!("v1,AAAA v2,x {SIGNATURE}"), AT), "one of several");
    }

    #[test]
    fn a_standard_signature_ages_in_five_minutes() {
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";

        assert!(standard(id, SIGNATURE, AT + 300) && standard(id, SIGNATURE, AT - 300));
        assert!(!standard(id, SIGNATURE, AT + 301) && !standard(id, SIGNATURE, AT - 301));
        assert!(!standard(id, SIGNATURE, i64::MIN));
    }

    #[test]
    fn a_plain_signature_is_hex_or_base64_of_the_body() {
        let proof = Proof::Hmac {
            secret: "s".into(),
            header: "x-hub-signature-256".into(),
        };
        let signature = mac(b"hush").unwrap().chain_update(BODY).finalize().into_bytes();
        let (hexed, based) = (hex::encode(signature), BASE64_STANDARD.encode(signature));
        let sent = |signature: &str| check(&proof, "hush", &[("x-hub-signature-256", signature)], AT);

        assert!(sent(&format!("sha256={hexed}")) && sent(&hexed) && sent(&hexed.to_uppercase()) && sent(&based));
        assert!(!sent("sha256=") && !sent(&hexed[..32]) && !sent("nonsense"));
        assert!(!check(&proof, "hush", &[], AT));
    }

    #[test]
    fn a_bearer_sends_the_secret_itself() {
        let proof = Proof::Bearer { secret: "s".into() };
        let sent = |header: &str| check(&proof, "hush", &[("authorization", header)], AT);

        assert!(sent("Bearer hush") && sent("bearer hush"));
        assert!(!sent("Bearer hus") && !sent("Basic hush") && !sent("hush") && !sent("Bearer "));
    }
}
