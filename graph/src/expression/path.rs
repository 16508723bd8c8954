//! What an expression reads, as a path of names.

use std::fmt;
use std::sync::Arc;

use super::node::{Kind, Node};
use crate::value::Value;

/// A variable and the fields read from it, such as `record.owner.email`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    /// The variable.
    pub variable: Arc<str>,
    /// The fields, outermost first.
    pub fields: Vec<Arc<str>>,
}

impl Path {
    /// Whether the other path is this one or continues it.
    pub fn begins(&self, longer: &Path) -> bool {
        self.variable == longer.variable && longer.fields.starts_with(&self.fields)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.variable)?;
        self.fields.iter().try_for_each(|field| write!(f, ".{field}"))
    }
}

/// The paths that a tree reads, each once and at its longest.
pub(crate) fn read_by(root: &Node) -> Vec<Path> {
    let mut paths = Vec::new();
    collect(root, &mut paths);
    paths.sort();
    paths.dedup();
    paths
}

fn collect(node: &Node, paths: &mut Vec<Path>) {
    match of(node) {
        Some(path) => paths.push(path),
        None => node.children().into_iter().for_each(|child| collect(child, paths)),
    }
}

/// The path that a part is, if it is one.
fn of(node: &Node) -> Option<Path> {
    let (operand, field) = match &node.kind {
        Kind::Variable(name) => {
            return Some(Path {
                variable: name.clone(),
                fields: Vec::new(),
            });
        }
        Kind::Select(select) | Kind::Has(select) => (&select.operand, &select.field),
        Kind::Index { operand, key, .. } => match &key.kind {
            Kind::Literal(Value::String(field)) => (&**operand, field),
            _ => return None,
        },
        _ => return None,
    };
    let mut path = of(operand)?;
    path.fields.push(field.clone());
    Some(path)
}
