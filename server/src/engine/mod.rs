//! Runs workflows: moves runs forward in segments, one write set each; carries their effects out; brings timers and
//! changes to the runs that wait for them; takes over what a dead server node has left.
//!
//! What a run does next is `pointsman_graph`'s to decide. Here it meets the database, the clock and the outside world.

mod advance;
pub mod approval_link;
pub mod approvals;
pub mod backtest;
pub mod browse;
pub mod changes;
pub mod control;
pub mod dashboard;
pub mod dry_run;
pub mod effect;
mod end;
mod failures;
mod family;
mod held;
pub mod hints;
pub mod history;
pub mod housekeeping;
pub mod inbox;
pub mod jobs;
pub mod live;
pub mod migrate;
pub mod moves;
pub mod notices;
pub mod notifications;
mod order;
mod pending;
mod people;
mod queue;
mod recover;
pub mod replay;
pub mod runs;
mod schedules;
mod scope;
mod segment;
pub mod signals;
pub mod tail;
mod timers;
mod turnstile;
mod waits;

use std::{
    collections::HashSet,
    ops::Deref,
    sync::{Arc, Mutex, OnceLock, Weak},
    time::Duration,
};

use pointsman_entities::ids::{EffectId, MemberId, RunId};
use tokio::sync::{Notify, Semaphore};
use tokio_cron_scheduler::{JobScheduler, JobSchedulerError};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    actions::{egress::Egress, email::Mailer, sms::Texter},
    crm::{Crm, mutate::Committed, write::Enrolled},
    messaging::Links,
    secrets::Secrets,
    source::Source,
    store::{self, Store},
    workflow::{self, schedule::Schedules, versions::Versions},
};
pub use effect::Receipt;

use changes::Changes;
use hints::Hints;
use housekeeping::Retention;
use moves::Moves;
use notices::Channel;
use notifications::Notifications;
use queue::Queue;
use tail::Tail;

/// Effects of one kind carried out at a time.
const EFFECTS: usize = 64;

/// How long the engine waits before it does again what the database has failed to do.
const PAUSE: Duration = Duration::from_secs(2);

/// Why a run could not be moved. Never shown to clients.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the store failed")]
    Store(#[from] store::Error),
    #[error("the idempotency key was used for another request")]
    KeyReused,
    #[error("a workflow's version can't be had")]
    Workflow(#[from] workflow::Error),
    #[error("{table} {id} can't be read")]
    Corrupt {
        table: &'static str,
        id: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("the housekeeping can't be started")]
    Housekeeping(#[from] JobSchedulerError),
    #[error("run {} finds others in its way again and again", run.0)]
    Contended { run: RunId },
    #[error("{table} {id} can't be read")]
    Unreadable { table: &'static str, id: String },
}

/// The clients of the outside world.
pub struct Actions {
    pub egress: Egress,
    /// None where no mail server is configured: e-mail steps fail with a clear code.
    pub mailer: Option<Mailer>,
    /// None where no account is configured: SMS steps fail with a clear code.
    pub texter: Option<Texter>,
}

/// The engine of one server node. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

/// What the tasks of an engine share.
pub struct Inner {
    store: Arc<Store>,
    crm: Arc<Crm>,
    versions: Arc<Versions>,
    schedules: Schedules,
    source: Arc<Source>,
    actions: Arc<Actions>,
    secrets: Arc<Secrets>,
    links: Arc<Links>,
    hints: Arc<Hints>,
    changes: Arc<Changes>,
    tail: Arc<Tail<Changes>>,
    moves: Arc<Tail<Moves>>,
    notifications: Arc<Tail<Notifications>>,
    queue: Arc<Queue>,
    alarm: Arc<timers::Alarm>,
    jobs: Notify,
    lanes: Lanes,
    performing: Mutex<HashSet<EffectId>>,
    performers: TaskTracker,
    loops: TaskTracker,
    stop: CancellationToken,
    member: MemberId,
    retention: Retention,
    channel: Option<Channel>,
    scheduler: OnceLock<JobScheduler>,
}

/// A lane for each kind of effect: calls that hang hold up no mail.
struct Lanes {
    email: Semaphore,
    sms: Semaphore,
    http: Semaphore,
}

impl Default for Lanes {
    fn default() -> Self {
        Self {
            email: Semaphore::new(EFFECTS),
            sms: Semaphore::new(EFFECTS),
            http: Semaphore::new(EFFECTS),
        }
    }
}

/// What an engine is made of.
pub struct Parts {
    pub store: Arc<Store>,
    pub crm: Arc<Crm>,
    pub versions: Arc<Versions>,
    pub schedules: Schedules,
    pub source: Arc<Source>,
    pub actions: Actions,
    pub secrets: Arc<Secrets>,
    pub links: Arc<Links>,
    pub hints: Arc<Hints>,
    pub member: MemberId,
    pub retention: Retention,
    /// By what server nodes tell each other; none where there is but one.
    pub channel: Option<Channel>,
}

impl Deref for Engine {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Engine {
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let stop = CancellationToken::new();
        Self(Arc::new(Inner {
            tail: Tail::new(Changes, Arc::clone(&parts.store), stop.clone()),
            moves: Tail::new(Moves, Arc::clone(&parts.store), stop.clone()),
            notifications: Tail::new(Notifications, Arc::clone(&parts.store), stop.clone()),
            store: parts.store,
            crm: parts.crm,
            versions: parts.versions,
            schedules: parts.schedules,
            source: parts.source,
            actions: Arc::new(parts.actions),
            secrets: parts.secrets,
            links: parts.links,
            hints: parts.hints,
            changes: Arc::new(Changes),
            queue: Arc::default(),
            alarm: Arc::default(),
            jobs: Notify::new(),
            lanes: Lanes::default(),
            performing: Mutex::default(),
            performers: TaskTracker::new(),
            loops: TaskTracker::new(),
            stop,
            member: parts.member,
            retention: parts.retention,
            channel: parts.channel,
            scheduler: OnceLock::new(),
        }))
    }

    /// Announces this server node, takes over what dead ones have left, and starts to work.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn start(&self) -> Result<(), Error> {
        recover::announce(self).await?;
        recover::sweep(self).await?;
        self.loops.spawn(timers::run(self.clone(), self.stop.clone()));
        self.loops.spawn(schedules::run(self.clone(), self.stop.clone()));
        self.loops.spawn(waits::run(self.clone(), self.stop.clone()));
        self.loops.spawn(recover::beat(self.clone(), self.stop.clone()));
        self.loops.spawn(recover::run(self.clone(), self.stop.clone()));
        self.loops.spawn(jobs::run(self.clone(), self.stop.clone()));
        let (changes, moves) = (Arc::clone(&self.tail), Arc::clone(&self.moves));
        self.loops
            .spawn(changes.run(Arc::clone(&self.hints), self.hints.watch_changes()));
        self.loops
            .spawn(moves.run(Arc::clone(&self.hints), self.hints.watch_runs()));
        let notifications = Arc::clone(&self.notifications);
        self.loops
            .spawn(notifications.run(Arc::clone(&self.hints), self.hints.watch_notifications()));
        if let Some(channel) = &self.channel {
            self.loops
                .spawn(notices::run(self.clone(), channel.clone(), self.stop.clone()));
        }
        Ok(())
    }

    /// Stops taking work, finishes what is under way, and leaves.
    pub async fn stop(&self) {
        self.stop.cancel();
        if let Some(mut scheduler) = self.scheduler.get().cloned()
            && let Err(error) = scheduler.shutdown().await
        {
            tracing::warn!(%error, "the housekeeping could not be stopped");
        }
        self.loops.close();
        self.loops.wait().await;
        // An effect's outcome wakes its run, and a run's segment orders effects: until both are idle.
        self.performers.close();
        while !self.queue.is_idle() || !self.performers.is_empty() {
            self.queue.drain().await;
            self.performers.wait().await;
        }
        if let Err(error) = recover::leave(self).await {
            tracing::warn!(%error, "the server node could not take its leave");
        }
    }

    /// The stream of changes.
    #[must_use]
    pub fn tail(&self) -> &Arc<Tail<Changes>> {
        &self.tail
    }

    /// The stream of runs that moved.
    #[must_use]
    pub fn moves(&self) -> &Arc<Tail<Moves>> {
        &self.moves
    }

    /// The stream of notifications, of all users.
    #[must_use]
    pub fn news(&self) -> &Arc<Tail<Notifications>> {
        &self.notifications
    }

    /// The server node that this engine works for.
    #[must_use]
    pub fn member(&self) -> MemberId {
        self.member
    }

    /// The records that runs work on.
    #[must_use]
    pub fn crm(&self) -> &Arc<Crm> {
        &self.crm
    }

    #[must_use]
    pub fn hints(&self) -> &Arc<Hints> {
        &self.hints
    }

    /// Looks at a run that was told something.
    pub(crate) fn wake(&self, run: RunId) {
        let (first, again) = (self.clone(), self.clone());
        self.queue.push(
            run,
            move || async move { first.look(run, None).await },
            move || again.clone().look_again(run),
        );
    }

    /// Takes over a run that this server node has just enrolled.
    fn enter(&self, enrolled: Enrolled) {
        let (run, first, again) = (enrolled.run, self.clone(), self.clone());
        self.queue.push(
            run,
            move || async move { first.look(run, Some(enrolled)).await },
            move || again.clone().look_again(run),
        );
    }

    async fn look_again(self, run: RunId) {
        self.look(run, None).await;
    }

    async fn look(&self, run: RunId, enrolled: Option<Enrolled>) {
        if let Err(error) = advance::advance(self, run, enrolled).await {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(run = %run.0, %error, source, "a run could not be moved");
            self.look_later(run);
        }
    }

    /// What failed may work in a while: the database is back, the mistake mended.
    fn look_later(&self, run: RunId) {
        let engine = self.clone();
        self.loops.spawn(async move {
            tokio::select! {
                () = engine.stop.cancelled() => {}
                () = tokio::time::sleep(PAUSE) => engine.wake(run),
            }
        });
    }
}

/// Passes what a commit started on to the engine, which is made after the CRM it works with and ends before it.
#[derive(Default)]
pub struct Link {
    engine: OnceLock<Weak<Inner>>,
}

impl Link {
    /// Names the engine, once.
    pub fn connect(&self, engine: &Engine) {
        let _connected_before = self.engine.set(Arc::downgrade(&engine.0));
    }
}

impl Committed for Link {
    fn committed(&self, enrolled: Vec<Enrolled>, logged: bool) {
        let Some(engine) = self.engine.get().and_then(Weak::upgrade).map(Engine) else {
            return;
        };
        if logged {
            engine.hints.changed();
        }
        for enrolled in enrolled {
            match enrolled.held {
                true => engine.wake(enrolled.run),
                false => engine.enter(enrolled),
            }
        }
    }
}
