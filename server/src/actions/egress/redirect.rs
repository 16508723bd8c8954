//! Decides where a redirect leads. Pure. Never rewrites a method: a POST that is answered by 301, 302 or 303 has been
//! answered, and what to do about it is the order's to say.

use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, HeaderMap, LOCATION};
use reqwest::{Method, StatusCode, Url};

use super::{Refusal, Request};

/// The next hop, or `None` where the answer is the answer.
pub(super) fn next(hop: &Request, status: StatusCode, answer: &HeaderMap) -> Result<Option<Request>, Refusal> {
    if !is_followed(&hop.method, status) {
        return Ok(None);
    }
    let location = answer.get(LOCATION).and_then(|value| value.to_str().ok());
    match location.and_then(|location| hop.url.join(location).ok()) {
        Some(url) => follow(hop, url).map(Some),
        None => Ok(None),
    }
}

fn is_followed(method: &Method, status: StatusCode) -> bool {
    match status.as_u16() {
        301..=303 => is_safe(method),
        307 | 308 => true,
        _ => false,
    }
}

fn is_safe(method: &Method) -> bool {
    *method == Method::GET || *method == Method::HEAD
}

fn follow(hop: &Request, url: Url) -> Result<Request, Refusal> {
    if hop.url.scheme() == "https" && url.scheme() == "http" {
        return Err(Refusal::Downgrade);
    }
    if hop.url.origin() == url.origin() {
        return Ok(Request { url, ..hop.clone() });
    }
    if !is_safe(&hop.method) {
        let host = url.host_str().unwrap_or_default().to_owned();
        return Err(Refusal::Origin {
            method: hop.method.clone(),
            host,
        });
    }
    Ok(Request {
        url,
        headers: for_strangers(&hop.headers),
        body: None,
        ..hop.clone()
    })
}

/// Any other header may be a credential: vendors put theirs under names of their own.
fn for_strangers(headers: &HeaderMap) -> HeaderMap {
    let harmless = |name| headers.get(&name).map(|value| (name, value.clone()));
    [ACCEPT, ACCEPT_LANGUAGE].into_iter().filter_map(harmless).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method, url: &str) -> Request {
        let headers = [
            ("accept", "text/html"),
            ("authorization", "Bearer x"),
            ("x-vendor-key", "y"),
        ];
        let headers = headers
            .into_iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let body = (method == Method::POST).then(|| b"{}".to_vec());
        Request {
            method,
            url: url.parse().unwrap(),
            headers: headers.collect(),
            body,
            timeout: super::super::MAX_TIME,
            bound: Vec::new(),
        }
    }

    fn redirected(from: &Request, status: u16, to: &str) -> Result<Option<Request>, Refusal> {
        let answer = HeaderMap::from_iter([(LOCATION, to.parse().unwrap())]);
        next(from, StatusCode::from_u16(status).unwrap(), &answer)
    }

    #[test]
    fn credentials_stay_with_their_origin() {
        let from = request(Method::GET, "https://a.example/x");

        let same = redirected(&from, 302, "/y").unwrap().unwrap();
        let other = redirected(&from, 302, "https://a.example:8443/y").unwrap().unwrap();

        assert_eq!(same.headers.len(), 3);
        assert_eq!(other.headers.keys().collect::<Vec<_>>(), ["accept"]);
    }

    #[test]
    fn a_post_is_never_turned_into_a_get() {
        let from = request(Method::POST, "https://a.example/x");

        for status in [301, 302, 303] {
            assert!(redirected(&from, status, "/y").unwrap().is_none(), "{status}");
        }
        let kept = redirected(&from, 307, "/y").unwrap().unwrap();
        assert_eq!((kept.method, kept.body), (Method::POST, Some(b"{}".to_vec())));
    }

    #[test]
    fn a_body_is_not_carried_to_another_origin() {
        let from = request(Method::POST, "https://a.example/x");

        let refused = redirected(&from, 308, "https://b.example/x").unwrap_err();

        assert_eq!(
            refused,
            Refusal::Origin {
                method: Method::POST,
                host: "b.example".into()
            }
        );
    }

    #[test]
    fn https_is_not_left_for_http() {
        let from = request(Method::GET, "https://a.example/x");

        assert_eq!(
            redirected(&from, 302, "http://a.example/x").unwrap_err(),
            Refusal::Downgrade
        );
    }

    #[test]
    fn an_answer_without_a_usable_location_is_the_answer() {
        let from = request(Method::GET, "https://a.example/x");

        assert!(redirected(&from, 302, "https://[").unwrap().is_none());
        assert!(redirected(&from, 304, "/y").unwrap().is_none());
    }
}
