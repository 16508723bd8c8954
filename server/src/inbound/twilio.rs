//! `POST /inbound/twilio`: an SMS that came in, or with `?effect=` what became of one that went out.

use std::sync::Arc;

use poem::{Body, IntoResponse, Request, Response, handler, http::StatusCode, web::Data};
use url::form_urlencoded;

use super::{Inbound, answer::Refused};
use crate::{
    actions::sms::{Number, signature},
    crm::id,
    engine::Receipt,
    messaging::{Channel, Incoming},
};

const LARGEST: usize = 64 << 10;

/// An answer that sends nothing back to whoever wrote.
const NOTHING: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>";

#[handler]
pub async fn receive(Data(inbound): Data<&Arc<Inbound>>, request: &Request, body: Body) -> Response {
    match take(inbound, request, body).await {
        Ok(()) => NOTHING.with_content_type("text/xml").into_response(),
        Err(refused) => refused.into_response(),
    }
}

async fn take(inbound: &Inbound, request: &Request, body: Body) -> Result<(), Refused> {
    let token = inbound
        .sms_token
        .as_ref()
        .ok_or_else(|| Refused::not_configured("sms.token"))?;
    let raw = body.into_bytes_limit(LARGEST).await.map_err(|_| Refused::too_large())?;
    let form: Vec<(String, String)> = form_urlencoded::parse(&raw).into_owned().collect();
    // Twilio signs the URL that it was given, whatever a proxy makes of it.
    let path = request.original_uri().path_and_query().map_or("", |path| path.as_str());
    let signed = request.header("x-twilio-signature").unwrap_or_default();
    if !signature::is_genuine(token, &inbound.links.public(path), &form, signed) {
        return Err(Refused::unauthenticated());
    }
    let query = request.original_uri().query().unwrap_or_default();
    let effect = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "effect");
    match effect {
        Some((_, effect)) => receipt(inbound, &effect, &form).await,
        None => message(inbound, &form).await,
    }
}

async fn receipt(inbound: &Inbound, effect: &str, form: &[(String, String)]) -> Result<(), Refused> {
    let missing = || Refused::new(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such effect");
    let receipt = Receipt {
        effect: id::parse("effect", effect).ok_or_else(missing)?,
        provider_id: required(form, "MessageSid")?,
        status: required(form, "MessageStatus")?,
        error: field(form, "ErrorCode"),
    };
    let known = inbound
        .engine
        .take_receipt(&receipt)
        .await
        .map_err(|error| Refused::fault(&error))?;
    known.then_some(()).ok_or_else(missing)
}

async fn message(inbound: &Inbound, form: &[(String, String)]) -> Result<(), Refused> {
    let sender = required(form, "From")?;
    let incoming = Incoming {
        channel: Channel::Sms,
        external_id: required(form, "MessageSid")?,
        // Short codes and names are no numbers, and stay as they are.
        sender: sender.parse::<Number>().map_or(sender, |number| number.to_string()),
        recipient: field(form, "To"),
        subject: None,
        text: field(form, "Body"),
        html: None,
        message_id: None,
        references: Vec::new(),
        automatic: false,
        sent_at: None,
    };
    inbound.messaging.receive(&incoming).await?;
    Ok(())
}

fn field(form: &[(String, String)], name: &str) -> Option<String> {
    let found = form.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
}

fn required(form: &[(String, String)], name: &str) -> Result<String, Refused> {
    let missing = || {
        Refused::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "UNREADABLE",
            format!("`{name}` is missing"),
        )
    };
    field(form, name).ok_or_else(missing)
}
