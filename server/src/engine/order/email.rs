//! `sendEmail`: a message in the CRM and an order in the ledger.

use pointsman_graph::{node::EmailKind, resolve::OutgoingEmail, step::StepId};
use serde_json::json;

use super::{failure::failure, message::Outgoing};
use crate::{
    actions::email::{Email, Party},
    engine::{
        Error,
        effect::{Delivery, What},
        segment::Segment,
    },
    messaging::Channel,
};

impl Segment<'_> {
    pub(super) async fn send_email(&mut self, step: &StepId, attempt: u32, mail: OutgoingEmail) -> Result<(), Error> {
        let party = |text: &String| Party {
            name: None,
            address: text.trim().to_owned(),
        };
        let parties =
            |texts: &[String]| -> Vec<Party> { texts.iter().map(party).filter(|p| !p.address.is_empty()).collect() };
        let marketing = mail.kind == EmailKind::Marketing;
        let to = parties(&mail.to);
        let links = &self.engine.links;
        // One mail has one link: it is the first receiver's.
        let reader = to.first().filter(|_| marketing);
        let unsubscribe = reader.map(|reader| links.unsubscribe(&reader.address));
        let place = format!("{}~unsubscribe~", self.mark);
        let linked = |body: String| body.replace(&place, unsubscribe.as_deref().unwrap_or_default());
        let email = Email {
            from: None,
            reply_to: mail.reply_to.as_ref().map(party),
            to,
            cc: parties(&mail.cc),
            bcc: parties(&mail.bcc),
            subject: mail.subject,
            text: linked(mail.text.unwrap_or_default()),
            html: mail.html.map(linked),
            unsubscribe,
        };
        self.set_input(step, &json!(email));
        let Some(first) = email.to.first() else {
            self.fail(step, attempt, failure("NO_RECIPIENT", "the e-mail has no recipient"));
            return Ok(());
        };
        let effect = self.engine.source.id();
        let outgoing = Outgoing {
            channel: Channel::Email,
            recipient: &first.address,
            subject: Some(&email.subject),
            text: &email.text,
            html: email.html.as_deref(),
        };
        let message = self.log_message(effect, &outgoing).await?;
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
}
