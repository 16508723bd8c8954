//! Reads a log as it grows, once for all who watch it on this server node, and hands each item to each of them in order.
//!
//! A watcher first catches up from its cursor, then joins the live stream; whatever overlaps is dropped by position, so
//! there is neither gap nor duplicate at the seam. On PostgreSQL a later number can be visible before an earlier one; the
//! log is read only up to the oldest transaction still open.

use std::{sync::Arc, time::Duration};

use async_stream::try_stream;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::{Stream, future::BoxFuture};
use sea_orm::ConnectionTrait;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use super::hints::Hints;
use crate::store::{self, Store};

/// Items that a slow watcher may lag behind before it reads them from the log again.
const LIVE: usize = 4096;

/// Items read at a time.
pub const BATCH: u64 = 512;

/// How long the tail sleeps after a failure.
const PAUSE: Duration = Duration::from_millis(500);

/// How long a reader sleeps while transactions are open, whose end may tell nobody.
const HELD_BACK: Duration = Duration::from_millis(100);

/// The epoch of the logs.
const EPOCH: i64 = 1;

/// Why a text is no place in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadCursor {
    /// No log has given it out.
    Malformed,
    /// It stems from before a backup was restored.
    Expired,
}

/// A place in a log: transaction, then number within it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub tx: i64,
    pub seq: i64,
}

/// Items of a log with their positions, in order.
pub type Page<T> = Vec<(Position, Arc<T>)>;

/// A log that can be read from a position.
pub trait Log: Send + Sync + 'static {
    type Item: Send + Sync;

    /// The items behind a position, at most [`BATCH`], none from transactions at or above `horizon`.
    fn read<'a>(
        &'a self,
        store: &'a Store,
        after: Position,
        horizon: i64,
    ) -> BoxFuture<'a, Result<Page<Self::Item>, store::Error>>;

    /// The position of the newest item below the horizon.
    fn end<'a>(&'a self, store: &'a Store, horizon: i64) -> BoxFuture<'a, Result<Position, store::Error>>;
}

/// How far a log can be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Horizon {
    /// The oldest transaction that may still commit, on PostgreSQL.
    pub before: i64,
    /// Whether there may be one, which holds others back.
    open: bool,
}

impl Horizon {
    const CLEAR: Self = Self {
        before: i64::MAX,
        open: false,
    };

    /// How long whoever has read so far may sleep without looking, where other nodes write too.
    pub(super) fn pause(self, hints: &Hints) -> Duration {
        if self.open { HELD_BACK } else { hints.patience() }
    }
}

/// One log's reader.
pub struct Tail<L: Log> {
    log: L,
    store: Arc<Store>,
    live: broadcast::Sender<Live<L::Item>>,
    stop: CancellationToken,
}

/// What the reader tells the watchers.
struct Live<T> {
    /// Where the reader stood before: a watcher that has not come that far has missed something and reads the log.
    previous: Position,
    position: Position,
    /// None where the reader only says where it begins.
    item: Option<Arc<T>>,
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self {
            previous: self.previous,
            position: self.position,
            item: self.item.clone(),
        }
    }
}

impl Position {
    /// The position as an opaque cursor.
    #[must_use]
    pub fn text(self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(format!("{EPOCH}.{}.{}", self.tx, self.seq))
    }

    /// Reads what [`Position::text`] wrote. The first number is the log's epoch: a restored backup starts a new one.
    ///
    /// # Errors
    /// Where the text is no cursor, or one of another epoch.
    pub fn parse(text: &str) -> Result<Self, BadCursor> {
        let decoded = BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        let text = decoded
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or(BadCursor::Malformed)?;
        let numbers: Vec<i64> = text.split('.').map_while(|part| part.parse().ok()).collect();
        match numbers[..] {
            [EPOCH, tx, seq] => Ok(Self { tx, seq }),
            [_, _, _] => Err(BadCursor::Expired),
            _ => Err(BadCursor::Malformed),
        }
    }
}

impl<L: Log> Tail<L> {
    #[must_use]
    pub fn new(log: L, store: Arc<Store>, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            log,
            store,
            live: broadcast::Sender::new(LIVE),
            stop,
        })
    }

    /// Reads the log as it grows until told to stop.
    pub async fn run(self: Arc<Self>, hints: Arc<Hints>, mut log: watch::Receiver<()>) {
        let mut position = None;
        loop {
            log.mark_unchanged();
            let pause = match self.forward(&mut position).await {
                Ok(horizon) => horizon.pause(&hints),
                Err(error) => {
                    tracing::error!(%error, "a log can't be read");
                    PAUSE
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => return,
                changed = log.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(pause), if self.store.is_shared() || pause == PAUSE => {}
            }
        }
    }

    /// The items behind the cursor, or those from now on, until the tail is told to stop.
    pub fn watch(
        self: &Arc<Self>,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<(Position, Arc<L::Item>), store::Error>> + use<L> {
        let tail = Arc::clone(self);
        let mut live = self.live.subscribe();
        try_stream! {
            let mut last = match after {
                Some(position) => position,
                None => tail.end().await?,
            };
            loop {
                loop {
                    let items = tail.log.read(&tail.store, last, tail.horizon().await?.before).await?;
                    if items.is_empty() {
                        break;
                    }
                    for (position, item) in items {
                        last = position;
                        yield (position, item);
                    }
                }
                loop {
                    let told = tokio::select! {
                        () = tail.stop.cancelled() => return,
                        told = live.recv() => told,
                    };
                    match told {
                        Ok(Live { position, .. }) if position <= last => {}
                        Ok(Live { previous, position, item: Some(item) }) if previous <= last => {
                            last = position;
                            yield (position, item);
                        }
                        Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => break,
                        Err(broadcast::error::RecvError::Closed) => return,
                    }
                }
            }
        }
    }

    /// The position of the newest item.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn end(&self) -> Result<Position, store::Error> {
        self.log.end(&self.store, self.horizon().await?.before).await
    }

    /// Tells all that is new. How far it could look.
    async fn forward(&self, position: &mut Option<Position>) -> Result<Horizon, store::Error> {
        if self.live.receiver_count() == 0 {
            *position = None;
            return Ok(Horizon::CLEAR);
        }
        let mut previous = match *position {
            Some(position) => position,
            None => {
                let position = self.end().await?;
                self.tell(Live {
                    previous: position,
                    position,
                    item: None,
                });
                position
            }
        };
        loop {
            *position = Some(previous);
            let horizon = self.horizon().await?;
            let items = self.log.read(&self.store, previous, horizon.before).await?;
            if items.is_empty() {
                return Ok(horizon);
            }
            for (position, item) in items {
                self.tell(Live {
                    previous,
                    position,
                    item: Some(item),
                });
                previous = position;
            }
        }
    }

    fn tell(&self, live: Live<L::Item>) {
        let _nobody_watches = self.live.send(live);
    }

    /// How far the log can be read. On SQLite rows appear in order.
    pub(super) async fn horizon(&self) -> Result<Horizon, store::Error> {
        if !self.store.is_shared() {
            return Ok(Horizon::CLEAR);
        }
        let sql = "SELECT pg_snapshot_xmin(now)::text::bigint, pg_snapshot_xmin(now) < pg_snapshot_xmax(now) \
                   FROM pg_current_snapshot() AS now";
        let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, sql);
        let row = self.store.reads().query_one_raw(statement).await?;
        let row = row.ok_or_else(|| sea_orm::DbErr::RecordNotFound("the snapshot".into()))?;
        Ok(Horizon {
            before: row.try_get_by_index(0)?,
            open: row.try_get_by_index(1)?,
        })
    }
}
