//! What people do to runs: end them, or take up again those that failed. One or many, in one write set.

use pointsman_entities::{ids::RunId, run, time::Timestamp};
use pointsman_graph::{
    event::Outcome,
    run::{EndCause, Run},
};
use sea_orm::{QueryOrder, QuerySelect};

use super::{
    Engine, Error,
    browse::{Filter, RunStatus},
    inbox::{self, Fact},
};
use crate::{
    crm::{
        Access,
        access::Permission,
        keyed::{Request, Seen},
        validate::Code,
        write::Problem,
    },
    store::{self, Write, WriteSet},
    workflow::{readmission::Readmission, reason::Reason},
};

/// Runs that one request can be about.
pub const MOST: u64 = 1_000;

/// What was done, or why not.
pub type Answer<T> = Result<Result<T, Problem>, Error>;

/// What is done to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// It ends, with all that it waits for and the runs that it has called. What it has done stays done.
    Cancel,
    /// Every step that failed is tried again, with all its attempts. What succeeded stays.
    Retry,
}

/// Which runs.
#[derive(Clone, Copy, Debug)]
pub enum Which<'f> {
    One(RunId),
    /// Those of the filter that it can be done to, the oldest first, at most [`MOST`].
    All(&'f Filter),
}

impl Act {
    /// Why it can't be done to a run; none where it can.
    fn obstacle(self, run: &run::Model) -> Option<&'static str> {
        match self {
            Self::Cancel if run.finished_at.is_some() => Some("the run is over"),
            Self::Cancel => None,
            Self::Retry if run.status != RunStatus::Failed.text() => Some("only a run that failed can be retried"),
            Self::Retry => match end(run) {
                Some((EndCause::Drained, Outcome::Failed)) => None,
                None if run.started_at.is_none() => None,
                Some(_) | None => Some("the run was ended as a whole, so nothing is left to retry: replay it"),
            },
        }
    }

    fn statuses(self) -> Vec<RunStatus> {
        match self {
            Self::Cancel => vec![RunStatus::Queued, RunStatus::Running, RunStatus::Waiting],
            Self::Retry => vec![RunStatus::Failed],
        }
    }

    fn add(self, set: &mut WriteSet, run: &run::Model, now: Timestamp) {
        match (self, end(run)) {
            (Self::Cancel, _) => inbox::deliver(set, run.id, &Fact::CancelRequested, now),
            (Self::Retry, Some(_)) => inbox::reopen(set, run, &Fact::ResumeRequested, now),
            // It was ended before it began.
            (Self::Retry, None) => set.push(Write::Update(inbox::reopening(run, Vec::new(), now))),
        }
    }
}

/// How a run came to its end by itself; none where it did not.
fn end(run: &run::Model) -> Option<(EndCause, Outcome)> {
    let state: Run = serde_json::from_str(run.state.as_deref()?).ok()?;
    state.end().map(|end| (end.cause, end.outcome))
}

impl Engine {
    /// Does something to runs, for somebody who may start workflows; the runs it was done to. They move when their turn
    /// comes.
    ///
    /// # Errors
    /// Where the database fails, or the key was used for another request.
    pub async fn act<'a>(
        &self,
        request: impl Into<Request<'a>>,
        act: Act,
        which: Which<'_>,
    ) -> Answer<Vec<run::Model>> {
        let request = request.into();
        if !request.access.has(Permission::RunWorkflows) {
            return Ok(Err(refused(Code::Forbidden, "your role may not change runs")));
        }
        loop {
            if let Some(ids) = self.answered(request).await? {
                return self.known(ids.into_iter().map(RunId).collect()).await.map(Ok);
            }
            let runs = match self.subjects(request.access, act, which).await? {
                Ok(runs) => runs,
                Err(problem) => return Ok(Err(problem)),
            };
            let (mut set, now) = (WriteSet::new(), self.source.now());
            let (mut readmission, mut ids) = (Readmission::default(), Vec::new());
            for run in &runs {
                match self.let_in(act, run, &mut readmission, &mut set).await? {
                    Ok(()) => {
                        act.add(&mut set, run, now);
                        ids.push(run.id);
                    }
                    Err(reason) if matches!(which, Which::One(_)) => {
                        return Ok(Err(refused(Code::Conflict, reason.message())));
                    }
                    // Who has no room now can be retried later.
                    Err(_) => {}
                }
            }
            readmission.close(&mut set);
            request.remember(&mut set, &ids.iter().map(|id| id.0).collect::<Vec<_>>(), now);
            if self.store.commit(set).await?.is_ok() {
                ids.iter().for_each(|id| self.wake(*id));
                return self.known(ids).await.map(Ok);
            }
        }
    }

    /// A run that is taken up again takes the slot and the key that it gave back; one that is cancelled needs none.
    async fn let_in(
        &self,
        act: Act,
        run: &run::Model,
        readmission: &mut Readmission,
        set: &mut WriteSet,
    ) -> Result<Result<(), Reason>, Error> {
        match act {
            Act::Cancel => Ok(Ok(())),
            Act::Retry => {
                let (version, now) = (self.versions.get(run.version_id).await?, self.source.now());
                let readmitted = readmission.readmit(&self.store, &version, run, run.id, now, set);
                Ok(readmitted.await?)
            }
        }
    }

    async fn subjects(&self, access: &Access, act: Act, which: Which<'_>) -> Answer<Vec<run::Model>> {
        match which {
            Which::One(id) => {
                let Some(run) = self.seen_runs(access, &[id]).await?.remove(&id) else {
                    return Ok(Err(refused(Code::NotFound, "there is no such run")));
                };
                Ok(match act.obstacle(&run) {
                    None => Ok(vec![run]),
                    Some(why) => Err(refused(Code::Invalid, why)),
                })
            }
            Which::All(filter) => {
                let wanted = filter.within(&act.statuses());
                let found = wanted.select().order_by_asc(run::Column::Id).limit(MOST);
                let runs = found.all(self.store.reads()).await.map_err(store::Error::from)?;
                Ok(Ok(runs.into_iter().filter(|run| act.obstacle(run).is_none()).collect()))
            }
        }
    }

    /// The runs of these ids, in that order.
    async fn known(&self, ids: Vec<RunId>) -> Result<Vec<run::Model>, Error> {
        let mut found = self.many_runs(&ids).await?;
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }

    /// What the same request was answered about before; none where it is new.
    pub(super) async fn answered(&self, request: Request<'_>) -> Result<Option<Vec<uuid::Uuid>>, Error> {
        match request.seen(&self.store).await? {
            Some(Seen::Same(ids)) => Ok(Some(ids)),
            Some(Seen::Other) => Err(Error::KeyReused),
            None => Ok(None),
        }
    }
}

pub(super) fn refused(code: Code, message: &str) -> Problem {
    Problem {
        code,
        message: message.into(),
        field: None,
    }
}
