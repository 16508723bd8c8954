//! Carries GraphQL over HTTP and WebSocket, and refuses what would hurt before any resolver runs.
//! Knows no record and no user: who is asking comes from [`Authenticate`], what is answered from the schema.

mod complete;
#[cfg(test)]
mod conformance;
mod credentials;
mod failure;
mod guard;
mod http;
mod idempotency;
mod origin;
mod parameters;
mod payload;
mod request_id;
#[cfg(test)]
mod toy;
mod websocket;

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Data, Executor};
use poem::http::{Method, header};

pub use credentials::{Authenticate, Credentials, Refusal, Remote};
pub use failure::Code;
pub use idempotency::IdempotencyKey;
pub use origin::Origins;
pub use request_id::RequestId;
pub use websocket::Sockets;

/// The longest that a query or a mutation may take, from its first byte to its answer.
const DEADLINE: Duration = Duration::from_secs(10);
/// The largest request of a caller who is signed in, in bytes.
const SIGNED_IN_BYTES: usize = 4 * 1024 * 1024;
/// The largest request of anybody else, in bytes.
const ANONYMOUS_BYTES: usize = 64 * 1024;

/// What the transport takes from the configuration and from the process around it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The foreign origins that may call with credentials. The server's own origin always may.
    pub origins: Origins,
    /// The name of the session cookie.
    pub session_cookie: String,
    /// The open WebSockets, so that a shutdown can close them.
    pub sockets: Sockets,
}

/// The GraphQL endpoint: POST and GET by the GraphQL-over-HTTP draft, WebSocket by `graphql-transport-ws`.
pub struct Endpoint<S, A>(Arc<Transport<S, A>>);

/// What every request and every connection shares.
struct Transport<S, A> {
    schema: S,
    authenticate: A,
    settings: Settings,
}

impl<S: Executor, A: Authenticate> Endpoint<S, A> {
    /// Serves `schema` to the callers whom `authenticate` admits.
    pub fn new(schema: S, authenticate: A, settings: Settings) -> Self {
        Self(Arc::new(Transport {
            schema,
            authenticate,
            settings,
        }))
    }
}

impl<S: Executor, A: Authenticate> Transport<S, A> {
    /// What the resolvers of one operation may read: the caller, loaders of this operation alone, and its id.
    fn data(&self, principal: Option<&A::Principal>, id: &RequestId) -> Data {
        let mut data = self.authenticate.data(principal);
        data.insert(id.clone());
        data
    }
}

impl<S: Executor, A: Authenticate> poem::Endpoint for Endpoint<S, A> {
    type Output = poem::Response;

    async fn call(&self, request: poem::Request) -> poem::Result<poem::Response> {
        let id = RequestId::of(request.headers());
        let origin = request.header(header::ORIGIN).map(str::to_owned);

        let mut response = if websocket::is_upgrade(&request) {
            websocket::upgrade(Arc::clone(&self.0), &request, &id).await
        } else if request.method() == Method::OPTIONS {
            http::options()
        } else {
            http::answer(&self.0, request, &id).await
        };

        http::dress(&mut response, &id);
        self.0.settings.origins.allow(origin.as_deref(), response.headers_mut());
        Ok(response)
    }
}
