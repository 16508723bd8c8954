//! A client at the other end of two channels.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::{Sink, Stream};
use poem::web::websocket::Message;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::PollSender;

use super::super::super::{Credentials, Sockets, Transport, toy};
use super::super::connection::Connection;

/// The server's end. The way to the client holds one message: a client that does not read is felt at once.
struct Pipe {
    from_client: mpsc::Receiver<Message>,
    to_client: PollSender<Message>,
}

impl Stream for Pipe {
    type Item = io::Result<Message>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.from_client.poll_recv(context).map(|message| message.map(Ok))
    }
}

impl Sink<Message> for Pipe {
    type Error = io::Error;

    fn poll_ready(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.to_client.poll_reserve(context).map_err(io::Error::other)
    }
    fn start_send(mut self: Pin<&mut Self>, message: Message) -> io::Result<()> {
        self.to_client.send_item(message).map_err(io::Error::other)
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

pub(super) struct Client {
    pub(super) door: toy::Door,
    pub(super) sockets: Sockets,
    to_server: mpsc::Sender<Message>,
    from_server: mpsc::Receiver<Message>,
    connection: JoinHandle<()>,
}

impl Client {
    /// Connected, and has said nothing yet.
    pub(super) fn opened() -> Self {
        let (to_server, from_client) = mpsc::channel(128);
        let (to_client, from_server) = mpsc::channel(1);
        let (door, settings) = (toy::Door::default(), toy::settings());
        let sockets = settings.sockets.clone();
        let transport = Arc::new(Transport {
            schema: toy::schema(),
            authenticate: door.clone(),
            settings,
        });
        let pipe = Pipe {
            from_client,
            to_client: PollSender::new(to_client),
        };
        let connection = tokio::spawn(Connection::serve(transport, pipe, Credentials::default()));
        Self {
            door,
            sockets,
            to_server,
            from_server,
            connection,
        }
    }

    pub(super) async fn acknowledged() -> Self {
        Self::greeted(json!({})).await
    }

    pub(super) async fn signed_in() -> Self {
        Self::greeted(json!({"authorization": "Bearer good"})).await
    }

    async fn greeted(payload: Value) -> Self {
        let mut client = Self::opened();
        client
            .says(json!({"type": "connection_init", "payload": payload}))
            .await;
        assert_eq!(client.heard().await, json!({"type": "connection_ack"}));
        client
    }

    pub(super) async fn says(&mut self, message: Value) -> &mut Self {
        self.says_raw(&message.to_string()).await
    }

    pub(super) async fn says_raw(&mut self, text: &str) -> &mut Self {
        self.to_server.send(Message::text(text)).await.unwrap();
        self
    }

    /// The next message of the protocol; pings of the socket are answered on the way, as a browser does.
    pub(super) async fn heard(&mut self) -> Value {
        loop {
            match self.from_server.recv().await.unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) => self.to_server.send(Message::Pong(Vec::new())).await.unwrap(),
                other => panic!("{other:?}"),
            }
        }
    }

    /// Reads until the server closes, and closes too.
    pub(super) async fn closed(&mut self) -> u16 {
        loop {
            if let Message::Close(Some((code, _))) = self.from_server.recv().await.unwrap() {
                self.from_server.close();
                return code.into();
            }
        }
    }

    /// Waits for the connection's end without reading another message.
    pub(super) async fn ended(&mut self) {
        (&mut self.connection).await.unwrap();
    }

    /// Reads, so that nothing stalls, but never answers.
    pub(super) async fn is_deaf_until_the_end(&mut self) {
        while self.from_server.recv().await.is_some() {}
        self.ended().await;
    }
}
