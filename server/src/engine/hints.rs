//! Wakes those who read logs. A hint says only "look again": the log is the truth, and a lost hint costs time, never an
//! event.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use pointsman_entities::ids::RunId;
use tokio::sync::watch;

/// Watched runs beyond which those that nobody watches any more are forgotten.
const PRUNED: usize = 1_024;

/// Hints of one server node.
pub struct Hints {
    changes: watch::Sender<()>,
    runs: watch::Sender<()>,
    notifications: watch::Sender<()>,
    by_run: Mutex<HashMap<RunId, watch::Sender<()>>>,
}

impl Default for Hints {
    fn default() -> Self {
        Self {
            changes: watch::Sender::new(()),
            runs: watch::Sender::new(()),
            notifications: watch::Sender::new(()),
            by_run: Mutex::default(),
        }
    }
}

impl Hints {
    /// The change log grew.
    pub fn changed(&self) {
        self.changes.send_replace(());
    }

    /// A run's history grew.
    pub fn moved(&self, run: RunId) {
        self.runs.send_replace(());
        let mut by_run = self.by_run.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = by_run.get(&run) {
            if sender.receiver_count() == 0 {
                by_run.remove(&run);
            } else {
                sender.send_replace(());
            }
        }
    }

    /// Users were notified.
    pub fn notified(&self) {
        self.notifications.send_replace(());
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
}
