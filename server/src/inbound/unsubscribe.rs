//! `/unsubscribe/<token>`: a page with one button, and what the button does. A mail program may do it without the page
//! (RFC 8058); that it looks at the page changes nothing, for programs follow links too.

use std::sync::Arc;

use poem::{
    IntoResponse, Response, handler,
    http::StatusCode,
    web::{Data, Html, Path},
};

use super::Inbound;
use crate::messaging::{Channel, suppression::Reason};

/// Nothing from elsewhere, and no frame around the button.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";

#[handler]
pub fn ask(Data(inbound): Data<&Arc<Inbound>>, Path(token): Path<String>) -> Response {
    match inbound.links.address(&token) {
        None => page(StatusCode::NOT_FOUND, "This link is not valid", ""),
        Some(address) => {
            let form = format!(
                "<p>{} will get no more of our news.</p><form method=\"post\"><button>Unsubscribe</button></form>",
                escaped(&address)
            );
            page(StatusCode::OK, "Unsubscribe", &form)
        }
    }
}

#[handler]
pub async fn obey(Data(inbound): Data<&Arc<Inbound>>, Path(token): Path<String>) -> Response {
    let Some(address) = inbound.links.address(&token) else {
        return page(StatusCode::NOT_FOUND, "This link is not valid", "");
    };
    let done = inbound
        .messaging
        .opt_out(Channel::Email, &address, Reason::Unsubscribed)
        .await;
    match done {
        Ok(()) => {
            let text = format!("<p>{} gets no more of our news.</p>", escaped(&address));
            page(StatusCode::OK, "You are unsubscribed", &text)
        }
        Err(error) => {
            tracing::error!(%error, "somebody could not be unsubscribed");
            page(
                StatusCode::SERVICE_UNAVAILABLE,
                "That did not work",
                "<p>Please try again in a minute.</p>",
            )
        }
    }
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let style = "body{font:1.1rem system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem}button{font:inherit;padding:.5rem 1rem}";
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\"><title>{title}</title>\
         <style>{style}</style><main><h1>{title}</h1>{body}</main></html>"
    );
    Html(html)
        .with_status(status)
        .with_header("Content-Security-Policy", POLICY)
        .with_header("Referrer-Policy", "no-referrer")
        .into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
