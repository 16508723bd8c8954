//! Waiting for a signal: one that comes, or has come while the run was open.

use std::sync::Arc;

use super::{Awaits, WaitFor, refuse};
use crate::{
    check::{Code, Problem, Site},
    expression::Expression,
    node::{
        kind::{Compiled, Resolve},
        signal,
    },
    resolve::{Moment, Order, Resolution, SignalWait, Unresolved},
    span::Span,
    value::Type,
};

pub(super) fn compile(wait: &WaitFor, site: &mut Site<'_>, timeout: Option<Span>) -> Compiled {
    let others = [
        ("object", wait.object.is_some()),
        ("record", wait.record.is_some()),
        ("replyTo", wait.reply_to.is_some()),
        ("channel", wait.channel.is_some()),
        ("where", wait.condition.is_some()),
    ];
    refuse("a record or a message", others, site);
    let name = signal::name(wait.name.as_deref(), site);
    if name.is_none() {
        let message = "a wait for a signal needs `name`: the signal's name";
        site.report(Problem::error(Code::Required, message).field("name"));
    }
    let key = site.expression("key", wait.key.as_deref());
    let listening = name.and_then(|name| site.unless_wrong(Listening { name, key, timeout }));
    Compiled::of(Type::Dyn, listening)
}

#[derive(Debug)]
struct Listening {
    name: Arc<str>,
    key: Option<Expression>,
    timeout: Option<Span>,
}

impl Resolve for Listening {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let key = signal::key(self.key.as_ref(), moment)?;
        let deadline = self.timeout.as_ref();
        Ok(Resolution::Order(Order::WaitForSignal(SignalWait {
            name: Arc::clone(&self.name),
            key,
            deadline: deadline.map(|span| moment.later("timeout", span)).transpose()?,
        })))
    }

    fn awaits(&self) -> Option<Awaits> {
        Some(Awaits::Signals(Arc::clone(&self.name)))
    }
}
