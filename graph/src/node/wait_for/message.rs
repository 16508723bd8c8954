//! Waiting for a message: an answer to one of ours, or any that a condition asks for.

use super::{Awaits, WaitFor};
use crate::{
    check::{Site, fields},
    expression::Expression,
    node::{
        kind::{Compiled, Resolve},
        message_received::{OBJECT, condition, object},
    },
    resolve::{MessageWait, Moment, Order, Resolution, Unresolved},
    span::Span,
    value::Type,
};

pub(super) fn compile(wait: &WaitFor, site: &mut Site<'_>, timeout: Option<Span>) -> Compiled {
    let Some(object) = object(site) else {
        return Compiled::of(Type::Dyn, None::<Wait>);
    };
    let answers = wait.reply_to.as_deref().filter(|source| !source.trim().is_empty());
    let answers = answers.and_then(|source| site.record("replyTo", Some(source), Some(OBJECT)));
    let condition = condition(site, wait.channel, wait.condition.as_deref(), &object);
    let output = fields([("message", Type::Record(object).or_null())]);
    let wait = condition.map(|condition| Wait {
        answers: answers.map(|(_, expression)| expression),
        condition,
        timeout,
    });
    Compiled::of(output, wait.and_then(|wait| site.unless_wrong(wait)))
}

#[derive(Debug)]
struct Wait {
    answers: Option<Expression>,
    condition: Expression,
    timeout: Option<Span>,
}

impl Resolve for Wait {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let answers = self
            .answers
            .as_ref()
            .map(|answers| moment.record("replyTo", answers, &OBJECT.into()))
            .transpose()?;
        let deadline = self
            .timeout
            .as_ref()
            .map(|span| moment.later("timeout", span))
            .transpose()?;
        Ok(Resolution::Order(Order::WaitForMessage(MessageWait {
            answers,
            condition: self.condition.clone(),
            deadline,
        })))
    }

    fn awaits(&self) -> Option<Awaits> {
        Some(Awaits::Messages)
    }
}
