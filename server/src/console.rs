//! Serves the console: the files of `web/dist`, which a release carries inside. Never answers a path of the API's, and never
//! compresses: the build left compressed twins.

use std::borrow::Cow;

use poem::{
    Endpoint, EndpointExt, IntoResponse, Middleware, Request, Response, Result,
    error::NotFoundError,
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::SetHeader,
};
use rust_embed::RustEmbed;

/// Only what this server itself sends, and in nobody's frame.
const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

const INDEX: &str = "index.html";
/// What is below has the hash of its content in its name.
const HASHED: &str = "assets/";
const FOREVER: &str = "public, max-age=31536000, immutable";

/// Encodings with the ending of their files, the smallest first.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

#[derive(RustEmbed)]
#[folder = "../web/dist"]
#[allow_missing = true]
struct Built;

/// A file of the console.
struct File {
    content: Cow<'static, [u8]>,
    media_type: String,
}

/// The console at `/` and below; views have paths of their own, and get the one page.
struct Console {
    file: fn(&str) -> Option<File>,
}

/// The console, as it was built; where it was not, a page that says how to.
pub fn endpoint() -> impl Endpoint {
    Console { file: built }.with(headers())
}

fn headers() -> impl Middleware<Console> {
    SetHeader::new()
        .overriding(header::CONTENT_SECURITY_POLICY, POLICY)
        .overriding(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .overriding(header::REFERRER_POLICY, "same-origin")
        .overriding("cross-origin-opener-policy", "same-origin")
}

fn built(path: &str) -> Option<File> {
    let file = Built::get(path)?;
    Some(File {
        media_type: file.metadata.mimetype().to_owned(),
        content: file.data,
    })
}

impl Endpoint for Console {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Err(NotFoundError.into());
        }
        let path = request.uri().path().trim_start_matches('/');
        self.answer(path, request.headers()).ok_or_else(|| NotFoundError.into())
    }
}

impl Console {
    fn answer(&self, path: &str, headers: &HeaderMap) -> Option<Response> {
        if let Some(file) = (self.file)(path) {
            return Some(self.send(path, file, headers));
        }
        // A script that is gone must not be answered with a page.
        if path.starts_with(HASHED) || !lists(headers, &header::ACCEPT, "text/html") {
            return None;
        }
        match (self.file)(INDEX) {
            Some(page) => Some(self.send(INDEX, page, headers)),
            None if path.is_empty() => Some(not_built()),
            None => None,
        }
    }

    fn send(&self, path: &str, plain: File, headers: &HeaderMap) -> Response {
        let cache = if path.starts_with(HASHED) { FOREVER } else { "no-cache" };
        let answer = Response::builder()
            .content_type(&plain.media_type)
            .header(header::CACHE_CONTROL, cache)
            .header(header::VARY, HeaderValue::from_static("accept, accept-encoding"));
        let accepted = ENCODINGS
            .iter()
            .filter(|(encoding, _)| lists(headers, &header::ACCEPT_ENCODING, encoding));
        let mut twins =
            accepted.filter_map(|(encoding, ending)| Some((encoding, (self.file)(&format!("{path}{ending}"))?)));
        match twins.next() {
            Some((encoding, twin)) => answer
                .header(header::CONTENT_ENCODING, *encoding)
                .body(twin.content.into_owned()),
            None => answer.body(plain.content.into_owned()),
        }
    }
}

fn not_built() -> Response {
    let page = include_str!("console.html");
    poem::web::Html(page)
        .with_header(header::CACHE_CONTROL, "no-cache")
        .into_response()
}

/// Whether a header's list has an item that is not ruled out by `q=0`.
fn lists(headers: &HeaderMap, name: &header::HeaderName, wanted: &str) -> bool {
    let values = headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|item| item.eq_ignore_ascii_case(wanted));
        named && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests {
    use poem::http::StatusCode;

    use super::*;

    const PAGE: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

    fn full(path: &str) -> Option<File> {
        let (content, media_type) = match path {
            "index.html" => ("page", "text/html"),
            "assets/app-1a2b.js" => ("script", "text/javascript"),
            "assets/app-1a2b.js.br" => ("brotli", "application/octet-stream"),
            "assets/app-1a2b.js.gz" => ("gzip", "application/octet-stream"),
            _ => return None,
        };
        Some(File {
            content: content.as_bytes().into(),
            media_type: media_type.to_owned(),
        })
    }

    async fn answered(
        file: fn(&str) -> Option<File>,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (StatusCode, HeaderMap, String) {
        let mut request = Request::builder().uri(path.parse().unwrap());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = Console { file }
            .with(super::headers())
            .get_response(request.finish())
            .await;
        let (parts, body) = response.into_parts();
        (parts.status, parts.headers, body.into_string().await.unwrap())
    }

    #[tokio::test]
    async fn a_view_of_the_console_gets_the_page_and_may_not_keep_it() {
        let (status, headers, body) = answered(full, "/workflows/workflow_1", &[("accept", PAGE)]).await;

        assert_eq!((status, body.as_str()), (StatusCode::OK, "page"));
        assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
        assert_eq!(headers[header::CONTENT_SECURITY_POLICY], POLICY);
    }

    #[tokio::test]
    async fn a_hashed_file_may_be_kept_for_ever() {
        let (_, headers, body) = answered(full, "/assets/app-1a2b.js", &[]).await;

        assert_eq!(body, "script");
        assert_eq!(headers[header::CACHE_CONTROL], FOREVER);
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }

    #[tokio::test]
    async fn the_smallest_encoding_that_is_accepted_is_sent() {
        let encoded = async |accepted| {
            let (_, headers, body) = answered(full, "/assets/app-1a2b.js", &[("accept-encoding", accepted)]).await;
            assert_eq!(headers[header::CONTENT_TYPE], "text/javascript");
            body
        };

        assert_eq!(encoded("gzip, deflate, br").await, "brotli");
        assert_eq!(encoded("gzip, br;q=0").await, "gzip");
        assert_eq!(encoded("identity").await, "script");
    }

    #[tokio::test]
    async fn a_script_that_is_gone_is_not_answered_with_the_page() {
        let (status, ..) = answered(full, "/assets/app-old.js", &[("accept", PAGE)]).await;

        assert_eq!(status, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn who_wants_no_page_gets_none() {
        let (status, ..) = answered(full, "/workflows", &[("accept", "application/json")]).await;

        assert_eq!(status, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_server_without_the_console_says_how_to_build_it() {
        let (status, _, body) = answered(|_| None, "/", &[("accept", PAGE)]).await;

        assert_eq!(status, StatusCode::OK);
        assert!(body.contains("npm run build"), "{body}");
    }
}
