//! Long work in parts. A server node leases a job; each part is committed with how far the job has come, guarded by the
//! lease, so that a job whose node has died goes on elsewhere where it stood, and no part counts twice.

use std::time::Duration;

use async_stream::try_stream;
use futures_util::Stream;
use pointsman_entities::{
    ids::{CustomFieldId, JobId, MemberId},
    job,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use tokio_util::sync::CancellationToken;

use super::{Engine, Error, backtest};
use crate::{
    crm::{Access, custom::fields::INDEX_JOB},
    store::{self, Update, Write, WriteSet, payload},
};

/// How often a server node looks for jobs that nobody works on.
const POLL: Duration = Duration::from_secs(1);

/// How often those who watch a job look at it.
const WATCH: Duration = Duration::from_millis(250);

/// Jobs picked up at a time.
const BATCH: u64 = 20;

/// Characters of a failure that a job keeps.
const REASON: usize = 1_000;

/// How far a job has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    pub done: i64,
    pub total: i64,
    /// As the kind writes it.
    pub state: String,
    /// Whether nothing is left to do.
    pub finished: bool,
}

impl Engine {
    /// Takes an order for a job, which begins at once.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn order_job(&self, access: &Access, kind: &str, input: String) -> Result<job::Model, Error> {
        let (now, mut set) = (self.source.now(), WriteSet::new());
        let input = payload::put(&mut set, || self.source.id(), input);
        let row = job::Model {
            id: self.source.id(),
            kind: kind.into(),
            state: "RUNNING".into(),
            input,
            done: 0,
            total: 0,
            progress: None,
            error: None,
            owner: None,
            fence: 0,
            created_by: access.user(),
            created_at: now,
            updated_at: now,
            finished_at: None,
        };
        set.insert(row.clone().into_active_model());
        let _new_id_is_free = self.store.commit(set).await?;
        self.jobs.notify_one();
        Ok(row)
    }

    /// The job of that id.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn job(&self, id: JobId) -> Result<Option<job::Model>, Error> {
        let row = job::Entity::find_by_id(id)
            .one(self.store.reads())
            .await
            .map_err(store::Error::from)?;
        Ok(row)
    }

    /// What a job has found so far, as its kind writes it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn progress(&self, job: &job::Model) -> Result<Option<String>, Error> {
        match &job.progress {
            Some(text) => Ok(Some(payload::get(&self.store, text.clone()).await?)),
            None => Ok(None),
        }
    }

    /// A job as it goes on; ends with it.
    pub fn watch_job(&self, id: JobId) -> impl Stream<Item = Result<job::Model, Error>> + use<> {
        let engine = self.clone();
        try_stream! {
            let mut shown = None;
            while let Some(row) = engine.job(id).await? {
                let finished = row.finished_at.is_some();
                let place = (row.done, row.total, row.updated_at);
                if shown.replace(place) != Some(place) || finished {
                    yield row;
                }
                if finished {
                    return;
                }
                tokio::select! {
                    () = engine.stop.cancelled() => return,
                    () = tokio::time::sleep(WATCH) => {}
                }
            }
        }
    }

    /// Does one part of a job that nobody works on: what a command does that has no server beside it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn work_on(&self, id: JobId) -> Result<(), Error> {
        let free = |row: &job::Model| row.finished_at.is_none() && row.owner.is_none();
        let Some(row) = self.job(id).await?.filter(free) else {
            return Ok(());
        };
        let Some(held) = self.lease(row).await? else {
            return Ok(());
        };
        match self.part(held).await? {
            Some(kept) if kept.finished_at.is_none() => self.let_go(&kept).await,
            Some(_) | None => Ok(()),
        }
    }

    async fn take(&self, row: job::Model, stop: &CancellationToken) -> Result<(), Error> {
        let Some(mut held) = self.lease(row).await? else {
            return Ok(());
        };
        while held.finished_at.is_none() {
            if stop.is_cancelled() {
                return self.let_go(&held).await;
            }
            match self.part(held).await? {
                Some(kept) => held = kept,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    /// Does a part and commits it; none where the job is no longer ours.
    async fn part(&self, held: job::Model) -> Result<Option<job::Model>, Error> {
        let progress = match held.kind.as_str() {
            INDEX_JOB => self.index(&held).await,
            _ => backtest::advance(self, &held).await,
        };
        let next = match progress {
            Ok(progress) => moved(progress),
            // A database that is away comes back; the job waits for it, and so does whoever watches.
            Err(Error::Store(error)) => return Err(error.into()),
            Err(error) => failed(&held, &error),
        };
        self.keep(held, next).await
    }

    /// Builds or drops the index of a custom field: whichever its definition asks for by now.
    async fn index(&self, held: &job::Model) -> Result<Progress, Error> {
        let field = held.input.parse().map(CustomFieldId).map_err(|_| Error::Unreadable {
            table: "job",
            id: held.id.0.to_string(),
        })?;
        self.crm.arrange_index(field).await?;
        Ok(Progress {
            done: 1,
            total: 1,
            state: "{}".into(),
            finished: true,
        })
    }

    /// The job, ours from now on; none where another server node was quicker.
    async fn lease(&self, row: job::Model) -> Result<Option<job::Model>, Error> {
        let change = job::ActiveModel {
            owner: Set(Some(self.member)),
            fence: Set(row.fence + 1),
            ..Default::default()
        };
        let leased = self.commit_job(&row, &change, WriteSet::new()).await?;
        Ok(leased.then(|| job::Model {
            owner: Some(self.member),
            fence: row.fence + 1,
            ..row
        }))
    }

    /// Commits a part; none where the job is no longer ours.
    async fn keep(&self, held: job::Model, next: Next) -> Result<Option<job::Model>, Error> {
        let (now, mut set) = (self.source.now(), WriteSet::new());
        let progress = match next.progress {
            None => held.progress.clone(),
            Some(text) => {
                if let Some(before) = &held.progress {
                    payload::remove(&self.store, &mut set, before).await?;
                }
                Some(payload::put(&mut set, || self.source.id(), text))
            }
        };
        let kept = job::Model {
            state: next.state.into(),
            done: next.done,
            total: next.total,
            progress,
            error: next.error,
            owner: held.owner.filter(|_| !next.finished),
            updated_at: now,
            finished_at: next.finished.then_some(now),
            ..held.clone()
        };
        let change = job::ActiveModel {
            state: Set(kept.state.clone()),
            done: Set(kept.done),
            total: Set(kept.total),
            progress: Set(kept.progress.clone()),
            error: Set(kept.error.clone()),
            owner: Set(kept.owner),
            updated_at: Set(kept.updated_at),
            finished_at: Set(kept.finished_at),
            ..Default::default()
        };
        Ok(self.commit_job(&held, &change, set).await?.then_some(kept))
    }

    async fn let_go(&self, held: &job::Model) -> Result<(), Error> {
        let change = job::ActiveModel {
            owner: Set(None),
            ..Default::default()
        };
        let _another_has_it = self.commit_job(held, &change, WriteSet::new()).await?;
        Ok(())
    }

    async fn commit_job(&self, row: &job::Model, change: &job::ActiveModel, mut set: WriteSet) -> Result<bool, Error> {
        let update = Update::of(vec![("id", row.id.0.into())], change)
            .guarded("fence", row.fence)
            .guarded("owner", row.owner.map(|owner| owner.0));
        set.push(Write::Update(update));
        Ok(self.store.commit(set).await?.is_ok())
    }
}

/// What a job's row says next.
struct Next {
    state: &'static str,
    done: i64,
    total: i64,
    progress: Option<String>,
    error: Option<String>,
    finished: bool,
}

fn moved(progress: Progress) -> Next {
    Next {
        state: if progress.finished { "DONE" } else { "RUNNING" },
        done: progress.done,
        total: progress.total,
        progress: Some(progress.state),
        error: None,
        finished: progress.finished,
    }
}

fn failed(held: &job::Model, error: &Error) -> Next {
    tracing::error!(job = %held.id.0, %error, "a job has failed");
    Next {
        state: "FAILED",
        done: held.done,
        total: held.total,
        progress: None,
        error: Some(error.to_string().chars().take(REASON).collect()),
        finished: true,
    }
}

/// Works on jobs that nobody works on, until told to stop.
pub async fn run(engine: Engine, stop: CancellationToken) {
    loop {
        if let Err(error) = work(&engine, &stop).await {
            tracing::error!(%error, "jobs could not be worked on");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = engine.jobs.notified() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

async fn work(engine: &Engine, stop: &CancellationToken) -> Result<(), Error> {
    // What is ours and in nobody's hands was left by a failure of the database.
    let free = Condition::any()
        .add(job::Column::Owner.is_null())
        .add(job::Column::Owner.eq(engine.member));
    let jobs = job::Entity::find()
        .filter(job::Column::FinishedAt.is_null())
        .filter(free)
        .order_by_asc(job::Column::Id)
        .limit(BATCH)
        .all(engine.store.reads())
        .await
        .map_err(store::Error::from)?;
    for row in jobs {
        engine.take(row, stop).await?;
    }
    Ok(())
}

/// Takes jobs from server nodes that are gone.
///
/// # Errors
/// Where the database fails.
pub async fn free(engine: &Engine, owners: &[MemberId]) -> Result<(), Error> {
    let jobs = job::Entity::find()
        .filter(job::Column::FinishedAt.is_null())
        .filter(job::Column::Owner.is_in(owners.iter().copied()))
        .all(engine.store.reads())
        .await
        .map_err(store::Error::from)?;
    for row in jobs {
        let change = job::ActiveModel {
            owner: Set(None),
            fence: Set(row.fence + 1),
            ..Default::default()
        };
        let _another_was_quicker = engine.commit_job(&row, &change, WriteSet::new()).await?;
    }
    Ok(())
}
