//! Withdrawing consent: by a link, or by answering STOP.

use super::{
    ATTEMPTS, Channel, Error, Messaging,
    suppression::{self, Entry, Reason},
    update,
};
use crate::crm::{Access, Value, cause::Cause, write::Decision};

/// What carriers count as a withdrawal, and its reversal.
const STOP: [&str; 11] = [
    "STOP",
    "STOPALL",
    "STOP ALL",
    "UNSUBSCRIBE",
    "CANCEL",
    "END",
    "QUIT",
    "REVOKE",
    "OPTOUT",
    "OPT OUT",
    "OPT-OUT",
];
const START: [&str; 3] = ["START", "UNSTOP", "YES START"];

/// What an SMS asks for by its whole text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Stop,
    Start,
}

impl Word {
    /// In any spelling: case, blanks and punctuation around it don't count.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let bare = text.trim_matches(|c: char| !c.is_alphanumeric()).to_uppercase();
        let words = bare.split_whitespace().collect::<Vec<_>>().join(" ");
        if STOP.contains(&words.as_str()) {
            Some(Self::Stop)
        } else {
            START.contains(&words.as_str()).then_some(Self::Start)
        }
    }
}

impl Messaging {
    /// Notes that the owner of an address wants no more marketing: on each contact that has it, and on the list, for
    /// contacts that are yet to be.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn opt_out(&self, channel: Channel, address: &str, reason: Reason) -> Result<(), Error> {
        let access = Access::system();
        for _ in 0..ATTEMPTS {
            let mut decision = Decision::new(&self.crm, &access, Cause::Request);
            self.withdraw(&mut decision, channel, address, reason).await?;
            if self.crm.settle(decision, None).await?.is_ok() {
                return Ok(());
            }
        }
        Err(Error::Contended)
    }

    /// Adds an opt-out to a decision.
    pub(super) async fn withdraw(
        &self,
        decision: &mut Decision<'_>,
        channel: Channel,
        address: &str,
        reason: Reason,
    ) -> Result<(), Error> {
        self.mark(decision, channel, address, true).await?;
        let entry = Entry {
            channel,
            address: address.to_owned(),
            reason,
            detail: None,
            message: None,
        };
        if !self.is_listed(&entry).await? {
            suppression::add(&mut decision.set, &entry, decision.now);
        }
        Ok(())
    }

    /// Adds the reversal of an opt-out by STOP to a decision; an address that bounced stays on the list.
    pub(super) async fn return_to(
        &self,
        decision: &mut Decision<'_>,
        channel: Channel,
        address: &str,
    ) -> Result<(), Error> {
        self.mark(decision, channel, address, false).await?;
        suppression::forget_stop(&mut decision.set, channel, address);
        Ok(())
    }

    async fn mark(&self, decision: &mut Decision<'_>, channel: Channel, address: &str, out: bool) -> Result<(), Error> {
        let contacts = self.object("contact")?;
        let having = [(channel.contact_field(), Value::text(address))];
        for contact in self.find(&contacts, &having, super::MOST_CONTACTS).await? {
            let command = update(&contacts, contact.id, vec![(channel.opt_out_field(), Value::Bool(out))]);
            let written = self.crm.write(decision, &command).await?;
            written.map_err(|problems| Error::Refused { problems })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_is_understood_in_any_spelling() {
        for text in [
            "STOP",
            "stop",
            " Stop. ",
            "\"stop\"",
            "Stop!!!",
            "stop  all",
            "Unsubscribe",
            "opt-out",
            "QUIT\n",
        ] {
            assert_eq!(Word::of(text), Some(Word::Stop), "{text}");
        }
    }

    #[test]
    fn a_sentence_that_only_has_the_word_is_none() {
        for text in ["Don't stop", "When does it end?", "stop by tomorrow", "", "…"] {
            assert_eq!(Word::of(text), None, "{text}");
        }
    }

    #[test]
    fn start_takes_it_back() {
        assert_eq!(Word::of("Start"), Some(Word::Start));
        assert_eq!(Word::of("unstop."), Some(Word::Start));
    }
}
