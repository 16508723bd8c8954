//! Notices by NATS: for installations with many nodes, or whose PostgreSQL stands behind a pooler that can't LISTEN.

use std::sync::Arc;

use async_nats::{Client, ConnectOptions, Event, Subscriber};
use futures_util::{FutureExt, StreamExt, future::BoxFuture};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Notify;

use super::{Ear, Error, Mouth};

/// The subject of all nodes on one server.
const SUBJECT: &str = "pointsman.notices";

pub(super) struct Telling(Client);

pub(super) struct Listening {
    notices: Subscriber,
    /// Rings where notices may have been missed: the client connects again by itself.
    missed: Arc<Notify>,
}

pub(super) async fn connect(url: &SecretString) -> Result<(Telling, Listening), Error> {
    let missed = Arc::new(Notify::new());
    let rings = Arc::clone(&missed);
    let options = ConnectOptions::new().name("pointsman").event_callback(move |event| {
        let rings = Arc::clone(&rings);
        async move {
            match event {
                Event::Connected | Event::SlowConsumer(_) => rings.notify_one(),
                other => tracing::info!(event = %other, "NATS"),
            }
        }
    });
    let client = options.connect(url.expose_secret()).await?;
    let notices = client.subscribe(SUBJECT).await?;
    client.flush().await.map_err(|_| Error::Ended)?;
    Ok((Telling(client), Listening { notices, missed }))
}

impl Mouth for Telling {
    fn tell(&mut self, text: String) -> BoxFuture<'_, Result<(), Error>> {
        async { Ok(self.0.publish(SUBJECT, text.into()).await?) }.boxed()
    }
}

impl Ear for Listening {
    fn hear(&mut self) -> BoxFuture<'_, Result<Option<String>, Error>> {
        async {
            tokio::select! {
                () = self.missed.notified() => Ok(None),
                notice = self.notices.next() => {
                    let notice = notice.ok_or(Error::Ended)?;
                    Ok(Some(String::from_utf8_lossy(&notice.payload).into_owned()))
                }
            }
        }
        .boxed()
    }
}
