//! `POST /inbound/email`: a mail as it is (`message/rfc822`), or as Postmark's webhooks have it (`application/json`).

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use poem::{
    Body, IntoResponse, Request, Response, handler,
    http::{StatusCode, header},
    web::{Data, Json},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use subtle::ConstantTimeEq;

use super::{Inbound, answer::Refused};
use crate::messaging::{
    Received,
    mail::{self, Mail},
    postmark,
};

/// The largest mail that is read, with what is attached to it.
const LARGEST: usize = 32 << 20;

#[handler]
pub async fn receive(Data(inbound): Data<&Arc<Inbound>>, request: &Request, body: Body) -> Response {
    match take(inbound, request, body).await {
        Ok(taken) => Json(json!({ "status": taken })).into_response(),
        Err(refused) => refused.into_response(),
    }
}

async fn take(inbound: &Inbound, request: &Request, body: Body) -> Result<&'static str, Refused> {
    let token = inbound.email_token.as_ref();
    let token = token.ok_or_else(|| Refused::not_configured("inbound.email_token"))?;
    if !shows(request, token) {
        return Err(Refused::unauthenticated());
    }
    let kind = request.content_type().unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let read: fn(&[u8]) -> Result<Mail, Refused> = match kind.as_str() {
        "message/rfc822" => |raw| mail::read(raw).map_err(|error| Refused::unreadable(&error)),
        "application/json" => |raw| postmark::read(raw).map_err(|error| Refused::unreadable(&error)),
        _ => {
            let message = "a mail comes as message/rfc822, or as the JSON of Postmark";
            return Err(Refused::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UNSUPPORTED_MEDIA_TYPE",
                message,
            ));
        }
    };
    let raw = body.into_bytes_limit(LARGEST).await.map_err(|_| Refused::too_large())?;
    match read(&raw)? {
        Mail::Message(incoming) => match inbound.messaging.receive(&incoming).await? {
            Received::New(_) => Ok("received"),
            Received::Again => Ok("known"),
        },
        Mail::Report(report) => {
            inbound.messaging.bounced(&report).await?;
            Ok("reported")
        }
    }
}

/// As a bearer token, or as the password that a webhook's URL may carry. Takes the same time wherever they differ.
fn shows(request: &Request, token: &SecretString) -> bool {
    let header = request.header(header::AUTHORIZATION).unwrap_or_default();
    let shown = match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token.to_owned()),
        Some((scheme, pair)) if scheme.eq_ignore_ascii_case("basic") => password(pair),
        Some(_) | None => None,
    };
    shown.is_some_and(|shown| shown.as_bytes().ct_eq(token.expose_secret().as_bytes()).into())
}

fn password(pair: &str) -> Option<String> {
    let pair = String::from_utf8(BASE64_STANDARD.decode(pair).ok()?).ok()?;
    Some(pair.split_once(':')?.1.to_owned())
}
