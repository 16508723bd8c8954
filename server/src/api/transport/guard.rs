//! Judges a document before the schema sees it: the library compares its own limits only after walks that grow
//! exponentially. Every step here is linear in the document's length, and none of them executes anything.

mod measure;
mod nesting;
mod variables;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::parser::{Error as ParseError, parse_query};
use async_graphql::{Request, ServerError};

use super::failure::Code;
use measure::Meter;

/// The longest document, in bytes.
const LONGEST: usize = 16 * 1024;
/// The most brackets open at once; the parser calls itself for each.
const MOST_BRACKETS: usize = 64;

/// What the transport needs to know of an operation that passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Admitted {
    pub(super) kind: OperationType,
    pub(super) root_fields: usize,
}

/// Parses and measures the document, settles the variables, and leaves both in the request, ready to be executed.
///
/// # Errors
/// `COMPLEXITY_EXCEEDED` beyond a limit; `BAD_USER_INPUT` for a document that does not parse, has no such operation,
/// spreads a fragment into itself, lacks a variable, or subscribes to several things at once.
pub(super) fn admit(request: &mut Request) -> Result<Admitted, ServerError> {
    let mut document = parse(&request.query)?;
    let operation = selected(&document, request.operation_name.as_deref())?;
    let (kind, root_fields) = (operation.ty, Meter::document(&document, operation)?.root_fields);
    if kind == OperationType::Subscription && root_fields != 1 {
        return Err(Code::BadUserInput.error("A subscription has exactly one root field."));
    }
    variables::settle(&mut document, request.operation_name.as_deref(), &mut request.variables)?;
    request.set_parsed_query(document);
    Ok(Admitted { kind, root_fields })
}

/// Length and nesting are judged before the parser runs, as it recurses without a limit of its own.
fn parse(query: &str) -> Result<ExecutableDocument, ServerError> {
    if query.len() > LONGEST {
        return Err(exceeded("bytes of query", LONGEST));
    }
    let brackets = nesting::deepest(query).ok_or_else(|| Code::BadUserInput.error("A block string has no end."))?;
    if brackets > MOST_BRACKETS {
        return Err(exceeded("brackets open at once", MOST_BRACKETS));
    }
    parse_query(query).map_err(unparsed)
}

/// The parser draws the whole line that it stopped at, with what it wanted in the last line of the drawing.
fn unparsed(error: ParseError) -> ServerError {
    let drawn = error.to_string();
    let wanted = drawn.lines().last().unwrap_or_default().trim_start_matches([' ', '=']);
    ServerError {
        locations: error.positions().collect(),
        ..Code::BadUserInput.error(format!("The document does not parse: {wanted}"))
    }
}

fn selected<'d>(document: &'d ExecutableDocument, name: Option<&str>) -> Result<&'d OperationDefinition, ServerError> {
    let found = match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Some(operation),
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name),
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => operations.values().next(),
        (DocumentOperations::Multiple(_), None) => {
            return Err(Code::BadUserInput.error("The document has several operations: `operationName` must name one."));
        }
        (DocumentOperations::Single(_), Some(_)) => None,
    };
    match found {
        Some(operation) => Ok(&operation.node),
        None => Err(Code::BadUserInput.error(format!("There is no operation named \"{}\".", name.unwrap_or_default()))),
    }
}

fn exceeded(what: &str, most: usize) -> ServerError {
    Code::ComplexityExceeded.error(format!("The document has more than {most} {what}."))
}

#[cfg(test)]
mod tests;
