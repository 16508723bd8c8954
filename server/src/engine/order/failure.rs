//! Failures of steps in words.

use pointsman_graph::{event::Failure, resolve::Unresolved};

use crate::crm::{object::Object, validate, write::Problem};

/// A failure that another attempt can't mend.
pub(in crate::engine) fn failure(code: &str, message: &str) -> Failure {
    Failure {
        code: code.into(),
        message: message.into(),
        retryable: false,
        retry_after_ms: None,
    }
}

pub(super) fn refused(problems: &[Problem]) -> Failure {
    let code = problems.first().map_or("INVALID", |problem| problem.code.text());
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    failure(code, &messages.join("; "))
}

pub(super) fn not_found(object: &Object) -> Problem {
    let message = format!("there is no such {}", object.label.to_lowercase());
    Problem {
        code: validate::Code::NotFound,
        message,
        field: None,
    }
}

pub(super) fn explain(unresolved: &Unresolved) -> String {
    match std::error::Error::source(unresolved) {
        Some(source) => format!("{unresolved}: {source}"),
        None => unresolved.to_string(),
    }
}
