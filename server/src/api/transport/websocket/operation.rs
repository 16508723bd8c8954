//! Runs one operation of a connection, in a task of its own so that no stream starves another.
//! Never writes to the socket: what it has to say waits in the connection's bounded queue, and so does it.

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Request, Response, ServerError};
use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::super::credentials::Authenticate;
use super::super::failure::{Failure, contained, is_request_error, seal};
use super::super::payload::Payload;
use super::super::{DEADLINE, RequestId, Transport, guard};
use super::message::FromServer;

/// A message on its way from an operation to the socket.
pub(super) struct Outgoing {
    pub(super) id: Arc<str>,
    /// Tells the operation from an earlier one with the same id.
    pub(super) serial: u64,
    pub(super) text: String,
    pub(super) is_last: bool,
}

/// An operation's end of the connection's queue.
pub(super) struct Outbox {
    pub(super) id: Arc<str>,
    pub(super) serial: u64,
    pub(super) queue: mpsc::Sender<Outgoing>,
}

/// Executes the operation and says all that is to be said of it, the last word included.
pub(super) async fn run<S: Executor, A: Authenticate>(
    transport: Arc<Transport<S, A>>,
    principal: Option<A::Principal>,
    request: Request,
    outbox: Outbox,
) {
    let id = RequestId::fresh();
    let work = execute(&transport, principal.as_ref(), request, &id, &outbox);
    let outcome = contained(work)
        .await
        .unwrap_or_else(|failure| Err(vec![failure.error()]));
    match outcome {
        Ok(()) => outbox.put(&FromServer::Complete { id: &outbox.id }).await,
        Err(mut errors) => {
            seal(&mut errors, &id);
            outbox
                .put(&FromServer::Error {
                    id: &outbox.id,
                    payload: errors,
                })
                .await;
        }
    }
}

/// # Errors
/// What the protocol sends as `error`: nothing was executed, or nothing more can be.
async fn execute<S: Executor, A: Authenticate>(
    transport: &Transport<S, A>,
    principal: Option<&A::Principal>,
    mut request: Request,
    id: &RequestId,
    outbox: &Outbox,
) -> Result<(), Vec<ServerError>> {
    let admitted = guard::admit(&mut request)?;
    request.data = transport.data(principal, id);
    match admitted.kind {
        OperationType::Query | OperationType::Mutation => {
            let response = timeout(DEADLINE, transport.schema.execute(request)).await;
            outbox.next(response.map_err(|_| Failure::late().error())?, id).await
        }
        OperationType::Subscription => {
            let mut responses = transport.schema.execute_stream(request, None);
            while let Some(response) = responses.next().await {
                outbox.next(response, id).await?;
            }
            Ok(())
        }
    }
}

impl Outbox {
    async fn next(&self, response: Response, id: &RequestId) -> Result<(), Vec<ServerError>> {
        if is_request_error(&response) {
            return Err(response.errors);
        }
        self.put(&FromServer::Next {
            id: &self.id,
            payload: Payload::new(response, id),
        })
        .await;
        Ok(())
    }

    /// Waits for room. Where the connection has ended there is nobody left to tell.
    async fn put(&self, message: &FromServer<'_>) {
        let (id, serial, is_last) = (Arc::clone(&self.id), self.serial, message.is_last());
        let _ = self
            .queue
            .send(Outgoing {
                id,
                serial,
                text: message.text(),
                is_last,
            })
            .await;
    }
}
