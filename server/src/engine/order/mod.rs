//! Carries out what a step asks for: at once where the database is enough, else by leaving an order that brings a fact
//! later. A kind of order is a file.

mod approval;
mod assign;
mod call_workflow;
mod create_task;
mod delay;
mod email;
mod facts;
mod failure;
mod find;
mod for_each;
mod http;
mod message;
mod message_wait;
mod notify;
mod quiet;
mod record;
mod record_wait;
mod signal;
mod sms;
mod upsert;

use std::{str::FromStr, sync::Arc};

use chrono_tz::Tz;
use pointsman_graph::{
    event::RunEvent,
    expression::{self, Budget, Expression, Fault},
    resolve::{Moment, Order, Resolution, Traced, Unresolved},
    step::StepId,
    value::{self, Reference, Value},
};
use serde_json::json;

use super::{Error, scope::Scope, segment::Segment};
use crate::{crm::Record, facts as readable};
use failure::explain;

pub(super) use failure::failure;
pub(super) use signal::Signals;

pub(in crate::engine) use record::typed;

impl Segment<'_> {
    /// Does a step's work, or orders it.
    pub(super) async fn execute(&mut self, step: StepId, attempt: u32) -> Result<(), Error> {
        if let Some(effect) = self.live.effects.get(&step).copied() {
            if self.repeats_in_the_morning(&step, attempt, effect).await? {
                return Ok(());
            }
            // Another attempt of the same order: same key, same content.
            super::pending::again(&mut self.decision.set, effect, attempt, self.engine.member, self.now);
            self.effects.push(effect);
            return Ok(());
        }
        match self.resolve(&step).await? {
            Err(unresolved) => self.fail(&step, attempt, failure(unresolved.code(), &explain(&unresolved))),
            Ok(Resolution::Leave { port, output, traces }) => {
                if !traces.is_empty() {
                    let traces: Vec<_> = traces.iter().map(explained).collect();
                    self.set_input(&step, &json!({ "conditions": traces }));
                }
                self.succeed(&step, attempt, port, output);
            }
            Ok(Resolution::Stop {
                outcome,
                message,
                output,
            }) => {
                let at = self.at();
                self.hand_back(&step, &output);
                self.events.push_back(RunEvent::Stopped {
                    step,
                    attempt,
                    outcome,
                    message,
                    at,
                });
            }
            Ok(Resolution::Order(order)) => self.order(step, attempt, order).await?,
        }
        Ok(())
    }

    async fn order(&mut self, step: StepId, attempt: u32, order: Order) -> Result<(), Error> {
        match order {
            Order::CreateRecord { object, values } => self.create_record(&step, attempt, &object, &values).await,
            Order::UpdateRecord { target, values } => self.update_record(&step, attempt, &target, &values).await,
            Order::CreateTask(task) => self.create_task(&step, attempt, &task).await,
            Order::FindRecords(search) => self.find_records(&step, attempt, &search).await,
            Order::ForEach(items) => self.open_loop(&step, attempt, items).await,
            Order::CallWorkflow(call) => self.call_workflow(&step, attempt, &call).await,
            Order::SendEmail(email) => self.send_email(&step, attempt, email).await,
            Order::SendSms(sms) => self.send_sms(&step, attempt, sms).await,
            Order::HttpRequest(request) => {
                self.request(&step, attempt, &request);
                Ok(())
            }
            Order::Delay { until } => {
                self.delay(&step, attempt, until);
                Ok(())
            }
            Order::WaitForRecord(wait) => self.wait_for_record(&step, attempt, &wait).await,
            Order::WaitForSignal(wait) => self.wait_for_signal(&step, attempt, wait).await,
            Order::EmitSignal(signal) => self.emit_signal(&step, attempt, signal).await,
            Order::Approval(request) => self.ask(&step, attempt, request).await,
            Order::Assign(assignment) => self.assign(&step, attempt, &assignment).await,
            Order::UpsertRecord { object, keys, values } => {
                self.upsert_record(&step, attempt, &object, &keys, &values).await
            }
            Order::DeleteRecord { target } => self.delete_record(&step, attempt, &target).await,
            Order::Notify(notice) => self.notify(&step, attempt, notice).await,
            Order::WaitForMessage(wait) => self.wait_for_message(&step, attempt, &wait).await,
        }
    }

    /// Resolves the step's node, loading the records that its expressions refer to.
    async fn resolve(&mut self, step: &StepId) -> Result<Result<Resolution, Unresolved>, Error> {
        let version = Arc::clone(&self.live.version);
        let Some(node) = version.plan.node(&step.node) else {
            return Err(Error::Unreadable {
                table: "step",
                id: step.to_string(),
            });
        };
        self.load_items(&step.scope).await?;
        let now = self.expression_now();
        let zone = Tz::from_str(&version.time_zone).unwrap_or(Tz::UTC);
        loop {
            let scope = self.scope(step, now, None);
            let mut budget = Budget::default();
            let resolved = node.resolve(&mut Moment {
                bindings: &scope,
                budget: &mut budget,
                now,
                zone,
            });
            match resolved {
                Err(unresolved) if unresolved.unloaded().is_some() => {
                    if let Some(reference) = unresolved.unloaded() {
                        self.load(reference).await?;
                    }
                }
                resolved => return Ok(resolved),
            }
        }
    }

    /// Whether a condition about a candidate holds, the run's other variables beside it.
    pub(super) async fn holds(
        &mut self,
        step: &StepId,
        condition: &Expression,
        candidate: &Arc<Record>,
    ) -> Result<Result<bool, Fault>, Error> {
        self.holds_about(step, condition, ("record", candidate)).await
    }

    /// The same, where the candidate has a name of its own.
    pub(super) async fn holds_about(
        &mut self,
        step: &StepId,
        condition: &Expression,
        candidate: (&str, &Arc<Record>),
    ) -> Result<Result<bool, Fault>, Error> {
        let now = self.expression_now();
        loop {
            let scope = self.scope(step, now, Some(candidate));
            match condition.evaluate(&scope, &mut Budget::default()) {
                Ok(value) => return Ok(Ok(value == Value::Bool(true))),
                Err(Fault::Unloaded(reference)) => self.load(&reference).await?,
                Err(fault) => return Ok(Err(fault)),
            }
        }
    }

    pub(super) fn scope<'s>(
        &'s self,
        step: &'s StepId,
        now: value::Timestamp,
        candidate: Option<(&'s str, &'s Arc<Record>)>,
    ) -> Scope<'s, 's> {
        Scope {
            live: &self.live,
            snapshot: &self.decision.snapshot,
            catalogue: &self.decision.catalogue,
            access: self.decision.access,
            place: &step.scope,
            now,
            candidate,
            mark: &self.mark,
        }
    }

    pub(super) fn expression_now(&self) -> value::Timestamp {
        // The clock of this machine does not leave the years 1 to 9999, which a timestamp can hold.
        value::Timestamp::try_from(self.at()).unwrap_or(value::Timestamp::EPOCH)
    }

    async fn load(&mut self, reference: &Reference) -> Result<(), Error> {
        let catalogue = Arc::clone(&self.decision.catalogue);
        Ok(readable::load(&catalogue, &mut self.decision.snapshot, reference).await?)
    }
}

/// Why a condition held or not: its parts with what each came to.
pub(in crate::engine) fn explained(traced: &Traced) -> serde_json::Value {
    let part = |part: &expression::Step| match &part.outcome {
        expression::Outcome::Value(value) => json!({ "source": part.source, "depth": part.depth, "value": value }),
        expression::Outcome::Fault(fault) => {
            json!({ "source": part.source, "depth": part.depth, "fault": fault.to_string() })
        }
        expression::Outcome::NotEvaluated => json!({ "source": part.source, "depth": part.depth }),
    };
    json!({ "field": traced.field, "parts": traced.trace.steps.iter().map(part).collect::<Vec<_>>() })
}
