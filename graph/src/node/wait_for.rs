//! `waitFor`: goes on when something happens, or when that takes too long.

mod message;
mod signal;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    kind::{Compiled, Kind, Resolve},
    message_received::Channel,
};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site, fields},
    expression::Expression,
    key::Port,
    resolve::{Moment, Order, RecordWait, Resolution, Unresolved},
    span::Span,
    value::Type,
};

/// Waits for an event. Leaves by `happened`, or by `timedOut`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WaitFor {
    /// What is waited for.
    pub event: Option<Awaited>,
    /// Whose record; absent: that of `record`.
    pub object: Option<String>,
    /// An expression: which record; absent: the run's own, or any where it is of another object.
    pub record: Option<String>,
    /// An expression: the message of ours that an answer to is waited for, such as `steps.mail.output.message`.
    pub reply_to: Option<String>,
    /// How the message comes; absent: any way.
    pub channel: Option<Channel>,
    /// Must hold for the record or the message.
    #[serde(rename = "where")]
    pub condition: Option<String>,
    /// A signal's name.
    pub name: Option<String>,
    /// An expression: which of the signals of that name; absent: the one without a key.
    pub key: Option<String>,
    /// The longest wait, as an ISO 8601 duration.
    pub timeout: Option<String>,
}

/// What can be waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Awaited {
    /// A record is, or becomes, such that a condition holds.
    RecordChanged,
    /// Somebody writes to us.
    MessageReceived,
    /// A signal comes.
    Signal,
}

/// What a step that waits listens to. One that listens to something else does not hear it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awaits {
    /// Changes of this object's records.
    Changes(Arc<str>),
    /// Messages that come in.
    Messages,
    /// Signals of this name.
    Signals(Arc<str>),
}

impl Kind for WaitFor {
    const DESCRIPTION: Description = Description {
        kind: "waitFor",
        label: "Wait for",
        family: Family::Wait,
        doc: "Goes on when something happens, or when that takes too long.",
        version: 1,
        ports: &[Port::HAPPENED, Port::TIMED_OUT],
        fields: &[
            Field::required(
                "event",
                Input::Choice(&["recordChanged", "messageReceived", "signal"]),
                "what is waited for",
            ),
            Field::optional(
                "object",
                Input::Object,
                "whose record; by default the object of `record`",
            ),
            Field::optional(
                "record",
                Input::Expression,
                "which record; by default the run's own, or any of another object",
            ),
            Field::optional(
                "replyTo",
                Input::Expression,
                "the message that is to be answered, such as `steps.mail.output.message`; by default any message will do",
            ),
            Field::optional(
                "channel",
                Input::Choice(&["EMAIL", "SMS"]),
                "how the message comes; by default any way",
            ),
            Field::optional(
                "where",
                Input::Condition,
                "must hold; `record` is the record waited for, `message` the message",
            ),
            Field::optional("name", Input::Text, "the signal's name, such as `paid`"),
            Field::optional(
                "key",
                Input::Expression,
                "which signal of that name, such as `record.id`",
            ),
            Field::optional("timeout", Input::Duration, "the longest wait, such as `P7D`"),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let timeout = site.span("timeout", self.timeout.as_deref());
        if self.timeout.is_none() {
            let message = "without a time-out it may wait for ever";
            site.report(Problem::warning(Code::WaitsForever, message).field("timeout"));
        }
        match self.event {
            Some(Awaited::MessageReceived) => message::compile(self, site, timeout),
            Some(Awaited::Signal) => signal::compile(self, site, timeout),
            Some(Awaited::RecordChanged) | None => self.compile_record(site, timeout),
        }
    }
}

impl WaitFor {
    fn compile_record(&self, site: &mut Site<'_>, timeout: Option<Span>) -> Compiled {
        refuse(
            "a signal",
            [("name", self.name.is_some()), ("key", self.key.is_some())],
            site,
        );
        let named = site.object("object", self.object.as_deref());
        let Some((object, record)) = site.target(self.record.as_deref(), named) else {
            return Compiled::of(Type::Dyn, None::<Wait>);
        };
        let condition = site.condition_on("where", self.condition.as_deref(), &object);
        let output = fields([("record", Type::Record(Arc::clone(&object)).or_null())]);
        let wait = Wait {
            object: Arc::clone(&object.name),
            record,
            condition,
            timeout,
        };
        Compiled::of(output, site.unless_wrong(wait))
    }
}

/// Reports fields that belong to a wait for something else.
fn refuse<const N: usize>(of: &str, fields: [(&str, bool); N], site: &mut Site<'_>) {
    for (field, _) in fields.into_iter().filter(|(_, given)| *given) {
        let message = format!("`{field}` belongs to a wait for {of}");
        site.report(Problem::error(Code::Ambiguous, message).field(field));
    }
}

#[derive(Debug)]
struct Wait {
    object: Arc<str>,
    record: Option<Expression>,
    condition: Option<Expression>,
    timeout: Option<Span>,
}

impl Resolve for Wait {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let record = self
            .record
            .as_ref()
            .map(|record| moment.record("record", record, &self.object))
            .transpose()?;
        let deadline = self
            .timeout
            .as_ref()
            .map(|span| moment.later("timeout", span))
            .transpose()?;
        let wait = RecordWait {
            object: Arc::clone(&self.object),
            record,
            condition: self.condition.clone(),
            deadline,
        };
        Ok(Resolution::Order(Order::WaitForRecord(wait)))
    }

    fn awaits(&self) -> Option<Awaits> {
        Some(Awaits::Changes(Arc::clone(&self.object)))
    }
}
