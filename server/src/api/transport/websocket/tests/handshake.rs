//! The opening, the limits of frames and the closing, over a real connection.

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::super::super::toy::{Host, host};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The status of a refusal is the error.
async fn connected(host: &Host, headers: &[(&'static str, &str)]) -> Result<Socket, u16> {
    let mut request = format!("ws://{}/graphql", host.address).into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

const OURS: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

async fn close_code(socket: &mut Socket) -> u16 {
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Close(Some(frame)) = message {
            return frame.code.into();
        }
    }
    panic!("the connection ended without a close")
}

#[tokio::test]
async fn another_protocol_is_closed_with_4406() {
    let legacy = ("sec-websocket-protocol", "graphql-ws");

    let mut socket = connected(&host().await, &[legacy]).await.unwrap();

    assert_eq!(close_code(&mut socket).await, 4406);
}

#[tokio::test]
async fn no_protocol_at_all_is_closed_with_4406() {
    let mut socket = connected(&host().await, &[]).await.unwrap();

    assert_eq!(close_code(&mut socket).await, 4406);
}

#[tokio::test]
async fn a_page_of_a_foreign_origin_cannot_connect() {
    let host = host().await;
    let own = format!("http://{}", host.address);

    assert_eq!(
        connected(&host, &[OURS, ("origin", "https://evil.example")])
            .await
            .err(),
        Some(403)
    );
    assert!(connected(&host, &[OURS, ("origin", &own)]).await.is_ok());
    assert!(
        connected(&host, &[OURS, ("origin", "https://spa.example")])
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn without_an_origin_a_token_connects_and_a_cookie_does_not() {
    let host = host().await;

    assert!(
        connected(&host, &[OURS, ("authorization", "Bearer good")])
            .await
            .is_ok()
    );
    assert_eq!(
        connected(&host, &[OURS, ("cookie", "session=good")]).await.err(),
        Some(403)
    );
}

#[tokio::test]
async fn a_message_of_more_than_a_megabyte_is_closed_with_1009() {
    let mut socket = connected(&host().await, &[OURS]).await.unwrap();
    socket.feed(Message::text("x".repeat(1024 * 1024 + 1))).await.unwrap();
    let _ = socket.flush().await;

    assert_eq!(close_code(&mut socket).await, 1009);
}

#[tokio::test]
async fn a_shutdown_ends_when_every_connection_has_been_told() {
    let host = host().await;
    let mut socket = connected(&host, &[OURS]).await.unwrap();
    socket
        .send(Message::text(json!({"type": "connection_init"}).to_string()))
        .await
        .unwrap();
    socket.next().await.unwrap().unwrap();

    let (code, ()) = tokio::join!(close_code(&mut socket), host.sockets.close());

    assert_eq!(code, 1001);
}
