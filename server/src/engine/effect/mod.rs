//! The ledger of orders to the outside world: written as part of the segment that decided on them, carried out after it.

mod ask;
mod consent;
mod message;
mod perform;
mod receipt;
mod resolve;
mod verdict;
mod withdraw;

use std::time::Duration;

use pointsman_entities::{
    effect,
    ids::{EffectId, RecordId},
};
use pointsman_graph::{definition::Delivery as Chosen, step::StepId};
use sea_orm::ActiveValue::Set;
use serde::{Deserialize, Serialize};

pub use receipt::Receipt;

use super::{Error, segment::Segment};
use crate::{
    actions::{email::Email, http::Order, sms::Sms},
    crm::id,
    store::{Store, payload},
};

pub use resolve::Finding;
pub(in crate::engine) use verdict::Verdict;

/// The format of an order's JSON; earlier ones are upcast in [`Payload::read`].
const FORMAT: i64 = 1;

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
    Sms {
        sms: Sms,
        /// Marketing is not sent to those who opted out.
        marketing: bool,
        /// The record of the message.
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

impl Payload {
    /// An order as the ledger keeps it in some format; none where it can't be read.
    fn read(format: i64, json: &str) -> Option<Self> {
        match format {
            // Format 1 only gave the first one its number.
            0 | FORMAT => serde_json::from_str(json).ok(),
            _ => None,
        }
    }
}

/// The order that a row of the ledger holds.
///
/// # Errors
/// Where the database fails, or the row can't be read.
pub(in crate::engine) async fn order_of(store: &Store, row: &effect::Model) -> Result<Payload, Error> {
    let json = payload::get(store, row.payload.clone()).await?;
    Payload::read(row.format, &json).ok_or_else(|| Error::Unreadable {
        table: "effect",
        id: row.id.0.to_string(),
    })
}

impl What {
    /// The kind as the ledger names it.
    fn kind(&self) -> &'static str {
        match self {
            Self::Email { .. } => "EMAIL",
            Self::Sms { .. } => "SMS",
            Self::Http(_) => "HTTP",
        }
    }

    /// The record of the message that it sends.
    fn message(&self) -> Option<RecordId> {
        match self {
            Self::Email { message, .. } | Self::Sms { message, .. } => *message,
            Self::Http(_) => None,
        }
    }
}

impl Segment<'_> {
    /// Adds an order for a step to the ledger. `usual` is what becomes of an unknown outcome where the node doesn't say.
    pub(super) fn enter_ledger(&mut self, step: &StepId, attempt: u32, effect: EffectId, usual: Delivery, what: What) {
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
        if let Some(message) = what.message() {
            self.messages.insert(step.clone(), message);
        }
        let kind = what.kind();
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
            format: Set(FORMAT),
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
}
