//! Reads `{% for %}`: its variables, what it goes through, and the scope of its body.

use std::sync::Arc;

use super::super::{Segment, Variables};
use super::{Parser, Tag};
use crate::expression::{Code, Expression, TypeScope};
use crate::value::Type;

impl<'a> Parser<'a> {
    /// From `{% for %}` to its `{% endfor %}`.
    pub(super) fn repetition(&mut self, opening: &Tag<'a>, scope: &TypeScope, depth: usize) -> Option<Segment> {
        let (variables, items) = self.header(opening, scope).unzip();
        let items = items.flatten();
        let inner = match &variables {
            Some(variables) => self.inside(variables, items.as_ref(), opening, scope),
            None => scope.clone(),
        };
        let (body, end) = self.block(&inner, depth);
        match end {
            Some(tag) if tag.name == "endfor" => Some(Segment::For {
                variables: variables?,
                items: items?,
                body,
            }),
            other => self.unclosed(other, opening.span.clone(), "for", "endfor"),
        }
    }

    /// `x in list`, or `key, x in map`; without the list where that has a problem of its own.
    fn header(&mut self, tag: &Tag<'a>, scope: &TypeScope) -> Option<(Variables, Option<Expression>)> {
        let Some((names, items)) = tag.rest.split_once(" in ") else {
            self.problem(
                Code::InvalidTag,
                tag.span.clone(),
                "write `{% for x in list %}` or `{% for key, x in map %}`",
            );
            return None;
        };
        let start = tag.start + names.len() + " in ".len();
        let names: Vec<&str> = names.split(',').map(str::trim).collect();
        let is_name = |name: &&str| {
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let variables = match &*names {
            [item] if is_name(item) => Variables {
                key: None,
                item: Arc::from(*item),
            },
            [key, item] if is_name(key) && is_name(item) => Variables {
                key: Some(Arc::from(*key)),
                item: Arc::from(*item),
            },
            _ => {
                self.problem(
                    Code::InvalidTag,
                    tag.span.clone(),
                    format!("`{}` is no name for a variable", names.join(", ")),
                );
                return None;
            }
        };
        Some((variables, self.expression(items, start, scope, Expression::compile)))
    }

    /// The scope of a loop's body.
    fn inside(
        &mut self,
        variables: &Variables,
        items: Option<&Expression>,
        tag: &Tag<'a>,
        scope: &TypeScope,
    ) -> TypeScope {
        let (key, item) = match items.map_or(&Type::Dyn, Expression::ty).without_null() {
            Type::List(item) => (Type::Int, (**item).clone()),
            Type::Map(key, value) => (
                (**key).clone(),
                if variables.key.is_some() {
                    (**value).clone()
                } else {
                    (**key).clone()
                },
            ),
            Type::Dyn => (Type::Dyn, Type::Dyn),
            other => {
                self.problem(
                    Code::NotAList,
                    tag.span.clone(),
                    format!("`for` goes through a list or a map, not through {other}"),
                );
                (Type::Dyn, Type::Dyn)
            }
        };
        let scope = scope.clone().with(&variables.item, item);
        match &variables.key {
            Some(name) => scope.with(name, key),
            None => scope,
        }
    }
}
