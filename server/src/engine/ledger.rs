//! Writes orders to the outside world into the ledger, as part of the segment that decided on them.

use std::{collections::BTreeSet, time::Duration};

use pointsman_entities::{
    effect,
    ids::{EffectId, RecordId},
};
use pointsman_graph::{
    definition::Delivery as Chosen,
    node::{EmailKind, Method},
    resolve::{Body, HttpRequest, OutgoingEmail},
    step::StepId,
    value::Value,
};
use sea_orm::ActiveValue::Set;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Error, orders::failure, segment::Segment};
use crate::{
    actions::{
        email::{Email, Party},
        http::{Order, Verb},
    },
    crm::{
        Value as Stored,
        filter::{Filter, Test},
        id,
        query::{Page, Query},
        write::{Command, Verb as Change},
    },
};

/// What one attempt may take where the node doesn't say.
const TIMEOUT: Duration = Duration::from_secs(30);

/// An order as the ledger keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Payload {
    pub attempt_timeout_ms: u64,
    pub what: What,
}

/// What is to be sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    Email {
        email: Email,
        /// Marketing mail is not sent to those who opted out.
        marketing: bool,
        /// The record of the mail, kept up to date with what became of it.
        message: Option<RecordId>,
    },
    Http(Order),
}

/// What to do when nobody knows whether an effect happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Send it again with the same key.
    AtLeastOnce,
    /// Leave it to a person.
    AtMostOnce,
}

impl Delivery {
    /// The choice as it is stored.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::AtLeastOnce => "AT_LEAST_ONCE",
            Self::AtMostOnce => "AT_MOST_ONCE",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::AtLeastOnce, Self::AtMostOnce]
            .into_iter()
            .find(|delivery| delivery.text() == text)
    }
}

impl Segment<'_> {
    pub(super) async fn send_email(&mut self, step: &StepId, attempt: u32, mail: OutgoingEmail) -> Result<(), Error> {
        let party = |text: &String| Party {
            name: None,
            address: text.trim().to_owned(),
        };
        let parties =
            |texts: &[String]| -> Vec<Party> { texts.iter().map(party).filter(|p| !p.address.is_empty()).collect() };
        let email = Email {
            from: None,
            reply_to: mail.reply_to.as_ref().map(party),
            to: parties(&mail.to),
            cc: parties(&mail.cc),
            bcc: parties(&mail.bcc),
            subject: mail.subject,
            text: mail.text.unwrap_or_default(),
            html: mail.html,
            unsubscribe: None,
        };
        self.set_input(step, &json!(email));
        if email.to.is_empty() {
            self.fail(step, attempt, failure("NO_RECIPIENT", "the e-mail has no recipient"));
            return Ok(());
        }
        let effect = self.engine.source.id();
        let message = self.log_message(&email).await?;
        let marketing = mail.kind == EmailKind::Marketing;
        self.enter_ledger(
            step,
            attempt,
            effect,
            Delivery::AtMostOnce,
            What::Email {
                email,
                marketing,
                message,
            },
        );
        Ok(())
    }

    pub(super) fn request(&mut self, step: &StepId, attempt: u32, request: &HttpRequest) {
        let mut headers: Vec<(String, String)> = request
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let typed = headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let body = match &request.body {
            None => None,
            Some(Body::Text(text)) => Some(text.clone()),
            Some(Body::Json(json)) => {
                if !typed {
                    headers.push(("content-type".into(), "application/json".into()));
                }
                Some(json.to_string())
            }
        };
        let order = Order {
            method: verb(request.method),
            url: request.url.clone(),
            headers,
            body,
            expected: request.expected_status.iter().copied().collect::<BTreeSet<_>>(),
            schema: request.response_schema.clone(),
        };
        let names: Vec<&String> = request.headers.keys().collect();
        // Headers may hold secrets: their names are enough.
        self.set_input(
            step,
            &json!({ "method": order.method, "url": order.url, "headers": names, "body": order.body }),
        );
        let effect = self.engine.source.id();
        self.enter_ledger(step, attempt, effect, Delivery::AtLeastOnce, What::Http(order));
    }

    fn enter_ledger(&mut self, step: &StepId, attempt: u32, effect: EffectId, usual: Delivery, what: What) {
        let settings = self
            .live
            .version
            .plan
            .node(&step.node)
            .map(|node| node.settings)
            .unwrap_or_default();
        let delivery = match settings.delivery {
            Some(Chosen::AtLeastOnce) => Delivery::AtLeastOnce,
            Some(Chosen::AtMostOnce) => Delivery::AtMostOnce,
            None => usual,
        };
        let timeout = settings
            .timeout
            .and_then(|timeout| timeout.to_std().ok())
            .unwrap_or(TIMEOUT);
        let kind = match &what {
            What::Email { .. } => "EMAIL",
            What::Http(_) => "HTTP",
        };
        let payload = Payload {
            attempt_timeout_ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX),
            what,
        };
        let payload = self.stored(serde_json::to_string(&payload).unwrap_or_default());
        self.decision.set.insert(effect::ActiveModel {
            id: Set(effect),
            run_id: Set(self.live.id),
            step: Set(step.to_string()),
            idempotency_key: Set(id::format("effect", effect)),
            kind: Set(kind.into()),
            delivery: Set(delivery.text().into()),
            payload: Set(payload),
            state: Set("PENDING".into()),
            attempts: Set(0),
            attempt: Set(i64::from(attempt)),
            next_at: Set(self.now),
            owner: Set(Some(self.engine.member)),
            fence: Set(0),
            result: Set(None),
            created_at: Set(self.now),
            updated_at: Set(self.now),
        });
        self.live.effects.insert(step.clone(), effect);
        self.effects.push(effect);
    }

    /// The mail as a message of the CRM, about the contact it goes to. None where the run may not write messages.
    async fn log_message(&mut self, email: &Email) -> Result<Option<RecordId>, Error> {
        let recipient = email.to.first().map(|party| party.address.clone()).unwrap_or_default();
        let about = self.contact(&recipient).await?;
        let text = |text: &str| Value::from(text);
        let values = [
            ("channel", Some(text("EMAIL"))),
            ("direction", Some(text("OUT"))),
            ("state", Some(text("QUEUED"))),
            ("recipient", Some(text(&recipient))),
            ("subject", Some(text(&email.subject))),
            ("text", Some(text(&email.text))),
            ("html", email.html.as_deref().map(text)),
            ("contact", about.map(|contact| text(&id::format("contact", contact)))),
        ];
        let values = values
            .into_iter()
            .filter_map(|(name, value)| Some((name.into(), value?)))
            .collect();
        let Ok(command) = self.creation("message", &values) else {
            return Ok(None);
        };
        let written = self.engine.crm.write(&mut self.decision, &command).await?;
        Ok(written.ok().map(|record| record.id))
    }

    async fn contact(&mut self, address: &str) -> Result<Option<RecordId>, Error> {
        let Some(object) = self.engine.crm.catalogue().object("contact").cloned() else {
            return Ok(None);
        };
        let Some((index, _)) = object.field("email") else {
            return Ok(None);
        };
        let address = Stored::text(address.to_lowercase());
        let test = Test::Compare(pointsman_graph::expression::Comparison::Equal, address);
        let query = Query {
            object,
            filter: Filter::Field { index, test },
            order: Vec::new(),
        };
        let page = Page {
            size: 1,
            backward: false,
            from: None,
        };
        let found = self.engine.crm.find(self.decision.access, &query, &page).await?;
        Ok(found.records.first().map(|record| record.id))
    }
}

/// A change of a message's state.
#[must_use]
pub fn message_state(
    object: &std::sync::Arc<crate::crm::object::Object>,
    id: RecordId,
    values: &[(&str, Stored)],
) -> Command {
    let index = |name: &str| object.field(name).map(|(index, _)| index);
    let values = values
        .iter()
        .filter_map(|(name, value)| Some((index(name)?, value.clone())))
        .collect();
    Command {
        object: std::sync::Arc::clone(object),
        verb: Change::Update {
            id,
            expected: None,
            values,
        },
    }
}

fn verb(method: Method) -> Verb {
    match method {
        Method::Get => Verb::Get,
        Method::Post => Verb::Post,
        Method::Put => Verb::Put,
        Method::Patch => Verb::Patch,
        Method::Delete => Verb::Delete,
    }
}
