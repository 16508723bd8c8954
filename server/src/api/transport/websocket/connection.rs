//! One connection, from its opening to its close: reads the client, and hands on what its operations say.
//! Never holds more for a client than a short queue: whoever does not read is closed, and resumes by cursor.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::Executor;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Sink, SinkExt, Stream, StreamExt};
use poem::web::websocket::Message;
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::super::credentials::{Authenticate, Credentials};
use super::super::failure::{Code, seal};
use super::super::{ANONYMOUS_BYTES, DEADLINE, Refusal, RequestId, Transport, parameters};
use super::message::{Close, FromClient, FromServer};
use super::operation::{self, Outbox, Outgoing};

/// How long a client may take to say who it is.
const INIT: Duration = Duration::from_secs(3);
/// How often the server asks whether the client is there; silence from one question to the next is a no.
const PING: Duration = Duration::from_secs(20);
/// How long a client may take to make room for one message.
const STALL: Duration = Duration::from_secs(10);
/// How long to wait for the client's side of the close.
const FAREWELL: Duration = Duration::from_secs(1);
const MOST_OPERATIONS: usize = 100;
/// Messages that wait for the socket. Operations with more to say wait themselves.
const QUEUE: usize = 16;

/// What carries the messages: a WebSocket, or a pair of channels in a test.
pub(super) trait Socket:
    Stream<Item = io::Result<Message>> + Sink<Message, Error = io::Error> + Unpin + Send
{
}
impl<T: Stream<Item = io::Result<Message>> + Sink<Message, Error = io::Error> + Unpin + Send> Socket for T {}

/// One client's connection.
pub(super) struct Connection<S, A: Authenticate, W> {
    transport: Arc<Transport<S, A>>,
    socket: W,
    phase: Phase<A::Principal>,
    revoked: BoxFuture<'static, ()>,
    operations: HashMap<Arc<str>, Running>,
    started: u64,
    queue: mpsc::Sender<Outgoing>,
    was_heard: bool,
}

enum Phase<P> {
    Opened(Credentials),
    Acknowledged(Option<P>),
}

/// An operation under way; to drop it is to stop it.
struct Running {
    serial: u64,
    _task: AbortOnDropHandle<()>,
}

enum End {
    Close(Close),
    Gone,
}

type Step = Result<(), End>;

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

impl<S: Executor, A: Authenticate, W: Socket> Connection<S, A, W> {
    /// Speaks with the client until one of the two has had enough.
    pub(super) async fn serve(transport: Arc<Transport<S, A>>, socket: W, credentials: Credentials) {
        let (queue, outgoing) = mpsc::channel(QUEUE);
        let mut connection = Self {
            transport,
            socket,
            phase: Phase::Opened(credentials),
            revoked: std::future::pending().boxed(),
            operations: HashMap::new(),
            started: 0,
            queue,
            was_heard: true,
        };
        let end = connection.talk(outgoing).await;
        connection.operations.clear();
        if let End::Close(close) = end {
            farewell(&mut connection.socket, close).await;
        }
    }

    async fn talk(&mut self, mut outgoing: mpsc::Receiver<Outgoing>) -> End {
        let sockets = self.transport.settings.sockets.clone();
        let mut silence = std::pin::pin!(sleep(INIT));
        let mut ping = interval_at(Instant::now() + PING, PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let step = tokio::select! {
                () = sockets.shutdown.cancelled() => Err(Close::GoingAway.into()),
                () = &mut self.revoked => Err(Close::Forbidden.into()),
                () = &mut silence, if matches!(self.phase, Phase::Opened(_)) => Err(Close::NoInit.into()),
                _ = ping.tick() => self.ping().await,
                Some(message) = outgoing.recv() => self.deliver(message).await,
                incoming = self.socket.next() => self.receive(incoming).await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn ping(&mut self) -> Step {
        match std::mem::take(&mut self.was_heard) {
            true => self.send(Message::Ping(Vec::new())).await,
            false => Err(End::Gone),
        }
    }

    /// What an operation said after the client had ended it is not sent: its id may be another's by now.
    async fn deliver(&mut self, message: Outgoing) -> Step {
        let running = self.operations.get(&message.id);
        if running.is_none_or(|running| running.serial != message.serial) {
            return Ok(());
        }
        if message.is_last {
            self.operations.remove(&message.id);
        }
        self.send(Message::Text(message.text)).await
    }

    async fn receive(&mut self, incoming: Option<io::Result<Message>>) -> Step {
        self.was_heard = true;
        match incoming {
            Some(Ok(Message::Text(text))) => self.answer(&text).await,
            Some(Ok(Message::Binary(_))) => Err(Close::Malformed.into()),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            // The library's own complaint, which in practice is the size: else the connection has broken.
            Some(Err(error)) if error.kind() == io::ErrorKind::Other => Err(Close::TooBig.into()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(End::Gone),
        }
    }

    async fn answer(&mut self, text: &str) -> Step {
        if text.len() > ANONYMOUS_BYTES && !matches!(self.phase, Phase::Acknowledged(Some(_))) {
            return Err(Close::TooBig.into());
        }
        match FromClient::read(text).ok_or(Close::Malformed)? {
            FromClient::ConnectionInit { payload } => self.init(&payload.unwrap_or_default()).await,
            FromClient::Ping { payload } => self.say(&FromServer::Pong { payload }).await,
            FromClient::Pong => Ok(()),
            FromClient::Subscribe { id, payload } => self.subscribe(id.into(), payload).await,
            FromClient::Complete { id } => {
                self.operations.remove(id.as_str());
                Ok(())
            }
        }
    }

    async fn init(&mut self, payload: &Map<String, Value>) -> Step {
        let Phase::Opened(credentials) = &self.phase else {
            return Err(Close::SecondInit.into());
        };
        let credentials = credentials.clone().with_payload(payload).map_err(refused)?;
        let asked = timeout(DEADLINE, self.transport.authenticate.authenticate(credentials)).await;
        let principal = asked.map_err(|_| Close::TryAgainLater)?.map_err(refused)?;
        if let Some(principal) = &principal {
            self.revoked = self.transport.authenticate.revoked(principal).boxed();
        }
        self.phase = Phase::Acknowledged(principal);
        self.say(&FromServer::ConnectionAck).await
    }

    async fn subscribe(&mut self, id: Arc<str>, payload: Map<String, Value>) -> Step {
        let Phase::Acknowledged(principal) = &self.phase else {
            return Err(Close::NotAcknowledged.into());
        };
        if self.operations.contains_key(&id) {
            return Err(Close::DuplicateOperation.into());
        }
        let request = parameters::from_object(payload).map_err(|_| Close::Malformed)?;
        if self.operations.len() >= MOST_OPERATIONS {
            return self.decline(&id).await;
        }
        self.started += 1;
        let serial = self.started;
        let outbox = Outbox {
            id: Arc::clone(&id),
            serial,
            queue: self.queue.clone(),
        };
        let task = operation::run(Arc::clone(&self.transport), principal.clone(), request, outbox);
        self.operations.insert(
            id,
            Running {
                serial,
                _task: AbortOnDropHandle::new(tokio::spawn(task)),
            },
        );
        Ok(())
    }

    async fn decline(&mut self, id: &str) -> Step {
        let message = format!("A connection carries {MOST_OPERATIONS} operations at once.");
        let mut errors = vec![Code::RateLimited.error(message)];
        seal(&mut errors, &RequestId::fresh());
        self.say(&FromServer::Error { id, payload: errors }).await
    }

    async fn say(&mut self, message: &FromServer<'_>) -> Step {
        self.send(Message::Text(message.text())).await
    }

    async fn send(&mut self, message: Message) -> Step {
        match timeout(STALL, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(Close::TryAgainLater.into()),
        }
    }
}

fn refused(refusal: Refusal) -> Close {
    match refusal {
        Refusal::Unauthenticated | Refusal::Forbidden => Close::Forbidden,
        Refusal::RateLimited { .. } | Refusal::Unavailable => Close::TryAgainLater,
    }
}

/// Closes, and waits a moment for the client to do so too: to hang up first could cost it the code.
pub(super) async fn farewell(socket: &mut impl Socket, close: Close) {
    let (code, reason) = close.frame();
    let exchange = async {
        if socket.send(Message::close_with(code, reason)).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    let _ = timeout(FAREWELL, exchange).await;
}
