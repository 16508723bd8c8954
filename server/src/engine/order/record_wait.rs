//! `waitFor` a change of a record: tested against the present state first, then against each change that follows.

use std::sync::Arc;

use pointsman_entities::{ids::RecordId, time::Timestamp, wait};
use pointsman_graph::{
    expression::Expression,
    key::Port,
    resolve::{Order, RecordWait, Resolution},
    step::StepId,
    value::{self, Value},
};
use sea_orm::ActiveValue::Set;

use super::failure::failure;
use crate::{
    crm::{Record, id, object::Object},
    engine::{Error, inbox::Purpose, segment::Segment},
    store::{Require, Write},
};

impl Segment<'_> {
    pub(super) async fn wait_for_record(
        &mut self,
        step: &StepId,
        attempt: u32,
        wait: &RecordWait,
    ) -> Result<(), Error> {
        let Ok(object) = self.object(&wait.object) else {
            self.fail(
                step,
                attempt,
                failure("NOT_FOUND", &format!("there is no object `{}`", wait.object)),
            );
            return Ok(());
        };
        let mut seen = None;
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
                .filter(|record| !record.is_deleted())
                .and_then(|record| self.decision.access.view(&record));
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
            seen = Some(record);
        }
        self.enter_wait(step, attempt, &object, seen.as_deref(), wait.deadline);
        Ok(())
    }

    /// Leaves a wait for changes of a record behind the version that was `seen`, or of any record of the object.
    pub(super) fn enter_wait(
        &mut self,
        step: &StepId,
        attempt: u32,
        object: &Object,
        seen: Option<&Record>,
        deadline: Option<value::Timestamp>,
    ) {
        self.decision.set.insert(wait::ActiveModel {
            id: Set(self.engine.source.id()),
            run_id: Set(self.live.id),
            step: Set(step.to_string()),
            attempt: Set(i64::from(attempt)),
            object: Set(object.name.into()),
            record_id: Set(seen.map(|record| record.id)),
            version: Set(seen.map_or(0, Record::version)),
            since: Set(self.now),
        });
        let deadline = deadline.map(|deadline| Timestamp(deadline.micros()));
        if let Some(deadline) = deadline {
            self.set_timer(step, Purpose::Timeout, attempt, deadline);
        }
        self.wait(step, deadline);
    }

    /// Between this look at the record and the commit of the wait nobody may change it: such a change would find no wait.
    pub(super) fn require_unchanged(&mut self, record: &Record) {
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
    pub(super) async fn try_wait(&mut self, step: &StepId, attempt: u32, changed: RecordId) -> Result<(), Error> {
        let wait = match self.resolve(step).await? {
            Ok(Resolution::Order(Order::WaitForRecord(wait))) => wait,
            Ok(Resolution::Order(Order::WaitForMessage(wait))) => {
                return self.try_message_wait(step, attempt, &wait, changed).await;
            }
            Ok(_) | Err(_) => return Ok(()),
        };
        let Ok(object) = self.object(&wait.object) else {
            return Ok(());
        };
        let changed = self.decision.snapshot.load(&object, changed).await?;
        let Some(record) = changed.and_then(|record| self.decision.access.view(&record)) else {
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

    /// The patience of a wait is over. What came in time counts, also where the run has not been told of it yet.
    pub(super) async fn timed_out(&mut self, step: &StepId, attempt: u32) -> Result<(), Error> {
        if !self.happened_in_time(step, attempt).await? {
            self.drop_orders(step);
            self.succeed(step, attempt, Port::TIMED_OUT, Value::Null);
        }
        Ok(())
    }

    /// Whether the record or the message that the step waits for is as wanted now; the step has then gone on.
    async fn happened_in_time(&mut self, step: &StepId, attempt: u32) -> Result<bool, Error> {
        let wait = match self.resolve(step).await? {
            Ok(Resolution::Order(Order::WaitForRecord(wait))) => wait,
            Ok(Resolution::Order(Order::WaitForMessage(wait))) => {
                return self.answered_in_time(step, attempt, &wait).await;
            }
            Ok(_) | Err(_) => return Ok(false),
        };
        let (Ok(object), Some(reference), Some(condition)) = (self.object(&wait.object), wait.record, wait.condition)
        else {
            return Ok(false);
        };
        let record = match id::parse(object.name, &reference.id) {
            Some(target) => self.decision.snapshot.load(&object, target).await?,
            None => None,
        };
        match record.filter(|record| !record.is_deleted()) {
            Some(record) => self.happened(step, attempt, &condition, &record).await,
            None => Ok(false),
        }
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
