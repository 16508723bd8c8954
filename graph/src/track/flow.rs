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

#[cfg(test)]
mod tests {
    use super::super::{Flaw, Link, Loop, OnError, Policy, Role, Track, TrackNode};
    use super::*;
    use crate::retry::Retry;

    fn node(key: &str, role: Role, ports: &[Port]) -> TrackNode {
        TrackNode {
            key: key.parse().unwrap(),
            role,
            ports: ports.to_vec(),
            retry: Retry::NEVER,
            disabled: false,
        }
    }

    /// `start` leads to the branch `b` (yes, no); every other node is an action.
    fn lay(join: Policy, edges: &[(&str, Port, &str)]) -> Result<Track, Vec<Flaw>> {
        let start = node("start", Role::Trigger, &[Port::OUT]);
        let branch = node("b", Role::Step, &[Port::YES, Port::NO, Port::ERROR]);
        let all = Loop {
            concurrency: std::num::NonZeroU32::MIN,
            on_error: OnError::Stop,
        };
        let mut nodes = vec![start, branch, node("j", Role::Join(join), &[Port::OUT])];
        nodes.push(node("l", Role::Loop(all), &[Port::DONE, Port::EACH]));
        nodes.extend(["x", "y", "z"].map(|key| node(key, Role::Step, &[Port::DONE, Port::ERROR])));
        nodes.retain(|node| {
            edges
                .iter()
                .any(|(from, _, to)| [*from, *to].contains(&node.key.as_str()))
        });
        let link = |(from, port, to): &(&str, Port, &str)| Link {
            from: from.parse().unwrap(),
            port: port.clone(),
            to: to.parse().unwrap(),
        };
        Track::lay(nodes, edges.iter().map(link).collect())
    }

    fn reach(track: &Track, before: &str, node: &str) -> Reach {
        let at = |key: &str| track.find(&key.parse().unwrap()).unwrap();
        track
            .flow()
            .before(at(node))
            .get(&at(before))
            .copied()
            .unwrap_or(Reach::Never)
    }

    fn count(wanted: u32) -> Policy {
        Policy::Count(wanted.try_into().unwrap())
    }

    #[test]
    fn a_count_join_of_exclusive_branches_never_fires() {
        let edges = [
            ("start", Port::OUT, "b"),
            ("b", Port::YES, "x"),
            ("b", Port::NO, "y"),
            ("x", Port::DONE, "j"),
            ("y", Port::DONE, "j"),
        ];

        let flaws = lay(count(2), &edges).unwrap_err();

        assert_eq!(
            flaws,
            [Flaw::NeverFires {
                join: "j".parse().unwrap(),
                wanted: 2,
                possible: 1
            }]
        );
        assert!(lay(count(1), &edges).is_ok());
        assert!(lay(Policy::All, &edges).is_ok());
    }

    #[test]
    fn a_count_join_adds_what_is_independent() {
        let edges = [
            ("start", Port::OUT, "b"),
            ("start", Port::OUT, "z"),
            ("b", Port::YES, "x"),
            ("b", Port::NO, "y"),
            ("x", Port::DONE, "j"),
            ("y", Port::DONE, "j"),
            ("z", Port::DONE, "j"),
        ];

        assert!(lay(count(2), &edges).is_ok());
        assert!(matches!(
            lay(count(3), &edges).unwrap_err()[..],
            [Flaw::NeverFires { possible: 2, .. }]
        ));
    }

    #[test]
    fn success_and_failure_of_one_node_exclude_each_other() {
        let edges = [
            ("start", Port::OUT, "x"),
            ("x", Port::DONE, "j"),
            ("x", Port::ERROR, "j"),
        ];

        assert!(matches!(
            lay(count(2), &edges).unwrap_err()[..],
            [Flaw::NeverFires { possible: 1, .. }]
        ));
    }

    #[test]
    fn what_stands_on_every_way_is_always_there() {
        let edges = [
            ("start", Port::OUT, "x"),
            ("x", Port::DONE, "b"),
            ("b", Port::YES, "y"),
            ("b", Port::NO, "z"),
            ("y", Port::DONE, "z"),
        ];
        let track = lay(Policy::All, &edges).unwrap();

        assert_eq!(reach(&track, "x", "z"), Reach::Always);
        assert_eq!(reach(&track, "b", "z"), Reach::Always);
        assert_eq!(reach(&track, "y", "z"), Reach::Sometimes);
        assert_eq!(reach(&track, "z", "y"), Reach::Never);
    }

    #[test]
    fn behind_its_error_port_a_node_may_have_no_output() {
        let track = lay(
            Policy::All,
            &[
                ("start", Port::OUT, "x"),
                ("x", Port::DONE, "y"),
                ("x", Port::ERROR, "z"),
            ],
        )
        .unwrap();

        assert_eq!(reach(&track, "x", "y"), Reach::Always);
        assert_eq!(reach(&track, "x", "z"), Reach::Sometimes);
    }

    #[test]
    fn nothing_enters_a_loop_but_by_each() {
        let sound = [
            ("start", Port::OUT, "l"),
            ("l", Port::EACH, "x"),
            ("x", Port::DONE, "y"),
            ("l", Port::DONE, "z"),
        ];
        assert!(lay(Policy::All, &sound).is_ok());

        let mut entered = sound.to_vec();
        entered.push(("z", Port::DONE, "y"));
        entered.push(("x", Port::DONE, "z"));

        let of = "l".parse().unwrap();
        let flaws = lay(Policy::All, &entered).unwrap_err();
        assert!(flaws.contains(&Flaw::EntersLoop { edge: 3, of }), "{flaws:?}");
    }

    #[test]
    fn a_cycle_is_named_whole() {
        let edges = [
            ("start", Port::OUT, "x"),
            ("x", Port::DONE, "y"),
            ("y", Port::DONE, "z"),
            ("z", Port::DONE, "x"),
        ];

        let flaws = lay(Policy::All, &edges).unwrap_err();

        assert_eq!(
            flaws,
            [Flaw::Cycle(["x", "y", "z"].map(|key| key.parse().unwrap()).to_vec())]
        );
    }
}
