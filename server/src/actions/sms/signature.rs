//! Whether a request comes from Twilio: `X-Twilio-Signature` as its documentation on webhook security has it. Pure.

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;

/// Whether the signature is the one of a request to the URL, as the public knows it with its query, with these form
/// fields. Takes the same time wherever they differ.
#[must_use]
pub fn is_genuine(token: &SecretString, url: &str, form: &[(String, String)], signature: &str) -> bool {
    let Ok(signature) = BASE64_STANDARD.decode(signature) else {
        return false;
    };
    mac(token, url, form).is_some_and(|mac| mac.verify_slice(&signature).is_ok())
}

fn mac(token: &SecretString, url: &str, form: &[(String, String)]) -> Option<Hmac<Sha1>> {
    let mut sorted: Vec<_> = form.iter().collect();
    sorted.sort();
    let mut mac: Hmac<Sha1> = Mac::new_from_slice(token.expose_secret().as_bytes()).ok()?;
    mac.update(url.as_bytes());
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";

    /// Of Twilio's documentation.
    fn form() -> Vec<(String, String)> {
        [
            ("To", "+18005551212"),
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("From", "+14158675309"),
            ("Digits", "1234"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    #[test]
    fn the_documentations_own_example_is_genuine() {
        assert!(is_genuine(
            &"12345".into(),
            URL,
            &form(),
            "RSOYDt4T1cUTdK1PDd93/VVr8B8="
        ));
    }

    #[test]
    fn another_token_url_or_field_is_not() {
        let signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
        let mut other = form();
        other[0].1.push('3');

        assert!(!is_genuine(&"12346".into(), URL, &form(), signature));
        assert!(!is_genuine(
            &"12345".into(),
            "https://mycompany.com/myapp.php?foo=1",
            &form(),
            signature
        ));
        assert!(!is_genuine(&"12345".into(), URL, &other, signature));
        assert!(!is_genuine(&"12345".into(), URL, &form(), "not base64!"));
        assert!(!is_genuine(&"12345".into(), URL, &form(), ""));
    }
}
