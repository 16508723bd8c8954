//! The hosts that a request may go to because of what it carries. Pure.

use std::{fmt, str::FromStr};

use reqwest::Url;
use url::Host;

/// A host that a secret may be sent to: `api.example.com`, or with a port that is not the scheme's usual one
/// `api.example.com:8443`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    host: Host,
    port: Option<u16>,
}

/// The text is no host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no host such as api.example.com or api.example.com:8443")]
pub struct InvalidBound(String);

impl Bound {
    /// Whether a URL leads there.
    #[must_use]
    pub fn covers(&self, url: &Url) -> bool {
        let usual = match url.scheme() {
            "https" => Some(443),
            "http" => Some(80),
            _ => None,
        };
        let same_host = url.host().is_some_and(|host| host.to_owned() == self.host);
        same_host && url.port_or_known_default() == self.port.or(usual)
    }
}

impl FromStr for Bound {
    type Err = InvalidBound;

    fn from_str(text: &str) -> Result<Self, InvalidBound> {
        let invalid = || InvalidBound(text.to_owned());
        if text.contains(['/', '@', '?', '#', '*', ',']) {
            return Err(invalid());
        }
        // The URL's own parser, so that what is bound and what is called are spelled alike.
        let url = Url::parse(&format!("https://{}", text.trim())).map_err(|_| invalid())?;
        let host = url.host().map(|host| host.to_owned()).ok_or_else(invalid)?;
        Ok(Self { host, port: url.port() })
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.host.fmt(f)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(bound: &str, url: &str) -> bool {
        bound.parse::<Bound>().unwrap().covers(&url.parse().unwrap())
    }

    #[test]
    fn a_host_is_covered_at_its_own_port_alone() {
        assert!(covers("API.example.com", "https://api.example.com/x"));
        assert!(covers("127.0.0.1:81", "http://127.1:81/x"));
        assert!(!covers("api.example.com", "https://api.example.com:8443/x"));
        assert!(!covers("api.example.com:8443", "https://api.example.com/x"));
    }

    #[test]
    fn no_host_covers_its_neighbours() {
        for url in [
            "https://evil.example.com/",
            "https://example.com.evil.example/",
            "https://api.example.com.evil.example/",
            "https://xapi.example.com/",
        ] {
            assert!(!covers("api.example.com", url), "{url}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in [
            "",
            "*",
            "*.example.com",
            "https://a.example",
            "a.example/x",
            "u@a.example",
            "a.example,b.example",
        ] {
            assert!(text.parse::<Bound>().is_err(), "{text}");
        }
    }
}
