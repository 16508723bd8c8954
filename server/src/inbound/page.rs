//! The pages that people meet who have no account, or are not signed in: plain HTML that needs no script.

use poem::{IntoResponse, Response, http::StatusCode, web::Html};

/// Nothing from elsewhere, and no frame around the buttons.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";

/// A page; `body` is HTML, in which every text from outside is [`escaped`].
pub fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let style = "body{font:1.1rem system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem}button,input,select,textarea{font:inherit;padding:.5rem 1rem}label{display:block;margin:1rem 0}";
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\"><title>{title}</title>\
         <style>{style}</style><main><h1>{title}</h1>{body}</main></html>"
    );
    Html(html)
        .with_status(status)
        .with_header("Content-Security-Policy", POLICY)
        .with_header("Referrer-Policy", "no-referrer")
        .with_header("Cache-Control", "no-store")
        .into_response()
}

/// Text as HTML shows it.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
