//! One HTTP connection that stays open, and GraphQL over it. Any answer but the one that was hoped for is an error.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request,
    body::Bytes,
    client::conn::http1::{SendRequest, handshake},
    header,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value as Json, json};
use tokio::net::TcpStream;

/// A caller with a connection of its own.
pub struct Client {
    connection: SendRequest<Full<Bytes>>,
    authority: String,
    key: String,
}

impl Client {
    /// Connects; `key` is an API key.
    pub async fn connect(address: SocketAddr, key: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (connection, driver) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(driver);
        Ok(Self {
            connection,
            authority: address.to_string(),
            key: key.to_owned(),
        })
    }

    /// The `data` of an operation that has no errors.
    pub async fn ask(&mut self, query: &str, variables: Json) -> Result<Json> {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let answer = self.post("/graphql", body).await?;
        let mut answer: Json = serde_json::from_slice(&answer)?;
        ensure!(answer["errors"].is_null(), "{query}: {answer}");
        Ok(answer["data"].take())
    }

    /// As [`Client::ask`], for a mutation: the payload of its one field, which refuses nothing.
    pub async fn change(&mut self, query: &str, variables: Json) -> Result<Json> {
        let data = self.ask(query, variables).await?;
        let payload = data.as_object().and_then(|fields| fields.values().next());
        let payload = payload.context("no field was answered")?;
        ensure!(payload["userErrors"] == json!([]), "{query}: {payload}");
        Ok(payload.clone())
    }

    /// The body of the answer, which is 200.
    pub async fn post(&mut self, path: &str, body: String) -> Result<Bytes> {
        let request = Request::post(path)
            .header(header::HOST, &self.authority)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(body))?;
        self.connection.ready().await?;
        let answer = self.connection.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        ensure!(status == 200, "{status}: {}", String::from_utf8_lossy(&body));
        Ok(body)
    }
}
