//! Carries effects out, outside of any transaction. That an attempt begins is committed before the call, its outcome and
//! the run's fact after it; whoever lost the effect meanwhile is fenced off and writes nothing.

use std::{collections::BTreeSet, sync::PoisonError, time::Duration};

use chrono::DateTime;
use pointsman_entities::{
    effect,
    ids::{EffectId, RunId},
    run,
    time::Timestamp,
};
use pointsman_graph::step::StepId;
use sea_orm::{EntityName, EntityTrait};
use tokio::sync::Semaphore;

use super::{
    Delivery, Payload, What,
    consent::{self, Consent},
    order_of, receipt,
    verdict::Verdict,
};
use crate::{
    actions::{Code, Failure, Outcome, http},
    crm::{Access, cause::Cause, write::Decision},
    engine::{Engine, Error, Lanes, PAUSE, inbox},
    secrets,
    store::{self, Assign, Store, Update, Write},
};

/// How often an attempt may be kept from beginning by others who opt out.
const BEGINNINGS: usize = 5;

/// An effect as this server node holds it.
pub(super) struct Held {
    pub row: effect::Model,
    pub payload: Payload,
    pub step: StepId,
    pub delivery: Delivery,
    /// How many workflow-made changes away from somebody's request the effect's own changes are.
    pub depth: i64,
}

impl Engine {
    /// Carries an effect out in a task of its own, unless one is at it. Where the database fails before the call it is
    /// tried again; after a stop it is left to whoever takes over.
    pub(in crate::engine) fn perform(&self, effect: EffectId) {
        let Some(mark) = Mark::set(self, effect) else { return };
        let engine = self.clone();
        self.performers.spawn(async move {
            let run = loop {
                match engine.attempt(effect).await {
                    Ok(run) => break run,
                    Err(error) => tracing::error!(effect = %effect.0, %error, "an effect could not be carried out"),
                }
                tokio::select! {
                    () = engine.stop.cancelled() => return,
                    () = tokio::time::sleep(PAUSE) => {}
                }
            };
            // The run may order the effect once more, and then its mark must be gone.
            drop(mark);
            run.into_iter().for_each(|run| engine.wake(run));
        });
    }

    /// Whether a task of this server node is at the effect.
    pub(in crate::engine) fn performs(&self, effect: EffectId) -> bool {
        self.performing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&effect)
    }

    /// One attempt. The run that has been told of its outcome.
    async fn attempt(&self, id: EffectId) -> Result<Option<RunId>, Error> {
        let row = effect::Entity::find_by_id(id)
            .one(self.store.reads())
            .await
            .map_err(store::Error::from)?;
        let Some(row) = row.filter(|row| row.state == "PENDING" && row.owner == Some(self.member)) else {
            return Ok(None);
        };
        let mut held = Held::read(&self.store, row).await?;
        let _permit = lane(&self.lanes, &held.payload.what).acquire().await;
        if self.stop.is_cancelled() {
            return Ok(None);
        }
        if let Some(verdict) = self.before_repetition(&held).await? {
            let verdict = verdict.naming(held.payload.what.message());
            return self.settle(&held, verdict).await.map(Some);
        }
        for _ in 0..BEGINNINGS {
            let consent = self.consent(&held.payload.what).await?;
            if let Some((code, message)) = &consent.refused {
                let verdict = Verdict::refused(code, message);
                return self.settle(&held, verdict).await.map(Some);
            }
            match self.begin(&mut held, &consent).await? {
                Begun::Yes => {
                    let outcome = self.call(&held).await;
                    let verdict = self.clarified(&held, outcome).await;
                    let verdict = verdict.naming(held.payload.what.message());
                    return self.settle(&held, verdict).await.map(Some);
                }
                Begun::Lost => return Ok(None),
                Begun::Anew => {}
            }
        }
        Err(Error::Contended { run: held.row.run_id })
    }

    /// Commits that an attempt begins.
    async fn begin(&self, held: &mut Held, consent: &Consent) -> Result<Begun, Error> {
        let mut set = store::WriteSet::new();
        let now = self.source.now();
        set.push(Write::Update(Update {
            table: effect::Entity.table_name(),
            key: vec![("id", held.row.id.0.into())],
            set: vec![
                ("state", Assign::Value("SENDING".into())),
                ("attempts", Assign::Increment),
                ("fence", Assign::Increment),
                ("updated_at", Assign::Value(now.micros().into())),
            ],
            guard: vec![
                ("state", "PENDING".into()),
                ("fence", held.row.fence.into()),
                ("owner", self.member.0.into()),
            ],
            returning: None,
            must_match: true,
        }));
        consent.require(&mut set);
        match self.store.commit(set).await? {
            Ok(()) => {
                held.row.fence += 1;
                held.row.attempts += 1;
                "SENDING".clone_into(&mut held.row.state);
                Ok(Begun::Yes)
            }
            Err(store::Refusal::Conflict) => Ok(Begun::Anew),
            Err(refusal) if consent::is_withdrawn(&refusal) => Ok(Begun::Anew),
            Err(refusal) => {
                tracing::debug!(effect = %held.row.id.0, %refusal, "the effect is no longer ours");
                Ok(Begun::Lost)
            }
        }
    }

    async fn call(&self, held: &Held) -> Outcome {
        let timeout = Duration::from_millis(held.payload.attempt_timeout_ms);
        let (key, ordered) = (&held.row.idempotency_key, held.row.created_at);
        self.carry_out(&held.payload.what, key, timeout, ordered).await
    }

    /// Brings an effect about, with the key that tells its repetitions from others.
    pub(in crate::engine) async fn carry_out(
        &self,
        what: &What,
        key: &str,
        timeout: Duration,
        ordered: Timestamp,
    ) -> Outcome {
        let key = match key.parse() {
            Ok(key) => key,
            Err(_) => return impossible("the idempotency key can't be read"),
        };
        match what {
            What::Http(order) => match self.carried(order).await {
                Ok(carried) => http::perform(&self.actions.egress, order, carried, &key, timeout).await,
                Err(error) => {
                    tracing::error!(effect = %key, %error, "a secret can't be had");
                    unsent("a secret can't be had just now")
                }
            },
            What::Sms { sms, .. } => match &self.actions.texter {
                None => impossible("no SMS account is configured: set POINTSMAN_SMS__ACCOUNT"),
                Some(texter) => texter.send(&self.actions.egress, sms, timeout).await,
            },
            What::Email { email, .. } => match &self.actions.mailer {
                None => impossible("no mail server is configured: set POINTSMAN_SMTP_HOST"),
                Some(mailer) => {
                    let date = DateTime::from_timestamp_micros(ordered.micros()).unwrap_or_default();
                    mailer.send(email, &[], &key, date).await
                }
            },
        }
    }

    /// The secrets of an order, which leave their table for the moment of the call. One that is gone is not among them.
    async fn carried(&self, order: &http::Order) -> Result<http::Carried, secrets::Error> {
        let names: BTreeSet<&str> = order.secrets().collect();
        let mut carried = http::Carried::default();
        for name in names {
            if let Some(secret) = self.secrets.reveal(name).await? {
                carried.values.insert(name.to_owned(), secret.value);
                carried.bound.push(secret.hosts);
            }
        }
        Ok(carried)
    }

    /// Commits what became of an attempt, with the fact for the run. The outcome is known nowhere else: while the database
    /// fails it is kept and written again.
    async fn settle(&self, held: &Held, verdict: Verdict) -> Result<RunId, Error> {
        loop {
            match self.try_settle(held, &verdict, true).await {
                Ok(true) => break,
                Ok(false) => tokio::time::sleep(Duration::from_millis(20)).await,
                Err(error) if self.stop.is_cancelled() => return Err(error),
                Err(error) => {
                    tracing::warn!(effect = %held.row.id.0, %error, "an effect's outcome can't be written yet");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        Ok(held.row.run_id)
    }

    /// False where the decision must be made again. A run that is over is told nothing.
    async fn try_settle(&self, held: &Held, verdict: &Verdict, tell: bool) -> Result<bool, Error> {
        let access = Access::system();
        let decision = self.settlement(held, verdict, tell, &access).await?;
        match self.crm.settle(decision, None).await? {
            Ok(()) => Ok(true),
            // Another has settled it: there is nothing left to say.
            Err(store::Refusal::Row { table }) if table == effect::Entity.table_name() => Ok(true),
            Err(refusal) if inbox::is_over(&refusal) && tell => Box::pin(self.try_settle(held, verdict, false)).await,
            Err(_) => Ok(false),
        }
    }

    /// What says in the ledger, to the run and of the message what became of an effect.
    pub(super) async fn settlement<'a>(
        &'a self,
        held: &Held,
        verdict: &Verdict,
        tell: bool,
        access: &'a Access,
    ) -> Result<Decision<'a>, Error> {
        let cause = Cause::Run {
            run: held.row.run_id,
            node: held.row.step.clone(),
            depth: held.depth,
        };
        let mut decision = Decision::new(&self.crm, access, cause);
        let now = decision.now;
        let verdict = &self.reconciled(held, verdict, &mut decision).await?;
        decision.set.push(Write::Update(Update {
            table: effect::Entity.table_name(),
            key: vec![("id", held.row.id.0.into())],
            set: vec![
                ("state", Assign::Value(verdict.state.into())),
                ("result", Assign::Value(verdict.result.to_string().into())),
                ("owner", Assign::Value(sea_orm::Value::Uuid(None))),
                ("updated_at", Assign::Value(now.micros().into())),
            ],
            guard: vec![
                ("fence", held.row.fence.into()),
                ("state", held.row.state.as_str().into()),
            ],
            returning: None,
            must_match: true,
        }));
        if tell {
            inbox::deliver(
                &mut decision.set,
                held.row.run_id,
                &verdict.fact(held.step.clone(), held.attempt()),
                now,
            );
        }
        if let Some(message) = held.payload.what.message() {
            let state = verdict.message_state();
            self.update_message(&mut decision, message, state, &verdict.result)
                .await?;
        }
        Ok(decision)
    }

    /// What nobody knows by our own call the provider may have told already. Where it has not, the write set leaves a row
    /// behind that its receipt will meet.
    async fn reconciled(&self, held: &Held, verdict: &Verdict, decision: &mut Decision<'_>) -> Result<Verdict, Error> {
        if verdict.state != "UNKNOWN" || !matches!(held.payload.what, What::Sms { .. }) {
            return Ok(verdict.clone());
        }
        let known = self.receipt(held.row.id).await?;
        if known.is_none() {
            decision.set.insert(receipt::awaited(held.row.id, decision.now));
        }
        let told = known.and_then(receipt::told).map(|told| told.verdict(held.delivery));
        Ok(told.map_or_else(|| verdict.clone(), |told| told.naming(held.payload.what.message())))
    }
}

/// Whether an attempt could begin.
enum Begun {
    Yes,
    /// The effect is no longer ours.
    Lost,
    /// Somebody has just opted out, or the database asks to decide again.
    Anew,
}

/// Keeps an effect marked as being carried out, whatever becomes of the task.
struct Mark {
    engine: Engine,
    effect: EffectId,
}

impl Mark {
    fn set(engine: &Engine, effect: EffectId) -> Option<Self> {
        let fresh = engine
            .performing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(effect);
        fresh.then(|| Self {
            engine: engine.clone(),
            effect,
        })
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.engine
            .performing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.effect);
    }
}

impl Held {
    pub async fn read(store: &Store, row: effect::Model) -> Result<Self, Error> {
        let unreadable = || Error::Unreadable {
            table: "effect",
            id: row.id.0.to_string(),
        };
        let payload = order_of(store, &row).await?;
        let step = row.step.parse().map_err(|_| unreadable())?;
        let delivery = Delivery::parse(&row.delivery).ok_or_else(unreadable)?;
        let run = run::Entity::find_by_id(row.run_id)
            .one(store.reads())
            .await
            .map_err(store::Error::from)?;
        Ok(Self {
            payload,
            step,
            delivery,
            depth: run.map_or(1, |run| run.depth + 1),
            row,
        })
    }

    pub fn attempt(&self) -> u32 {
        u32::try_from(self.row.attempt).unwrap_or(u32::MAX)
    }
}

impl Engine {
    /// What became of an effect whose server node died while it was being sent: nobody knows.
    pub(in crate::engine) async fn orphan(&self, row: effect::Model) -> Result<(), Error> {
        let held = Held::read(&self.store, row).await?;
        let lost = Failure {
            code: Code::AnswerLost,
            message: "the server stopped while this was being sent".into(),
        };
        let outcome = Outcome::Unknown { failure: lost };
        let verdict = self.clarified(&held, outcome).await;
        let verdict = verdict.naming(held.payload.what.message());
        let run = self.settle(&held, verdict).await?;
        self.wake(run);
        Ok(())
    }
}

/// Calls that hang hold up no mail.
fn lane<'l>(lanes: &'l Lanes, what: &What) -> &'l Semaphore {
    match what {
        What::Email { .. } => &lanes.email,
        What::Sms { .. } => &lanes.sms,
        What::Http(_) => &lanes.http,
    }
}

/// Nothing was sent, and the same order may fare better later.
fn unsent(message: &str) -> Outcome {
    Outcome::NotSent {
        failure: Failure {
            code: Code::Unavailable,
            message: message.into(),
        },
        retry_after: None,
    }
}

/// An order that no attempt can carry out.
fn impossible(message: &str) -> Outcome {
    let failure = Failure {
        code: Code::InvalidOrder,
        message: message.into(),
    };
    Outcome::Rejected {
        failure,
        retryable: false,
    }
}
