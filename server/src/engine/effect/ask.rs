//! Asks the provider what became of an SMS before anybody is left in doubt, and before it is sent again. What it has under
//! our text and number counts where it is one message that no other of ours is.

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, TimeDelta};
use pointsman_entities::message;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{Receipt, What, perform::Held, receipt, verdict::Verdict};
use crate::{
    actions::{Code, Failure, Outcome, sms::Sent},
    engine::{Engine, Error},
    store,
};

/// How much the provider's clock may be behind ours.
const SKEW: TimeDelta = TimeDelta::minutes(1);

/// What the provider knows.
enum Known {
    /// It has the message.
    Sent(Sent),
    /// It has none.
    Nothing,
    /// It has several that may be ours.
    Several,
    /// It can't be asked just now.
    Silence,
}

impl Engine {
    /// What an attempt has come to, where it left nobody knowing: what the provider says, where that is clear.
    pub(super) async fn clarified(&self, held: &Held, outcome: Outcome) -> Verdict {
        if let Outcome::Unknown { .. } = &outcome {
            match self.ask(held).await {
                Ok(Known::Sent(sent)) => return told(held, sent),
                Ok(Known::Nothing | Known::Several | Known::Silence) => {}
                // What is certain must be written down, whatever fails here.
                Err(error) => tracing::warn!(effect = %held.row.id.0, %error, "an SMS in doubt can't be looked for"),
            }
        }
        Verdict::of(held.delivery, outcome)
    }

    /// What became of an SMS that was tried before; none where it may be sent again.
    pub(super) async fn before_repetition(&self, held: &Held) -> Result<Option<Verdict>, Error> {
        if held.row.attempts == 0 || !matches!(held.payload.what, What::Sms { .. }) {
            return Ok(None);
        }
        if let Some(told) = self.receipt(held.row.id).await?.and_then(receipt::told) {
            return Ok(Some(told.verdict(held.delivery)));
        }
        let doubt = |message: &str| Failure {
            code: Code::AnswerLost,
            message: message.into(),
        };
        Ok(match self.ask(held).await? {
            Known::Sent(sent) => Some(told(held, sent)),
            Known::Nothing => None,
            Known::Several => {
                let failure = doubt("the provider has several messages that may be this one");
                Some(Verdict::of(super::Delivery::AtMostOnce, Outcome::Unknown { failure }))
            }
            Known::Silence => {
                let failure = doubt("the provider can't be asked whether it was sent");
                Some(Verdict::of(
                    held.delivery,
                    Outcome::NotSent {
                        failure,
                        retry_after: None,
                    },
                ))
            }
        })
    }

    async fn ask(&self, held: &Held) -> Result<Known, Error> {
        let (What::Sms { sms, .. }, Some(texter)) = (&held.payload.what, &self.actions.texter) else {
            return Ok(Known::Silence);
        };
        let ordered = DateTime::from_timestamp_micros(held.row.created_at.micros()).unwrap_or_default();
        let timeout = Duration::from_millis(held.payload.attempt_timeout_ms);
        let since = ordered - SKEW;
        let Some(mut found) = texter.find(&self.actions.egress, sms, since, timeout).await else {
            return Ok(Known::Silence);
        };
        let others = self.others(held, &found).await?;
        found.retain(|sent| !others.contains(&sent.provider_id));
        Ok(match (found.pop(), found.is_empty()) {
            (None, _) => Known::Nothing,
            (Some(sent), true) => Known::Sent(sent),
            (Some(_), false) => Known::Several,
        })
    }

    /// Those of the found that are known to be other messages of ours.
    async fn others(&self, held: &Held, found: &[Sent]) -> Result<HashSet<String>, Error> {
        let rows = message::Entity::find()
            .filter(message::Column::ProviderId.is_in(found.iter().map(|sent| &sent.provider_id)))
            .all(self.store.reads())
            .await
            .map_err(store::Error::from)?;
        let own = held.payload.what.message();
        let others = rows.into_iter().filter(|row| Some(row.id) != own);
        Ok(others.filter_map(|row| row.provider_id).collect())
    }
}

fn told(held: &Held, sent: Sent) -> Verdict {
    let receipt = Receipt {
        effect: held.row.id,
        provider_id: sent.provider_id,
        status: sent.status,
        error: sent.error,
    };
    receipt.verdict(held.delivery)
}
