//! Finds webhooks of one workflow that listen at one path. That no two workflows do is the installation's to see.

use std::collections::HashSet;

use super::{Code, Problem};
use crate::{definition::Definition, node::Config};

pub(super) fn doubled(definition: &Definition) -> Vec<Problem> {
    let mut seen = HashSet::new();
    let paths = definition.nodes.iter().filter_map(|node| match &node.config {
        Config::Webhook(webhook) => Some((&node.key, webhook.path.as_deref()?)),
        _ => None,
    });
    let again = paths.filter(|(_, path)| !seen.insert(*path));
    let problem = |(node, path): (_, &str)| {
        let message = format!("two webhooks have the path `{path}`");
        Problem::error(Code::DuplicatePath, message).at(node).field("path")
    };
    again.map(problem).collect()
}
