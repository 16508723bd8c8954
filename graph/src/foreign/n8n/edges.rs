//! From connections to edges, each with an account of what became of it.

use std::collections::{BTreeSet, HashSet};

use super::{
    file::{File, Link, MAIN},
    map::{Failures, Mapped},
    shape::Shape,
};
use crate::{
    definition::Edge,
    foreign::report::{EdgeFate, EdgeLine},
    key::{NodeKey, Port},
};

/// The edges of a workflow.
#[derive(Default)]
pub(super) struct Drawn {
    pub edges: Vec<Edge>,
    /// One for each connection of the file.
    pub lines: Vec<EdgeLine>,
    /// The nodes that lead to each node, by its place.
    pub sources: Vec<BTreeSet<usize>>,
}

/// Where an edge leaves a node.
enum WayOut {
    /// By a port; by none that is named where the node's kind is not known.
    By(Option<Port>),
    Missing,
}

pub(super) fn draw(file: &File, shape: &Shape, keys: &[Option<NodeKey>], mapped: &[Option<Mapped>]) -> Drawn {
    let mut drawing = Drawing {
        file,
        shape,
        keys,
        mapped,
        seen: HashSet::new(),
        drawn: Drawn {
            sources: vec![BTreeSet::new(); file.nodes.len()],
            ..Drawn::default()
        },
    };
    for (number, link) in file.links.iter().enumerate() {
        let (fate, edge) = drawing.link(number, link);
        drawing.drawn.lines.push(EdgeLine {
            from: link.from.clone(),
            kind: link.kind.clone(),
            output: link.output,
            to: link.to.clone(),
            input: link.input,
            fate,
            edge,
        });
    }
    drawing.drawn
}

struct Drawing<'f> {
    file: &'f File,
    shape: &'f Shape,
    keys: &'f [Option<NodeKey>],
    mapped: &'f [Option<Mapped>],
    seen: HashSet<String>,
    drawn: Drawn,
}

impl Drawing<'_> {
    fn link(&mut self, number: usize, link: &Link) -> (EdgeFate, Option<String>) {
        let Some((from, to)) = self.shape.ends(link) else {
            return (EdgeFate::Dangling, None);
        };
        if link.kind != MAIN {
            return (EdgeFate::Supplies, None);
        }
        if self.shape.closes_loop(number) {
            return (EdgeFate::ClosesLoop, None);
        }
        if self.shape.leads_back(number) {
            return (EdgeFate::LeadsBack, None);
        }
        let WayOut::By(port) = self.way_out(from, link.output) else {
            return (EdgeFate::NoWayOut, None);
        };
        match self.edge(from, port, to) {
            Some(id) => {
                self.failures(from, link.output, to);
                (EdgeFate::Drawn, Some(id))
            }
            None => (EdgeFate::Repeated, None),
        }
    }

    fn way_out(&self, from: usize, output: usize) -> WayOut {
        let failures = self.file.nodes.get(from).map_or(Failures::Stop, Failures::of);
        match self.mapped.get(from).and_then(Option::as_ref) {
            Some(mapped) => mapped
                .exit(output, failures)
                .map_or(WayOut::Missing, |port| WayOut::By(Some(port))),
            None if output == 0 => WayOut::By(None),
            None => WayOut::By(Some(Port::from(format!("output {output}").as_str()))),
        }
    }

    /// The id of the new edge; none where there is one already.
    fn edge(&mut self, from: usize, port: Option<Port>, to: usize) -> Option<String> {
        let key = |place: usize| self.keys.get(place).cloned().flatten();
        let (from_key, to_key) = (key(from)?, key(to)?);
        let id = format!("{from_key}:{}:{to_key}", port.as_ref().map_or("", Port::as_str));
        if !self.seen.insert(id.clone()) {
            return None;
        }
        if let Some(sources) = self.drawn.sources.get_mut(to) {
            sources.insert(from);
        }
        self.drawn.edges.push(Edge {
            id: id.clone(),
            from: from_key,
            port,
            to: to_key,
        });
        Some(id)
    }

    /// A node that goes on after a failure does so by the way of a success.
    fn failures(&mut self, from: usize, output: usize, to: usize) {
        let goes_on = self
            .file
            .nodes
            .get(from)
            .is_some_and(|node| Failures::of(node) == Failures::GoOn);
        let is_action = self
            .mapped
            .get(from)
            .and_then(Option::as_ref)
            .is_some_and(|mapped| mapped.is_action);
        if goes_on && is_action && output == 0 {
            self.edge(from, Some(Port::ERROR), to);
        }
    }
}
