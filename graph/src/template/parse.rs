//! Reads a template: text, `{{ expression }}`, `{% if %}` and `{% for %}`. The expressions are CEL and nothing else.

use std::ops::Range;
use std::sync::Arc;

use super::escape::{Escape, breaks_header};
use super::{Segment, Variables};
use crate::expression::{Code, Diagnostic, Expression, TypeScope};
use crate::value::Type;

/// The longest source, in bytes.
const MAX_SOURCE: usize = 64 * 1024;
/// How deep blocks may nest.
const MAX_NESTING: usize = 16;

/// Reads a whole template.
pub(super) fn parse(source: &str, scope: &TypeScope, escape: Escape) -> Result<Vec<Segment>, Vec<Diagnostic>> {
    if source.len() > MAX_SOURCE {
        let message = format!(
            "a template has at most {MAX_SOURCE} bytes, this one has {}",
            source.len()
        );
        return Err(vec![Diagnostic::error(Code::TooLong, 0..source.len(), message)]);
    }
    let mut parser = Parser {
        source,
        at: 0,
        escape,
        problems: Vec::new(),
    };
    let (segments, end) = parser.block(scope, 0);
    if let Some(tag) = end {
        parser.problem(
            Code::UnbalancedTemplate,
            tag.span,
            format!("`{}` closes nothing", tag.name),
        );
    }
    if parser.problems.is_empty() {
        Ok(segments)
    } else {
        Err(parser.problems)
    }
}

struct Parser<'a> {
    source: &'a str,
    at: usize,
    escape: Escape,
    problems: Vec<Diagnostic>,
}

/// A `{% name rest %}`.
struct Tag<'a> {
    name: &'a str,
    rest: &'a str,
    /// Where the rest begins in the source.
    start: usize,
    span: Range<usize>,
}

impl<'a> Parser<'a> {
    /// Reads until a tag that does not open a block: the end of this one, or a branch of it. None at the end of the source.
    fn block(&mut self, scope: &TypeScope, depth: usize) -> (Vec<Segment>, Option<Tag<'a>>) {
        let mut segments = Vec::new();
        loop {
            self.text(&mut segments);
            let rest = self.rest();
            if rest.is_empty() {
                return (segments, None);
            }
            if rest.starts_with("{{") {
                segments.extend(self.output(scope));
                continue;
            }
            let Some(tag) = self.tag() else { return (segments, None) };
            match tag.name {
                "if" | "for" if depth >= MAX_NESTING => {
                    self.problem(
                        Code::TooDeep,
                        tag.span,
                        format!("blocks nest at most {MAX_NESTING} deep"),
                    );
                    self.at = self.source.len();
                }
                "if" => segments.extend(self.conditional(tag, scope, depth + 1)),
                "for" => segments.extend(self.repetition(&tag, scope, depth + 1)),
                "elif" | "else" | "endif" | "endfor" => return (segments, Some(tag)),
                other => {
                    let problem = Diagnostic::error(Code::InvalidTag, tag.span, format!("unknown tag `{other}`"));
                    self.problems
                        .push(problem.suggest(other, ["if", "elif", "else", "endif", "for", "endfor"]));
                }
            }
        }
    }

    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    /// The text up to the next `{{` or `{%`.
    fn text(&mut self, segments: &mut Vec<Segment>) {
        let rest = self.rest();
        let length = [rest.find("{{"), rest.find("{%")]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(rest.len());
        let text = rest.get(..length).unwrap_or_default();
        if self.escape == Escape::Header && breaks_header(text) {
            self.problem(
                Code::UnsafeText,
                self.at..self.at + length,
                "a header has no line breaks",
            );
        }
        if !text.is_empty() {
            segments.push(Segment::Text(text.into()));
        }
        self.at += length;
    }

    fn output(&mut self, scope: &TypeScope) -> Option<Segment> {
        let (inner, start, _) = self.between("}}")?;
        self.expression(inner, start, scope, Expression::compile)
            .map(Segment::Output)
    }

    /// What stands between the two characters here and the closing ones; texts in an expression may contain those.
    fn between(&mut self, close: &str) -> Option<(&'a str, usize, Range<usize>)> {
        let open = self.at;
        let inner = self.source.get(open + 2..).unwrap_or_default();
        let Some(length) = closing(inner, close) else {
            let opened = self.source.get(open..open + 2).unwrap_or_default();
            self.problem(
                Code::UnbalancedTemplate,
                open..open + 2,
                format!("this `{opened}` is not closed: `{close}` is missing"),
            );
            self.at = self.source.len();
            return None;
        };
        self.at = open + 2 + length + close.len();
        Some((inner.get(..length).unwrap_or_default(), open + 2, open..self.at))
    }

    fn tag(&mut self) -> Option<Tag<'a>> {
        let (inner, start, span) = self.between("%}")?;
        let trimmed = inner.trim_start();
        let start = start + inner.len() - trimmed.len();
        let end = trimmed
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(trimmed.len());
        let (name, rest) = trimmed.split_at(end);
        if matches!(name, "else" | "endif" | "endfor") && !rest.trim().is_empty() {
            self.problem(Code::InvalidTag, span.clone(), format!("`{name}` stands alone"));
        }
        Some(Tag {
            name,
            rest,
            start: start + end,
            span,
        })
    }

    fn expression(
        &mut self,
        source: &str,
        start: usize,
        scope: &TypeScope,
        compile: fn(&str, &TypeScope) -> Result<Expression, Vec<Diagnostic>>,
    ) -> Option<Expression> {
        let trimmed = source.trim_start();
        let start = start + source.len() - trimmed.len();
        match compile(trimmed.trim_end(), scope) {
            Ok(expression) => Some(expression),
            Err(problems) => {
                self.problems
                    .extend(problems.into_iter().map(|problem| problem.shifted(start)));
                None
            }
        }
    }

    /// From `{% if %}` to its `{% endif %}`.
    fn conditional(&mut self, opening: Tag<'a>, scope: &TypeScope, depth: usize) -> Option<Segment> {
        let opened = opening.span.clone();
        let (mut arms, mut otherwise) = (Vec::new(), Vec::new());
        let mut branch = opening;
        loop {
            let condition = match branch.name {
                "else" => None,
                _ => Some(self.expression(branch.rest, branch.start, scope, Expression::compile_condition)),
            };
            let (body, end) = self.block(scope, depth);
            let is_last = condition.is_none();
            match condition {
                None => otherwise = body,
                Some(condition) => arms.extend(condition.map(|condition| (condition, body))),
            }
            match end {
                Some(tag) if tag.name == "endif" => return Some(Segment::If { arms, otherwise }),
                Some(tag) if matches!(tag.name, "elif" | "else") && !is_last => branch = tag,
                other => return self.unclosed(other, opened, "if", "endif"),
            }
        }
    }

    /// From `{% for %}` to its `{% endfor %}`.
    fn repetition(&mut self, opening: &Tag<'a>, scope: &TypeScope, depth: usize) -> Option<Segment> {
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

    fn unclosed(&mut self, end: Option<Tag<'a>>, opened: Range<usize>, name: &str, close: &str) -> Option<Segment> {
        match end {
            Some(tag) => self.problem(
                Code::UnbalancedTemplate,
                tag.span,
                format!("`{}` can't stand here: `{close}` is missing", tag.name),
            ),
            None if self.problems.is_empty() => {
                self.problem(
                    Code::UnbalancedTemplate,
                    opened,
                    format!("this `{name}` is not closed: `{close}` is missing"),
                );
            }
            None => {}
        }
        None
    }

    fn problem(&mut self, code: Code, span: Range<usize>, message: impl Into<String>) {
        self.problems.push(Diagnostic::error(code, span, message));
    }
}

/// Where the closing characters stand, outside of texts and brackets: `{{ {'a': {}} }}` closes at the last ones.
fn closing(inner: &str, close: &str) -> Option<usize> {
    let (mut quote, mut escaped, mut open) = (None, false, 0_usize);
    for (at, character) in inner.char_indices() {
        match (quote, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(end), character) if end == character => quote = None,
            (Some(_), _) => {}
            (None, _) if open == 0 && inner.get(at..).is_some_and(|rest| rest.starts_with(close)) => return Some(at),
            (None, '"' | '\'') => quote = Some(character),
            (None, '{') => open += 1,
            (None, '}') => open = open.saturating_sub(1),
            (None, _) => {}
        }
    }
    None
}
