//! Which web pages may call with a user's credentials. None but our own, unless the configuration names them.

use std::collections::HashSet;

use poem::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::http::METHODS;

const REQUEST_HEADERS: &str = "authorization, content-type, idempotency-key, x-request-id";
const RESPONSE_HEADERS: &str = "ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, x-request-id";

/// The foreign origins that the configuration names, such as `https://crm.example.com`.
#[derive(Debug, Clone, Default)]
pub struct Origins(HashSet<String>);

impl Origins {
    /// Takes origins as a browser writes them: scheme, host, and port where it is not the scheme's own.
    pub fn new(origins: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Self(
            origins
                .into_iter()
                .map(|origin| origin.as_ref().trim_end_matches('/').to_ascii_lowercase())
                .collect(),
        )
    }

    /// Whether the page that sent this request may use the user's session: it is ours, or named.
    /// Without an `Origin` it is not a page's doing; a browser sends one with all but plain GETs.
    pub(super) fn admit(&self, request: &poem::Request) -> bool {
        request
            .header(header::ORIGIN)
            .is_none_or(|origin| self.names(origin) || is_own(origin, request))
    }

    /// Lets a named origin read the response (the CORS protocol). To all others the browser denies it.
    pub(super) fn allow(&self, origin: Option<&str>, headers: &mut HeaderMap) {
        headers.append(header::VARY, HeaderValue::from_name(header::ORIGIN));
        let named = origin
            .filter(|origin| self.names(origin))
            .and_then(|origin| HeaderValue::from_str(origin).ok());
        if let Some(origin) = named {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.extend(grant().map(|(name, value)| (name, HeaderValue::from_static(value))));
        }
    }

    fn names(&self, origin: &str) -> bool {
        self.0.contains(&origin.to_ascii_lowercase())
    }
}

fn grant() -> [(HeaderName, &'static str); 5] {
    [
        (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ]
}

/// The scheme is left out of it: behind a proxy that ends TLS we do not see ours.
fn is_own(origin: &str, request: &poem::Request) -> bool {
    let host = request
        .header(header::HOST)
        .or_else(|| request.uri().authority().map(|authority| authority.as_str()));
    let page = origin.split_once("://").map(|(_, authority)| authority);
    page.zip(host)
        .is_some_and(|(page, host)| page.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(origin: &str) -> bool {
        let request = poem::Request::builder()
            .header("host", "crm.example")
            .header("origin", origin)
            .finish();
        Origins::new(["https://spa.example/"]).admit(&request)
    }

    #[test]
    fn our_own_pages_and_the_named_ones_are_admitted() {
        assert!(admits("https://crm.example"));
        assert!(admits("https://spa.example"));
    }

    #[test]
    fn other_pages_are_not() {
        for origin in [
            "https://evil.example",
            "null",
            "https://crm.example.evil",
            "https://crm.example:444",
        ] {
            assert!(!admits(origin), "{origin}");
        }
    }

    #[test]
    fn only_a_named_origin_gets_to_read_the_response() {
        let origins = Origins::new(["https://spa.example"]);
        let (mut named, mut other) = (HeaderMap::new(), HeaderMap::new());

        origins.allow(Some("https://spa.example"), &mut named);
        origins.allow(Some("https://evil.example"), &mut other);

        assert_eq!(named[header::ACCESS_CONTROL_ALLOW_ORIGIN], "https://spa.example");
        assert_eq!(other.keys().collect::<Vec<_>>(), [&header::VARY]);
    }
}
