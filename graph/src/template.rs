//! Texts with expressions in them: `{{ }}`, `{% if %}`, `{% for %}`. What a value says is never read as template.

use std::sync::Arc;

use crate::expression::{Bindings, Budget, Diagnostic, Fault, Path, TypeScope};
use crate::value::{Type, Value};

/// Where the text goes, which decides how values are written into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// Plain text: as it is.
    None,
    /// HTML text and quoted attributes.
    Html,
    /// A component of a URL: a path segment or a query value.
    Url,
    /// Inside of a JSON string.
    Json,
    /// A header of a message: a line break or NUL is refused.
    Header,
}

/// A parsed and checked template. Immutable; cloning shares it.
#[derive(Clone, Debug)]
pub struct Template {
    source: Arc<str>,
}

impl Template {
    /// Parses a template and checks its expressions.
    ///
    /// # Errors
    /// What is wrong with it, each with its place in the template's source.
    pub fn compile(source: &str, scope: &TypeScope, escape: Escape) -> Result<Template, Vec<Diagnostic>> {
        let _ = (source, scope, escape);
        todo!()
    }

    /// The text it was written as.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The type of `value`: the expression's where the template is exactly one, else text.
    pub fn ty(&self) -> &Type {
        todo!()
    }

    /// What it reads, each path once.
    pub fn paths(&self) -> Vec<Path> {
        todo!()
    }

    /// The text, with values written into it.
    ///
    /// # Errors
    /// Why an expression in it has no value, or a value can't stand where it is.
    pub fn render(&self, bindings: &dyn Bindings, budget: &mut Budget) -> Result<String, Fault> {
        let _ = (bindings, budget);
        todo!()
    }

    /// The expression's own value where the template is exactly one `{{ }}`, else the rendered text.
    ///
    /// # Errors
    /// As `render`.
    pub fn value(&self, bindings: &dyn Bindings, budget: &mut Budget) -> Result<Value, Fault> {
        let _ = (bindings, budget);
        todo!()
    }
}
