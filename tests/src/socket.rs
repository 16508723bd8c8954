//! A client of `graphql-transport-ws`, as strict as a test needs it.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures_util::{FutureExt, SinkExt, StreamExt};
use serde_json::{Value as Json, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

/// How long a test waits for something that must come, in real time.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection with one subscription.
pub struct Subscription {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// What a subscription says.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    Next(Json),
    /// The codes of the errors, wherever they stand.
    Error(Vec<String>),
    Complete,
}

impl Subscription {
    /// Connects with an API key and subscribes.
    pub async fn open(address: std::net::SocketAddr, key: &str, query: &str, variables: Json) -> Result<Self> {
        let mut request = format!("ws://{address}/graphql").into_client_request()?;
        request
            .headers_mut()
            .insert("sec-websocket-protocol", "graphql-transport-ws".parse()?);
        let (socket, _) = connect_async(request).await?;
        let mut subscription = Self { socket };
        let authorization = json!({ "authorization": format!("Bearer {key}") });
        subscription
            .send(json!({ "type": "connection_init", "payload": authorization }))
            .await?;
        let greeting = subscription.read().await?;
        ensure!(greeting["type"] == "connection_ack", "{greeting}");
        let payload = json!({ "query": query, "variables": variables });
        subscription
            .send(json!({ "type": "subscribe", "id": "1", "payload": payload }))
            .await?;
        Ok(subscription)
    }

    /// What comes next.
    pub async fn next(&mut self) -> Result<Said> {
        let message = self.read().await?;
        Ok(match message["type"].as_str() {
            Some("next") if message["payload"].get("errors").is_some() => {
                Said::Error(codes(&message["payload"]["errors"]))
            }
            Some("next") => Said::Next(message["payload"].clone()),
            Some("error") => Said::Error(codes(&message["payload"])),
            Some("complete") => Said::Complete,
            _ => bail!("{message}"),
        })
    }

    /// The next event's field of the subscription's root.
    pub async fn event(&mut self, field: &str) -> Result<Json> {
        match self.next().await? {
            Said::Next(payload) => Ok(payload["data"][field].clone()),
            other => bail!("{other:?}"),
        }
    }

    /// Whether something has come that nobody has read.
    pub fn has_more(&mut self) -> bool {
        self.socket.next().now_or_never().is_some()
    }

    /// All events up to the end.
    pub async fn rest(&mut self, field: &str) -> Result<Vec<Json>> {
        let mut events = Vec::new();
        loop {
            match self.next().await? {
                Said::Next(payload) => events.push(payload["data"][field].clone()),
                Said::Complete => return Ok(events),
                Said::Error(codes) => bail!("{codes:?}"),
            }
        }
    }

    async fn send(&mut self, message: Json) -> Result<()> {
        Ok(self.socket.send(Message::text(message.to_string())).await?)
    }

    async fn read(&mut self) -> Result<Json> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next())
                .await
                .context("nothing comes")?;
            match message.context("the connection is closed")?? {
                Message::Text(text) => return Ok(serde_json::from_str(&text)?),
                Message::Ping(_) | Message::Pong(_) => {}
                other => bail!("{other:?}"),
            }
        }
    }
}

fn codes(errors: &Json) -> Vec<String> {
    let code = |error: &Json| error["extensions"]["code"].as_str().map(str::to_owned);
    errors.as_array().into_iter().flatten().filter_map(code).collect()
}
