//! Sound graphs of any shape, out of random bytes: every node is led to by an earlier one, loops nest.

use chrono::TimeDelta;
use pointsman_graph::{
    key::{NodeKey, Port},
    retry::Retry,
    step::{Scope, StepId},
    track::{Flaw, Link, Loop, OnError, Policy, Role, Track, TrackNode},
};

use super::model::{Edge, Kind, Node, Shape, Step};

pub const ATTEMPTS: u32 = 2;

pub fn shape(seeds: &[[u8; 6]]) -> Shape {
    let triggers = 1 + usize::from(seeds[0][0]) % 3;
    let trigger = || Node {
        kind: Kind::Trigger,
        home: None,
    };
    let mut shape = Shape {
        nodes: (0..triggers).map(|_| trigger()).collect(),
        edges: Vec::new(),
    };
    for seed in seeds {
        grow(&mut shape, *seed);
    }
    shape
}

/// Adds a node behind an earlier one, and edges to it from its neighbours in the same scope.
fn grow(shape: &mut Shape, [kind, parent, port, more, from, other]: [u8; 6]) {
    let to = shape.nodes.len();
    let back = 1 + usize::from(parent) % to.min(9);
    let parent = to - back;
    let port = choose(&shape.nodes[parent], port);
    let home = if port == "each" {
        Some(parent)
    } else {
        shape.nodes[parent].home
    };
    let nested = shape
        .nodes
        .iter()
        .filter(|node| matches!(node.kind, Kind::Loop { .. }))
        .count();
    shape.edges.push(Edge { from: parent, port, to });
    let peers: Vec<usize> = (0..to).filter(|peer| shape.nodes[*peer].home == home).collect();
    for draw in [from, other].iter().take(usize::from(more) % 3) {
        let Some(peer) = peers.get(usize::from(*draw) % peers.len().max(1)) else {
            continue;
        };
        let port = choose(&shape.nodes[*peer], draw.rotate_left(3));
        let twice = shape
            .edges
            .iter()
            .any(|edge| edge.from == *peer && edge.port == port && edge.to == to);
        if port != "each" && !twice {
            shape.edges.push(Edge { from: *peer, port, to });
        }
    }
    let into = shape.edges.iter().filter(|edge| edge.to == to).count() as u32;
    let kind = match kind {
        0..130 => Kind::Action,
        130..170 => Kind::Branch,
        170..185 => Kind::Disabled,
        185..200 => Kind::Join(Policy::All),
        200..215 => Kind::Join(Policy::Any),
        215..235 => Kind::Join(Policy::Count((1 + u32::from(kind) % into).try_into().unwrap())),
        235..=255 if nested < 3 => {
            let on_error = if kind % 2 == 0 {
                OnError::Stop
            } else {
                OnError::Continue
            };
            Kind::Loop {
                concurrency: 1 + u32::from(kind) % 3,
                on_error,
            }
        }
        235..=255 => Kind::Action,
    };
    shape.nodes.push(Node { kind, home });
}

fn choose(node: &Node, draw: u8) -> &'static str {
    let ports = ports(&node.kind);
    // Main ports more often than the others, or most of a graph is skipped.
    ports[usize::from(draw / 2) % if draw.is_multiple_of(2) { 1 } else { ports.len() }]
}

fn ports(kind: &Kind) -> &'static [&'static str] {
    match kind {
        Kind::Trigger | Kind::Join(_) => &["out"],
        Kind::Action | Kind::Disabled => &["done", "error"],
        Kind::Branch => &["yes", "no", "otherwise", "error"],
        Kind::Loop { .. } => &["done", "each", "error"],
    }
}

/// A track, and the joins whose count was too high for it, with the most that can be: those are lowered to `any`.
pub fn track(shape: &mut Shape) -> (Track, Vec<(usize, usize)>) {
    let mut lowered = Vec::new();
    loop {
        let nodes = shape.nodes.iter().enumerate().map(node).collect();
        match Track::lay(nodes, shape.edges.iter().map(link).collect()) {
            Ok(track) => return (track, lowered),
            Err(flaws) => lowered.extend(flaws.into_iter().map(|flaw| lower(shape, flaw))),
        }
    }
}

fn lower(shape: &mut Shape, flaw: Flaw) -> (usize, usize) {
    let Flaw::NeverFires { join, possible, .. } = flaw else {
        panic!("an unsound shape: {flaw:?}")
    };
    shape.nodes[number(&join)].kind = Kind::Join(Policy::Any);
    (number(&join), possible as usize)
}

fn link(edge: &Edge) -> Link {
    Link {
        from: key(edge.from),
        port: edge.port.into(),
        to: key(edge.to),
    }
}

fn node((number, node): (usize, &Node)) -> TrackNode {
    let role = match node.kind {
        Kind::Trigger => Role::Trigger,
        Kind::Action | Kind::Branch | Kind::Disabled => Role::Step,
        Kind::Join(policy) => Role::Join(policy),
        Kind::Loop { concurrency, on_error } => Role::Loop(Loop {
            concurrency: concurrency.try_into().unwrap(),
            on_error,
        }),
    };
    let retry = Retry {
        max_attempts: ATTEMPTS,
        initial: TimeDelta::seconds(1),
        ..Retry::DEFAULT
    };
    let ports = ports(&node.kind).iter().map(|port| Port::from(*port)).collect();
    TrackNode {
        key: key(number),
        role,
        ports,
        retry,
        disabled: node.kind == Kind::Disabled,
    }
}

pub fn key(number: usize) -> NodeKey {
    format!("n{number}").parse().unwrap()
}

pub fn number(key: &NodeKey) -> usize {
    key.as_str()[1..].parse().unwrap()
}

pub fn step((path, node): &Step) -> StepId {
    let scope = path
        .iter()
        .fold(Scope::default(), |scope, (of, item)| scope.within(key(*of), *item));
    scope.step(key(*node))
}
