//! `/approvals/<token>`: a page with the question and a form, and what its buttons do. That somebody, or a program, looks at
//! the page decides nothing.

use std::{fmt::Write, sync::Arc};

use poem::{
    Body, Response, handler,
    http::StatusCode,
    web::{Data, Path},
};
use pointsman_graph::node::{FormField, FormInput};
use serde_json::{Map, Value as Json};
use url::form_urlencoded;

use super::{
    Inbound,
    page::{escaped, page},
};
use crate::{
    crm::keyed::Request,
    engine::{
        self,
        approval_link::{Guest, Opened},
        approvals::{Decision, Refused, Status, Verdict},
    },
};

const LARGEST: usize = 64 << 10;

/// What the names of the form's answers begin with, so that none is taken for another field of the page.
const ANSWER: &str = "answer.";

#[handler]
pub async fn show(Data(inbound): Data<&Arc<Inbound>>, Path(token): Path<String>) -> Response {
    match inbound.engine.open_approval(&token).await {
        Ok(Opened::Guest(guest)) => question(&guest, StatusCode::OK, &[]),
        Ok(Opened::Unknown) => page(StatusCode::NOT_FOUND, "This link is not valid", ""),
        Ok(Opened::Expired) => page(StatusCode::GONE, "This link has expired", ""),
        Err(error) => failed(&error),
    }
}

#[handler]
pub async fn decide(Data(inbound): Data<&Arc<Inbound>>, Path(token): Path<String>, body: Body) -> Response {
    let guest = match inbound.engine.open_approval(&token).await {
        Ok(Opened::Guest(guest)) => guest,
        Ok(Opened::Unknown) => return page(StatusCode::NOT_FOUND, "This link is not valid", ""),
        Ok(Opened::Expired) => return page(StatusCode::GONE, "This link has expired", ""),
        Err(error) => return failed(&error),
    };
    let Ok(raw) = body.into_bytes_limit(LARGEST).await else {
        return page(StatusCode::PAYLOAD_TOO_LARGE, "That is too much to say", "");
    };
    let Some(verdict) = verdict(&guest.form, &raw) else {
        return question(&guest, StatusCode::UNPROCESSABLE_ENTITY, &["Yes or no?".into()]);
    };
    let request = Request::from(&guest.access);
    match inbound.engine.decide(request, guest.approval.id, verdict).await {
        Ok(Ok(row)) => over(StatusCode::OK, Status::parse(&row.status)),
        Ok(Err(Refused::Over(status))) => over(StatusCode::CONFLICT, Some(status)),
        Ok(Err(Refused::NotFound | Refused::NotAssigned)) => page(StatusCode::NOT_FOUND, "This link is not valid", ""),
        Ok(Err(Refused::CommentTooLong)) => {
            let problem = "The comment is too long.".to_owned();
            question(&guest, StatusCode::UNPROCESSABLE_ENTITY, &[problem])
        }
        Ok(Err(Refused::Unfit(unfit))) => {
            let problems: Vec<String> = unfit.into_iter().map(|unfit| unfit.message).collect();
            question(&guest, StatusCode::UNPROCESSABLE_ENTITY, &problems)
        }
        Err(error) => failed(&error),
    }
}

/// What was sent, as the form's questions take it; none without a decision.
fn verdict(form: &[FormField], raw: &[u8]) -> Option<Verdict> {
    let sent: Vec<(String, String)> = form_urlencoded::parse(raw).into_owned().collect();
    let value = |name: &str| {
        sent.iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    };
    let decision = match value("decision")?.as_str() {
        "approve" => Decision::Approve,
        "reject" => Decision::Reject,
        _ => return None,
    };
    let answer = |field: &FormField| {
        let text = value(&format!("{ANSWER}{}", field.name)).filter(|text| !text.is_empty())?;
        let json = match (field.input, text.as_str()) {
            (FormInput::Boolean, "true") => Json::Bool(true),
            (FormInput::Boolean, "false") => Json::Bool(false),
            (FormInput::Boolean | FormInput::Text | FormInput::Number, _) => Json::String(text),
            (FormInput::Date | FormInput::Select, _) => Json::String(text),
        };
        Some((field.name.clone(), json))
    };
    let answers: Map<String, Json> = match decision {
        Decision::Approve => form.iter().filter_map(answer).collect(),
        // Who says no need not answer.
        Decision::Reject => Map::new(),
    };
    Some(Verdict {
        decision,
        answers,
        comment: value("comment"),
    })
}

fn question(guest: &Guest, status: StatusCode, problems: &[String]) -> Response {
    let approval = &guest.approval;
    match Status::parse(&approval.status) {
        Some(Status::Pending) => {}
        over_with => return over(StatusCode::OK, over_with),
    }
    let mut html = format!("<h2>{}</h2>", escaped(&approval.title));
    for line in approval.body.iter().flat_map(|body| body.lines()) {
        let _infallible = write!(html, "<p>{}</p>", escaped(line));
    }
    for problem in problems {
        let _infallible = write!(html, "<p role=\"alert\">{}</p>", escaped(problem));
    }
    let inputs: String = guest.form.iter().map(input).collect();
    let _infallible = write!(
        html,
        "<form method=\"post\">{inputs}<label>Comment <textarea name=\"comment\"></textarea></label>\
         <button name=\"decision\" value=\"approve\">Approve</button> \
         <button name=\"decision\" value=\"reject\" formnovalidate>Reject</button></form>"
    );
    page(status, "Your decision, please", &html)
}

/// One question of the form.
fn input(field: &FormField) -> String {
    let name = format!("{ANSWER}{}", escaped(&field.name));
    let required = if field.required { " required" } else { "" };
    let typed = |kind: &str| format!("<input name=\"{name}\" type=\"{kind}\"{required}>");
    let select = |options: &[(&str, &str)]| {
        let option =
            |(value, label): &(&str, &str)| format!("<option value=\"{}\">{}</option>", escaped(value), escaped(label));
        let options: String = options.iter().map(option).collect();
        format!("<select name=\"{name}\"{required}><option></option>{options}</select>")
    };
    let control = match field.input {
        FormInput::Text => typed("text"),
        FormInput::Number => format!("<input name=\"{name}\" type=\"number\" step=\"any\"{required}>"),
        FormInput::Date => typed("date"),
        FormInput::Boolean => select(&[("true", "Yes"), ("false", "No")]),
        FormInput::Select => {
            let options: Vec<_> = field
                .options
                .iter()
                .map(|option| (option.as_str(), option.as_str()))
                .collect();
            select(&options)
        }
    };
    format!(
        "<label>{} {control}</label>",
        escaped(field.label.as_deref().unwrap_or(&field.name))
    )
}

/// What has become of it.
fn over(code: StatusCode, status: Option<Status>) -> Response {
    let title = match status {
        Some(Status::Approved) => "It is approved",
        Some(Status::Rejected) => "It is rejected",
        Some(Status::TimedOut) => "The time to decide is over",
        Some(Status::Cancelled) => "Nobody needs to decide it any more",
        Some(Status::Pending) | None => "It is not decided yet",
    };
    page(code, title, "")
}

fn failed(error: &engine::Error) -> Response {
    tracing::error!(%error, "an approval could not be shown or decided");
    let text = "<p>Please try again in a minute.</p>";
    page(StatusCode::SERVICE_UNAVAILABLE, "That did not work", text)
}
