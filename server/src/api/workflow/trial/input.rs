//! What is tried out, and with what, as clients send it.

use async_graphql::{ID, InputObject, OneofObject};
use pointsman_graph::{event::Failure, key::Port};
use serde_json::Value;

use super::{Found, invalid};
use crate::{
    api::{
        error::{Error, Result},
        payload::{UserError, UserErrorCode},
        scalar::{DateTime, Json, TimeZone},
        workflow::{
            VERSION, WORKFLOW,
            drawn::{Drawn, WorkflowDefinitionInput, reason},
            problem::WorkflowProblem,
        },
    },
    crm::id,
    engine::dry_run::{Answer, Left},
    workflow::candidate::Subject,
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
    pub(super) trigger: Option<String>,
    /// The record that the run is to be about.
    pub(super) record_id: Option<ID>,
    /// What the change that starts the run writes, by field: into the record, else into a new one. References are ids.
    pub(super) values: Option<Json>,
    /// The answers to the trigger's form, or what a webhook brings.
    pub(super) payload: Option<Json>,
}

/// What a step finds that waits for the outside world.
#[derive(InputObject)]
pub struct StepAnswerInput {
    /// The node's key, or within loops the name of one step of it. Several answers are taken one after the other.
    pub(super) step: String,
    /// The port that it leaves by; by default its first.
    pub(super) port: Option<String>,
    /// What it finds.
    pub(super) output: Option<Json>,
    /// Why it fails, instead.
    pub(super) error: Option<StepAnswerErrorInput>,
}

/// Why a step fails.
#[derive(InputObject)]
pub struct StepAnswerErrorInput {
    /// Why, for programs: in upper case.
    pub(super) code: String,
    /// Why, for people.
    pub(super) message: Option<String>,
    /// Whether another attempt may help.
    #[graphql(default)]
    pub(super) retryable: bool,
}

/// A dry run to be.
#[derive(InputObject)]
pub struct WorkflowDryRunInput {
    /// What is tried out.
    pub(super) subject: WorkflowSubjectInput,
    /// Where calendar days begin for a definition that is saved nowhere; UTC if nothing is said.
    pub(super) time_zone: Option<TimeZone>,
    /// What it starts with.
    pub(super) start: Option<DryRunStartInput>,
    /// What steps find that wait for the outside world; one without an answer succeeds with an empty output.
    pub(super) answers: Option<Vec<StepAnswerInput>>,
    /// When it begins; now if nothing is said.
    pub(super) at: Option<DateTime>,
}

/// A test of one step, or of all up to it.
#[derive(InputObject)]
pub struct WorkflowTestStepInput {
    /// What is tried out.
    pub(super) subject: WorkflowSubjectInput,
    /// Where calendar days begin for a definition that is saved nowhere; UTC if nothing is said.
    pub(super) time_zone: Option<TimeZone>,
    /// The key of the node that is tested. What does not lead to it is left out.
    pub(super) node: String,
    /// What it starts with.
    pub(super) start: Option<DryRunStartInput>,
    /// Nodes that are not carried out, each with how it leaves.
    pub(super) pinned: Option<Vec<PinnedNodeInput>>,
    /// What steps find that wait for the outside world; one without an answer succeeds with an empty output.
    pub(super) answers: Option<Vec<StepAnswerInput>>,
    /// When it begins; now if nothing is said.
    pub(super) at: Option<DateTime>,
    /// Whether the tested step's mail or request is really sent, once.
    #[graphql(default)]
    pub(super) execute: bool,
}

/// A node that is not carried out.
#[derive(InputObject)]
pub struct PinnedNodeInput {
    /// Its key.
    pub(super) node: String,
    /// The port that it leaves by; by default its first.
    pub(super) port: Option<String>,
    /// What it is taken to have found.
    pub(super) output: Option<Json>,
}

/// A backtest to be.
#[derive(InputObject)]
pub struct WorkflowBacktestInput {
    /// What is tested.
    pub(super) subject: WorkflowSubjectInput,
    /// Where calendar days begin for a definition that is saved nowhere; UTC if nothing is said.
    pub(super) time_zone: Option<TimeZone>,
    /// The changes since then are asked about.
    pub(super) since: DateTime,
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
    pub(super) fn read(self, time_zone: Option<&TimeZone>) -> Result<std::result::Result<Subject, Found>> {
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
