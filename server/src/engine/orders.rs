//! Carries out what a step asks for: at once where the database is enough, else by leaving an order that brings a fact
//! later.

use std::{str::FromStr, sync::Arc};

use chrono_tz::Tz;
use indexmap::IndexMap;
use pointsman_entities::{ids::RecordId, time::Timestamp, wait};
use pointsman_graph::{
    event::{Failure, RunEvent},
    expression::{self, Budget, Expression, Fault},
    key::Port,
    resolve::{FindRecords, Moment, NewTask, Order, RecordWait, Resolution, Traced, Unresolved},
    step::StepId,
    value::{self, Reference, Value},
};
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::{
    Error, find,
    inbox::{Fact, Purpose},
    scope::Scope,
    segment::Segment,
};
use crate::{
    crm::{
        Record, id,
        object::Object,
        validate,
        write::{Command, Problem, Verb},
    },
    facts,
    store::{Require, Write},
};

impl Segment<'_> {
    /// Turns a fact from the inbox into what the run is told. A fact about a step that went on without it is dropped: a
    /// time-out after the answer, a second change after the first.
    pub(super) async fn take(&mut self, fact: Fact) -> Result<(), Error> {
        let at = self.at();
        if let Some((step, attempt)) = fact.about()
            && !self.expects(step, attempt)
        {
            tracing::debug!(run = %self.live.id.0, %step, "a fact came too late");
            return Ok(());
        }
        match fact {
            Fact::Due {
                purpose: Purpose::Retry,
                step,
                attempt,
            } => self.events.push_back(RunEvent::RetryDue { step, attempt, at }),
            Fact::Due {
                purpose: Purpose::Delay,
                step,
                attempt,
            } => self.succeed(&step, attempt, Port::OUT, Value::Null),
            Fact::Due {
                purpose: Purpose::Timeout,
                step,
                attempt,
            } => {
                self.drop_orders(&step);
                self.succeed(&step, attempt, Port::TIMED_OUT, Value::Null);
            }
            Fact::EffectDone { step, attempt, output } => {
                let output = self.live.typed(&step.node, &output);
                self.succeed(&step, attempt, Port::DONE, output);
            }
            Fact::EffectFailed { step, attempt, failure } => self.fail(&step, attempt, failure),
            Fact::EffectUnknown { step, failure, .. } => self.lose(&step, &failure),
            Fact::RecordChanged { step, attempt, record } => self.try_wait(&step, attempt, record).await?,
            Fact::CancelRequested => self.events.push_back(RunEvent::CancelRequested { at }),
        }
        Ok(())
    }

    /// Does a step's work, or orders it.
    pub(super) async fn execute(&mut self, step: StepId, attempt: u32) -> Result<(), Error> {
        if let Some(effect) = self.live.effects.get(&step).copied() {
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
            Ok(Resolution::Stop { outcome, message }) => {
                let at = self.at();
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
            Order::CreateRecord { object, values } => {
                self.set_input(&step, &json!({ "object": object, "values": shown(&values) }));
                let command = self.creation(&object, &values);
                self.write(&step, attempt, command).await
            }
            Order::UpdateRecord { target, values } => {
                self.set_input(&step, &json!({ "record": target.id, "values": shown(&values) }));
                let command = self.update(&target, &values).await?;
                self.write(&step, attempt, command).await
            }
            Order::CreateTask(task) => {
                let values = task_values(&task);
                self.set_input(&step, &json!({ "object": "task", "values": shown(&values) }));
                let command = self.creation("task", &values);
                self.write(&step, attempt, command).await
            }
            Order::FindRecords(search) => self.find(&step, attempt, &search).await,
            Order::SendEmail(email) => self.send_email(&step, attempt, email).await,
            Order::HttpRequest(request) => {
                self.request(&step, attempt, &request);
                Ok(())
            }
            Order::Delay { until } => {
                let due = Timestamp(until.micros());
                self.set_input(&step, &json!({ "until": until.to_string() }));
                if due <= self.now {
                    self.succeed(&step, attempt, Port::OUT, Value::Null);
                } else {
                    self.set_timer(&step, Purpose::Delay, attempt, due);
                    self.wait(&step, Some(due));
                }
                Ok(())
            }
            Order::WaitForRecord(wait) => self.wait_for_record(&step, attempt, &wait).await,
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
        candidate: Option<&'s Arc<Record>>,
    ) -> Scope<'s, 's> {
        Scope {
            live: &self.live,
            snapshot: &self.decision.snapshot,
            catalogue: self.engine.crm.catalogue(),
            place: &step.scope,
            now,
            candidate,
        }
    }

    pub(super) fn expression_now(&self) -> value::Timestamp {
        // The clock of this machine does not leave the years 1 to 9999, which a timestamp can hold.
        value::Timestamp::try_from(self.at()).unwrap_or(value::Timestamp::EPOCH)
    }

    async fn load(&mut self, reference: &Reference) -> Result<(), Error> {
        let catalogue = self.engine.crm.catalogue();
        Ok(facts::load(catalogue, &mut self.decision.snapshot, reference).await?)
    }

    async fn write(
        &mut self,
        step: &StepId,
        attempt: u32,
        command: Result<Command, Vec<Problem>>,
    ) -> Result<(), Error> {
        let written = match command {
            Ok(command) => self.engine.crm.write(&mut self.decision, &command).await?,
            Err(problems) => Err(problems),
        };
        match written {
            Ok(record) => self.succeed(step, attempt, Port::DONE, record.to_expression()),
            Err(problems) => self.fail(step, attempt, refused(&problems)),
        }
        Ok(())
    }

    pub(super) fn creation(&self, object: &str, values: &IndexMap<Arc<str>, Value>) -> Result<Command, Vec<Problem>> {
        let object = self.object(object)?;
        let values = typed(&object, values, None)?;
        Ok(Command {
            object,
            verb: Verb::Create { values },
        })
    }

    async fn update(
        &mut self,
        target: &Reference,
        values: &IndexMap<Arc<str>, Value>,
    ) -> Result<Result<Command, Vec<Problem>>, Error> {
        let object = match self.object(&target.object) {
            Ok(object) => object,
            Err(problems) => return Ok(Err(problems)),
        };
        let Some(id) = id::parse(object.name, &target.id) else {
            return Ok(Err(vec![not_found(&object)]));
        };
        let before = self.decision.snapshot.load(&object, id).await?;
        let values = typed(&object, values, before.as_deref());
        Ok(values.map(|values| Command {
            object,
            verb: Verb::Update {
                id,
                expected: None,
                values,
            },
        }))
    }

    fn object(&self, name: &str) -> Result<Arc<Object>, Vec<Problem>> {
        let message = || format!("there is no object `{name}`");
        let object = self.engine.crm.catalogue().object(name).cloned();
        object.ok_or_else(|| {
            vec![Problem {
                code: validate::Code::NotFound,
                message: message(),
                field: None,
            }]
        })
    }

    async fn find(&mut self, step: &StepId, attempt: u32, search: &FindRecords) -> Result<(), Error> {
        let condition = search.condition.as_ref().map(Expression::source);
        self.set_input(
            step,
            &json!({ "object": search.object, "where": condition, "limit": search.limit }),
        );
        match find::find(self, step, search).await? {
            Ok(records) => {
                let count = i64::try_from(records.len()).unwrap_or(i64::MAX);
                let records = Value::list(records.iter().map(|record| record.to_expression()));
                let output = Value::map([("records", records), ("count", count.into())]);
                self.succeed(step, attempt, Port::DONE, output);
            }
            Err(failure) => self.fail(step, attempt, failure),
        }
        Ok(())
    }

    async fn wait_for_record(&mut self, step: &StepId, attempt: u32, wait: &RecordWait) -> Result<(), Error> {
        let Ok(object) = self.object(&wait.object) else {
            self.fail(
                step,
                attempt,
                failure("NOT_FOUND", &format!("there is no object `{}`", wait.object)),
            );
            return Ok(());
        };
        let mut seen = 0;
        let target = wait
            .record
            .as_ref()
            .and_then(|reference| id::parse(object.name, &reference.id));
        if let Some(target) = target {
            let record = self
                .decision
                .snapshot
                .load(&object, target)
                .await?
                .filter(|record| !record.is_deleted());
            let Some(record) = record else {
                self.fail(
                    step,
                    attempt,
                    failure("NOT_FOUND", "the record to wait for is not there"),
                );
                return Ok(());
            };
            if let Some(condition) = &wait.condition
                && self.happened(step, attempt, condition, &record).await?
            {
                return Ok(());
            }
            self.require_unchanged(&record);
            seen = record.version();
        }
        self.decision.set.insert(wait::ActiveModel {
            id: Set(self.engine.source.id()),
            run_id: Set(self.live.id),
            step: Set(step.to_string()),
            attempt: Set(i64::from(attempt)),
            object: Set(object.name.into()),
            record_id: Set(target),
            version: Set(seen),
            since: Set(self.now),
        });
        let deadline = wait.deadline.map(|deadline| Timestamp(deadline.micros()));
        if let Some(deadline) = deadline {
            self.set_timer(step, Purpose::Timeout, attempt, deadline);
        }
        self.wait(step, deadline);
        Ok(())
    }

    /// Between this look at the record and the commit of the wait nobody may change it: such a change would find no wait.
    fn require_unchanged(&mut self, record: &Record) {
        let own = self
            .decision
            .snapshot
            .written(&record.object)
            .any(|written| written.id == record.id);
        if !own {
            self.decision.set.push(Write::Require(Require {
                table: record.object.name,
                key: vec![("id", record.id.0.into())],
                guard: vec![("version", record.version().into())],
            }));
        }
    }

    /// A record that the step waits for was changed: is this what it waits for?
    async fn try_wait(&mut self, step: &StepId, attempt: u32, changed: RecordId) -> Result<(), Error> {
        let Ok(Resolution::Order(Order::WaitForRecord(wait))) = self.resolve(step).await? else {
            return Ok(());
        };
        let Ok(object) = self.object(&wait.object) else {
            return Ok(());
        };
        let Some(record) = self.decision.snapshot.load(&object, changed).await? else {
            return Ok(());
        };
        match &wait.condition {
            Some(condition) => {
                self.happened(step, attempt, condition, &record).await?;
            }
            None => self.leave_wait(step, attempt, &record),
        }
        Ok(())
    }

    async fn happened(
        &mut self,
        step: &StepId,
        attempt: u32,
        condition: &Expression,
        record: &Arc<Record>,
    ) -> Result<bool, Error> {
        let holds = self.holds(step, condition, record).await?;
        match &holds {
            Ok(true) => self.leave_wait(step, attempt, record),
            Ok(false) => {}
            Err(fault) => {
                self.drop_orders(step);
                self.fail(step, attempt, failure(fault.code(), &fault.to_string()));
            }
        }
        Ok(!matches!(holds, Ok(false)))
    }

    fn leave_wait(&mut self, step: &StepId, attempt: u32, record: &Record) {
        self.drop_orders(step);
        let output = Value::map([("record", record.to_expression())]);
        self.succeed(step, attempt, Port::HAPPENED, output);
    }
}

/// Why a condition held or not: its parts with what each came to.
fn explained(traced: &Traced) -> serde_json::Value {
    let part = |part: &expression::Step| match &part.outcome {
        expression::Outcome::Value(value) => json!({ "source": part.source, "depth": part.depth, "value": value }),
        expression::Outcome::Fault(fault) => {
            json!({ "source": part.source, "depth": part.depth, "fault": fault.to_string() })
        }
        expression::Outcome::NotEvaluated => json!({ "source": part.source, "depth": part.depth }),
    };
    json!({ "field": traced.field, "parts": traced.trace.steps.iter().map(part).collect::<Vec<_>>() })
}

/// A failure that another attempt can't mend.
pub(super) fn failure(code: &str, message: &str) -> Failure {
    Failure {
        code: code.into(),
        message: message.into(),
        retryable: false,
        retry_after_ms: None,
    }
}

fn refused(problems: &[Problem]) -> Failure {
    let code = problems.first().map_or("INVALID", |problem| problem.code.text());
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    failure(code, &messages.join("; "))
}

fn not_found(object: &Object) -> Problem {
    let message = format!("there is no such {}", object.label.to_lowercase());
    Problem {
        code: validate::Code::NotFound,
        message,
        field: None,
    }
}

fn explain(unresolved: &Unresolved) -> String {
    match std::error::Error::source(unresolved) {
        Some(source) => format!("{unresolved}: {source}"),
        None => unresolved.to_string(),
    }
}

fn shown(values: &IndexMap<Arc<str>, Value>) -> serde_json::Value {
    values
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_json()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// The values as the object's fields store them.
fn typed(
    object: &Object,
    values: &IndexMap<Arc<str>, Value>,
    before: Option<&Record>,
) -> Result<Vec<(usize, crate::crm::Value)>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut typed = Vec::with_capacity(values.len());
    for (name, value) in values {
        let Some((index, field)) = object.field(name) else {
            let message = format!("a {} has no field `{name}`", object.label.to_lowercase());
            problems.push(Problem {
                code: validate::Code::Invalid,
                message,
                field: None,
            });
            continue;
        };
        let current = before.and_then(|before| before.values.get(index));
        match validate::from_expression(field, value, current) {
            Ok(value) => typed.push((index, value)),
            Err(invalid) => {
                let message = format!("`{name}` {}", invalid.message);
                problems.push(Problem {
                    code: invalid.code,
                    message,
                    field: Some(field.name),
                });
            }
        }
    }
    if problems.is_empty() { Ok(typed) } else { Err(problems) }
}

fn task_values(task: &NewTask) -> IndexMap<Arc<str>, Value> {
    let about = task
        .about
        .as_ref()
        .map(|about| (Arc::clone(&about.object), Value::Reference(about.clone())));
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    [
        ("title", Some(Value::from(task.title.as_str()))),
        ("body", text(&task.body)),
        ("dueAt", task.due_at.map(Value::Timestamp)),
        ("assignee", task.assignee.clone().map(Value::Reference)),
        ("priority", text(&task.priority)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((Arc::from(name), value?)))
    .chain(about)
    .collect()
}
