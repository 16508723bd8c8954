//! The border to the `cel` crate: source in, syntax tree out, its errors as diagnostics that people understand.

use std::ops::Range;

use cel::common::ast::{IdedExpr, SourceInfo};
use cel::{Env, ParseError};

use super::scan::Scan;
use super::{Code, Diagnostic};

/// A parsed source: the tree of the `cel` crate, with macros as the calls they were written as, and where its parts are.
pub(crate) struct Parsed {
    pub(crate) tree: IdedExpr,
    pub(crate) scan: Scan,
    offsets: SourceInfo,
}

/// Parses a source within the limits of `Scan`.
pub(crate) fn parse(source: &str) -> Result<Parsed, Vec<Diagnostic>> {
    let scan = Scan::read(source).map_err(|problem| vec![problem])?;
    if source.trim().is_empty() {
        return Err(vec![Diagnostic::error(
            Code::Syntax,
            0..source.len(),
            "an expression is missing here",
        )]);
    }
    // An environment without macros: `all`, `map` and their like stay calls, which the compiler reads itself.
    let parser = Env::default()
        .parser()
        .enable_ident_escape_syntax(true)
        .error_recovery_limit(2);
    match parser.parse_with_source_info(source) {
        Ok((tree, offsets)) => Ok(Parsed { tree, scan, offsets }),
        Err(errors) => Err(first(source, errors.errors)),
    }
}

impl Parsed {
    /// The token that a node was made at: an operator, a name, a literal.
    pub(crate) fn token(&self, node: u64) -> Range<usize> {
        let offsets = self
            .offsets
            .offset_for(node)
            .map(|(start, stop)| (start as usize, stop as usize));
        offsets.map_or(0..0, |(start, stop)| start..(stop + 1).max(start))
    }
}

/// The parser reports what follows from an error too; only the first place tells people something.
fn first(source: &str, errors: Vec<ParseError>) -> Vec<Diagnostic> {
    let Some(error) = errors.into_iter().min_by_key(|error| error.pos) else {
        return vec![Diagnostic::error(
            Code::Syntax,
            0..source.len(),
            "this is no expression",
        )];
    };
    let start = position(source, error.pos).min(source.len());
    let rest = source.get(start..).unwrap_or_default();
    let length = rest.chars().next().map_or(0, char::len_utf8);
    vec![Diagnostic::error(
        Code::Syntax,
        start..start + length,
        explain(&error.msg, rest),
    )]
}

/// The byte at a line and column, both from 1; a column counts characters.
fn position(source: &str, (line, column): (isize, isize)) -> usize {
    let (line, column) = (usize::try_from(line).unwrap_or(1), usize::try_from(column).unwrap_or(1));
    let start: usize = source
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let rest = source.get(start..).unwrap_or_default();
    start
        + rest
            .chars()
            .take(column.saturating_sub(1))
            .map(char::len_utf8)
            .sum::<usize>()
}

/// The parser lists every token it could have used; the one it met says more.
fn explain(message: &str, rest: &str) -> String {
    let detail = message.strip_prefix("Syntax error: ").unwrap_or(message);
    if let Some(name) = detail.strip_prefix("reserved identifier: ") {
        return format!("`{name}` is a reserved word");
    }
    if !message.starts_with("Syntax error") {
        return detail.to_owned();
    }
    let met: String = rest.chars().take_while(|c| !c.is_whitespace()).take(20).collect();
    match met.chars().next() {
        None => "the expression ends too early".to_owned(),
        Some('=') if !met.starts_with("==") => "`=` is no operator here: write `==` to compare".to_owned(),
        Some(_) => format!("`{met}` can't stand here"),
    }
}
