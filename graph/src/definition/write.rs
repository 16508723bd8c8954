//! Writes definitions, in the present format.

use serde_json::{Map, Value as Json, json};

use super::{Definition, Edge, FORMAT, Node};

impl Definition {
    /// The wire's form.
    pub fn to_json(&self) -> Json {
        let mut json = json!({ "nodes": self.nodes.iter().map(node).collect::<Vec<_>>(), "edges": self.edges.iter().map(edge).collect::<Vec<_>>() });
        if !self.settings.is_empty() {
            json["settings"] = serde_json::to_value(&self.settings).unwrap_or_default();
        }
        json
    }

    /// A file's form, which says its format.
    pub fn to_file(&self) -> Json {
        let mut file = Map::from_iter([("format".to_owned(), Json::from(FORMAT))]);
        if let Json::Object(wire) = self.to_json() {
            file.extend(wire);
        }
        Json::Object(file)
    }
}

fn node(node: &Node) -> Json {
    let mut json = Map::from_iter([
        ("key".to_owned(), Json::from(node.key.as_str())),
        ("kind".to_owned(), Json::from(node.config.kind())),
    ]);
    let mut config = node.config.to_json();
    config.extend(node.unknown.clone());
    json.insert("config".to_owned(), Json::Object(config));
    if node.config.version() != 1 {
        json.insert("configVersion".to_owned(), node.config.version().into());
    }
    json.extend(
        node.name
            .as_ref()
            .map(|name| ("name".to_owned(), Json::from(name.as_str()))),
    );
    json.extend(
        node.position
            .map(|at| ("position".to_owned(), json!({ "x": at.x, "y": at.y }))),
    );
    if let Ok(Json::Object(common)) = serde_json::to_value(&node.common) {
        json.extend(common);
    }
    Json::Object(json)
}

fn edge(edge: &Edge) -> Json {
    let mut json = json!({ "id": edge.id, "from": edge.from, "to": edge.to });
    if let Some(port) = &edge.port {
        json["port"] = port.as_str().into();
    }
    json
}
