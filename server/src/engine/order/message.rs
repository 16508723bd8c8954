//! The record of a message that goes out, whatever carries it.

use pointsman_entities::ids::{EffectId, RecordId};
use pointsman_graph::{expression::Comparison, value::Value};

use crate::{
    crm::{
        Value as Stored,
        filter::{Filter, Test},
        id,
        query::{Page, Query},
    },
    engine::{Error, segment::Segment},
    messaging::Channel,
};

/// A message as the CRM keeps it.
pub(super) struct Outgoing<'a> {
    pub channel: Channel,
    pub recipient: &'a str,
    pub subject: Option<&'a str>,
    pub text: &'a str,
    pub html: Option<&'a str>,
}

impl Segment<'_> {
    /// Keeps the message, about the contact it goes to. None where the run may not write messages.
    pub(super) async fn log_message(
        &mut self,
        effect: EffectId,
        outgoing: &Outgoing<'_>,
    ) -> Result<Option<RecordId>, Error> {
        let about = self.contact(outgoing).await?;
        let text = |text: &str| Value::from(text);
        let values = [
            ("channel", Some(text(outgoing.channel.text()))),
            ("direction", Some(text("OUT"))),
            ("state", Some(text("QUEUED"))),
            ("recipient", Some(text(outgoing.recipient))),
            ("subject", outgoing.subject.map(text)),
            ("text", Some(text(outgoing.text))),
            ("html", outgoing.html.map(text)),
            (
                "messageId",
                self.message_id(effect, outgoing.channel).as_deref().map(text),
            ),
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

    /// Known before the mail goes: its answer may come before the mail server's.
    fn message_id(&self, effect: EffectId, channel: Channel) -> Option<String> {
        let mailer = self
            .engine
            .actions
            .mailer
            .as_ref()
            .filter(|_| channel == Channel::Email)?;
        let key = id::format("effect", effect).parse().ok()?;
        Some(mailer.message_id(&key))
    }

    async fn contact(&mut self, outgoing: &Outgoing<'_>) -> Result<Option<RecordId>, Error> {
        let Some(object) = self.engine.crm.object("contact") else {
            return Ok(None);
        };
        let Some((index, _)) = object.field(outgoing.channel.contact_field()) else {
            return Ok(None);
        };
        let address = Stored::text(outgoing.recipient.to_lowercase());
        let test = Test::Compare(Comparison::Equal, address);
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
