//! Where each part of an expression stands: the parser only knows the token that a part was made at.

use std::ops::Range;

use cel::common::ast::{Expr, IdedExpr, LiteralValue, operators};

use super::Compiler;
use crate::expression::node::Node;

impl Compiler<'_> {
    /// From the first of its parts to the last, with the brackets and the function's name that belong to it.
    pub(super) fn span(&self, tree: &IdedExpr, node: &Node) -> Range<usize> {
        let token = self.parsed.token(tree.id);
        let mut span = node.children().iter().fold(token.clone(), |span, child| {
            if child.span.is_empty() {
                span
            } else {
                span.start.min(child.span.start)..span.end.max(child.span.end)
            }
        });
        match &tree.expr {
            Expr::Call(call) if call.target.is_none() && self.source.get(token.clone()) == Some("(") => {
                span.start = self
                    .parsed
                    .scan
                    .word_before(token.start)
                    .map_or(span.start, |name| name.start.min(span.start));
            }
            // A qualified name has no parts left: `math` of `math.abs(x)` stands before its dot.
            Expr::Call(call) => {
                if let Some(target) = &call.target {
                    span.start = span.start.min(self.root(target));
                }
            }
            Expr::Select(select) => {
                span.start = span.start.min(self.root(&select.operand));
                span.end = span.end.max(self.name_after(token.end, &select.field));
            }
            Expr::Literal(LiteralValue::Int(number)) if *number.inner() < 0 => {
                span.start = self
                    .source
                    .get(..span.start)
                    .and_then(|before| before.rfind('-'))
                    .unwrap_or(span.start);
            }
            _ => {}
        }
        if call_of(tree) == Some(operators::OPT_SELECT) {
            span.end = span.end.max(
                self.source
                    .get(span.end..)
                    .map_or(span.end, |rest| span.end + name_length(rest)),
            );
        }
        self.parsed.scan.balanced(span)
    }

    fn root(&self, tree: &IdedExpr) -> usize {
        match &tree.expr {
            Expr::Select(select) => self.root(&select.operand),
            _ => self.parsed.token(tree.id).start,
        }
    }

    /// Where the name after a dot ends.
    pub(super) fn name_after(&self, dot: usize, field: &str) -> usize {
        let rest = self.source.get(dot..).unwrap_or_default();
        rest.find(field).map_or(dot, |start| {
            let end = dot + start + field.len();
            if self.source.get(end..end + 1) == Some("`") {
                end + 1
            } else {
                end
            }
        })
    }
}

fn call_of(tree: &IdedExpr) -> Option<&str> {
    match &tree.expr {
        Expr::Call(call) => Some(&call.func_name),
        _ => None,
    }
}

fn name_length(rest: &str) -> usize {
    let lead = rest.find(|c: char| c.is_alphanumeric() || c == '_').unwrap_or(0);
    lead + rest
        .get(lead..)
        .unwrap_or_default()
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(rest.len() - lead)
}
