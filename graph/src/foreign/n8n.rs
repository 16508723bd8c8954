//! Workflows of n8n: read, mapped node by node, and accounted for.
//!
//! n8n hands items from node to node and runs a node for each; ours runs a node once and reads what earlier steps came to.
//! What that makes different, and what has no counterpart, stands in the report.

mod cel;
mod condition;
mod data;
mod edges;
mod file;
mod flow;
mod keys;
mod map;
mod script;
mod shape;
mod texts;
mod translate;

use serde_json::{Value as Json, json};

use super::report::{NodeFate, NodeLine, Remark, RemarkCode, Report};
use crate::{
    catalogue,
    definition::{Common, Definition, MAX_BYTES, MAX_NODES, Node, Settings},
    key::NodeKey,
    node::Config,
};
use file::File;
use flow::Flow;
use map::Mapped;
use shape::{Role, Shape};
use texts::Texts;
use translate::Scope;

/// The most bytes of a file: it may hold several workflows, and notes that are left out.
pub const MAX_FILE_BYTES: usize = 8 * MAX_BYTES;

/// One workflow of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// What it was called.
    pub name: Option<String>,
    /// IANA name; none where the file doesn't say, or says one that nobody knows.
    pub time_zone: Option<String>,
    /// Our draft of it, which may have problems.
    pub definition: Definition,
    /// What became of each node and edge.
    pub report: Report,
}

/// Why a text holds no workflow.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("a file has at most {MAX_FILE_BYTES} bytes, and a workflow of ours at most {MAX_BYTES}")]
    TooLarge,
    #[error("a workflow has at most {MAX_NODES} nodes, this one has {0}")]
    TooManyNodes(usize),
    #[error("this is no workflow of n8n")]
    Malformed(#[source] serde_json::Error),
}

impl Unreadable {
    /// Stable, `UPPER_SNAKE`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "FILE_TOO_LARGE",
            Self::TooManyNodes(_) => "TOO_MANY_NODES",
            Self::Malformed(_) => "FILE_MALFORMED",
        }
    }
}

/// Reads the workflows of a file: one, or a list as n8n's own export of all writes it.
///
/// # Errors
/// Where the text is too large or not of n8n's shape. A node that nobody knows is no error.
pub fn import(text: &str) -> Result<Vec<Imported>, Unreadable> {
    if text.len() > MAX_FILE_BYTES {
        return Err(Unreadable::TooLarge);
    }
    let workflows = match serde_json::from_str(text).map_err(Unreadable::Malformed)? {
        Json::Array(workflows) => workflows,
        workflow => vec![workflow],
    };
    workflows.into_iter().map(one).collect()
}

fn one(json: Json) -> Result<Imported, Unreadable> {
    let file = File::read(json).map_err(Unreadable::Malformed)?;
    let count = file.nodes.iter().filter(|node| !shape::is_note(node)).count();
    if count > MAX_NODES {
        return Err(Unreadable::TooManyNodes(count));
    }
    let imported = Import::new(&file).finish();
    match imported.definition.to_json().to_string().len() > MAX_BYTES {
        true => Err(Unreadable::TooLarge),
        false => Ok(imported),
    }
}

/// One workflow on its way.
struct Import<'f> {
    file: &'f File,
    shape: Shape,
    /// By place; none for notes and parts.
    keys: Vec<Option<NodeKey>>,
    flow: Flow,
    /// By place; none for placeholders, notes and parts.
    mapped: Vec<Option<Mapped>>,
    remarks: Vec<Vec<Remark>>,
}

impl<'f> Import<'f> {
    fn new(file: &'f File) -> Self {
        let shape = Shape::of(file);
        let places = 0..file.nodes.len();
        let wholes: Vec<_> = places.filter(|place| shape.role(*place) == Role::Whole).collect();
        let names = wholes
            .iter()
            .filter_map(|place| file.nodes.get(*place))
            .map(|node| node.name.as_str());
        let mut keys = vec![None; file.nodes.len()];
        for (place, key) in wholes.iter().zip(keys::keys(names)) {
            if let Some(slot) = keys.get_mut(*place) {
                *slot = Some(key);
            }
        }
        let flow = Flow::of(file, &shape, &keys);
        let mut import = Self {
            file,
            shape,
            keys,
            flow,
            mapped: Vec::new(),
            remarks: Vec::new(),
        };
        for (place, node) in file.nodes.iter().enumerate() {
            let (mapped, remarks) = import.map(place, node);
            import.mapped.push(mapped);
            import.remarks.push(remarks);
        }
        import
    }

    fn map(&self, place: usize, node: &file::Node) -> (Option<Mapped>, Vec<Remark>) {
        let note = |text: Option<&str>| text.filter(|text| !text.trim().is_empty()).map(remark_of_note);
        if self.shape.role(place) == Role::Note {
            return (None, note(node.text(&["content"])).into_iter().collect());
        }
        let own_note = note(node.settings.notes.as_deref());
        let named = |name: &str| self.flow.of_node(&self.shape, name, place);
        let mut texts = Texts::new(Scope {
            here: self.flow.arriving_at(place),
            named: &named,
        });
        // What is supplied by other nodes is none of our kinds, whatever it is called.
        let is_whole = self.shape.role(place) == Role::Whole && !self.shape.is_supplied(place);
        let mapped = is_whole.then(|| map::map(node, &mut texts)).flatten().filter(reads);
        let remarks = if mapped.is_some() { texts.remarks } else { Vec::new() };
        (mapped, own_note.into_iter().chain(remarks).collect())
    }

    fn finish(mut self) -> Imported {
        let drawn = edges::draw(self.file, &self.shape, &self.keys, &self.mapped);
        for (place, sources) in drawn.sources.iter().enumerate() {
            let is_step = self
                .mapped
                .get(place)
                .and_then(Option::as_ref)
                .is_some_and(|mapped| mapped.kind != "join");
            if let Some(remarks) = self.remarks.get_mut(place).filter(|_| is_step && sources.len() > 1) {
                remarks.push(remark_of_inputs(sources.len()));
            }
        }
        let lines = self
            .file
            .nodes
            .iter()
            .enumerate()
            .map(|(place, node)| self.line(place, node))
            .collect();
        let nodes = self
            .file
            .nodes
            .iter()
            .enumerate()
            .filter_map(|(place, node)| self.node(place, node))
            .collect();
        let report = Report::new(lines, drawn.lines, drawn.edges.len());
        Imported {
            name: self.file.name.clone().filter(|name| !name.trim().is_empty()),
            time_zone: self.file.time_zone.clone(),
            definition: Definition {
                settings: Settings::default(),
                nodes,
                edges: drawn.edges,
            },
            report,
        }
    }

    fn key(&self, place: usize) -> Option<&NodeKey> {
        self.keys.get(place)?.as_ref()
    }

    fn mapped(&self, place: usize) -> Option<&Mapped> {
        self.mapped.get(place)?.as_ref()
    }

    fn line(&self, place: usize, node: &file::Node) -> NodeLine {
        let (fate, key) = match self.shape.role(place) {
            Role::Note => (NodeFate::Note, None),
            Role::PartOf(host) => (NodeFate::Part, self.key(host)),
            Role::Whole if self.mapped(place).is_some() => (NodeFate::Mapped, self.key(place)),
            Role::Whole => (NodeFate::Placeholder, self.key(place)),
        };
        NodeLine {
            name: node.name.clone(),
            kind: node.kind.clone(),
            fate,
            key: key.cloned(),
            remarks: self.remarks.get(place).cloned().unwrap_or_default(),
        }
    }

    fn node(&self, place: usize, node: &file::Node) -> Option<Node> {
        let key = self.key(place)?.clone();
        let (config, unknown, common) = match self.mapped(place) {
            Some(mapped) => {
                let (config, unknown) = config(mapped)?;
                (config, unknown, mapped.common.clone())
            }
            None => {
                let disabled = Common {
                    disabled: true,
                    ..Common::default()
                };
                (self.placeholder(place, node), serde_json::Map::new(), disabled)
            }
        };
        Some(Node {
            key,
            config,
            unknown,
            name: Some(node.name.clone()).filter(|name| !name.is_empty()),
            position: node.position,
            common,
        })
    }

    /// The node as it was, with its parts and what they are to it.
    fn placeholder(&self, place: usize, node: &file::Node) -> Config {
        let parts = self.shape.parts(place);
        let mut config = serde_json::Map::from_iter([("node".to_owned(), node.json.clone())]);
        if self.shape.is_supplied(place) {
            let originals = parts
                .iter()
                .filter_map(|part| self.file.nodes.get(*part))
                .map(|part| part.json.clone());
            let links = self.file.links.iter().filter(|link| {
                let to = self.shape.ends(link).map(|(_, to)| self.shape.host(to));
                link.kind != file::MAIN && to == Some(place)
            });
            let links = links.map(|link| json!({ "type": link.kind, "from": link.from, "to": link.to }));
            config.insert("parts".to_owned(), originals.collect());
            config.insert("connections".to_owned(), links.collect());
        }
        let foreign = catalogue::find(&node.kind).is_none();
        Config::Unknown {
            kind: if foreign {
                node.kind.clone()
            } else {
                format!("n8n.{}", node.kind)
            },
            version: 1,
            config,
        }
    }
}

/// Whether our kind takes the config that was made for it.
fn reads(mapped: &Mapped) -> bool {
    config(mapped).is_some()
}

fn config(mapped: &Mapped) -> Option<(Config, serde_json::Map<String, Json>)> {
    let version = catalogue::find(mapped.kind).map_or(1, |kind| kind.version);
    let given = mapped.config.iter().filter(|(_, value)| !value.is_null());
    let given = given.map(|(name, value)| (name.clone(), value.clone()));
    Config::read(mapped.kind, version, given.collect()).ok()
}

fn remark_of_note(text: &str) -> Remark {
    Remark {
        code: RemarkCode::Note,
        field: None,
        message: text.to_owned(),
    }
}

fn remark_of_inputs(count: usize) -> Remark {
    Remark {
        code: RemarkCode::SeveralInputs,
        field: None,
        message: format!("{count} nodes lead to it: it ran for each of them, ours runs once, when all are through"),
    }
}
