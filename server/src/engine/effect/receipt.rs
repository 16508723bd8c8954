//! What a provider tells of an effect by itself. It settles an effect whose outcome nobody knew, also where it comes before
//! our own answer is given up for lost: the two write the same row, so one of them sees the other.

use pointsman_entities::{effect, ids::EffectId, receipt, time::Timestamp};
use sea_orm::{ActiveValue::Set, EntityName, EntityTrait};
use serde_json::json;

use super::{Delivery, perform::Held, verdict::Verdict};
use crate::{
    actions::{Code, Failure, Outcome},
    crm::{Access, cause::Cause, write::Decision},
    engine::{Engine, Error, inbox},
    store::{self, Assign, Update, Write},
};

/// How often a receipt is decided on anew.
const ATTEMPTS: usize = 10;

/// What the row says while nobody knows.
const UNKNOWN: &str = "UNKNOWN";

/// What a provider has told.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub effect: EffectId,
    /// What the provider calls the message.
    pub provider_id: String,
    /// Its word for the state, such as `delivered`.
    pub status: String,
    /// Why it failed, where it did.
    pub error: Option<String>,
}

/// What a state means for the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// The provider has it.
    Accepted,
    /// The carrier has it.
    Sent,
    Delivered,
    Failed,
}

impl Stage {
    /// Twilio's words; one that is not known says no more than that the message got there.
    fn of(status: &str) -> Self {
        match status {
            "sent" => Self::Sent,
            "delivered" | "read" => Self::Delivered,
            "undelivered" | "failed" | "canceled" => Self::Failed,
            _ => Self::Accepted,
        }
    }

    fn message_state(self) -> &'static str {
        match self {
            Self::Accepted | Self::Sent => "SENT",
            Self::Delivered => "DELIVERED",
            Self::Failed => "FAILED",
        }
    }
}

impl Receipt {
    fn stage(&self) -> Stage {
        Stage::of(&self.status)
    }

    /// What an effect came to of which nothing but this is known.
    pub(super) fn verdict(&self, delivery: Delivery) -> Verdict {
        let outcome = match self.stage() {
            Stage::Accepted | Stage::Sent | Stage::Delivered => Outcome::Done {
                output: json!({ "providerId": self.provider_id }),
            },
            Stage::Failed => Outcome::Rejected {
                failure: Failure {
                    code: Code::Refused,
                    message: format!(
                        "the message is {}: {}",
                        self.status,
                        self.error.as_deref().unwrap_or("no reason is given")
                    ),
                },
                retryable: false,
            },
        };
        Verdict::of(delivery, outcome)
    }
}

impl Engine {
    /// Takes a receipt; false where there is no such effect. One that comes late, after a later one, changes nothing.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn take_receipt(&self, receipt: &Receipt) -> Result<bool, Error> {
        let mut run = None;
        for _ in 0..ATTEMPTS {
            let row = effect::Entity::find_by_id(receipt.effect).one(self.store.reads()).await;
            let Some(row) = row.map_err(store::Error::from)?.filter(|row| row.kind == "SMS") else {
                return Ok(false);
            };
            let held = Held::read(&self.store, row).await?;
            let known = self.receipt(receipt.effect).await?;
            if known.as_ref().is_some_and(|known| is_later(known, receipt)) {
                return Ok(true);
            }
            if let Some(told) = self.try_receipt(&held, known.as_ref(), receipt).await? {
                if told {
                    self.wake(held.row.run_id);
                }
                return Ok(true);
            }
            run = Some(held.row.run_id);
        }
        run.map_or(Ok(false), |run| Err(Error::Contended { run }))
    }

    /// What is known of an effect by receipts.
    pub(super) async fn receipt(&self, effect: EffectId) -> Result<Option<receipt::Model>, Error> {
        let row = receipt::Entity::find_by_id(effect).one(self.store.reads()).await;
        Ok(row.map_err(store::Error::from)?)
    }

    /// Whether the run was told of it; none where the decision must be made again.
    async fn try_receipt(
        &self,
        held: &Held,
        known: Option<&receipt::Model>,
        receipt: &Receipt,
    ) -> Result<Option<bool>, Error> {
        let access = Access::system();
        let cause = Cause::Run {
            run: held.row.run_id,
            node: held.row.step.clone(),
            depth: held.depth,
        };
        let mut decision = Decision::new(&self.crm, &access, cause);
        let row = receipt::ActiveModel {
            effect_id: Set(receipt.effect),
            provider_id: Set(Some(receipt.provider_id.clone())),
            status: Set(receipt.status.clone()),
            updated_at: Set(decision.now),
        };
        match known {
            None => decision.set.insert(row),
            Some(known) => {
                let update = Update::of(vec![("effect_id", receipt.effect.0.into())], &row);
                decision
                    .set
                    .push(Write::Update(update.guarded("status", known.status.as_str())));
            }
        }
        self.tell_receipt(decision, held, receipt).await
    }

    async fn tell_receipt(
        &self,
        mut decision: Decision<'_>,
        held: &Held,
        receipt: &Receipt,
    ) -> Result<Option<bool>, Error> {
        let verdict = receipt.verdict(held.delivery).naming(held.payload.what.message());
        let settles = held.row.state == UNKNOWN;
        if settles {
            decision.set.push(settled(held, &verdict));
            let fact = verdict.fact(held.step.clone(), held.attempt());
            inbox::deliver(&mut decision.set, held.row.run_id, &fact, decision.now);
        }
        if let Some(message) = held.payload.what.message() {
            let state = receipt.stage().message_state();
            self.update_message(&mut decision, message, state, &verdict.result)
                .await?;
        }
        match self.crm.settle(decision, None).await? {
            Ok(()) => Ok(Some(settles)),
            Err(refusal) if inbox::is_over(&refusal) => self.finish_receipt(held, &verdict).await,
            Err(_) => Ok(None),
        }
    }

    /// The run is over and is told nothing: the effect alone is settled, so that the next try has nothing to tell.
    async fn finish_receipt(&self, held: &Held, verdict: &Verdict) -> Result<Option<bool>, Error> {
        let mut set = store::WriteSet::new();
        set.push(settled(held, verdict));
        let _settled_by_another = self.store.commit(set).await?;
        Ok(None)
    }
}

/// The effect's row once it is known what became of it.
fn settled(held: &Held, verdict: &Verdict) -> Write {
    Write::Update(Update {
        table: effect::Entity.table_name(),
        key: vec![("id", held.row.id.0.into())],
        set: vec![
            ("state", Assign::Value(verdict.state.into())),
            ("result", Assign::Value(verdict.result.to_string().into())),
        ],
        guard: vec![("fence", held.row.fence.into()), ("state", UNKNOWN.into())],
        returning: None,
        must_match: true,
    })
}

fn is_later(known: &receipt::Model, receipt: &Receipt) -> bool {
    known.status != UNKNOWN && Stage::of(&known.status) >= receipt.stage()
}

/// The row by which an outcome that nobody knows meets a receipt that comes at the same time.
pub(super) fn awaited(effect: EffectId, now: Timestamp) -> receipt::ActiveModel {
    receipt::ActiveModel {
        effect_id: Set(effect),
        provider_id: Set(None),
        status: Set(UNKNOWN.into()),
        updated_at: Set(now),
    }
}

/// A receipt as its row has it; none where the row only says that one is awaited.
pub(super) fn told(row: receipt::Model) -> Option<Receipt> {
    Some(Receipt {
        effect: row.effect_id,
        provider_id: row.provider_id?,
        status: row.status,
        error: None,
    })
}
