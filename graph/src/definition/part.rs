//! The part of a drawing that leads to one node.

use std::collections::HashSet;

use super::Definition;
use crate::key::NodeKey;

impl Definition {
    /// The node with all that leads to it, and nothing else; none where there is no such node. What is behind the node or
    /// beside it may be half-drawn: it isn't there.
    #[must_use]
    pub fn up_to(&self, node: &NodeKey) -> Option<Definition> {
        self.node(node)?;
        let mut kept = HashSet::from([node.clone()]);
        loop {
            let leads = |edge: &&super::Edge| kept.contains(&edge.to) && !kept.contains(&edge.from);
            let more: Vec<_> = self.edges.iter().filter(leads).map(|edge| edge.from.clone()).collect();
            if more.is_empty() {
                break;
            }
            kept.extend(more);
        }
        let mut part = self.clone();
        part.nodes.retain(|other| kept.contains(&other.key));
        part.edges
            .retain(|edge| edge.from != *node && kept.contains(&edge.from) && kept.contains(&edge.to));
        Some(part)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_behind_a_node_or_beside_it_is_left_out() {
        let node = |key: &str, kind: &str| json!({ "key": key, "kind": kind });
        let definition = Definition::from_json(json!({
            "nodes": [node("start", "manual"), node("a", "set"), node("b", "set"), node("c", "set"), node("d", "set")],
            "edges": [{ "from": "start", "to": "a" }, { "from": "a", "to": "b" }, { "from": "start", "to": "b" },
                      { "from": "b", "to": "c" }, { "from": "start", "to": "d" }],
        }))
        .unwrap();

        let part = definition.up_to(&"b".parse().unwrap()).unwrap();

        let keys: Vec<_> = part.nodes.iter().map(|node| node.key.as_str()).collect();
        assert_eq!(keys, ["start", "a", "b"]);
        assert_eq!(part.edges.len(), 3);
        assert_eq!(definition.up_to(&"x".parse().unwrap()), None);
    }
}
