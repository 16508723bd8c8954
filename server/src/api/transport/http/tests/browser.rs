//! What a browser may do for a page that is not ours.

use poem::Request;
use poem::http::{Method, StatusCode, header};

use super::{post, query, sent};

#[tokio::test]
async fn a_session_is_not_for_the_pages_of_others() {
    let from = |origin: &str| {
        let request = post()
            .header("host", "crm.example")
            .header("cookie", "session=good")
            .header("origin", origin);
        sent(request.body(query("{ caller }")))
    };

    assert_eq!(from("https://evil.example").await.status, StatusCode::FORBIDDEN);
    assert_eq!(from("https://crm.example").await.body["data"]["caller"], "good");
    assert_eq!(from("https://spa.example").await.body["data"]["caller"], "good");
}

#[tokio::test]
async fn a_preflight_is_granted_to_named_origins_alone() {
    let preflight = |origin: &'static str| {
        let request = Request::builder().method(Method::OPTIONS).header("origin", origin);
        sent(request.header("access-control-request-method", "POST").finish())
    };

    let (named, other) = (
        preflight("https://spa.example").await,
        preflight("https://evil.example").await,
    );

    assert_eq!(
        named.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN],
        "https://spa.example"
    );
    assert_eq!(named.headers[header::ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
    assert!(!other.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
}
