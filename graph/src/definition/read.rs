//! Reads definitions: bounds first, then older formats brought up to date, then the kinds.

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::{Common, Definition, Delivery, Edge, FORMAT, MAX_BYTES, Node, Position, RetryConfig, Settings};
use crate::{
    key::{NodeKey, Port},
    node::{Config, ReadConfig},
};

/// Why a JSON text is no definition.
#[derive(Debug, thiserror::Error)]
pub enum ReadDefinition {
    #[error("a definition has at most {MAX_BYTES} bytes")]
    TooLarge,
    #[error("a definition's JSON is malformed")]
    Malformed(#[source] serde_json::Error),
    #[error("definition format {0} is unknown; this version reads up to {FORMAT}")]
    UnknownFormat(u32),
    #[error("the config of node `{node}` cannot be read")]
    Config {
        node: NodeKey,
        #[source]
        source: ReadConfig,
    },
}

impl ReadDefinition {
    /// Stable, `UPPER_SNAKE`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "DEFINITION_TOO_LARGE",
            Self::Malformed(_) => "DEFINITION_MALFORMED",
            Self::UnknownFormat(_) => "DEFINITION_FORMAT_UNKNOWN",
            Self::Config { .. } => "CONFIG_MALFORMED",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(default = "current")]
    format: u32,
    #[serde(default)]
    nodes: Vec<WireNode>,
    #[serde(default)]
    edges: Vec<WireEdge>,
    #[serde(default)]
    settings: Settings,
}

fn current() -> u32 {
    FORMAT
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WireNode {
    key: NodeKey,
    kind: String,
    #[serde(default)]
    config: Map<String, Json>,
    #[serde(default = "first")]
    config_version: u32,
    name: Option<String>,
    position: Option<Position>,
    #[serde(default)]
    disabled: bool,
    retry: Option<RetryConfig>,
    timeout: Option<String>,
    delivery: Option<Delivery>,
}

fn first() -> u32 {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEdge {
    id: Option<String>,
    from: NodeKey,
    port: Option<Port>,
    to: NodeKey,
}

impl Definition {
    /// Reads the wire's or a file's form. A file says its format, the wire speaks the present one.
    ///
    /// # Errors
    /// [`ReadDefinition`] where the text is too large, not of this shape, or of a later format.
    pub fn read(text: &str) -> Result<Definition, ReadDefinition> {
        if text.len() > MAX_BYTES {
            return Err(ReadDefinition::TooLarge);
        }
        Self::from_json(serde_json::from_str(text).map_err(ReadDefinition::Malformed)?)
    }

    /// As [`Definition::read`], from JSON whose size is already bounded.
    ///
    /// # Errors
    /// As [`Definition::read`].
    pub fn from_json(json: Json) -> Result<Definition, ReadDefinition> {
        let wire: Wire = serde_json::from_value(json).map_err(ReadDefinition::Malformed)?;
        if wire.format != FORMAT {
            return Err(ReadDefinition::UnknownFormat(wire.format));
        }
        let nodes = wire.nodes.into_iter().map(node).collect::<Result<_, _>>()?;
        Ok(Definition {
            nodes,
            edges: wire.edges.into_iter().map(edge).collect(),
            settings: wire.settings,
        })
    }
}

fn node(wire: WireNode) -> Result<Node, ReadDefinition> {
    let WireNode {
        key,
        kind,
        config,
        config_version,
        name,
        position,
        ..
    } = wire;
    let common = Common {
        disabled: wire.disabled,
        retry: wire.retry,
        timeout: wire.timeout,
        delivery: wire.delivery,
    };
    match Config::read(&kind, config_version, config) {
        Ok((config, unknown)) => Ok(Node {
            key,
            config,
            unknown,
            name,
            position,
            common,
        }),
        Err(source) => Err(ReadDefinition::Config { node: key, source }),
    }
}

/// An edge without an id is named after its ends, so that reading twice gives the same ids.
fn edge(WireEdge { id, from, port, to }: WireEdge) -> Edge {
    let id = id.unwrap_or_else(|| format!("{from}:{}:{to}", port.as_ref().map_or("", Port::as_str)));
    Edge { id, from, port, to }
}
