//! GraphQL over WebSocket: opens connections of the `graphql-transport-ws` sub-protocol, and closes all at a shutdown.
//! Never lets a page of a foreign origin open one with the user's session.

mod connection;
mod message;
mod operation;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_graphql::Executor;
use poem::http::{Method, header};
use poem::web::websocket::{WebSocket, WebSocketConfig};
use poem::{FromRequest, IntoResponse};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::credentials::{Authenticate, Credentials};
use super::failure::Failure;
use super::http::{self, Media};
use super::{Refusal, RequestId, Transport};
use connection::Connection;
use message::Close;

const PROTOCOL: &str = "graphql-transport-ws";
/// The longest message of a client who is signed in, in bytes.
const MESSAGE_BYTES: usize = 1024 * 1024;

/// The open WebSockets of a process. Clones are the same set.
#[derive(Debug, Clone, Default)]
pub struct Sockets {
    shutdown: CancellationToken,
    open: TaskTracker,
}

impl Sockets {
    /// Closes every connection with 1001, those still opening too, and ends when the last is gone.
    pub async fn close(&self) {
        self.shutdown.cancel();
        self.open.close();
        self.open.wait().await;
    }
}

/// Whether the request asks for a WebSocket.
pub(super) fn is_upgrade(request: &poem::Request) -> bool {
    request.method() == Method::GET
        && request
            .header(header::UPGRADE)
            .is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket"))
}

/// Answers the opening request. Who is calling is asked later, when `connection_init` has said all there is to say.
pub(super) async fn upgrade<S: Executor, A: Authenticate>(
    transport: Arc<Transport<S, A>>,
    request: &poem::Request,
    id: &RequestId,
) -> poem::Response {
    match open(transport, request).await {
        Ok(response) => response,
        Err(failure) => http::failed(failure, Media::Json, id),
    }
}

async fn open<S: Executor, A: Authenticate>(
    transport: Arc<Transport<S, A>>,
    request: &poem::Request,
) -> Result<poem::Response, Failure> {
    let settings = &transport.settings;
    let credentials = Credentials::of(request, &settings.session_cookie)?;
    // A browser names its origin here. A cookie that comes without one is no browser's, and not to be trusted.
    let is_odd = credentials.session.is_some() && credentials.origin.is_none();
    if is_odd || !settings.origins.admit(request) {
        return Err(Refusal::Forbidden.into());
    }
    let socket = WebSocket::from_request_without_body(request).await;
    let socket = socket.map_err(|_| Failure::malformed("This is no WebSocket handshake."))?;

    let (protocol, open) = (chosen(request), settings.sockets.open.token());
    let is_ours = protocol.as_deref() == Some(PROTOCOL);
    let serve = move |mut socket| async move {
        let _open = open;
        if is_ours {
            Connection::serve(transport, socket, credentials).await;
        } else {
            connection::farewell(&mut socket, Close::Protocol).await;
        }
    };
    Ok(socket
        .config(limits())
        .protocols(protocol)
        .on_upgrade(serve)
        .into_response())
}

/// Ours where the client offers it, else the first of its own: to accept none would fail the handshake in the client,
/// which would then never see the code that tells it not to come back.
fn chosen(request: &poem::Request) -> Option<String> {
    let offered = request.header(header::SEC_WEBSOCKET_PROTOCOL)?;
    let mut offered = offered.split(',').map(str::trim);
    let first = offered.next()?;
    let is_ours = first == PROTOCOL || offered.any(|protocol| protocol == PROTOCOL);
    Some(if is_ours { PROTOCOL } else { first }.to_owned())
}

/// Small buffers, as there may be many connections and most are silent.
fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(8 * 1024)
        .write_buffer_size(0)
        .max_message_size(Some(MESSAGE_BYTES))
        .max_frame_size(Some(MESSAGE_BYTES))
}
