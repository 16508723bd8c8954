//! Commands that try workflows out: dry runs and backtests, as the API does them.

use pointsman_entities::{ids::JobId, job, time::Timestamp};
use pointsman_graph::{definition::Definition, key::NodeKey};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::{
    Answer, refused,
    workflow::{named, reason},
};
use crate::{
    crm::{Access, id, value::parse_time},
    engine::{
        Engine, backtest,
        dry_run::{Left, Play, Start, report::Report},
    },
    installation::{Error, Installation},
    workflow::candidate::{Candidate, Subject},
};

/// The prefix of a job's id.
const PREFIX: &str = "job";
/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

/// What a command wants tried out.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TrialOrder {
    DryRun(Box<DryRunOrder>),
    Backtest {
        subject: SubjectOrder,
        /// The changes of so many days.
        days: u32,
    },
    /// How far a job has come. Where no server works on it, it goes on by one part.
    Job {
        id: String,
    },
}

/// What is tried out.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SubjectOrder {
    /// A workflow's draft, by its id, or by its name where no other has it.
    Draft(String),
    /// A definition in the form of a file.
    Drawn { definition: Json, time_zone: String },
}

/// A dry run to be.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DryRunOrder {
    pub subject: SubjectOrder,
    pub trigger: Option<String>,
    /// The id of the record that the run is to be about.
    pub record: Option<String>,
    /// What the change that starts the run writes.
    pub values: Option<Map<String, Json>>,
    /// The answers to a form.
    pub payload: Json,
    /// What steps find that wait for the outside world, by node.
    pub answers: Map<String, Json>,
    /// RFC 3339; now where it is not given.
    pub at: Option<String>,
}

/// How far a job has come.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobLine {
    pub id: String,
    pub state: String,
    pub done: i64,
    pub total: i64,
    pub found: Option<backtest::Tally>,
    pub error: Option<String>,
}

/// A dry run, as a command shows it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Played {
    pub report: Report,
    /// Warnings of the check.
    pub warnings: Vec<String>,
}

/// Carries a command out.
pub(super) async fn perform(installation: &Installation, order: TrialOrder) -> Result<Answer, Error> {
    match order {
        TrialOrder::DryRun(order) => dry_run(installation, *order).await,
        TrialOrder::Backtest { subject, days } => backtest(installation, subject, days).await,
        TrialOrder::Job { id } => {
            let engine = &installation.engine;
            let Some(id) = id::parse::<JobId>(PREFIX, &id) else {
                return Ok(refused(format!("there is no job `{id}`")));
            };
            engine.work_on(id).await?;
            match engine.job(id).await? {
                Some(row) => line(engine, row).await,
                None => Ok(refused("there is no such job".into())),
            }
        }
    }
}

/// What is tried out, or why it can't be.
async fn candidate(installation: &Installation, subject: SubjectOrder) -> Result<Result<Candidate, Answer>, Error> {
    let subject = match subject {
        SubjectOrder::Draft(name) => match named(&installation.workflows, &name).await? {
            Ok(row) => Subject::Draft(row.id),
            Err(problem) => return Ok(Err(refused(problem))),
        },
        SubjectOrder::Drawn { definition, time_zone } => match Definition::from_json(definition) {
            Ok(definition) => Subject::Drawn { definition, time_zone },
            Err(error) => return Ok(Err(refused(reason(&error)))),
        },
    };
    Ok(
        match installation
            .workflows
            .candidate(&Access::system(), subject, None)
            .await?
        {
            Candidate::Flawed(flaws) => Err(Answer::Refused {
                problems: flaws.into_iter().map(|flaw| flaw.message).collect(),
            }),
            Candidate::Refused(problem) => Err(refused(problem.message)),
            sound @ Candidate::Sound { .. } => Ok(sound),
        },
    )
}

async fn dry_run(installation: &Installation, order: DryRunOrder) -> Result<Answer, Error> {
    let (engine, access) = (&installation.engine, Access::system());
    let at = match order.at.as_deref().map(parse_time) {
        None => engine.crm().source().now(),
        Some(Some(at)) => at,
        Some(None) => return Ok(refused("the time must be like 2026-01-31T12:00:00Z".into())),
    };
    let (version, warnings) = match candidate(installation, order.subject).await? {
        Ok(Candidate::Sound { version, warnings, .. }) => (version, warnings),
        Ok(Candidate::Flawed(_) | Candidate::Refused(_)) => return Ok(refused("it can't be tried out".into())),
        Err(answer) => return Ok(answer),
    };
    let mut play = Play::plain(version, at);
    play.answers = order.answers.into_iter().map(answer).collect();
    if let Err((_, message)) = play.check() {
        return Ok(refused(message));
    }
    let trigger = order.trigger.as_deref().map(str::parse::<NodeKey>).transpose();
    let Ok(trigger) = trigger else {
        return Ok(refused("the trigger is no key of a node".into()));
    };
    let start = Start {
        trigger,
        record: order.record,
        values: order.values,
        payload: order.payload,
    };
    let imagined = match engine.imagine(&access, &play.version, &start, at).await? {
        Ok(imagined) => imagined,
        Err(refusal) => {
            return Ok(Answer::Refused {
                problems: refusal.problems.into_iter().map(|problem| problem.message).collect(),
            });
        }
    };
    Ok(match engine.dry_run(play, imagined).await? {
        Ok(report) => Answer::DryRun(Box::new(Played {
            report,
            warnings: warnings.into_iter().map(|flaw| flaw.message).collect(),
        })),
        Err(problem) => refused(problem.message),
    })
}

fn answer((step, output): (String, Json)) -> crate::engine::dry_run::Answer {
    crate::engine::dry_run::Answer {
        step,
        left: Left::By { port: None, output },
    }
}

async fn backtest(installation: &Installation, subject: SubjectOrder, days: u32) -> Result<Answer, Error> {
    let engine = &installation.engine;
    match candidate(installation, subject).await? {
        Ok(Candidate::Sound {
            version, definition, ..
        }) => {
            let since = Timestamp(engine.crm().source().now().micros() - i64::from(days) * DAY);
            let row = engine.backtest(&Access::system(), &version, &definition, since).await?;
            line(engine, row).await
        }
        Ok(Candidate::Flawed(_) | Candidate::Refused(_)) => Ok(refused("it can't be tried out".into())),
        Err(answer) => Ok(answer),
    }
}

async fn line(engine: &Engine, row: job::Model) -> Result<Answer, Error> {
    let found = engine.progress(&row).await?;
    Ok(Answer::Job(JobLine {
        id: id::format(PREFIX, row.id),
        found: found.and_then(|text| serde_json::from_str(&text).ok()),
        state: row.state,
        done: row.done,
        total: row.total,
        error: row.error,
    }))
}
