//! Asks Twilio what it has of a message whose fate nobody knows. Never decides which of several it is.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{Egress, Sms, Texter, through::Through};
use crate::actions::egress::{Answer, End};

/// Messages looked through: the latest ones to that number.
const LATEST: i64 = 100;

/// A message as Twilio has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What Twilio calls it.
    pub provider_id: String,
    /// Its word for the state, such as `delivered`.
    pub status: String,
    /// Why it failed, where it did.
    pub error: Option<String>,
}

#[derive(Deserialize)]
struct List {
    messages: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    sid: String,
    body: Option<String>,
    status: String,
    direction: String,
    /// RFC 2822.
    date_created: String,
    error_message: Option<String>,
}

impl Texter {
    /// The messages with that text that Twilio has taken for that number since a time; none where it can't be asked.
    pub async fn find(&self, egress: &Egress, sms: &Sms, since: DateTime<Utc>, timeout: Duration) -> Option<Vec<Sent>> {
        let through = Through::new(egress.clone(), None, timeout);
        let told = through.told();
        let client = self.client(through);
        let list = client
            .list_message(&self.account)
            .to(sms.to.as_str())
            .from(self.from.as_str());
        let _as_the_answer_itself_says = list.page_size(LATEST).send().await;
        listed(&told.take()?.ok()?, &sms.text, since)
    }
}

fn listed(answer: &Answer, text: &str, since: DateTime<Utc>) -> Option<Vec<Sent>> {
    if !answer.status.is_success() || answer.end != End::Complete {
        return None;
    }
    let list: List = serde_json::from_slice(&answer.body).ok()?;
    let ours = |row: &Row| {
        let created = DateTime::parse_from_rfc2822(&row.date_created).is_ok_and(|created| created >= since);
        // A trial account's messages begin with words of Twilio's.
        let says = row.body.as_deref().is_some_and(|body| body.ends_with(text));
        row.direction.starts_with("outbound") && created && says
    };
    let sent = |row: Row| Sent {
        provider_id: row.sid,
        status: row.status,
        error: row.error_message,
    };
    Some(list.messages.into_iter().filter(ours).map(sent).collect())
}
