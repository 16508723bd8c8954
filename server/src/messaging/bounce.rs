//! Mails that came back: the message's state, and the list of suppressed addresses.

use std::sync::Arc;

use super::{
    ATTEMPTS, Channel, Error, Messaging,
    receive::remember,
    suppression::{self, Entry, Reason},
    update,
};
use crate::crm::{Access, Record, Value, cause::Cause, write::Decision};

/// A report on one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What tells two deliveries of the same report.
    pub external_id: String,
    /// The Message-ID of the mail that it is about, where it says so.
    pub message_id: Option<String>,
    /// What it says of each recipient.
    pub bounces: Vec<Bounce>,
}

/// What is said of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// In lower case.
    pub address: String,
    /// Why nothing more is sent there; none where another mail may well arrive.
    pub lasting: Option<Reason>,
    /// What the other side said.
    pub detail: Option<String>,
}

impl Messaging {
    /// Takes a report: the mail has bounced, and what failed for good is suppressed. The same report counts once.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn bounced(&self, report: &Report) -> Result<(), Error> {
        let access = Access::system();
        for _ in 0..ATTEMPTS {
            if self.has_come(Channel::Email, &report.external_id).await? {
                return Ok(());
            }
            let mut decision = Decision::new(&self.crm, &access, Cause::Request);
            for bounce in &report.bounces {
                self.bounce(&mut decision, report, bounce).await?;
            }
            remember(&mut decision, Channel::Email, &report.external_id, None);
            if self.crm.settle(decision, None).await?.is_ok() {
                return Ok(());
            }
        }
        Err(Error::Contended)
    }

    async fn bounce(&self, decision: &mut Decision<'_>, report: &Report, bounce: &Bounce) -> Result<(), Error> {
        let messages = self.object("message")?;
        let message = self.returned(report, bounce).await?;
        if let Some(message) = &message {
            let command = update(&messages, message.id, vec![("state", Value::text("BOUNCED"))]);
            let written = self.crm.write(decision, &command).await?;
            written.map_err(|problems| Error::Refused { problems })?;
        }
        let Some(reason) = bounce.lasting else { return Ok(()) };
        let entry = Entry {
            channel: Channel::Email,
            address: bounce.address.clone(),
            reason,
            detail: bounce.detail.clone(),
            message: message.map(|message| message.id),
        };
        if !self.is_listed(&entry).await? {
            suppression::add(&mut decision.set, &entry, decision.now);
        }
        Ok(())
    }

    /// The mail that came back: by its Message-ID, else the last one that went to the address.
    async fn returned(&self, report: &Report, bounce: &Bounce) -> Result<Option<Arc<Record>>, Error> {
        let messages = self.object("message")?;
        let out = ("direction", Value::text("OUT"));
        if let Some(id) = &report.message_id {
            let named = [("messageId", Value::text(&**id)), out];
            return Ok(self.find(&messages, &named, 1).await?.pop());
        }
        let last = [
            ("recipient", Value::text(&*bounce.address)),
            ("channel", Value::text("EMAIL")),
            out,
        ];
        Ok(self.find(&messages, &last, 1).await?.pop())
    }
}
