//! Writes what a client reads, the same for every transport: errors sealed, and `data` only where something was executed.

use std::collections::BTreeMap;

use async_graphql::{Response, ServerError, Value};
use serde::Serialize;

use super::RequestId;
use super::complete::complete;
use super::failure::{is_request_error, seal};

/// A GraphQL response as the spec lays it out, errors first.
#[derive(Serialize)]
pub(super) struct Payload {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ServerError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: BTreeMap<String, Value>,
}

impl Payload {
    /// Takes what the schema answered.
    pub(super) fn new(mut response: Response, id: &RequestId) -> Self {
        complete(&mut response);
        let data = (!is_request_error(&response)).then_some(response.data);
        seal(&mut response.errors, id);
        Self {
            errors: response.errors,
            data,
            extensions: response.extensions,
        }
    }
}
