//! The file of an n8n workflow as it is written. Lenient where exports of different ages differ; says nothing of meaning.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::definition::Position;

/// The type of connection that moves data; all others supply parts.
pub(super) const MAIN: &str = "main";

/// One workflow.
pub(super) struct File {
    pub name: Option<String>,
    /// IANA name; none where the instance's own was meant.
    pub time_zone: Option<String>,
    pub nodes: Vec<Node>,
    pub links: Vec<Link>,
}

/// One node.
pub(super) struct Node {
    pub name: String,
    /// As `n8n-nodes-base.httpRequest`.
    pub kind: String,
    pub version: f64,
    pub parameters: Map<String, Json>,
    pub position: Option<Position>,
    pub settings: Settings,
    /// All of it, as it was written.
    pub json: Json,
}

/// What all nodes share.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Settings {
    pub disabled: bool,
    pub retry_on_fail: bool,
    pub max_tries: Option<u32>,
    /// Milliseconds.
    pub wait_between_tries: Option<u32>,
    pub on_error: Option<String>,
    pub continue_on_fail: bool,
    pub execute_once: bool,
    pub always_output_data: bool,
    pub notes: Option<String>,
    pub credentials: Option<Json>,
}

/// One connection.
pub(super) struct Link {
    pub from: String,
    pub kind: String,
    pub output: usize,
    pub to: String,
    pub input: usize,
}

#[derive(Deserialize)]
struct WireFile {
    name: Option<String>,
    nodes: Vec<Json>,
    #[serde(default)]
    connections: IndexMap<String, IndexMap<String, Option<Vec<Outputs>>>>,
    settings: Option<WireSettings>,
}

/// Where one output leads.
type Outputs = Option<Vec<Option<Target>>>;

#[derive(Deserialize)]
struct WireSettings {
    timezone: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireNode {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default = "first")]
    type_version: f64,
    #[serde(default)]
    parameters: Map<String, Json>,
    #[serde(default)]
    position: Json,
    #[serde(flatten)]
    settings: Settings,
}

fn first() -> f64 {
    1.0
}

#[derive(Deserialize)]
struct Target {
    node: String,
    #[serde(default)]
    index: usize,
}

impl File {
    /// Reads one workflow.
    ///
    /// # Errors
    /// Where it has another shape.
    pub(super) fn read(json: Json) -> Result<Self, serde_json::Error> {
        let wire: WireFile = serde_json::from_value(json)?;
        let zone = wire.settings.and_then(|settings| settings.timezone);
        Ok(Self {
            name: wire.name,
            time_zone: zone.filter(|zone| zone.parse::<chrono_tz::Tz>().is_ok()),
            nodes: wire.nodes.into_iter().map(Node::read).collect::<Result<_, _>>()?,
            links: wire.connections.into_iter().flat_map(links).collect(),
        })
    }
}

impl Node {
    fn read(json: Json) -> Result<Self, serde_json::Error> {
        let wire: WireNode = serde_json::from_value(json.clone())?;
        Ok(Self {
            name: wire.name,
            kind: wire.kind,
            version: wire.type_version,
            parameters: wire.parameters,
            position: position(&wire.position),
            settings: wire.settings,
            json,
        })
    }

    /// Its type without the package that it comes from.
    pub(super) fn short_kind(&self) -> &str {
        self.kind.rsplit_once('.').map_or(&*self.kind, |(_, name)| name)
    }

    /// Whether it comes with n8n itself and not from the package of its language models.
    pub(super) fn is_basic(&self) -> bool {
        self.kind.starts_with("n8n-nodes-base.")
    }

    /// A parameter by the names of its path.
    pub(super) fn parameter(&self, path: &[&str]) -> Option<&Json> {
        let (first, rest) = path.split_first()?;
        let found = rest
            .iter()
            .try_fold(self.parameters.get(*first)?, |json, name| json.get(name))?;
        (!found.is_null()).then_some(found)
    }

    /// A parameter that is a text and no expression.
    pub(super) fn text(&self, path: &[&str]) -> Option<&str> {
        self.parameter(path)?.as_str().filter(|text| !text.starts_with('='))
    }

    /// A parameter that is a yes or no.
    pub(super) fn flag(&self, path: &[&str]) -> bool {
        self.parameter(path).and_then(Json::as_bool).unwrap_or_default()
    }

    /// The items of a parameter that is a list.
    pub(super) fn list(&self, path: &[&str]) -> &[Json] {
        self.parameter(path).and_then(Json::as_array).map_or(&[], Vec::as_slice)
    }
}

fn position(json: &Json) -> Option<Position> {
    Some(Position {
        x: json.get(0)?.as_f64()?,
        y: json.get(1)?.as_f64()?,
    })
}

fn links((from, kinds): (String, IndexMap<String, Option<Vec<Outputs>>>)) -> Vec<Link> {
    let mut links = Vec::new();
    for (kind, outputs) in kinds {
        for (output, targets) in outputs.into_iter().flatten().enumerate() {
            links.extend(targets.into_iter().flatten().flatten().map(|target| Link {
                from: from.clone(),
                kind: kind.clone(),
                output,
                to: target.node,
                input: target.index,
            }));
        }
    }
    links
}
