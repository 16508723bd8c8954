//! Builds a track as far as that can be done, and names every flaw.

use std::collections::{HashMap, HashSet};

use petgraph::{
    Direction::Incoming,
    algo::{is_cyclic_directed, tarjan_scc},
    graph::NodeIndex,
    stable_graph::StableDiGraph,
    visit::{Dfs, EdgeRef},
};

use super::{Flaw, Link, Policy, Role, Track, TrackNode, region};
use crate::key::{NodeKey, Port};

pub(super) fn survey(nodes: Vec<TrackNode>, links: &[Link]) -> (Track, Vec<Flaw>) {
    let mut flaws = Vec::new();
    let mut track = place(nodes, &mut flaws);
    connect(&mut track, links, &mut flaws);
    flaws.extend(unreachable(&track));
    if is_cyclic_directed(&track.graph) {
        flaws.extend(cycles(&track.graph));
    } else {
        flaws.extend(never_fire(&track));
        flaws.extend(region::entered(&track, links));
    }
    (track, flaws)
}

fn place(nodes: Vec<TrackNode>, flaws: &mut Vec<Flaw>) -> Track {
    let mut track = Track {
        graph: StableDiGraph::new(),
        index: HashMap::new(),
        triggers: Vec::new(),
        in_degrees: Vec::new(),
    };
    for node in nodes {
        if track.index.contains_key(&node.key) {
            flaws.push(Flaw::DuplicateKey(node.key));
            continue;
        }
        let (key, role) = (node.key.clone(), node.role);
        let at = track.graph.add_node(node);
        track.index.insert(key, at);
        if role == Role::Trigger {
            track.triggers.push(at);
        }
    }
    if track.triggers.is_empty() {
        flaws.push(Flaw::NoTrigger);
    }
    track
}

fn connect(track: &mut Track, links: &[Link], flaws: &mut Vec<Flaw>) {
    let mut seen = HashSet::new();
    let mut sound = Vec::new();
    for (number, link) in links.iter().enumerate() {
        let ends = ends(track, number, link).and_then(|ends| match seen.insert(link) {
            true => Ok(ends),
            false => Err(Flaw::DuplicateEdge(number)),
        });
        match ends {
            Ok((from, to)) => {
                // An edge at a port that does not exist still says that its target is meant to be reached.
                let known = track.node(from).is_some_and(|node| node.ports.contains(&link.port));
                flaws.extend((!known).then_some(Flaw::UnknownPort(number)));
                sound.push((from, to, link.port.clone()));
            }
            Err(flaw) => flaws.push(flaw),
        }
    }
    // petgraph yields a node's edges last in, first out.
    for (from, to, port) in sound.into_iter().rev() {
        track.graph.add_edge(from, to, port);
    }
    let degree = |at| track.graph.edges_directed(at, Incoming).count();
    track.in_degrees = track.graph.node_indices().map(degree).collect();
}

fn ends(track: &Track, number: usize, link: &Link) -> Result<(NodeIndex, NodeIndex), Flaw> {
    let from = track.find(&link.from).ok_or(Flaw::UnknownSource(number))?;
    let to = track.find(&link.to).ok_or(Flaw::UnknownTarget(number))?;
    if track.triggers.contains(&to) {
        Err(Flaw::IntoTrigger(number))
    } else {
        Ok((from, to))
    }
}

/// One cycle for each knot of nodes that lead to each other.
fn cycles(graph: &StableDiGraph<TrackNode, Port>) -> Vec<Flaw> {
    let knots = tarjan_scc(graph).into_iter();
    knots
        .filter_map(|knot| Some(Flaw::Cycle(keys(graph, &round(graph, &knot)?))))
        .collect()
}

/// Walks within a knot until it meets its own way again.
fn round(graph: &StableDiGraph<TrackNode, Port>, knot: &[NodeIndex]) -> Option<Vec<NodeIndex>> {
    let members: HashSet<_> = knot.iter().copied().collect();
    let mut way = vec![*knot.iter().min()?];
    let mut places = HashMap::from([(*way.first()?, 0)]);
    loop {
        let next = graph.neighbors(*way.last()?).find(|next| members.contains(next))?;
        if let Some(start) = places.insert(next, way.len()) {
            return Some(way.split_off(start));
        }
        way.push(next);
    }
}

fn keys(graph: &StableDiGraph<TrackNode, Port>, way: &[NodeIndex]) -> Vec<NodeKey> {
    way.iter()
        .filter_map(|at| graph.node_weight(*at))
        .map(|node| node.key.clone())
        .collect()
}

fn unreachable(track: &Track) -> Vec<Flaw> {
    let mut reached = HashSet::new();
    let mut walk = Dfs::empty(&track.graph);
    for trigger in &track.triggers {
        walk.move_to(*trigger);
        while let Some(at) = walk.next(&track.graph) {
            reached.insert(at);
        }
    }
    let lost = track
        .graph
        .node_indices()
        .filter(|at| !reached.contains(at))
        .collect::<Vec<_>>();
    keys(&track.graph, &lost).into_iter().map(Flaw::Unreachable).collect()
}

fn never_fire(track: &Track) -> Vec<Flaw> {
    let wanting = |at: NodeIndex| match track.node(at)?.role {
        Role::Join(Policy::Count(wanted)) => Some((at, wanted.get())),
        Role::Join(Policy::All | Policy::Any) | Role::Trigger | Role::Step | Role::Loop(_) => None,
    };
    let joins: Vec<_> = track.graph.node_indices().filter_map(wanting).collect();
    if joins.is_empty() {
        return Vec::new();
    }
    let flow = track.flow();
    let short = |(at, wanted)| {
        let arrivals = track
            .graph
            .edges_directed(at, Incoming)
            .map(|edge| (edge.source(), edge.weight()));
        let possible = flow.most_taken(arrivals);
        let join = track.node(at)?.key.clone();
        (wanted > possible).then_some(Flaw::NeverFires { join, wanted, possible })
    };
    joins.into_iter().filter_map(short).collect()
}
