//! `waitFor` a message. An answer to one of ours changes that one, so a wait for it is a wait for a record: none that came
//! before the wait is overlooked, none that comes during it.

use std::sync::Arc;

use pointsman_entities::ids::RecordId;
use pointsman_graph::{expression::Comparison, key::Port, resolve::MessageWait, step::StepId, value::Value};

use super::failure::failure;
use crate::{
    crm::{
        Record, Value as Stored,
        filter::{Filter, Test},
        id,
        object::{CREATED_AT, Object},
        query::{Page, Query, Sort},
    },
    engine::{Error, segment::Segment},
};

/// Answers to one message that are looked at.
const MOST_ANSWERS: u64 = 1_000;

impl Segment<'_> {
    pub(super) async fn wait_for_message(
        &mut self,
        step: &StepId,
        attempt: u32,
        wait: &MessageWait,
    ) -> Result<(), Error> {
        let Ok(object) = self.object("message") else {
            self.fail(step, attempt, failure("NOT_FOUND", "there are no messages"));
            return Ok(());
        };
        let Some(answers) = &wait.answers else {
            self.enter_wait(step, attempt, &object, None, wait.deadline);
            return Ok(());
        };
        let target = id::parse(object.name, &answers.id);
        let loaded = match target {
            Some(target) => self.decision.snapshot.load(&object, target).await?,
            None => None,
        };
        let Some(message) = loaded.filter(|message| !message.is_deleted()) else {
            self.fail(
                step,
                attempt,
                failure("NOT_FOUND", "the message that is to be answered is not there"),
            );
            return Ok(());
        };
        if !self.is_answered(step, attempt, wait, &message).await? {
            self.require_unchanged(&message);
            self.enter_wait(step, attempt, &object, Some(&message), wait.deadline);
        }
        Ok(())
    }

    /// A message was changed or came in: is this what the step waits for?
    pub(super) async fn try_message_wait(
        &mut self,
        step: &StepId,
        attempt: u32,
        wait: &MessageWait,
        changed: RecordId,
    ) -> Result<(), Error> {
        let Ok(object) = self.object("message") else {
            return Ok(());
        };
        let changed = self.decision.snapshot.load(&object, changed).await?;
        let Some(message) = changed.and_then(|message| self.decision.access.view(&message)) else {
            return Ok(());
        };
        if wait.answers.is_some() {
            self.is_answered(step, attempt, wait, &message).await?;
            return Ok(());
        }
        let began = self.live.steps.get(step).map(|known| known.started_at);
        // A change of an earlier message is no message.
        if began.is_some_and(|began| message.created_at() > began) {
            self.came(step, attempt, wait, &message).await?;
        }
        Ok(())
    }

    /// Whether an answer had come when the patience of the wait was over; the step has then gone on.
    pub(super) async fn answered_in_time(
        &mut self,
        step: &StepId,
        attempt: u32,
        wait: &MessageWait,
    ) -> Result<bool, Error> {
        let (Ok(object), Some(answers)) = (self.object("message"), &wait.answers) else {
            return Ok(false);
        };
        let message = match id::parse(object.name, &answers.id) {
            Some(target) => self.decision.snapshot.load(&object, target).await?,
            None => None,
        };
        match message {
            Some(message) => self.is_answered(step, attempt, wait, &message).await,
            None => Ok(false),
        }
    }

    /// Looks for an answer that is as wanted, and leaves the wait with the first.
    async fn is_answered(
        &mut self,
        step: &StepId,
        attempt: u32,
        wait: &MessageWait,
        message: &Record,
    ) -> Result<bool, Error> {
        for answer in self.answers(&message.object, message.id).await? {
            if self.came(step, attempt, wait, &answer).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn answers(&mut self, object: &Arc<Object>, message: RecordId) -> Result<Vec<Arc<Record>>, Error> {
        let Some((index, _)) = object.field("answers") else {
            return Ok(Vec::new());
        };
        let test = Test::Compare(Comparison::Equal, Stored::Id(message));
        let query = Query {
            object: Arc::clone(object),
            filter: Filter::Field { index, test },
            order: vec![Sort {
                field: CREATED_AT,
                descending: false,
                nulls_first: false,
            }],
        };
        let page = Page {
            size: MOST_ANSWERS,
            backward: false,
            from: None,
        };
        Ok(self.engine.crm.find(self.decision.access, &query, &page).await?.records)
    }

    /// Whether the step is no longer waiting: the message is as wanted, or nobody can tell.
    async fn came(
        &mut self,
        step: &StepId,
        attempt: u32,
        wait: &MessageWait,
        message: &Arc<Record>,
    ) -> Result<bool, Error> {
        match self.holds_about(step, &wait.condition, ("message", message)).await? {
            Ok(false) => Ok(false),
            Ok(true) => {
                self.drop_orders(step);
                let output = Value::map([("message", message.to_expression())]);
                self.succeed(step, attempt, Port::HAPPENED, output);
                Ok(true)
            }
            Err(fault) => {
                self.drop_orders(step);
                self.fail(step, attempt, failure(fault.code(), &fault.to_string()));
                Ok(true)
            }
        }
    }
}
