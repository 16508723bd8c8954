//! `sendEmail`: a message in the CRM and an order in the ledger.

use pointsman_entities::ids::RecordId;
use pointsman_graph::{node::EmailKind, resolve::OutgoingEmail, step::StepId, value::Value};
use serde_json::json;

use super::failure::failure;
use crate::{
    actions::email::{Email, Party},
    crm::{
        Value as Stored,
        filter::{Filter, Test},
        id,
        query::{Page, Query},
    },
    engine::{
        Error,
        effect::{Delivery, What},
        segment::Segment,
    },
};

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
