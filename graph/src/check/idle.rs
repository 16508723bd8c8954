//! Warns of what a drawing has in vain: outputs that nobody reads, joins that gather nothing, ways out that nothing leaves by.

use std::collections::{HashMap, HashSet};

use super::{Code, Problem};
use crate::{
    definition::{Definition, Edge, Node},
    expression::Path,
    key::NodeKey,
    node::{Config, Method},
};

/// What each node's texts read.
pub(super) type Reads = HashMap<NodeKey, Vec<Path>>;

pub(super) fn warnings(definition: &Definition, reads: &Reads) -> Vec<Problem> {
    let readers = Readers::of(reads);
    let nodes = definition.nodes.iter();
    let of_nodes = nodes.flat_map(|node| {
        let unread = (yields(&node.config) && !node.common.disabled && !readers.read(&node.key)).then(|| unread(node));
        let gathers = lonely_join(definition, node);
        let missed = missed(node, &readers);
        [unread, gathers, missed].into_iter().flatten()
    });
    let of_edges = definition.edges.iter().filter_map(|edge| never_taken(definition, edge));
    of_nodes.chain(of_edges).collect()
}

/// Who reads whose output.
struct Readers<'r> {
    of: HashMap<&'r str, Vec<&'r NodeKey>>,
    /// Somebody reads `steps` as a whole.
    all: bool,
}

impl<'r> Readers<'r> {
    fn of(reads: &'r Reads) -> Self {
        let mut readers = Self {
            of: HashMap::new(),
            all: false,
        };
        for (reader, path) in reads
            .iter()
            .flat_map(|(reader, paths)| paths.iter().map(move |path| (reader, path)))
        {
            match (&*path.variable, path.fields.first()) {
                ("steps", Some(step)) => readers.of.entry(step).or_default().push(reader),
                ("steps", None) => readers.all = true,
                (_, _) => {}
            }
        }
        readers
    }

    fn read(&self, node: &NodeKey) -> bool {
        self.all || self.of.contains_key(node.as_str())
    }
}

/// Whether a node is there for its output alone.
fn yields(config: &Config) -> bool {
    match config {
        Config::FindRecords(_) | Config::Set(_) => true,
        // Other methods do something, whatever they answer.
        Config::HttpRequest(request) => matches!(request.method, None | Some(Method::Get)),
        Config::RecordCreated(_) | Config::RecordUpdated(_) | Config::RecordDeleted(_) => false,
        Config::Manual(_) | Config::Schedule(_) | Config::DateReached(_) => false,
        Config::Webhook(_) | Config::MessageReceived(_) | Config::Called(_) => false,
        Config::ForEach(_) | Config::CallWorkflow(_) => false,
        Config::When(_) | Config::Switch(_) | Config::Join(_) | Config::Stop(_) => false,
        Config::Delay(_) | Config::WaitFor(_) => false,
        Config::CreateRecord(_) | Config::UpdateRecord(_) | Config::CreateTask(_) => false,
        Config::UpsertRecord(_) | Config::DeleteRecord(_) | Config::AddNote(_) => false,
        Config::Assign(_) | Config::Approval(_) | Config::Notify(_) | Config::EmitSignal(_) => false,
        Config::SendEmail(_) | Config::SendSms(_) => false,
        Config::Unknown { .. } => false,
    }
}

fn unread(node: &Node) -> Problem {
    let key = &node.key;
    let message = format!("nothing reads `steps.{key}.output`, and `{key}` is there for nothing else");
    Problem::warning(Code::UnusedOutput, message).at(key)
}

fn lonely_join(definition: &Definition, node: &Node) -> Option<Problem> {
    let Config::Join(_) = &node.config else { return None };
    let mut into = definition.edges.iter().filter(|edge| edge.to == node.key);
    let (Some(_), None) = (into.next(), into.next()) else {
        return None;
    };
    let message = format!(
        "only one way leads to the join `{}`: there is nothing to wait for",
        node.key
    );
    Some(Problem::warning(Code::JoinGathersNothing, message).at(&node.key))
}

/// A disabled node whose output others read: it is null.
fn missed(node: &Node, readers: &Readers<'_>) -> Option<Problem> {
    let of = readers.of.get(node.key.as_str()).filter(|_| node.common.disabled)?;
    let mut names: Vec<String> = of
        .iter()
        .map(|reader| format!("`{reader}`"))
        .collect::<HashSet<_>>()
        .into_iter()
        .collect();
    names.sort();
    let message = format!(
        "`{}` is disabled, so what {} reads of it is null",
        node.key,
        names.join(", ")
    );
    Some(
        Problem::warning(Code::DisabledButRead, message)
            .at(&node.key)
            .field("disabled"),
    )
}

/// A disabled node is left by its main port alone.
fn never_taken(definition: &Definition, edge: &Edge) -> Option<Problem> {
    let node = definition.node(&edge.from).filter(|node| node.common.disabled)?;
    let main = node.config.main_port()?;
    let port = definition.port(edge).filter(|port| *port != main)?;
    let message = format!("`{}` is disabled, so nothing leaves it by `{port}`", node.key);
    Some(Problem::warning(Code::NeverTaken, message).on(&edge.id))
}
