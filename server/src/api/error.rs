//! Top-level errors of the API. Has no `Display` on purpose: the GraphQL library would turn anything that has one into an
//! answer, and so `?` on a database error in a resolver doesn't compile unless its code was decided here.

use async_graphql::ErrorExtensions;

use super::transport::Code;
use crate::{engine, store, workflow};

/// What a resolver returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a field could not be answered.
#[derive(Clone, Debug)]
pub struct Error {
    code: Code,
    message: String,
}

impl Error {
    /// An error that the client is told as it stands.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The request can't be answered as it is put.
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(Code::BadUserInput, message)
    }

    /// Nobody is signed in.
    pub fn unauthenticated() -> Self {
        Self::new(Code::Unauthenticated, "Sign in, or send an API key.")
    }

    /// The principal may not do this.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(Code::Forbidden, message)
    }

    /// The idempotency key was used for another request.
    pub fn key_reused() -> Self {
        Self::new(Code::Conflict, "This Idempotency-Key was used for another request.")
    }

    /// A fault below, with all its causes.
    pub fn fault(error: &dyn std::error::Error) -> Self {
        let chain = std::iter::successors(Some(error), |error| error.source());
        let texts: Vec<String> = chain.map(ToString::to_string).collect();
        Self::internal(texts.join(": "))
    }

    /// A fault of ours. The transport keeps the text from the client and logs it under the request's id.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message)
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::from(&error)
    }
}

impl From<workflow::Error> for Error {
    fn from(error: workflow::Error) -> Self {
        match error {
            workflow::Error::KeyReused => Self::key_reused(),
            workflow::Error::Store(error) => Self::from(&error),
            fault => Self::fault(&fault),
        }
    }
}

impl From<engine::Error> for Error {
    fn from(error: engine::Error) -> Self {
        match error {
            engine::Error::KeyReused => Self::key_reused(),
            engine::Error::Store(error) => Self::from(&error),
            fault => Self::fault(&fault),
        }
    }
}

impl From<&store::Error> for Error {
    fn from(error: &store::Error) -> Self {
        match error {
            store::Error::DiskFull => Self::new(Code::Unavailable, "The server's disk is full: nothing was written."),
            fault => Self::fault(fault),
        }
    }
}

impl From<Error> for async_graphql::Error {
    fn from(error: Error) -> Self {
        let code = error.code.as_str();
        Self::new(error.message).extend_with(|_, extensions| extensions.set("code", code))
    }
}
