//! The one language of conditions and templates: CEL, parsed by the `cel` crate, checked and evaluated here.
//!
//! Owns what an expression means. Never reads a clock, a file or the network: everything an expression can see comes
//! through `Bindings`, and everything it may spend is in its `Budget`.

mod bindings;
mod budget;
mod compile;
pub mod conformance;
mod constant;
mod diagnostic;
mod evaluate;
mod fault;
mod filter;
mod function;
mod node;
mod parse;
mod path;
mod pushdown;
mod scan;
mod scope;
mod trace;

use std::sync::Arc;

pub use bindings::{Bindings, Lookup, Variables};
pub use budget::Budget;
pub(crate) use diagnostic::closest;
pub use diagnostic::{Code, Diagnostic, Severity};
pub use fault::{Fault, Limit};
pub use filter::{Comparison, Filter};
pub use path::Path;
pub use scope::TypeScope;
pub use trace::{Outcome, Step, Trace};

use crate::value::{Type, Value};
use compile::{Check, Part};
use evaluate::Evaluation;
use node::Node;
use trace::Recording;

/// A parsed and checked expression. Immutable; cloning shares it.
#[derive(Clone, Debug)]
pub struct Expression(Arc<Checked>);

#[derive(Debug)]
struct Checked {
    source: Arc<str>,
    root: Node,
    paths: Vec<Path>,
    parts: Vec<Part>,
}

impl Expression {
    /// Parses and checks an expression against the variables in scope.
    ///
    /// # Errors
    /// What is wrong with it, each with its place in the source.
    pub fn compile(source: &str, scope: &TypeScope) -> Result<Expression, Vec<Diagnostic>> {
        Expression::checked(source, scope, Check::Types)
    }

    /// Parses and checks an expression that must be true or false.
    ///
    /// # Errors
    /// As `compile`; also where the expression's type is something else.
    pub fn compile_condition(source: &str, scope: &TypeScope) -> Result<Expression, Vec<Diagnostic>> {
        let expression = Expression::compile(source, scope)?;
        match expression.ty().without_null() {
            Type::Bool | Type::Dyn => Ok(expression),
            other => {
                let message = format!("a condition is true or false, this is {other}");
                Err(vec![Diagnostic::error(Code::NotACondition, 0..source.len(), message)])
            }
        }
    }

    fn checked(source: &str, scope: &TypeScope, check: Check) -> Result<Expression, Vec<Diagnostic>> {
        let compiled = compile::compile(source, scope, check)?;
        let paths = path::read_by(&compiled.root);
        Ok(Expression(Arc::new(Checked {
            source: source.into(),
            root: compiled.root,
            paths,
            parts: compiled.parts,
        })))
    }

    /// The text it was written as.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The type of its value, as far as the check can know it.
    pub fn ty(&self) -> &Type {
        &self.0.root.ty
    }

    /// What it reads, each path once and at its longest: `record.owner.email`.
    pub fn paths(&self) -> &[Path] {
        &self.0.paths
    }

    /// Its value.
    ///
    /// # Errors
    /// Why it has none; `Fault::Unloaded` asks for a record, to evaluate again once it is loaded.
    pub fn evaluate(&self, bindings: &dyn Bindings, budget: &mut Budget) -> Result<Value, Fault> {
        let value = Evaluation::new(bindings, budget, None).value(&self.0.root)?;
        budget.weigh(&value)?;
        Ok(value)
    }

    /// Whether the condition holds; an empty yes-or-no field counts as no.
    ///
    /// # Errors
    /// As `evaluate`; also where the value is neither true nor false.
    pub fn holds(&self, bindings: &dyn Bindings, budget: &mut Budget) -> Result<bool, Fault> {
        Evaluation::new(bindings, budget, None).truth(&self.0.root)
    }

    /// Its value together with that of each part: why a condition held or did not.
    pub fn trace(&self, bindings: &dyn Bindings, budget: &mut Budget) -> (Result<Value, Fault>, Trace) {
        let checked = &*self.0;
        let mut recording = Recording::new(&checked.parts);
        let result = Evaluation::new(bindings, budget, Some(&mut recording)).value(&checked.root);
        let result = result.and_then(|value| budget.weigh(&value).map(|()| value));
        (result, recording.trace(&checked.source, &checked.parts))
    }

    /// What the condition comes to whatever it reads; none where that depends, or can't be told.
    pub fn constant(&self) -> Option<bool> {
        constant::constant(&self.0.root, &self.0.source)
    }

    /// The condition on one variable's fields as a filter that a database can run, selecting exactly the records for
    /// which it holds. Parts that don't concern the candidate become constants. None where it has no exact translation.
    pub fn filter(&self, candidate: &str, bindings: &dyn Bindings, budget: &mut Budget) -> Option<Filter> {
        pushdown::filter(&self.0.root, candidate, bindings, budget)
    }
}

#[cfg(test)]
mod tests;
