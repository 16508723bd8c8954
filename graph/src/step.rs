//! Where a run is: a step is a node in a scope, the path of loop items that lead to it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::key::{NodeKey, NotAKey};

/// One execution of a node in a run. Written `mail`, or within loops `outer[0]/inner[3]/mail`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StepId {
    /// The loop items around it.
    pub scope: Scope,
    pub node: NodeKey,
}

/// The items that a step stands in, the outermost loop first. Empty outside of loops.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(Vec<Item>);

/// One item of one loop, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Item {
    pub node: NodeKey,
    pub index: u32,
}

impl Scope {
    /// The items, the outermost loop's first.
    pub fn items(&self) -> &[Item] {
        &self.0
    }

    /// The scope of one item of a loop that stands in this scope.
    pub fn within(&self, node: NodeKey, index: u32) -> Scope {
        let mut items = self.0.clone();
        items.push(Item { node, index });
        Scope(items)
    }

    /// The scope around this one, and the item that leads here; none at the run's own level.
    pub fn split(mut self) -> Option<(Scope, Item)> {
        let item = self.0.pop()?;
        Some((self, item))
    }

    /// A node's step in this scope.
    pub fn step(&self, node: NodeKey) -> StepId {
        StepId {
            scope: self.clone(),
            node,
        }
    }
}

/// The beginning of the names of its steps.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|item| write!(f, "{}[{}]/", item.node, item.index))
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.scope, self.node)
    }
}

impl FromStr for StepId {
    type Err = NotAStep;

    fn from_str(text: &str) -> Result<Self, NotAStep> {
        let mut parts: Vec<&str> = text.split('/').collect();
        let node = parts.pop().unwrap_or_default().parse()?;
        let items = parts.into_iter().map(item).collect::<Result<_, _>>()?;
        Ok(StepId {
            scope: Scope(items),
            node,
        })
    }
}

fn item(text: &str) -> Result<Item, NotAStep> {
    let malformed = || NotAStep::Item(text.into());
    let (node, rest) = text.split_once('[').ok_or_else(malformed)?;
    let index = rest
        .strip_suffix(']')
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(malformed)?;
    Ok(Item {
        node: node.parse()?,
        index,
    })
}

impl TryFrom<String> for StepId {
    type Error = NotAStep;

    fn try_from(text: String) -> Result<Self, NotAStep> {
        text.parse()
    }
}

impl From<StepId> for String {
    fn from(step: StepId) -> Self {
        step.to_string()
    }
}

/// A text that names no step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAStep {
    #[error(transparent)]
    Key(#[from] NotAKey),
    #[error("`{0}` is not a loop's item, such as `each[3]`")]
    Item(String),
}
