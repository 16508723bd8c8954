//! Tells the other server nodes where to look again, and hears it from them: by PostgreSQL's NOTIFY and LISTEN, or by NATS.
//! Never within a transaction, and never needed: who hears nothing looks by itself, only later.

mod nats;
mod notice;
mod postgres;

use std::{
    mem,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;
use secrecy::SecretString;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::Engine;
pub use notice::{Notice, Runs};

/// What is to be told within so long goes as one notice.
const GATHERED: Duration = Duration::from_millis(10);

/// How long a node waits before it tries again to hear others.
const PAUSE: Duration = Duration::from_secs(1);

/// By what server nodes tell each other.
#[derive(Clone, Debug)]
pub enum Channel {
    /// The database that they share, by its URL.
    Postgres(String),
    /// A NATS server, by its URL.
    Nats(SecretString),
}

/// Why notices can't be told or heard.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the database carries no notices")]
    Postgres(#[from] sea_orm::sqlx::Error),
    #[error("the database refuses a notice")]
    Refused(#[from] sea_orm::DbErr),
    #[error("NATS can't be reached")]
    Connect(#[from] async_nats::ConnectError),
    #[error("NATS gives no notices")]
    Subscribe(#[from] async_nats::SubscribeError),
    #[error("NATS takes no notice")]
    Publish(#[from] async_nats::PublishError),
    #[error("NATS has ended")]
    Ended,
}

/// A connection by which notices are told.
trait Mouth: Send {
    fn tell(&mut self, text: String) -> BoxFuture<'_, Result<(), Error>>;
}

/// A connection by which notices are heard.
trait Ear: Send {
    /// The next notice. None where some may have been missed.
    fn hear(&mut self) -> BoxFuture<'_, Result<Option<String>, Error>>;
}

/// What the other nodes are still to be told.
#[derive(Default)]
pub(super) struct Outbox {
    waiting: Mutex<Notice>,
    filled: Notify,
}

impl Outbox {
    pub(super) fn put(&self, notice: Notice) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting = mem::take(&mut *waiting).and(notice);
        self.filled.notify_one();
    }

    /// All that waits, as soon as something does.
    async fn take(&self) -> Notice {
        loop {
            let notice = mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            if !notice.is_empty() {
                return notice;
            }
            self.filled.notified().await;
        }
    }
}

/// Tells and hears until told to stop.
pub async fn run(engine: Engine, channel: Channel, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let failed = tokio::select! {
            () = stop.cancelled() => return,
            failed = converse(&engine, &channel) => failed,
        };
        engine.hints.set_hearing(false);
        if let Err(error) = failed {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(%error, source, "other server nodes are looked at instead of listened to");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

async fn converse(engine: &Engine, channel: &Channel) -> Result<(), Error> {
    let (mouth, ear) = connect(engine, channel).await?;
    engine.hints.set_hearing(true);
    tokio::try_join!(tell(engine, mouth), hear(engine, ear)).map(|_| ())
}

async fn connect(engine: &Engine, channel: &Channel) -> Result<(Box<dyn Mouth>, Box<dyn Ear>), Error> {
    Ok(match channel {
        Channel::Postgres(url) => {
            let (mouth, ear) = postgres::connect(engine, url).await?;
            (Box::new(mouth), Box::new(ear))
        }
        Channel::Nats(url) => {
            let (mouth, ear) = nats::connect(url).await?;
            (Box::new(mouth), Box::new(ear))
        }
    })
}

async fn tell(engine: &Engine, mut mouth: Box<dyn Mouth>) -> Result<(), Error> {
    loop {
        let notice = engine.hints.outbox().take().await;
        mouth.tell(notice.text(engine.member)).await?;
        tokio::time::sleep(GATHERED).await;
    }
}

async fn hear(engine: &Engine, mut ear: Box<dyn Ear>) -> Result<(), Error> {
    loop {
        let notice = match ear.hear().await? {
            Some(text) => Notice::parse(&text, engine.member),
            None => Some(Notice::everything()),
        };
        if let Some(notice) = notice {
            engine.hints.heard(notice);
        }
    }
}
