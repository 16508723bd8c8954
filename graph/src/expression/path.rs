//! What an expression reads, as a path of names.

use std::fmt;
use std::sync::Arc;

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
