//! Which runs this server node is to look at, each by one task at a time.

use std::{
    collections::{HashMap, hash_map::Entry},
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use pointsman_entities::ids::RunId;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

/// Segments in progress at a time: enough to fill the groups of the SQLite writer and the connections to PostgreSQL.
const PARALLEL: usize = 64;

/// Runs beyond which a queue is long.
const LONG: usize = 5_000;

/// The runs being looked at, and whether to look once more when done.
pub struct Queue {
    tasks: TaskTracker,
    permits: Arc<Semaphore>,
    active: Arc<Mutex<HashMap<RunId, bool>>>,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            tasks: TaskTracker::new(),
            permits: Arc::new(Semaphore::new(PARALLEL)),
            active: Arc::default(),
        }
    }
}

impl Queue {
    /// Looks at the run with `first`, and with `again` as often as it was asked for meanwhile. Where the run is being
    /// looked at already, it will be looked at once more.
    pub fn push<F, A>(
        &self,
        run: RunId,
        first: impl FnOnce() -> F + Send + 'static,
        again: impl Fn() -> A + Send + 'static,
    ) where
        F: Future<Output = ()> + Send,
        A: Future<Output = ()> + Send,
    {
        if !self.begin(run) {
            return;
        }
        let (permits, active) = (Arc::clone(&self.permits), Arc::clone(&self.active));
        self.tasks.spawn(async move {
            // Whatever panics below, the run does not stay marked as being looked at.
            let _mark = Mark { active: &active, run };
            let _permit = permits.acquire().await;
            first().await;
            while take(&active, run) {
                again().await;
            }
        });
    }

    /// Whether the run was not being looked at.
    fn begin(&self, run: RunId) -> bool {
        match lock(&self.active).entry(run) {
            Entry::Occupied(mut active) => {
                active.insert(true);
                false
            }
            Entry::Vacant(free) => {
                free.insert(false);
                true
            }
        }
    }

    /// Whether the run is queued or being looked at.
    #[must_use]
    pub fn holds(&self, run: RunId) -> bool {
        lock(&self.active).contains_key(&run)
    }

    /// Whether so much is queued that what can wait should.
    #[must_use]
    pub fn is_long(&self) -> bool {
        lock(&self.active).len() > LONG
    }

    /// Whether nothing is queued or being looked at.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        lock(&self.active).is_empty()
    }

    /// Returns when all that is queued has been looked at.
    pub async fn drain(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }
}

/// Takes a run off the list when its task ends.
struct Mark<'a> {
    active: &'a Mutex<HashMap<RunId, bool>>,
    run: RunId,
}

impl Drop for Mark<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            lock(self.active).remove(&self.run);
        }
    }
}

/// Whether to look once more; where not, the run is no longer active.
fn take(active: &Mutex<HashMap<RunId, bool>>, run: RunId) -> bool {
    let mut active = lock(active);
    match active.get_mut(&run) {
        Some(once_more) if *once_more => {
            *once_more = false;
            true
        }
        _ => {
            active.remove(&run);
            false
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
