//! Texts with expressions in them: `{{ }}`, `{% if %}`, `{% for %}`. What a value says is never read as template.

mod escape;
mod parse;
mod render;

use std::sync::Arc;

use crate::expression::{Bindings, Budget, Diagnostic, Expression, Fault, Path, TypeScope};
use crate::value::{Type, Value};

pub use escape::Escape;

/// A parsed and checked template. Immutable; cloning shares it.
#[derive(Clone, Debug)]
pub struct Template(Arc<Parsed>);

#[derive(Debug)]
struct Parsed {
    source: Arc<str>,
    escape: Escape,
    segments: Vec<Segment>,
}

/// A piece of a template.
#[derive(Debug)]
enum Segment {
    Text(Arc<str>),
    Output(Expression),
    If {
        arms: Vec<(Expression, Vec<Segment>)>,
        otherwise: Vec<Segment>,
    },
    For {
        variables: Variables,
        items: Expression,
        body: Vec<Segment>,
    },
}

/// The names of a loop: the item's, or the position's (a map's key) and the item's.
#[derive(Debug)]
struct Variables {
    key: Option<Arc<str>>,
    item: Arc<str>,
}

impl Template {
    /// Parses a template and checks its expressions.
    ///
    /// # Errors
    /// What is wrong with it, each with its place in the template's source.
    pub fn compile(source: &str, scope: &TypeScope, escape: Escape) -> Result<Template, Vec<Diagnostic>> {
        let segments = parse::parse(source, scope, escape)?;
        Ok(Template(Arc::new(Parsed {
            source: source.into(),
            escape,
            segments,
        })))
    }

    /// The text it was written as.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The type of `value`: the expression's where the template is exactly one, else text.
    pub fn ty(&self) -> &Type {
        self.only().map_or(&Type::String, Expression::ty)
    }

    /// What it reads, each path once. The variables of its own loops are left out.
    pub fn paths(&self) -> Vec<Path> {
        let mut paths = Vec::new();
        collect(&self.0.segments, &mut Vec::new(), &mut paths);
        paths.sort();
        paths.dedup();
        paths
    }

    /// The text, with values written into it.
    ///
    /// # Errors
    /// Why an expression in it has no value, or a value can't stand where it is.
    pub fn render(&self, bindings: &dyn Bindings, budget: &mut Budget) -> Result<String, Fault> {
        render::render(&self.0.segments, self.0.escape, bindings, budget)
    }

    /// The expression's own value where the template is exactly one `{{ }}`, else the rendered text.
    ///
    /// # Errors
    /// As `render`.
    pub fn value(&self, bindings: &dyn Bindings, budget: &mut Budget) -> Result<Value, Fault> {
        match self.only() {
            Some(expression) => expression.evaluate(bindings, budget),
            None => self.render(bindings, budget).map(Value::from),
        }
    }

    /// Whether a variable is read in no other way than by putting one of its fields in: `{{ variable.field }}`.
    pub fn only_inserts(&self, variable: &str) -> bool {
        inserts(&self.0.segments, variable)
    }

    /// The expression, where there is nothing else.
    fn only(&self) -> Option<&Expression> {
        match &*self.0.segments {
            [Segment::Output(expression)] => Some(expression),
            _ => None,
        }
    }
}

fn collect<'t>(segments: &'t [Segment], loops: &mut Vec<&'t Variables>, paths: &mut Vec<Path>) {
    for segment in segments {
        match segment {
            Segment::Text(_) => {}
            Segment::Output(expression) => read(expression, loops, paths),
            Segment::If { arms, otherwise } => {
                for (condition, body) in arms {
                    read(condition, loops, paths);
                    collect(body, loops, paths);
                }
                collect(otherwise, loops, paths);
            }
            Segment::For { variables, items, body } => {
                read(items, loops, paths);
                loops.push(variables);
                collect(body, loops, paths);
                loops.pop();
            }
        }
    }
}

fn read(expression: &Expression, loops: &[&Variables], paths: &mut Vec<Path>) {
    let of_a_loop = |path: &&Path| {
        loops
            .iter()
            .any(|names| names.item == path.variable || names.key.as_ref() == Some(&path.variable))
    };
    paths.extend(expression.paths().iter().filter(|path| !of_a_loop(path)).cloned());
}

fn inserts(segments: &[Segment], variable: &str) -> bool {
    let untouched = |expression: &Expression| expression.paths().iter().all(|path| *path.variable != *variable);
    segments.iter().all(|segment| match segment {
        Segment::Text(_) => true,
        Segment::Output(expression) => untouched(expression) || is_field(expression.source(), variable),
        Segment::If { arms, otherwise } => {
            let arms = arms
                .iter()
                .all(|(condition, body)| untouched(condition) && inserts(body, variable));
            arms && inserts(otherwise, variable)
        }
        Segment::For { items, body, .. } => untouched(items) && inserts(body, variable),
    })
}

fn is_field(source: &str, variable: &str) -> bool {
    let field = source
        .trim()
        .strip_prefix(variable)
        .and_then(|rest| rest.strip_prefix('.'));
    let word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    field.is_some_and(|field| !field.is_empty() && word(field))
}

#[cfg(test)]
mod tests;
