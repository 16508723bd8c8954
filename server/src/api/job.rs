//! Long work in the API: what it has found so far, and how far it has come.

use async_graphql::{Context, Enum, ID, Object, SimpleObject, Subscription};
use futures_util::{Stream, StreamExt};
use pointsman_entities::{ids::JobId, job};

use super::{
    caller::{caller, part},
    error::{Error, Result},
    object::User,
    run::RunStatus,
    scalar::{Date, DateTime},
    transport::Code,
    workflow::{DryRunEffect, DryRunHalt, user},
};
use crate::{
    crm::{access::Permission, id, value::parse_time},
    engine::{Engine, backtest, browse},
};

/// The prefix of jobs' ids.
const JOB: &str = "job";

/// Long work that somebody asked for.
pub struct Job {
    row: job::Model,
    found: Option<backtest::Tally>,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum JobState {
    /// At work, or waiting for its turn.
    Running,
    /// Nothing is left to do.
    Done,
    /// It can't be done.
    Failed,
}

impl Job {
    /// The job with what it has found so far.
    ///
    /// # Errors
    /// Where the database fails, or the row can't be read.
    pub async fn of(engine: &Engine, row: job::Model) -> Result<Self> {
        let found = engine.progress(&row).await?;
        let found = found.map(|text| serde_json::from_str(&text)).transpose();
        let found = found.map_err(|error| Error::internal(format!("job {}: {error}", row.id.0)))?;
        Ok(Self { row, found })
    }
}

/// Long work that somebody asked for.
#[Object]
impl Job {
    /// The global id.
    async fn id(&self) -> ID {
        id::format(JOB, self.row.id).into()
    }

    /// Where it stands.
    async fn state(&self) -> Result<JobState> {
        match self.row.state.as_str() {
            "RUNNING" => Ok(JobState::Running),
            "DONE" => Ok(JobState::Done),
            "FAILED" => Ok(JobState::Failed),
            _ => Err(Error::internal(format!("job {}: `state` is none", self.row.id.0))),
        }
    }

    /// How much is done, of `total`.
    async fn done(&self) -> i32 {
        i32::try_from(self.row.done).unwrap_or(i32::MAX)
    }

    /// How much there is to do; 0 until that is known.
    async fn total(&self) -> i32 {
        i32::try_from(self.row.total).unwrap_or(i32::MAX)
    }

    /// What a backtest has found so far.
    async fn backtest(&self) -> Result<Option<Backtest>> {
        self.found.as_ref().map(Backtest::of).transpose()
    }

    /// Why it failed.
    async fn error(&self) -> Option<&str> {
        self.row.error.as_deref()
    }

    /// Who asked for it.
    async fn created_by(&self, context: &Context<'_>) -> Result<Option<User>> {
        user(context, self.row.created_by).await
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime {
        DateTime(self.row.created_at)
    }

    /// When it was over.
    async fn finished_at(&self) -> Option<DateTime> {
        self.row.finished_at.map(DateTime)
    }
}

/// What a workflow would have done with the changes of the past.
#[derive(SimpleObject)]
pub struct Backtest {
    /// The changes that were asked about.
    evaluated: i32,
    /// The runs that would have started.
    would_enrol: i32,
    /// The changes of which nobody knows any more what they were: erased ones, and those before them.
    not_evaluable: i32,
    /// The runs by day, in the workflow's time zone.
    days: Vec<BacktestDay>,
    /// Some of the runs, played through; at most 20.
    samples: Vec<BacktestSample>,
}

/// The runs of one day.
#[derive(SimpleObject)]
pub struct BacktestDay {
    /// The day.
    day: Date,
    /// How many runs would have started on it.
    runs: i32,
}

/// One run that would have started, with the record as it was then and all else as it is now.
#[derive(SimpleObject)]
pub struct BacktestSample {
    /// The record.
    record_id: ID,
    /// When it was changed.
    at: DateTime,
    /// The key of the trigger.
    trigger: String,
    /// How the run would have ended; null where the dry run came to a halt before.
    status: Option<RunStatus>,
    /// Why the dry run did not go on to the end.
    halt: Option<DryRunHalt>,
    /// Everything that it would have done.
    effects: Vec<DryRunEffect>,
}

impl Backtest {
    fn of(tally: &backtest::Tally) -> Result<Self> {
        let number = |number: u64| i32::try_from(number).unwrap_or(i32::MAX);
        let day = |(day, runs): (&String, &u64)| {
            let time = parse_time(day).ok_or_else(|| Error::internal(format!("a backtest has the day `{day}`")))?;
            Ok(BacktestDay {
                day: Date(time),
                runs: number(*runs),
            })
        };
        Ok(Self {
            evaluated: number(tally.evaluated),
            would_enrol: number(tally.enrolled),
            not_evaluable: number(tally.not_evaluable),
            days: tally.days.iter().map(day).collect::<Result<_>>()?,
            samples: tally.samples.iter().map(BacktestSample::from).collect(),
        })
    }
}

impl From<&backtest::Sample> for BacktestSample {
    fn from(sample: &backtest::Sample) -> Self {
        let status = sample.status.as_deref().and_then(browse::RunStatus::parse);
        Self {
            record_id: sample.record.as_str().into(),
            at: DateTime(sample.at),
            trigger: sample.trigger.to_string(),
            status: status.map(RunStatus::from),
            halt: sample.halt.as_ref().map(DryRunHalt::from),
            effects: sample.effects.iter().map(DryRunEffect::from).collect(),
        }
    }
}

/// Reads jobs.
#[derive(Default)]
pub struct JobQueries;

#[Object]
impl JobQueries {
    /// The job of that id; null where there is none.
    async fn job(&self, context: &Context<'_>, #[graphql(desc = "The global id.")] id: ID) -> Result<Option<Job>> {
        permitted(context)?;
        let engine = part::<Engine>(context)?;
        let Some(id) = id::parse::<JobId>(JOB, &id) else {
            return Ok(None);
        };
        match engine.job(id).await? {
            Some(row) => Job::of(engine, row).await.map(Some),
            None => Ok(None),
        }
    }
}

/// Streams how far jobs have come.
#[derive(Default)]
pub struct JobSubscriptions;

#[Subscription]
impl JobSubscriptions {
    /// A job as it goes on. Completes with the job.
    async fn job_progress(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The job's global id.")] id: ID,
    ) -> Result<impl Stream<Item = Result<Job>> + use<>> {
        permitted(context)?;
        caller(context)?.forget();
        let engine = part::<Engine>(context)?.clone();
        let missing = || Error::new(Code::NotFound, "There is no such job.");
        let id = id::parse::<JobId>(JOB, &id).ok_or_else(missing)?;
        engine.job(id).await?.ok_or_else(missing)?;
        let rows = engine.watch_job(id);
        Ok(rows.then(move |row| {
            let engine = engine.clone();
            async move { Job::of(&engine, row?).await }
        }))
    }
}

/// What a job has found shows records, and what workflows do with them.
fn permitted(context: &Context<'_>) -> Result<()> {
    match caller(context)?.access().has(Permission::InspectRuns) {
        true => Ok(()),
        false => Err(Error::forbidden("Your role may not see jobs.")),
    }
}
