//! From the parser's tree to the checked one: resolves names, functions and macros, and works out every part's type.
//!
//! Goes on after a problem, so that one check names them all; a part with a problem has the type `Dyn`, which no
//! further rule complains about.

mod call;
mod field;
mod fold;
mod operator;

use std::ops::Range;
use std::sync::Arc;

use cel::common::ast::{EntryExpr, Expr, IdedEntryExpr, IdedExpr, ListExpr, LiteralValue, StructExpr, operators};

use super::node::{Element, Kind, Node};
use super::parse::{self, Parsed};
use super::{Code, Diagnostic, Severity, TypeScope};
use crate::value::{Type, Value};

/// Whether types are checked, as for everything that people write, or left to the evaluation (cel-spec's
/// `disable_check`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    Types,
    SyntaxOnly,
}

/// A checked tree, and where its parts are, for traces.
pub(crate) struct Compiled {
    pub(crate) root: Node,
    pub(crate) parts: Vec<Part>,
}

/// Where one part stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    pub(crate) span: Range<usize>,
    pub(crate) depth: usize,
    /// Whether a trace leaves it out: a literal is its own value, and of `record.name` nobody wants the whole record.
    pub(crate) silent: bool,
}

/// Compiles a source against a scope.
pub(crate) fn compile(source: &str, scope: &TypeScope, check: Check) -> Result<Compiled, Vec<Diagnostic>> {
    let parsed = parse::parse(source)?;
    let mut compiler = Compiler {
        source,
        parsed: &parsed,
        scope,
        check,
        locals: Vec::new(),
        parts: Vec::new(),
        depth: 0,
        patterns: 0,
        problems: Vec::new(),
    };
    let root = compiler.node(&parsed.tree);
    if compiler
        .problems
        .iter()
        .any(|problem| problem.severity == Severity::Error)
    {
        return Err(compiler.problems);
    }
    Ok(Compiled {
        root,
        parts: compiler.parts,
    })
}

struct Compiler<'a> {
    source: &'a str,
    parsed: &'a Parsed,
    scope: &'a TypeScope,
    check: Check,
    locals: Vec<(String, Type)>,
    parts: Vec<Part>,
    depth: usize,
    patterns: usize,
    problems: Vec<Diagnostic>,
}

impl Compiler<'_> {
    fn node(&mut self, tree: &IdedExpr) -> Node {
        let part = self.parts.len();
        self.parts.push(Part {
            depth: self.depth,
            silent: matches!(tree.expr, Expr::Literal(_)),
            ..Part::default()
        });
        self.depth += 1;
        let (kind, ty) = self.kind(tree);
        self.depth -= 1;
        let mut node = Node {
            part,
            span: 0..0,
            ty,
            kind,
        };
        node.span = self.span(tree, &node);
        if let Some(part) = self.parts.get_mut(part) {
            part.span = node.span.clone();
        }
        node
    }

    fn boxed(&mut self, tree: &IdedExpr) -> Box<Node> {
        Box::new(self.node(tree))
    }

    fn kind(&mut self, tree: &IdedExpr) -> (Kind, Type) {
        match &tree.expr {
            Expr::Literal(literal) => {
                let value = constant(literal);
                let ty = Type::of(&value);
                (Kind::Literal(value), ty)
            }
            Expr::Ident(_) => self.name(tree),
            Expr::Select(select) => self.select(tree, select),
            Expr::List(list) => self.list(list),
            Expr::Map(map) => self.map(&map.entries),
            Expr::Struct(message) => self.wrapper(tree, message),
            Expr::Call(call) => self.call(tree, call),
            Expr::Unspecified | Expr::Comprehension(_) => {
                self.problem(Code::Syntax, self.parsed.token(tree.id), "this is no expression");
                (Kind::Literal(Value::Null), Type::Dyn)
            }
        }
    }

    /// From the first of its parts to the last, with the brackets and the function's name that belong to it.
    fn span(&self, tree: &IdedExpr, node: &Node) -> Range<usize> {
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
    fn name_after(&self, dot: usize, field: &str) -> usize {
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

    fn list(&mut self, list: &ListExpr) -> (Kind, Type) {
        let mut element = None;
        let mut items = Vec::with_capacity(list.elements.len());
        for (position, tree) in list.elements.iter().enumerate() {
            let item = self.element(tree, list.optional_indices.contains(&position));
            element = Some(joined(element, item_type(&item)));
            items.push(item);
        }
        (Kind::List(items), Type::list_of(element.unwrap_or(Type::Dyn)))
    }

    fn map(&mut self, entries: &[IdedEntryExpr]) -> (Kind, Type) {
        let (mut key_type, mut value_type) = (None, None);
        let mut pairs = Vec::with_capacity(entries.len());
        for entry in entries {
            let EntryExpr::MapEntry(entry) = &entry.expr else {
                continue;
            };
            let key = self.node(&entry.key);
            let value = self.element(&entry.value, entry.optional);
            key_type = Some(joined(key_type, key.ty.clone()));
            value_type = Some(joined(value_type, item_type(&value)));
            pairs.push((key, value));
        }
        let ty = Type::Map(
            Box::new(key_type.unwrap_or(Type::Dyn)),
            Box::new(value_type.unwrap_or(Type::Dyn)),
        );
        (Kind::Map(pairs), ty)
    }

    fn element(&mut self, tree: &IdedExpr, optional: bool) -> Element {
        let node = self.node(tree);
        if optional && !matches!(node.ty, Type::Optional(_) | Type::Dyn) {
            let message = format!("`?` needs an optional, this is {}", node.ty);
            self.mistake(Code::WrongOperandType, node.span.clone(), message);
        }
        Element { node, optional }
    }

    /// `google.protobuf.Int64Value{value: 1}`: the value itself, or the default of its type.
    fn wrapper(&mut self, tree: &IdedExpr, message: &StructExpr) -> (Kind, Type) {
        let name = message.type_name.trim_start_matches('.');
        let field = message.entries.iter().find_map(|entry| match &entry.expr {
            EntryExpr::StructField(field) => Some(field),
            EntryExpr::MapEntry(_) => None,
        });
        match (super::function::wrapper(name), field) {
            (Some((function, _)), Some(field)) if field.field == "value" && message.entries.len() == 1 => {
                let value = self.node(&field.value);
                self.apply(tree, function, vec![value])
            }
            (Some((_, default)), None) => {
                let ty = Type::of(&default);
                (Kind::Literal(default), ty)
            }
            _ => self.unknown_function(self.parsed.token(tree.id), name),
        }
    }

    /// A problem that ends the compilation whether types are checked or not.
    fn problem(&mut self, code: Code, span: Range<usize>, message: impl Into<String>) {
        self.problems.push(Diagnostic::error(code, span, message));
    }

    /// A problem that only the type check minds.
    fn mistake(&mut self, code: Code, span: Range<usize>, message: impl Into<String>) {
        self.report(Diagnostic::error(code, span, message));
    }

    fn report(&mut self, problem: Diagnostic) {
        if self.check == Check::Types {
            self.problems.push(problem);
        }
    }
}

fn joined(so_far: Option<Type>, next: Type) -> Type {
    so_far.map_or(next.clone(), |ty| ty.join(next))
}

fn item_type(item: &Element) -> Type {
    match &item.node.ty {
        Type::Optional(inner) if item.optional => (**inner).clone(),
        ty => ty.clone(),
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

fn constant(literal: &LiteralValue) -> Value {
    match literal {
        LiteralValue::Null => Value::Null,
        LiteralValue::Boolean(value) => Value::Bool(*value.inner()),
        LiteralValue::Int(value) => Value::Int(*value.inner()),
        LiteralValue::UInt(value) => Value::Uint(*value.inner()),
        LiteralValue::Double(value) => Value::Double(*value.inner()),
        LiteralValue::String(value) => Value::text(value.inner()),
        LiteralValue::Bytes(value) => Value::Bytes(Arc::from(value.inner())),
    }
}
