//! Makes a record of a message that came in: once, however often it is delivered, threaded to the message of ours that it
//! answers. That message changes too, which is what a run that waits for the answer is told of.

use std::sync::Arc;

use pointsman_entities::{ids::RecordId, inbound, time::Timestamp};
use sea_orm::{ActiveValue::Set, EntityTrait};

use super::{ATTEMPTS, Channel, Error, Incoming, Messaging, consent::Word, indexed, suppression::Reason, update};
use crate::crm::{
    Access, Record, Value,
    cause::Cause,
    write::{Command, Decision, Verb},
};

/// Of a longer text the beginning is kept.
const LONGEST: usize = 65_536;
const LONGEST_LINE: usize = 255;

/// What became of a delivery.
#[derive(Clone, Debug)]
pub enum Received {
    /// It is a record now.
    New(Arc<Record>),
    /// It had come before.
    Again,
}

impl Messaging {
    /// Keeps a message that came in. An SMS that says STOP opts its sender out, in the same write set.
    ///
    /// # Errors
    /// Where the database fails, or a record is refused.
    pub async fn receive(&self, incoming: &Incoming) -> Result<Received, Error> {
        let access = Access::system();
        for _ in 0..ATTEMPTS {
            if self.has_come(incoming.channel, &incoming.external_id).await? {
                return Ok(Received::Again);
            }
            let mut decision = Decision::new(&self.crm, &access, Cause::Request);
            let message = self.record(&mut decision, incoming).await?;
            self.heed(&mut decision, incoming).await?;
            remember(&mut decision, incoming.channel, &incoming.external_id, Some(message.id));
            if self.crm.settle(decision, None).await?.is_ok() {
                return Ok(Received::New(message));
            }
        }
        Err(Error::Contended)
    }

    pub(super) async fn has_come(&self, channel: Channel, external_id: &str) -> Result<bool, Error> {
        let key = (channel.text().to_owned(), external_id.to_owned());
        let row = inbound::Entity::find_by_id(key).one(self.crm.store().reads()).await?;
        Ok(row.is_some())
    }

    async fn record(&self, decision: &mut Decision<'_>, incoming: &Incoming) -> Result<Arc<Record>, Error> {
        let messages = self.object("message")?;
        let answered = self.answered(incoming).await?;
        let sender = self.sender(incoming).await?;
        let mut values = plain(incoming, decision.now);
        values.push((
            "contact",
            sender.as_ref().map_or(Value::Null, |contact| Value::Id(contact.id)),
        ));
        if let Some(answered) = &answered {
            values.push(("answers", Value::Id(answered.id)));
            values.push(("deal", self.living(decision, "deal", answered.get("deal")).await?));
        }
        let company = [sender.as_ref(), answered.as_ref()].into_iter().flatten();
        let company = company
            .map(|record| record.get("company"))
            .find(|company| !company.is_null());
        let company = company.unwrap_or(&Value::Null);
        values.push(("company", self.living(decision, "company", company).await?));
        let command = Command {
            verb: Verb::Create {
                values: indexed(&messages, values),
            },
            object: Arc::clone(&messages),
        };
        let message = self.written(decision, &command).await?;
        if let Some(answered) = answered.filter(|_| !incoming.automatic) {
            let at = vec![("answeredAt", Value::Time(answered_at(&answered, decision.now)))];
            self.written(decision, &update(&messages, answered.id, at)).await?;
        }
        Ok(message)
    }

    /// A reference, as long as what it refers to is not in the bin.
    async fn living(
        &self,
        decision: &mut Decision<'_>,
        object: &'static str,
        reference: &Value,
    ) -> Result<Value, Error> {
        let Value::Id(id) = reference else {
            return Ok(Value::Null);
        };
        let found = decision.snapshot.load(&self.object(object)?, *id).await?;
        let living = found.filter(|record| !record.is_deleted());
        Ok(living.map_or(Value::Null, |record| Value::Id(record.id)))
    }

    async fn written(&self, decision: &mut Decision<'_>, command: &Command) -> Result<Arc<Record>, Error> {
        let written = self.crm.write(decision, command).await?;
        written.map_err(|problems| Error::Refused { problems })
    }

    /// The message of ours that it answers: by the Message-IDs it names, or the last SMS that went to its sender.
    async fn answered(&self, incoming: &Incoming) -> Result<Option<Arc<Record>>, Error> {
        let messages = self.object("message")?;
        let out = ("direction", Value::text("OUT"));
        if incoming.channel == Channel::Sms {
            let last = [
                ("recipient", Value::text(&*incoming.sender)),
                ("channel", Value::text("SMS")),
                out,
            ];
            return Ok(self.find(&messages, &last, 1).await?.pop());
        }
        for id in incoming.references.iter().take(20) {
            let named = [("messageId", Value::text(&**id)), out.clone()];
            if let Some(found) = self.find(&messages, &named, 1).await?.pop() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn sender(&self, incoming: &Incoming) -> Result<Option<Arc<Record>>, Error> {
        let contacts = self.object("contact")?;
        let having = [(incoming.channel.contact_field(), Value::text(&*incoming.sender))];
        Ok(self.find(&contacts, &having, 1).await?.pop())
    }

    async fn heed(&self, decision: &mut Decision<'_>, incoming: &Incoming) -> Result<(), Error> {
        let word = incoming
            .text
            .as_deref()
            .filter(|_| incoming.channel == Channel::Sms)
            .and_then(Word::of);
        match word {
            Some(Word::Stop) => {
                self.withdraw(decision, Channel::Sms, &incoming.sender, Reason::Stopped)
                    .await
            }
            Some(Word::Start) => self.return_to(decision, Channel::Sms, &incoming.sender).await,
            None => Ok(()),
        }
    }
}

/// Adds to a decision that this has come: another delivery of it is refused.
pub(super) fn remember(decision: &mut Decision<'_>, channel: Channel, external_id: &str, message: Option<RecordId>) {
    decision.set.insert(inbound::ActiveModel {
        channel: Set(channel.text().into()),
        external_id: Set(external_id.to_owned()),
        message_id: Set(message),
        received_at: Set(decision.now),
    });
}

/// Always later than the answer before it: a change to the same time would be no change, and wake nobody.
fn answered_at(answered: &Record, now: Timestamp) -> Timestamp {
    let before = answered.get("answeredAt").as_time();
    before.map_or(now, |before| now.max(before.plus_micros(1)))
}

fn plain(incoming: &Incoming, now: Timestamp) -> Vec<(&'static str, Value)> {
    let line = |text: &Option<String>| text.as_deref().map_or(Value::Null, |text| clean(text, LONGEST_LINE));
    let long = |text: &Option<String>| text.as_deref().map_or(Value::Null, |text| clean(text, LONGEST));
    vec![
        ("channel", Value::text(incoming.channel.text())),
        ("direction", Value::text("IN")),
        ("state", Value::text("RECEIVED")),
        ("automatic", Value::Bool(incoming.automatic)),
        ("sender", clean(&incoming.sender, LONGEST_LINE)),
        ("recipient", line(&incoming.recipient)),
        ("subject", long(&incoming.subject)),
        ("text", long(&incoming.text)),
        ("html", long(&incoming.html)),
        ("messageId", line(&incoming.message_id)),
        ("inReplyTo", line(&incoming.references.first().cloned())),
        // A clock that runs ahead is not ours.
        (
            "sentAt",
            Value::Time(incoming.sent_at.map_or(now, |sent| sent.min(now))),
        ),
    ]
}

/// What others send may hold what no field takes.
fn clean(text: &str, most: usize) -> Value {
    Value::text(text.chars().filter(|c| *c != '\0').take(most).collect::<String>())
}
