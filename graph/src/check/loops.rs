//! Warns of workflows that set themselves off, alone or by way of each other.

use std::collections::{HashMap, VecDeque};

use super::{Code, Problem};
use crate::{
    definition::Definition,
    key::NodeKey,
    node::{Compiled, Writes},
    plan::{Plan, PlanNode, Trigger},
};

pub(super) fn warnings(definition: &Definition, compiled: &HashMap<NodeKey, Compiled>) -> Vec<Problem> {
    let nodes = || {
        definition
            .nodes
            .iter()
            .filter_map(|node| Some((&node.key, compiled.get(&node.key)?)))
    };
    let triggers: Vec<_> = nodes()
        .filter_map(|(key, compiled)| Some((key, compiled.trigger()?)))
        .collect();
    let warn = |(key, compiled): (&NodeKey, &Compiled)| {
        let set_off = |trigger: &Trigger| compiled.writes.iter().any(|writes| trigger.is_set_off_by(writes));
        let (trigger, _) = triggers.iter().find(|(_, trigger)| set_off(trigger))?;
        let message = format!("what `{key}` changes can trigger this workflow again, by `{trigger}`");
        Some(Problem::warning(Code::TriggersItself, message).at(key))
    };
    nodes().filter_map(warn).collect()
}

/// A workflow's name and plan.
pub type Named<'p> = (&'p str, &'p Plan);

/// The warnings of a workflow about others that it can set off and that can set it off again: the shortest way round for
/// each node that begins one. `plan` stands for the workflow called `name`; `others` are the active ones by their names.
pub fn between(name: &str, plan: &Plan, others: &[Named<'_>]) -> Vec<Problem> {
    let warn = |(key, node): (&NodeKey, &PlanNode)| {
        let round = node.writes.iter().find_map(|writes| round(plan, writes, others))?;
        let names: Vec<_> = round.iter().map(|(name, _)| format!("“{name}”")).collect();
        let first = names.first()?;
        let message = format!(
            "what `{key}` changes can trigger {first}, which can trigger this workflow again: “{name}” → {} → “{name}”",
            names.join(" → ")
        );
        Some(Problem::warning(Code::TriggerEachOther, message).at(key))
    };
    plan.nodes().filter_map(warn).collect()
}

/// The shortest way from a change over other workflows back to the plan; none where there is no way.
fn round<'p>(plan: &Plan, writes: &Writes, others: &[Named<'p>]) -> Option<Vec<Named<'p>>> {
    let (begun, mut rest): (Vec<_>, Vec<_>) = others.iter().partition(|(_, other)| other.is_set_off_by(writes));
    let mut ways: VecDeque<_> = begun.into_iter().map(|first| vec![first]).collect();
    while let Some(way) = ways.pop_front() {
        let (_, last) = *way.last()?;
        if plan.is_set_off_by_any(last) {
            return Some(way);
        }
        let (next, unseen) = rest.into_iter().partition(|(_, other)| other.is_set_off_by_any(last));
        rest = unseen;
        ways.extend(Vec::into_iter(next).map(|next| [&way[..], &[next]].concat()));
    }
    None
}
