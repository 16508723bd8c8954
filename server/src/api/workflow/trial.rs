//! Trying workflows out: dry runs, tests of one step, backtests.

mod input;

use std::collections::HashMap;

use async_graphql::{Context, Object, SimpleObject};
use pointsman_graph::{
    check::Problem as Flaw,
    key::{NodeKey, Port},
};
use serde_json::Value;

use super::{dry_run::DryRun, problem::WorkflowProblem};
use crate::{
    api::{
        caller::{caller, part},
        error::{Error, Result},
        job::Job,
        payload::{UserError, UserErrorCode},
        scalar::{DateTime, Json, TimeZone},
    },
    crm::{Crm, access::Permission},
    engine::{
        Engine,
        dry_run::{Answer, Left, Play, Start},
    },
    workflow::{candidate::Candidate, manage::Workflows},
};
use input::{
    DryRunStartInput, PinnedNodeInput, StepAnswerInput, WorkflowBacktestInput, WorkflowDryRunInput,
    WorkflowSubjectInput, WorkflowTestStepInput,
};

/// What became of asking for a backtest.
#[derive(Default, SimpleObject)]
pub struct WorkflowBacktestPayload {
    /// The job that does it.
    job: Option<Job>,
    /// What is wrong with the definition; with errors there is no backtest.
    problems: Vec<WorkflowProblem>,
    /// Why there is no backtest; empty where there is one.
    user_errors: Vec<UserError>,
}

/// What became of a dry run.
#[derive(Default, SimpleObject)]
pub struct WorkflowDryRunPayload {
    /// What a run would do.
    dry_run: Option<DryRun>,
    /// What is wrong with the definition; with errors there is no dry run.
    problems: Vec<WorkflowProblem>,
    /// Why there is no dry run; empty where there is one.
    user_errors: Vec<UserError>,
}

/// What became of a test of one step.
#[derive(Default, SimpleObject)]
pub struct WorkflowTestStepPayload {
    /// What a run would do up to that step.
    dry_run: Option<DryRun>,
    /// What is wrong with the part of the definition that leads to the step; with errors there is no test.
    problems: Vec<WorkflowProblem>,
    /// Why there is no test; empty where there is one.
    user_errors: Vec<UserError>,
}

/// Tries workflows out without a trace.
#[derive(Default)]
pub struct TrialQueries;

#[Object]
impl TrialQueries {
    /// Plays a run through on a virtual clock and tells what it would do. Nothing is written, and nothing sent.
    async fn workflow_dry_run(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is tried out, and with what.")] input: WorkflowDryRunInput,
    ) -> Result<Option<WorkflowDryRunPayload>> {
        let trial = Trial {
            time_zone: input.time_zone,
            start: input.start.unwrap_or_default(),
            answers: input.answers.unwrap_or_default(),
            at: input.at,
            ..Trial::default()
        };
        let Found {
            dry_run,
            problems,
            user_errors,
        } = trial.run(context, input.subject).await?;
        Ok(Some(WorkflowDryRunPayload {
            dry_run,
            problems,
            user_errors,
        }))
    }
}

/// Tries steps out, also for real.
#[derive(Default)]
pub struct TrialMutations;

#[Object]
impl TrialMutations {
    /// Plays a run through up to one node. Only where `execute` asks for it that node's mail or request is really sent.
    async fn workflow_test_step(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which step, and with what.")] input: WorkflowTestStepInput,
    ) -> Result<Option<WorkflowTestStepPayload>> {
        let trial = Trial {
            time_zone: input.time_zone,
            start: input.start.unwrap_or_default(),
            answers: input.answers.unwrap_or_default(),
            at: input.at,
            node: Some(input.node),
            pinned: input.pinned.unwrap_or_default(),
            execute: input.execute,
        };
        let Found {
            dry_run,
            problems,
            user_errors,
        } = trial.run(context, input.subject).await?;
        Ok(Some(WorkflowTestStepPayload {
            dry_run,
            problems,
            user_errors,
        }))
    }

    /// Asks the changes of the past how many runs the workflow would have started, as a job.
    async fn workflow_backtest(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is tested, and since when.")] input: WorkflowBacktestInput,
    ) -> Result<Option<WorkflowBacktestPayload>> {
        WorkflowBacktestPayload::of(context, input).await.map(Some)
    }
}

impl WorkflowBacktestPayload {
    async fn of(context: &Context<'_>, input: WorkflowBacktestInput) -> Result<Self> {
        let access = caller(context)?.access();
        let (workflows, engine) = (part::<Workflows>(context)?, part::<Engine>(context)?);
        let subject = match input.subject.read(input.time_zone.as_ref())? {
            Ok(subject) => subject,
            Err(found) => return Ok(found.into()),
        };
        Ok(match workflows.candidate(access, subject, None).await? {
            Candidate::Sound {
                version,
                definition,
                warnings,
            } => Self {
                job: Some(
                    Job::of(
                        engine,
                        engine.backtest(access, &version, &definition, input.since.0).await?,
                    )
                    .await?,
                ),
                problems: warnings.into_iter().map(WorkflowProblem::from).collect(),
                user_errors: Vec::new(),
            },
            Candidate::Flawed(flaws) => Found::flawed(flaws).into(),
            Candidate::Refused(problem) => Found::from(UserError::of_argument(problem, &["input"])?).into(),
        })
    }
}

impl From<Found> for WorkflowBacktestPayload {
    fn from(found: Found) -> Self {
        Self {
            job: None,
            problems: found.problems,
            user_errors: found.user_errors,
        }
    }
}

/// What both ask for.
#[derive(Default)]
struct Trial {
    time_zone: Option<TimeZone>,
    start: DryRunStartInput,
    answers: Vec<StepAnswerInput>,
    at: Option<DateTime>,
    node: Option<String>,
    pinned: Vec<PinnedNodeInput>,
    execute: bool,
}

/// What both find.
#[derive(Default)]
struct Found {
    dry_run: Option<DryRun>,
    problems: Vec<WorkflowProblem>,
    user_errors: Vec<UserError>,
}

impl Found {
    fn flawed(flaws: Vec<Flaw>) -> Self {
        Self {
            problems: flaws.into_iter().map(WorkflowProblem::from).collect(),
            ..invalid(&["input", "subject"], "the definition has errors").into()
        }
    }
}

impl From<UserError> for Found {
    fn from(error: UserError) -> Self {
        Self {
            user_errors: vec![error],
            ..Self::default()
        }
    }
}

/// What was sent, as the engine takes it.
struct Prepared {
    node: Option<NodeKey>,
    start: Start,
    answers: Vec<Answer>,
    pinned: HashMap<NodeKey, Left>,
}

impl Trial {
    async fn run(self, context: &Context<'_>, subject: WorkflowSubjectInput) -> Result<Found> {
        let access = caller(context)?.access();
        let (workflows, engine, crm) = (
            part::<Workflows>(context)?,
            part::<Engine>(context)?,
            part::<Crm>(context)?,
        );
        let subject = match subject.read(self.time_zone.as_ref())? {
            Ok(subject) => subject,
            Err(found) => return Ok(found),
        };
        if self.execute && !access.has(Permission::EditWorkflows) {
            return Err(Error::forbidden("Your role may not test steps for real."));
        }
        let (at, execute) = (self.at.map_or_else(|| crm.source().now(), |at| at.0), self.execute);
        let Prepared {
            node,
            start,
            answers,
            pinned,
        } = match self.prepare() {
            Ok(prepared) => prepared,
            Err(error) => return Ok(error.into()),
        };
        let (version, warnings) = match workflows.candidate(access, subject, node.as_ref()).await? {
            Candidate::Sound { version, warnings, .. } => (version, warnings),
            Candidate::Flawed(flaws) => return Ok(Found::flawed(flaws)),
            Candidate::Refused(problem) => {
                return Ok(UserError::of_argument(problem, &["input"])?.into());
            }
        };
        let play = Play {
            version,
            at,
            answers,
            pinned,
            execute: node.filter(|_| execute),
        };
        if let Err((argument, message)) = play.check() {
            return Ok(invalid(&["input", argument], &message).into());
        }
        let imagined = match engine.imagine(access, &play.version, &start, at).await? {
            Ok(imagined) => imagined,
            Err(refusal) => {
                let argument = match refusal.argument {
                    "record" => "recordId",
                    argument => argument,
                };
                let path = ["input", "start", argument];
                let error = |problem: crate::crm::write::Problem| UserError {
                    code: problem.code.into(),
                    field: Some(path.into_iter().chain(problem.field).map(str::to_owned).collect()),
                    message: problem.message,
                };
                return Ok(Found {
                    user_errors: refusal.problems.into_iter().map(error).collect(),
                    ..Found::default()
                });
            }
        };
        match engine.dry_run(play, imagined).await? {
            Ok(report) => Ok(Found {
                dry_run: Some(DryRun(report)),
                problems: warnings.into_iter().map(WorkflowProblem::from).collect(),
                user_errors: Vec::new(),
            }),
            Err(problem) => Ok(UserError::of_argument(problem, &["input", "subject"])?.into()),
        }
    }

    fn prepare(self) -> std::result::Result<Prepared, UserError> {
        let key = |text: &str, path: &[&str]| {
            text.parse::<NodeKey>()
                .map_err(|_| invalid(path, "this is no key of a node"))
        };
        let node = self.node.map(|node| key(&node, &["input", "node"])).transpose()?;
        let trigger = self
            .start
            .trigger
            .map(|trigger| key(&trigger, &["input", "start", "trigger"]))
            .transpose()?;
        let values = match self.start.values {
            None => None,
            Some(Json(Value::Object(values))) => Some(values),
            Some(_) => {
                return Err(invalid(
                    &["input", "start", "values"],
                    "this must be an object of fields",
                ));
            }
        };
        let pin = |pin: PinnedNodeInput| {
            let left = Left::By {
                port: pin.port.as_deref().map(Port::from),
                output: pin.output.map_or(Value::Null, |output| output.0),
            };
            Ok((key(&pin.node, &["input", "pinned"])?, left))
        };
        Ok(Prepared {
            node,
            start: Start {
                trigger,
                record: self.start.record_id.map(|id| id.0),
                values,
                payload: self.start.payload.map_or(Value::Null, |payload| payload.0),
            },
            answers: self.answers.into_iter().map(Answer::from).collect(),
            pinned: self
                .pinned
                .into_iter()
                .map(pin)
                .collect::<std::result::Result<_, UserError>>()?,
        })
    }
}

fn invalid(path: &[&str], message: &str) -> UserError {
    UserError::at(path, UserErrorCode::Invalid, message)
}
