//! What the connections of a file mean: which nodes stand on their own, which edges lead back, which of these close a loop.

use std::collections::{HashMap, HashSet, VecDeque};

use petgraph::{
    graph::{DiGraph, NodeIndex},
    visit::{Control, DfsEvent, EdgeRef, depth_first_search},
};

use super::file::{File, Link, MAIN, Node};

/// The kind that goes through a list.
pub(super) const LOOP: &str = "n8n-nodes-base.splitInBatches";
/// The kind that only people read.
const NOTE: &str = "n8n-nodes-base.stickyNote";

/// The shape of one file. Nodes and links go by their places in it.
pub(super) struct Shape {
    places: HashMap<String, usize>,
    /// Parts by the nodes that keep them.
    parts: HashMap<usize, Vec<usize>>,
    supplied: HashSet<usize>,
    roles: Vec<Role>,
    /// The loop whose item an edge ends.
    closing: HashMap<usize, usize>,
    back: HashSet<usize>,
    regions: HashMap<usize, HashSet<usize>>,
}

/// How a node of the file stands in ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// On its own.
    Whole,
    /// Kept in another node.
    PartOf(usize),
    /// Not at all.
    Note,
}

/// The output by which a loop of that version gives its items; the other one follows the last.
pub(super) fn item_output(node: &Node) -> usize {
    usize::from(node.version >= 3.0)
}

impl Shape {
    pub(super) fn of(file: &File) -> Self {
        let mut places = HashMap::new();
        for (place, node) in file.nodes.iter().enumerate() {
            places.entry(node.name.clone()).or_insert(place);
        }
        let mut shape = Self {
            places,
            parts: HashMap::new(),
            supplied: HashSet::new(),
            roles: file.nodes.iter().map(role).collect(),
            closing: HashMap::new(),
            back: HashSet::new(),
            regions: HashMap::new(),
        };
        shape.find_parts(file);
        let graph = shape.graph(file);
        shape.find_loops(file, &graph);
        shape.find_back(&graph);
        shape
    }

    /// The node of that name.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    pub(super) fn role(&self, place: usize) -> Role {
        self.roles.get(place).copied().unwrap_or(Role::Note)
    }

    /// Whether other nodes supply it with parts.
    pub(super) fn is_supplied(&self, place: usize) -> bool {
        self.supplied.contains(&place)
    }

    /// The node that a node is kept in; itself where it stands on its own.
    pub(super) fn host(&self, place: usize) -> usize {
        match self.role(place) {
            Role::PartOf(host) => host,
            Role::Whole | Role::Note => place,
        }
    }

    /// The parts that a node keeps.
    pub(super) fn parts(&self, place: usize) -> &[usize] {
        self.parts.get(&place).map_or(&[], Vec::as_slice)
    }

    /// Both ends of a link that are in the file and not notes.
    pub(super) fn ends(&self, link: &Link) -> Option<(usize, usize)> {
        let known = |name| self.place(name).filter(|place| self.role(*place) != Role::Note);
        Some((known(&link.from)?, known(&link.to)?))
    }

    /// Whether an edge ends the item of a loop.
    pub(super) fn closes_loop(&self, link: usize) -> bool {
        self.closing.contains_key(&link)
    }

    /// Whether an edge leads back otherwise.
    pub(super) fn leads_back(&self, link: usize) -> bool {
        self.back.contains(&link)
    }

    /// Whether a node runs for each item of that loop.
    pub(super) fn is_within(&self, of: usize, place: usize) -> bool {
        self.regions.get(&of).is_some_and(|region| region.contains(&place))
    }

    /// A part moves no data itself and supplies another node; it is kept in the nearest that stands on its own.
    fn find_parts(&mut self, file: &File) {
        let (mut moves, mut supplies) = (HashSet::new(), HashMap::<usize, Vec<usize>>::new());
        for link in &file.links {
            let Some((from, to)) = self.ends(link) else { continue };
            if link.kind == MAIN {
                moves.extend([from, to]);
            } else {
                supplies.entry(to).or_default().push(from);
            }
        }
        self.supplied = supplies.keys().copied().collect();
        let mut waiting: VecDeque<usize> = (0..file.nodes.len())
            .filter(|place| self.role(*place) == Role::Whole)
            .filter(|place| moves.contains(place) || !supplies.values().flatten().any(|part| part == place))
            .collect();
        let hosts: HashSet<usize> = waiting.iter().copied().collect();
        while let Some(at) = waiting.pop_front() {
            let host = self.host(at);
            for part in supplies.remove(&at).unwrap_or_default() {
                let is_free = self.role(part) == Role::Whole && !hosts.contains(&part);
                if let Some(role) = self.roles.get_mut(part).filter(|_| is_free) {
                    *role = Role::PartOf(host);
                    self.parts.entry(host).or_default().push(part);
                    waiting.push_back(part);
                }
            }
        }
    }

    /// The nodes that stand on their own, with the links between them.
    fn graph(&self, file: &File) -> DiGraph<(), usize> {
        let mut graph = DiGraph::new();
        let nodes: Vec<_> = file.nodes.iter().map(|_| graph.add_node(())).collect();
        for (number, link) in file.links.iter().enumerate().filter(|(_, link)| link.kind == MAIN) {
            if let Some((from, to)) = self.ends(link)
                && let (Some(from), Some(to)) = (nodes.get(from), nodes.get(to))
            {
                graph.add_edge(*from, *to, number);
            }
        }
        graph
    }

    /// Loops: what the items' output leads to without coming by the loop again is its region, what leads from there to the
    /// loop ends an item.
    fn find_loops(&mut self, file: &File, graph: &DiGraph<(), usize>) {
        for (place, node) in file.nodes.iter().enumerate().filter(|(_, node)| node.kind == LOOP) {
            let at = NodeIndex::new(place);
            let gives_item = |link: &usize| {
                file.links
                    .get(*link)
                    .is_some_and(|link| link.output == item_output(node))
            };
            let mut waiting: Vec<_> = graph
                .edges(at)
                .filter(|edge| gives_item(edge.weight()))
                .map(|edge| edge.target())
                .collect();
            let mut region = HashSet::new();
            while let Some(next) = waiting.pop() {
                if next != at && region.insert(next.index()) {
                    waiting.extend(graph.neighbors(next));
                }
            }
            for edge in graph.edges_directed(at, petgraph::Direction::Incoming) {
                if region.contains(&edge.source().index()) || (edge.source() == at && gives_item(edge.weight())) {
                    self.closing.insert(*edge.weight(), place);
                }
            }
            self.regions.insert(place, region);
        }
    }

    /// Edges that lead to where the way came from, seen from the nodes that nothing leads to, in the file's order.
    fn find_back(&mut self, graph: &DiGraph<(), usize>) {
        let forward = |link: &usize| (!self.closing.contains_key(link)).then_some(*link);
        let graph = graph.filter_map(|_, ()| Some(()), |_, link| forward(link));
        let begins = |at: &NodeIndex| {
            graph
                .edges_directed(*at, petgraph::Direction::Incoming)
                .next()
                .is_none()
        };
        let (first, rest): (Vec<_>, Vec<_>) = graph.node_indices().partition(begins);
        depth_first_search(&graph, first.into_iter().chain(rest), |event| {
            if let DfsEvent::BackEdge(from, to) = event {
                self.back
                    .extend(graph.edges_connecting(from, to).map(|edge| *edge.weight()));
            }
            Control::<()>::Continue
        });
    }
}

/// Whether it is a note on the canvas.
pub(super) fn is_note(node: &Node) -> bool {
    node.kind == NOTE
}

fn role(node: &Node) -> Role {
    if is_note(node) { Role::Note } else { Role::Whole }
}
