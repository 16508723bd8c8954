//! Rule 9 once more, written without looking at the reducer: from the results alone it recomputes where every step
//! stands, from scratch, each time it is asked.

use std::collections::BTreeMap;

use pointsman_graph::track::{OnError, Policy};

/// The items around a step, as (loop, item).
pub type Path = Vec<(usize, u32)>;
pub type Step = (Path, usize);

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Trigger,
    Action,
    Branch,
    Disabled,
    Join(Policy),
    Loop { concurrency: u32, on_error: OnError },
}

#[derive(Clone, Debug)]
pub struct Node {
    pub kind: Kind,
    /// The loop whose items it belongs to.
    pub home: Option<usize>,
}

#[derive(Clone, Debug)]
pub struct Edge {
    pub from: usize,
    pub port: &'static str,
    pub to: usize,
}

/// Nodes in an order in which every edge leads forward.
#[derive(Clone, Debug)]
pub struct Shape {
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Left(String),
    Failed,
    Items(u32),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    Open,
    Looping,
    Left(String),
    Passed,
    Fired,
    Skipped,
    Diverted,
    Failed,
    Closed,
}

/// The facts accepted so far.
#[derive(Clone, Debug)]
pub struct Model<'s> {
    pub shape: &'s Shape,
    pub trigger: usize,
    pub results: BTreeMap<Step, Outcome>,
    /// How many items of each loop were opened: the one thing that depends on the order of the facts.
    opened: BTreeMap<Step, u32>,
    /// The edges into each node, by their places: looked up, or a graph of 200 nodes would take seconds.
    into: Vec<Vec<usize>>,
}

pub struct Standing {
    pub steps: BTreeMap<Step, Status>,
    pub drained: bool,
    pub failed: bool,
}

impl<'s> Model<'s> {
    pub fn new(shape: &'s Shape, trigger: usize) -> Self {
        let mut model = Model {
            shape,
            trigger,
            results: BTreeMap::new(),
            opened: BTreeMap::new(),
            into: shape.nodes.iter().map(|_| Vec::new()).collect(),
        };
        for (place, edge) in shape.edges.iter().enumerate() {
            model.into[edge.to].push(place);
        }
        model
    }

    pub fn standing(&mut self) -> Standing {
        let mut standing = Standing {
            steps: BTreeMap::new(),
            drained: true,
            failed: false,
        };
        (standing.drained, standing.failed) = self.scope(&Vec::new(), None, &mut standing.steps);
        standing
    }

    /// Forgets the failures that neither an error port nor a loop handled.
    pub fn resume(&mut self) {
        let tolerates = |of: usize| {
            matches!(
                self.shape.nodes[of].kind,
                Kind::Loop {
                    on_error: OnError::Continue,
                    ..
                }
            )
        };
        let handled = |(path, node): &Step| {
            self.shape
                .edges
                .iter()
                .any(|edge| edge.from == *node && edge.port == "error")
                || path.iter().any(|(of, _)| tolerates(*of))
        };
        self.results
            .retain(|step, result| *result != Outcome::Failed || handled(step));
    }

    pub fn is_wired(&self, node: usize, port: &str) -> bool {
        self.shape
            .edges
            .iter()
            .any(|edge| edge.from == node && edge.port == port)
    }

    /// How many edges into a node are taken in one scope.
    pub fn taken(&self, path: &Path, node: usize, steps: &BTreeMap<Step, Status>) -> usize {
        let into = self.shape.edges.iter().filter(|edge| edge.to == node);
        let source = |edge: &&Edge| steps.get(&(path.clone(), edge.from));
        let home = self.shape.nodes[node].home;
        into.filter(|edge| Some(edge.from) == home || edge_taken(source(edge), edge.port) == Some(true))
            .count()
    }

    fn scope(&mut self, path: &Path, home: Option<usize>, steps: &mut BTreeMap<Step, Status>) -> (bool, bool) {
        let (mut drained, mut failed) = (true, false);
        for node in 0..self.shape.nodes.len() {
            if self.shape.nodes[node].home == home
                && let Some(status) = self.status(path, home, node, steps)
            {
                drained &= !matches!(status, Status::Open | Status::Looping);
                failed |= status == Status::Failed;
                steps.insert((path.clone(), node), status);
            }
        }
        (drained, failed)
    }

    fn status(
        &mut self,
        path: &Path,
        home: Option<usize>,
        node: usize,
        steps: &mut BTreeMap<Step, Status>,
    ) -> Option<Status> {
        let kind = self.shape.nodes[node].kind.clone();
        if kind == Kind::Trigger {
            return Some(if node == self.trigger {
                Status::Left("out".into())
            } else {
                Status::Skipped
            });
        }
        let into: Vec<Option<bool>> = self.into[node]
            .iter()
            .map(|place| &self.shape.edges[*place])
            .map(|edge| {
                if Some(edge.from) == home {
                    Some(true)
                } else {
                    edge_taken(steps.get(&(path.clone(), edge.from)), edge.port)
                }
            })
            .collect();
        let taken = into.iter().filter(|edge| **edge == Some(true)).count();
        let unresolved = into.iter().filter(|edge| edge.is_none()).count();
        match kind {
            Kind::Join(Policy::Any) if taken > 0 => return Some(Status::Fired),
            Kind::Join(Policy::Count(n)) if taken >= n.get() as usize => return Some(Status::Fired),
            Kind::Join(Policy::Count(n)) if taken + unresolved < n.get() as usize => return Some(Status::Skipped),
            _ if unresolved > 0 => return None,
            _ if taken == 0 => return Some(Status::Skipped),
            Kind::Join(_) => return Some(Status::Fired),
            Kind::Disabled => return Some(Status::Passed),
            _ => {}
        }
        let step = (path.clone(), node);
        Some(match (self.results.get(&step).cloned(), kind) {
            (None, _) => Status::Open,
            (Some(Outcome::Left(port)), _) => Status::Left(port),
            (Some(Outcome::Failed), _) if self.is_wired(node, "error") => Status::Diverted,
            (Some(Outcome::Failed), _) => Status::Failed,
            (Some(Outcome::Items(items)), Kind::Loop { concurrency, on_error }) => {
                self.rounds(&step, items, concurrency, on_error, steps)
            }
            (Some(Outcome::Items(_)), _) => unreachable!("only loops have items"),
        })
    }

    fn rounds(
        &mut self,
        step: &Step,
        items: u32,
        concurrency: u32,
        on_error: OnError,
        steps: &mut BTreeMap<Step, Status>,
    ) -> Status {
        loop {
            let opened = self.opened.get(step).copied().unwrap_or(0);
            let (mut active, mut failures) = (0, 0);
            for item in 0..opened {
                let mut path = step.0.clone();
                path.push((step.1, item));
                let (drained, failed) = self.scope(&path, Some(step.1), steps);
                active += u32::from(!drained);
                failures += u32::from(drained && failed);
            }
            let halted = failures > 0 && on_error == OnError::Stop;
            if !halted && opened < items && active < concurrency {
                self.opened.insert(step.clone(), opened + 1);
            } else if active > 0 {
                return Status::Looping;
            } else {
                return if halted { Status::Failed } else { Status::Closed };
            }
        }
    }
}

fn edge_taken(source: Option<&Status>, port: &str) -> Option<bool> {
    match source? {
        Status::Open | Status::Looping | Status::Failed => None,
        Status::Left(by) => Some(by == port),
        Status::Passed | Status::Closed => Some(port == "done"),
        Status::Fired => Some(port == "out"),
        Status::Diverted => Some(port == "error"),
        Status::Skipped => Some(false),
    }
}
