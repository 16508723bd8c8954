//! What must and what may have happened on the way to a node. Every port is a vertex of its own here, because which
//! way a node was left by is what decides: branches of one node exclude each other, and a failed step has no output.

use std::collections::{BTreeMap, HashMap, HashSet};

use petgraph::{
    Direction::Incoming,
    algo::dominators::{Dominators, simple_fast},
    graph::{DiGraph, NodeIndex},
    stable_graph::StableDiGraph,
    visit::{Dfs, EdgeRef, IntoEdgeReferences, Reversed},
};

use super::{Role, TrackNode};
use crate::key::Port;

/// A point on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    /// Before any trigger: the triggers are its exclusive ways out.
    Origin,
    Node(NodeIndex),
    /// A node left by one of its ports; the number tells ports of one node apart.
    Way {
        of: NodeIndex,
        port: usize,
        exclusive: bool,
        fails: bool,
    },
}

/// How sure it is that a node's output is there when another node runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Every way leads through the node's success.
    Always,
    /// Some ways do.
    Sometimes,
    /// None does.
    Never,
}

/// The ways through one track.
#[derive(Clone, Debug)]
pub struct Flow {
    points: DiGraph<Point, ()>,
    nodes: HashMap<NodeIndex, NodeIndex>,
    ways: HashMap<(NodeIndex, Port), NodeIndex>,
    dominators: Dominators<NodeIndex>,
}

/// A branch, by its point, that must have gone one way for an edge to be taken.
type Condition = (NodeIndex, usize);

impl Flow {
    pub(super) fn of(graph: &StableDiGraph<TrackNode, Port>, triggers: &[NodeIndex]) -> Flow {
        let mut points = DiGraph::new();
        let origin = points.add_node(Point::Origin);
        let nodes: HashMap<_, _> = graph
            .node_indices()
            .map(|at| (at, points.add_node(Point::Node(at))))
            .collect();
        let mut ways = HashMap::new();
        for (number, trigger) in triggers.iter().enumerate() {
            let way = Point::Way {
                of: *trigger,
                port: number,
                exclusive: true,
                fails: false,
            };
            connect(&mut points, origin, way, nodes.get(trigger));
        }
        for (at, node) in graph.node_indices().filter_map(|at| Some((at, graph.node_weight(at)?))) {
            for (number, port) in node
                .ports
                .iter()
                .enumerate()
                .take(if node.disabled { 1 } else { usize::MAX })
            {
                let exclusive = !matches!(node.role, Role::Loop(_)) || *port == Port::ERROR;
                let way = Point::Way {
                    of: at,
                    port: number,
                    exclusive,
                    fails: *port == Port::ERROR || node.disabled,
                };
                ways.extend(
                    nodes
                        .get(&at)
                        .map(|from| ((at, port.clone()), connect(&mut points, *from, way, None))),
                );
            }
        }
        for edge in graph.edge_references() {
            let ends = (
                ways.get(&(edge.source(), edge.weight().clone())),
                nodes.get(&edge.target()),
            );
            if let (Some(way), Some(to)) = ends {
                points.add_edge(*way, *to, ());
            }
        }
        let dominators = simple_fast(&points, origin);
        Flow {
            points,
            nodes,
            ways,
            dominators,
        }
    }

    /// What each node can know of the nodes before it.
    pub fn before(&self, node: NodeIndex) -> HashMap<NodeIndex, Reach> {
        let Some(at) = self.nodes.get(&node) else {
            return HashMap::new();
        };
        let certain: HashSet<_> = self.dominators.strict_dominators(*at).into_iter().flatten().collect();
        let (mut reached, mut failed) = (HashMap::new(), HashSet::new());
        let mut walk = Dfs::new(Reversed(&self.points), *at);
        while let Some(point) = walk.next(Reversed(&self.points)) {
            match self.points.node_weight(point) {
                Some(Point::Node(before)) if *before != node => {
                    let reach = if certain.contains(&point) {
                        Reach::Always
                    } else {
                        Reach::Sometimes
                    };
                    reached.insert(*before, reach);
                }
                Some(Point::Way { of, fails: true, .. }) => {
                    failed.insert(*of);
                }
                Some(Point::Way { .. } | Point::Node(_) | Point::Origin) | None => {}
            }
        }
        reached
            .iter_mut()
            .filter(|(before, _)| failed.contains(before))
            .for_each(|(_, reach)| *reach = Reach::Sometimes);
        reached
    }

    /// The most of these edges that one run can take: branches of one node exclude each other.
    pub(super) fn most_taken<'a>(&self, edges: impl Iterator<Item = (NodeIndex, &'a Port)>) -> u32 {
        let conditions = edges.filter_map(|(from, port)| self.conditions(*self.ways.get(&(from, port.clone()))?));
        most(conditions.collect())
    }

    /// The branches that stand between the origin and a way, the nearest to the origin last; none if nothing leads there.
    fn conditions(&self, way: NodeIndex) -> Option<Vec<Condition>> {
        let ways = self
            .dominators
            .dominators(way)?
            .filter_map(|point| match self.points.node_weight(point)? {
                Point::Way {
                    port, exclusive: true, ..
                } => Some((self.points.neighbors_directed(point, Incoming).next()?, *port)),
                Point::Way { .. } | Point::Node(_) | Point::Origin => None,
            });
        Some(ways.collect())
    }
}

/// The conditions of two edges agree up to the branch where they part: so group by the first, take the best port of
/// each branch, and add up the branches, which are independent.
fn most(edges: Vec<Vec<Condition>>) -> u32 {
    let mut branches: BTreeMap<NodeIndex, BTreeMap<usize, Vec<Vec<Condition>>>> = BTreeMap::new();
    let mut free = 0;
    for mut conditions in edges {
        match conditions.pop() {
            Some((branch, port)) => branches
                .entry(branch)
                .or_default()
                .entry(port)
                .or_default()
                .push(conditions),
            None => free += 1,
        }
    }
    let best = |ports: BTreeMap<usize, Vec<Vec<Condition>>>| ports.into_values().map(most).max().unwrap_or(0);
    free + branches.into_values().map(best).sum::<u32>()
}

fn connect(points: &mut DiGraph<Point, ()>, from: NodeIndex, way: Point, to: Option<&NodeIndex>) -> NodeIndex {
    let at = points.add_node(way);
    points.add_edge(from, at, ());
    if let Some(to) = to {
        points.add_edge(at, *to, ());
    }
    at
}
