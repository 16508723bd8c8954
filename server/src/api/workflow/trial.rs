//! Trying workflows out: dry runs, and tests of one step.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object, OneofObject, SimpleObject};
use pointsman_graph::{
    check::Problem as Flaw,
    event::Failure,
    key::{NodeKey, Port},
};
use serde_json::Value;

use super::{
    VERSION, WORKFLOW,
    drawn::{Drawn, WorkflowDefinitionInput, reason},
    dry_run::DryRun,
    problem::WorkflowProblem,
};
use crate::{
    api::{
        caller::{caller, part},
        error::{Error, Result},
        job::Job,
        payload::{UserError, UserErrorCode},
        scalar::{DateTime, Json, TimeZone},
    },
    crm::{Crm, id},
    engine::{
        Engine,
        dry_run::{Answer, Left, Play, Start},
    },
    workflow::{
        candidate::{Candidate, Subject},
        manage::Workflows,
    },
};

/// What is tried out.
#[derive(OneofObject)]
pub enum WorkflowSubjectInput {
    /// The draft of this workflow.
    WorkflowId(ID),
    /// This version.
    VersionId(ID),
    /// A definition as it is drawn just now, typed.
    Definition(WorkflowDefinitionInput),
    /// A definition as it is drawn just now, in the form of a file.
    Json(Json),
}

/// The start that is imagined.
#[derive(Default, InputObject)]
pub struct DryRunStartInput {
    /// The key of the trigger; by default the first that fits what else is given.
    trigger: Option<String>,
    /// The record that the run is to be about.
    record_id: Option<ID>,
    /// What the change that starts the run writes, by field: into the record, else into a new one. References are ids.
    values: Option<Json>,
    /// The answers to the trigger's form, or what a webhook brings.
    payload: Option<Json>,
}

/// What a step finds that waits for the outside world.
#[derive(InputObject)]
pub struct StepAnswerInput {
    /// The node's key, or within loops the name of one step of it. Several answers are taken one after the other.
    step: String,
    /// The port that it leaves by; by default its first.
    port: Option<String>,
    /// What it finds.
    output: Option<Json>,
    /// Why it fails, instead.
    error: Option<StepAnswerErrorInput>,
}

/// Why a step fails.
#[derive(InputObject)]
pub struct StepAnswerErrorInput {
    /// Why, for programs: in upper case.
    code: String,
    /// Why, for people.
    message: Option<String>,
    /// Whether another attempt may help.
    #[graphql(default)]
    retryable: bool,
}

/// A dry run to be.
#[derive(InputObject)]
pub struct WorkflowDryRunInput {
    /// What is tried out.
    subject: WorkflowSubjectInput,
    /// Where calendar days begin for a definition that is saved nowhere; UTC if nothing is said.
    time_zone: Option<TimeZone>,
    /// What it starts with.
    start: Option<DryRunStartInput>,
    /// What steps find that wait for the outside world; one without an answer succeeds with an empty output.
    answers: Option<Vec<StepAnswerInput>>,
    /// When it begins; now if nothing is said.
    at: Option<DateTime>,
}

/// A test of one step, or of all up to it.
#[derive(InputObject)]
pub struct WorkflowTestStepInput {
    /// What is tried out.
    subject: WorkflowSubjectInput,
    /// Where calendar days begin for a definition that is saved nowhere; UTC if nothing is said.
    time_zone: Option<TimeZone>,
    /// The key of the node that is tested. What does not lead to it is left out.
    node: String,
    /// What it starts with.
    start: Option<DryRunStartInput>,
    /// Nodes that are not carried out, each with how it leaves.
    pinned: Option<Vec<PinnedNodeInput>>,
    /// What steps find that wait for the outside world; one without an answer succeeds with an empty output.
    answers: Option<Vec<StepAnswerInput>>,
    /// When it begins; now if nothing is said.
    at: Option<DateTime>,
    /// Whether the tested step's mail or request is really sent, once.
    #[graphql(default)]
    execute: bool,
}

/// A node that is not carried out.
#[derive(InputObject)]
pub struct PinnedNodeInput {
    /// Its key.
    node: String,
    /// The port that it leaves by; by default its first.
    port: Option<String>,
    /// What it is taken to have found.
    output: Option<Json>,
}

/// A backtest to be.
#[derive(InputObject)]
pub struct WorkflowBacktestInput {
    /// What is tested.
    subject: WorkflowSubjectInput,
    /// Where calendar days begin for a definition that is saved nowhere; UTC if nothing is said.
    time_zone: Option<TimeZone>,
    /// The changes since then are asked about.
    since: DateTime,
}

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

impl From<StepAnswerInput> for Answer {
    fn from(answer: StepAnswerInput) -> Self {
        let left = match answer.error {
            Some(error) => Left::Failing(Failure {
                message: error.message.unwrap_or_else(|| error.code.clone()),
                code: error.code,
                retryable: error.retryable,
                retry_after_ms: None,
            }),
            None => Left::By {
                port: answer.port.as_deref().map(Port::from),
                output: answer.output.map_or(Value::Null, |output| output.0),
            },
        };
        Self {
            step: answer.step,
            left,
        }
    }
}

impl WorkflowSubjectInput {
    /// What is meant, or why it can't be read.
    fn read(self, time_zone: Option<&TimeZone>) -> Result<std::result::Result<Subject, Found>> {
        let absent = |field| -> Found {
            let message = "there is no such workflow";
            UserError::at(&["input", "subject", field], UserErrorCode::NotFound, message).into()
        };
        let drawn = match self {
            Self::WorkflowId(id) => {
                let draft = id::parse(WORKFLOW, &id).map(Subject::Draft);
                return Ok(draft.ok_or_else(|| absent("workflowId")));
            }
            Self::VersionId(id) => {
                let version = id::parse(VERSION, &id).map(Subject::Version);
                return Ok(version.ok_or_else(|| absent("versionId")));
            }
            Self::Definition(definition) => Drawn {
                definition: Some(definition),
                json: None,
            },
            Self::Json(json) => Drawn {
                definition: None,
                json: Some(json),
            },
        };
        let zone = time_zone.map_or("UTC", |zone| &zone.0);
        if zone.parse::<chrono_tz::Tz>().is_err() {
            return Ok(Err(invalid(&["input", "timeZone"], "this is no IANA time zone").into()));
        }
        let read = drawn.read()?.ok_or_else(|| Error::input("Give a `subject`."))?;
        Ok(match read {
            Ok(definition) => Ok(Subject::Drawn {
                definition,
                time_zone: zone.to_owned(),
            }),
            Err(error) => Err(Found {
                problems: vec![WorkflowProblem::from(&error)],
                ..invalid(&["input", "subject"], &reason(&error)).into()
            }),
        })
    }
}

fn invalid(path: &[&str], message: &str) -> UserError {
    UserError::at(path, UserErrorCode::Invalid, message)
}
