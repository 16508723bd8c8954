//! Wakes those who read logs. A hint says only "look again": the log is the truth, and a lost hint costs time, never an
//! event. What one server node has committed, the others are told by notices.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use pointsman_entities::ids::RunId;
use tokio::sync::watch;

use super::notices::{Notice, Outbox, Runs};

/// Watched runs beyond which those that nobody watches any more are forgotten.
const PRUNED: usize = 1_024;

/// How long a reader sleeps at most while nothing tells of other nodes.
const DEAF: Duration = Duration::from_millis(500);

/// The same while notices come in: one can be lost.
const HEARING: Duration = Duration::from_secs(5);

/// Hints of one server node.
pub struct Hints {
    changes: watch::Sender<()>,
    runs: watch::Sender<()>,
    notifications: watch::Sender<()>,
    by_run: Mutex<HashMap<RunId, watch::Sender<()>>>,
    outbox: Outbox,
    hears: watch::Sender<bool>,
}

impl Default for Hints {
    fn default() -> Self {
        Self {
            changes: watch::Sender::new(()),
            runs: watch::Sender::new(()),
            notifications: watch::Sender::new(()),
            by_run: Mutex::default(),
            outbox: Outbox::default(),
            hears: watch::Sender::new(false),
        }
    }
}

impl Hints {
    /// The change log grew by a commit of this node.
    pub fn changed(&self) {
        self.changes.send_replace(());
        self.outbox.put(Notice {
            changes: true,
            ..Notice::default()
        });
    }

    /// A run's history grew by a commit of this node.
    pub fn moved(&self, run: RunId) {
        self.runs.send_replace(());
        self.look_at(run);
        self.outbox.put(Notice {
            runs: Runs::these([run]),
            ..Notice::default()
        });
    }

    /// This node notified users.
    pub fn notified(&self) {
        self.notifications.send_replace(());
        self.outbox.put(Notice {
            notifications: true,
            ..Notice::default()
        });
    }

    /// Another node has committed something.
    pub fn heard(&self, notice: Notice) {
        if notice.changes {
            self.changes.send_replace(());
        }
        if notice.notifications {
            self.notifications.send_replace(());
        }
        if !notice.runs.is_empty() {
            self.runs.send_replace(());
        }
        match notice.runs {
            Runs::These(runs) => runs.into_iter().for_each(|run| self.look_at(run)),
            Runs::Any => self.look_at_all(),
        }
    }

    /// Whether notices of other nodes come in.
    #[must_use]
    pub fn hears(&self) -> watch::Receiver<bool> {
        self.hears.subscribe()
    }

    /// How long whoever reads a log that other nodes write too may sleep without looking.
    #[must_use]
    pub fn patience(&self) -> Duration {
        if *self.hears.borrow() { HEARING } else { DEAF }
    }

    /// Hints about the notifications of all users.
    #[must_use]
    pub fn watch_notifications(&self) -> watch::Receiver<()> {
        self.notifications.subscribe()
    }

    /// Hints about the change log.
    #[must_use]
    pub fn watch_changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Hints about the histories of all runs.
    #[must_use]
    pub fn watch_runs(&self) -> watch::Receiver<()> {
        self.runs.subscribe()
    }

    /// Hints about the history of one run.
    #[must_use]
    pub fn watch_run(&self, run: RunId) -> watch::Receiver<()> {
        let mut by_run = self.by_run.lock().unwrap_or_else(PoisonError::into_inner);
        if by_run.len() >= PRUNED {
            by_run.retain(|_, sender| sender.receiver_count() > 0);
        }
        by_run.entry(run).or_insert_with(|| watch::Sender::new(())).subscribe()
    }

    pub(super) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Notices come in from now on, or no more. Either way some may have been missed.
    pub(super) fn set_hearing(&self, hears: bool) {
        self.hears.send_replace(hears);
        self.heard(Notice::everything());
    }

    fn look_at(&self, run: RunId) {
        let mut by_run = self.by_run.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = by_run.get(&run) {
            if sender.receiver_count() == 0 {
                by_run.remove(&run);
            } else {
                sender.send_replace(());
            }
        }
    }

    fn look_at_all(&self) {
        let by_run = self.by_run.lock().unwrap_or_else(PoisonError::into_inner);
        for sender in by_run.values() {
            sender.send_replace(());
        }
    }
}
