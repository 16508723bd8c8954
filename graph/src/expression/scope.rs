//! The variables that an expression may read, with their types.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::value::{ObjectType, Schema, Type};

/// The variables in scope, and the schema that resolves references.
#[derive(Clone)]
pub struct TypeScope {
    variables: IndexMap<Arc<str>, Type>,
    schema: Arc<dyn Schema>,
    container: Arc<str>,
}

impl TypeScope {
    /// A scope without variables.
    pub fn new(schema: Arc<dyn Schema>) -> TypeScope {
        TypeScope {
            variables: IndexMap::new(),
            schema,
            container: Arc::from(""),
        }
    }

    /// The same scope with one more variable; one of the same name is replaced.
    #[must_use]
    pub fn with(mut self, name: &str, ty: Type) -> TypeScope {
        self.variables.insert(name.into(), ty);
        self
    }

    /// The same scope inside of a namespace, whose names need no prefix (cel-spec, name resolution).
    #[must_use]
    pub fn in_container(mut self, container: &str) -> TypeScope {
        self.container = container.into();
        self
    }

    /// The type of a variable.
    pub fn variable(&self, name: &str) -> Option<&Type> {
        self.variables.get(name)
    }

    /// The names of the variables.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(|name| &**name)
    }

    /// An object of the schema.
    pub fn object(&self, name: &str) -> Option<Arc<ObjectType>> {
        self.schema.object(name)
    }

    /// The full names that a name may stand for, the most specific first; a leading dot leaves the container.
    pub(crate) fn candidates(&self, name: &str) -> Vec<String> {
        if let Some(absolute) = name.strip_prefix('.') {
            return vec![absolute.to_owned()];
        }
        let mut prefix = &*self.container;
        let mut names = Vec::new();
        while !prefix.is_empty() {
            names.push(format!("{prefix}.{name}"));
            prefix = prefix.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
        names.push(name.to_owned());
        names
    }
}

impl fmt::Debug for TypeScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypeScope")
            .field("variables", &self.variables)
            .finish_non_exhaustive()
    }
}

/// A scope without variables and objects: for what is about nothing but itself.
impl Default for TypeScope {
    fn default() -> Self {
        TypeScope::new(Arc::new(NoObjects))
    }
}

struct NoObjects;

impl Schema for NoObjects {
    fn object(&self, _: &str) -> Option<Arc<ObjectType>> {
        None
    }

    fn object_names(&self) -> Vec<Arc<str>> {
        Vec::new()
    }
}
