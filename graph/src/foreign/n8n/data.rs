//! Where the data of a node stands in ours: n8n hands an item from node to node, ours reads what earlier steps came to.

use std::sync::Arc;

use super::cel;

/// What an item at some point of the graph is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    /// All of it stands at one path.
    At(Found),
    /// Some fields stand elsewhere; the others are those of what lies below, if they are handed on.
    Named {
        fields: Vec<(String, Found)>,
        whole: Option<Found>,
        below: Option<Arc<Data>>,
    },
}

/// A path of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub path: String,
    /// Whether a placeholder stands there, which gives nothing yet.
    pub pending: bool,
}

impl Found {
    pub(super) fn at(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            pending: false,
        }
    }

    /// A field of what stands there.
    pub(super) fn select(&self, name: &str) -> Self {
        Self {
            path: cel::select(&self.path, name),
            pending: self.pending,
        }
    }
}

impl Data {
    /// The whole item; none where it is put together from several places.
    pub(super) fn whole(&self) -> Option<Found> {
        match self {
            Self::At(found) => Some(found.clone()),
            Self::Named { whole, .. } => whole.clone(),
        }
    }

    /// A field of the item; none where nobody can tell where it stands.
    pub(super) fn field(&self, name: &str) -> Option<Found> {
        match self {
            Self::At(found) => Some(found.select(name)),
            Self::Named { fields, below, .. } => {
                let own = fields.iter().find(|(field, _)| field == name);
                own.map(|(_, found)| found.clone())
                    .or_else(|| below.as_ref()?.field(name))
            }
        }
    }
}
