//! What mutations answer where they refuse: problems that the user can mend, by the field they are about.

use async_graphql::{Enum, SimpleObject};

use super::error::{Error, Result};
use crate::crm::{object::Kind, object::Object, validate, write::Problem};

/// Why an input was refused. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct UserError {
    /// What is wrong, for programs.
    pub code: UserErrorCode,
    /// What is wrong, for people.
    pub message: String,
    /// The path of the argument that it is about, such as `["input", "email"]`.
    pub field: Option<Vec<String>>,
}

/// What can be wrong with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum UserErrorCode {
    /// It must be given.
    Required,
    /// It is not of the right form.
    Invalid,
    /// It has too many characters.
    TooLong,
    /// It is too small or too great.
    OutOfRange,
    /// Another record has the value already.
    Taken,
    /// There is no such record, or it may not be known.
    NotFound,
    /// Only the system writes it.
    ReadOnly,
    /// The role does not allow it.
    Forbidden,
    /// The record is no longer at the expected version.
    Conflict,
    /// Something rests on it.
    InUse,
}

impl From<validate::Code> for UserErrorCode {
    fn from(code: validate::Code) -> Self {
        match code {
            validate::Code::Required => Self::Required,
            validate::Code::Invalid => Self::Invalid,
            validate::Code::TooLong => Self::TooLong,
            validate::Code::OutOfRange => Self::OutOfRange,
            validate::Code::Taken => Self::Taken,
            validate::Code::NotFound => Self::NotFound,
            validate::Code::ReadOnly => Self::ReadOnly,
            validate::Code::Forbidden => Self::Forbidden,
            validate::Code::Conflict => Self::Conflict,
            validate::Code::InUse => Self::InUse,
        }
    }
}

impl UserError {
    /// A problem with the argument at the path.
    pub fn at(path: &[&str], code: UserErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            field: Some(path.iter().map(|part| (*part).to_owned()).collect()),
        }
    }

    /// A problem that an argument has, or the thing that its `id` names.
    ///
    /// # Errors
    /// `FORBIDDEN` where the role does not allow the act at all.
    pub fn of_argument(problem: Problem, path: &[&str]) -> Result<Self> {
        if problem.code == validate::Code::Forbidden {
            return Err(Error::forbidden(problem.message));
        }
        let id = (problem.code == validate::Code::NotFound).then_some("id");
        let field = problem.field.or(id).map(|name| {
            let path = path.iter().copied().chain([name]);
            path.map(str::to_owned).collect()
        });
        Ok(Self {
            code: problem.code.into(),
            message: problem.message,
            field,
        })
    }

    /// A problem that writing records found. `input` is the path of the argument that held the values.
    ///
    /// # Errors
    /// `FORBIDDEN` where the role does not allow the act at all: no other input would mend that.
    pub fn of(object: &Object, problem: Problem, input: &[String]) -> Result<Self> {
        if problem.code == validate::Code::Forbidden {
            return Err(Error::forbidden(problem.message));
        }
        let argument = |name: &str| Some(vec![name.to_owned()]);
        let field = match problem.field {
            Some("expectedVersion") => argument("expectedVersion"),
            Some(name) if object.field(name).is_some_and(|(_, field)| field.custom.is_some()) => {
                Some([input, &["custom".to_owned(), name.to_owned()]].concat())
            }
            Some(name) => Some([input, &[input_name(object, name)]].concat()),
            None if problem.code == validate::Code::NotFound => argument("id"),
            None => None,
        };
        Ok(Self {
            code: problem.code.into(),
            message: problem.message,
            field,
        })
    }
}

/// What inputs call a field: a reference is given by its id.
pub fn input_name(object: &Object, name: &str) -> String {
    match object.field(name).map(|(_, field)| &field.kind) {
        Some(Kind::Reference { .. }) => format!("{name}Id"),
        _ => name.to_owned(),
    }
}
