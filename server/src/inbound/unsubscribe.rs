//! `/unsubscribe/<token>`: a page with one button, and what the button does. A mail program may do it without the page
//! (RFC 8058); that it looks at the page changes nothing, for programs follow links too.

use std::sync::Arc;

use poem::{
    Response, handler,
    http::StatusCode,
    web::{Data, Path},
};

use super::{
    Inbound,
    page::{escaped, page},
};
use crate::messaging::{Channel, suppression::Reason};

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
