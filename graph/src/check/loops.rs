//! Warns of workflows that set themselves off.

use std::collections::HashMap;

use super::{Code, Problem};
use crate::{
    definition::Definition,
    key::NodeKey,
    node::{Compiled, Work, Writes},
    plan::Trigger,
};

pub(super) fn warnings(definition: &Definition, compiled: &HashMap<NodeKey, Compiled>) -> Vec<Problem> {
    let nodes = || {
        definition
            .nodes
            .iter()
            .filter_map(|node| Some((&node.key, compiled.get(&node.key)?)))
    };
    let triggers = nodes().filter_map(|(key, compiled)| match &compiled.work {
        Some(Work::Trigger(trigger)) => Some((key, trigger)),
        Some(Work::Called(_) | Work::Gather | Work::Resolve(_)) | None => None,
    });
    let triggers: Vec<_> = triggers.collect();
    let pairs = nodes().filter_map(|(key, compiled)| Some((key, compiled.writes.as_ref()?)));
    let warn = |(key, writes): (&NodeKey, &Writes)| {
        let (trigger, _) = triggers.iter().find(|(_, trigger)| sets_off(writes, trigger))?;
        let message = format!("what `{key}` changes can trigger this workflow again, by `{trigger}`");
        Some(Problem::warning(Code::TriggersItself, message).at(key))
    };
    pairs.filter_map(warn).collect()
}

fn sets_off(writes: &Writes, trigger: &Trigger) -> bool {
    let concerns = trigger.fields.is_empty() || writes.fields.iter().any(|field| trigger.fields.contains(field));
    trigger.operation == Some(writes.operation) && trigger.object.as_ref() == Some(&writes.object) && concerns
}
