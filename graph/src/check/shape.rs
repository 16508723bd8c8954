//! Says in words what is wrong with a definition's shape.

use super::{Code, Problem};
use crate::{
    definition::{Definition, Edge},
    key::Port,
    retry::Retry,
    track::{Flaw, Link, Track, TrackNode},
};

/// Lays the track of a definition as far as it can be laid.
pub(super) fn survey(definition: &Definition, retry: impl Fn(usize) -> Retry) -> (Track, Vec<Problem>) {
    let node = |(number, node): (usize, &crate::definition::Node)| TrackNode {
        key: node.key.clone(),
        role: node.config.role(),
        ports: node.config.ports(),
        retry: retry(number),
        disabled: node.common.disabled,
    };
    let link = |edge: &Edge| Link {
        from: edge.from.clone(),
        port: definition.port(edge).unwrap_or(Port::OUT),
        to: edge.to.clone(),
    };
    let nodes = definition.nodes.iter().enumerate().map(node).collect();
    let (track, flaws) = Track::survey(nodes, definition.edges.iter().map(link).collect());
    (
        track,
        flaws.into_iter().filter_map(|flaw| problem(definition, flaw)).collect(),
    )
}

fn problem(definition: &Definition, flaw: Flaw) -> Option<Problem> {
    let edge = |number: usize| definition.edges.get(number);
    Some(match flaw {
        Flaw::DuplicateKey(key) => {
            Problem::error(Code::DuplicateKey, format!("two nodes have the key `{key}`")).at(&key)
        }
        Flaw::UnknownSource(number) => unknown_end(definition, edge(number)?, |edge| &edge.from),
        Flaw::UnknownTarget(number) => unknown_end(definition, edge(number)?, |edge| &edge.to),
        Flaw::UnknownPort(number) => unknown_port(definition, edge(number)?)?,
        Flaw::DuplicateEdge(number) => {
            let Edge { id, from, to, .. } = edge(number)?;
            Problem::error(
                Code::DuplicateEdge,
                format!("two edges lead from one port of `{from}` to `{to}`"),
            )
            .on(id)
        }
        Flaw::IntoTrigger(number) => {
            let Edge { id, to, .. } = edge(number)?;
            Problem::error(
                Code::EdgeIntoTrigger,
                format!("nothing can lead to `{to}`: it is a trigger"),
            )
            .on(id)
        }
        Flaw::NoTrigger => Problem::error(Code::NoTrigger, "the workflow has no trigger, so nothing starts it"),
        Flaw::Unreachable(key) => Problem::error(
            Code::Unreachable,
            format!("no trigger leads to `{key}`, so it never runs"),
        )
        .at(&key),
        Flaw::Cycle(keys) => {
            let way: Vec<_> = keys.iter().chain(keys.first()).map(|key| format!("`{key}`")).collect();
            Problem::error(
                Code::Cycle,
                format!("the way leads round in a circle: {}", way.join(" → ")),
            )
            .at(keys.first()?)
        }
        Flaw::NeverFires { join, wanted, possible } => Problem::error(
            Code::JoinNeverFires,
            format!("`{join}` waits for {wanted} branches, but at most {possible} can be taken together"),
        )
        .at(&join)
        .field("count"),
        Flaw::EntersLoop { edge: number, of } => {
            let Edge { id, to, .. } = edge(number)?;
            Problem::error(
                Code::EdgeIntoLoop,
                format!("`{to}` belongs to the items of `{of}`: only its port `each` leads there"),
            )
            .on(id)
        }
    })
}

fn unknown_end(definition: &Definition, edge: &Edge, end: impl Fn(&Edge) -> &crate::key::NodeKey) -> Problem {
    let key = end(edge).as_str();
    Problem::error(Code::UnknownNode, format!("there is no node `{key}`"))
        .on(&edge.id)
        .meant(key, definition.nodes.iter().map(|node| node.key.as_str()))
}

fn unknown_port(definition: &Definition, edge: &Edge) -> Option<Problem> {
    let node = definition.node(&edge.from)?;
    // Nobody knows the ports of a kind that is not ours, and that has been said.
    node.config.description()?;
    let ports = node.config.ports();
    let Some(port) = &edge.port else {
        return Some(
            Problem::error(Code::UnknownPort, format!("`{}` ends here: it has no port", edge.from)).on(&edge.id),
        );
    };
    let problem = Problem::error(Code::UnknownPort, format!("`{}` has no port `{port}`", edge.from)).on(&edge.id);
    Some(problem.meant(port.as_str(), ports.iter().map(Port::as_str)))
}
