//! Writing workflows: create, save, publish, pause, resume, archive, run by hand.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use pointsman_graph::definition::Definition;

use super::{
    WORKFLOW, Workflow, WorkflowVersion,
    drawn::{Drawn, WorkflowDefinitionInput, reason},
    problem::WorkflowProblem,
    problems,
};
use crate::{
    api::{
        caller::{caller, part},
        error::Result,
        links::links,
        noun::key,
        payload::{UserError, UserErrorCode},
        run::Run,
        scalar::{Json, TimeZone},
    },
    crm::{Crm, id, keyed::Request, write::Problem},
    engine::Engine,
    workflow::{
        manage::{New, Save, State, Workflows},
        publish::Published,
        start::Start,
    },
};

/// A workflow to be.
#[derive(InputObject)]
pub struct WorkflowCreateInput {
    /// What people call it.
    name: String,
    /// What it is for.
    description: Option<String>,
    /// Where its calendar days begin; UTC if nothing is said.
    time_zone: Option<TimeZone>,
    /// What it does, typed.
    definition: Option<WorkflowDefinitionInput>,
    /// What it does, in the form of a file: an import.
    json: Option<Json>,
}

/// What changes in a draft. What is not given stays as it is.
#[derive(InputObject)]
pub struct WorkflowDraftSaveInput {
    /// The global id.
    id: ID,
    /// The `draftVersion` that was edited.
    expected_version: i32,
    /// What people call it.
    name: Option<String>,
    /// What it is for.
    description: MaybeUndefined<String>,
    /// Where its calendar days begin.
    time_zone: Option<TimeZone>,
    /// What it does, typed.
    definition: Option<WorkflowDefinitionInput>,
    /// What it does, in the form of a file.
    json: Option<Json>,
}

/// Which draft is published.
#[derive(InputObject)]
pub struct WorkflowPublishInput {
    /// The global id.
    id: ID,
    /// The `draftVersion` that is meant.
    expected_version: Option<i32>,
}

/// What a run is started with by hand.
#[derive(InputObject)]
pub struct WorkflowRunInput {
    /// The workflow's global id.
    id: ID,
    /// The record that the run is to be about.
    record_id: Option<ID>,
    /// The answers to the trigger's form, by name.
    form: Option<Json>,
}

macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })+) => {$(
        $(#[$doc])*
        #[derive(Default, SimpleObject)]
        pub struct $name {
            $($(#[$field_doc])* $field: $type,)*
            /// Why nothing was done; empty where it was.
            user_errors: Vec<UserError>,
        }

        impl From<UserError> for $name {
            fn from(error: UserError) -> Self {
                Self { user_errors: vec![error], ..Self::default() }
            }
        }
    )+};
}

payloads! {
    /// What became of creating a workflow.
    WorkflowCreatePayload {
        /// The workflow, as a draft.
        workflow: Option<Workflow>,
        /// What is wrong with its draft.
        problems: Vec<WorkflowProblem>,
    }

    /// What became of saving a draft.
    WorkflowDraftSavePayload {
        /// The workflow as it is now.
        workflow: Option<Workflow>,
        /// What is wrong with its draft.
        problems: Vec<WorkflowProblem>,
    }

    /// What became of publishing a draft.
    WorkflowPublishPayload {
        /// The workflow as it is now.
        workflow: Option<Workflow>,
        /// The new version; null where nothing was published.
        version: Option<WorkflowVersion>,
        /// What is wrong with the draft; errors keep it from being published.
        problems: Vec<WorkflowProblem>,
    }

    /// What became of pausing a workflow.
    WorkflowPausePayload {
        /// The workflow as it is now.
        workflow: Option<Workflow>,
    }

    /// What became of resuming a workflow.
    WorkflowResumePayload {
        /// The workflow as it is now.
        workflow: Option<Workflow>,
    }

    /// What became of archiving a workflow.
    WorkflowArchivePayload {
        /// The workflow as it is now.
        workflow: Option<Workflow>,
    }

    /// What became of starting a run by hand.
    WorkflowRunPayload {
        /// The run.
        run: Option<Run>,
    }
}

/// Writes workflows.
#[derive(Default)]
pub struct WorkflowMutations;

#[Object]
impl WorkflowMutations {
    /// Creates a workflow as a draft, whatever its problems.
    async fn workflow_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The workflow.")] input: WorkflowCreateInput,
    ) -> Result<Option<WorkflowCreatePayload>> {
        let (access, key) = (caller(context)?.access(), key(context));
        let drawn = Drawn {
            definition: input.definition,
            json: input.json,
        };
        let definition = match readable(drawn)? {
            Ok(definition) => definition.unwrap_or_default(),
            Err(error) => return Ok(Some(error.into())),
        };
        let new = New {
            name: input.name,
            description: input.description,
            time_zone: input.time_zone.map_or_else(|| "UTC".to_owned(), |zone| zone.0),
            definition,
        };
        let request = Request {
            access,
            key: key.as_ref(),
        };
        match part::<Workflows>(context)?.create(request, new).await? {
            Ok(row) => Ok(Some(WorkflowCreatePayload {
                problems: problems(context, &row).await?,
                workflow: Some(row.into()),
                user_errors: Vec::new(),
            })),
            Err(problem) => Ok(Some(refused(problem)?.into())),
        }
    }

    /// Saves a draft, whatever its problems. What runs is not touched.
    async fn workflow_draft_save(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What changes.")] input: WorkflowDraftSaveInput,
    ) -> Result<Option<WorkflowDraftSavePayload>> {
        let (access, key) = (caller(context)?.access(), key(context));
        let drawn = Drawn {
            definition: input.definition,
            json: input.json,
        };
        let definition = match readable(drawn)? {
            Ok(definition) => definition,
            Err(error) => return Ok(Some(error.into())),
        };
        let save = Save {
            name: input.name,
            description: Option::from(input.description),
            time_zone: input.time_zone.map(|zone| zone.0),
            definition,
            expected: Some(input.expected_version.into()),
        };
        let Some(id) = id::parse(WORKFLOW, &input.id) else {
            return Ok(Some(missing().into()));
        };
        let request = Request {
            access,
            key: key.as_ref(),
        };
        match part::<Workflows>(context)?.save(request, id, save).await? {
            Ok(row) => Ok(Some(WorkflowDraftSavePayload {
                problems: problems(context, &row).await?,
                workflow: Some(row.into()),
                user_errors: Vec::new(),
            })),
            Err(problem) => Ok(Some(refused(problem)?.into())),
        }
    }

    /// Publishes a draft that has no errors: new runs start on it.
    async fn workflow_publish(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which draft.")] input: WorkflowPublishInput,
    ) -> Result<Option<WorkflowPublishPayload>> {
        let (access, key) = (caller(context)?.access(), key(context));
        let Some(id) = id::parse(WORKFLOW, &input.id) else {
            return Ok(Some(missing().into()));
        };
        let (request, expected) = (
            Request {
                access,
                key: key.as_ref(),
            },
            input.expected_version.map(i64::from),
        );
        let published = part::<Workflows>(context)?.publish(request, id, expected).await?;
        WorkflowPublishPayload::of(published).map(Some)
    }

    /// Lets nothing start any more; runs under way go on.
    async fn workflow_pause(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
    ) -> Result<Option<WorkflowPausePayload>> {
        let (workflow, user_errors) = set_state(context, &id, State::Paused).await?;
        Ok(Some(WorkflowPausePayload { workflow, user_errors }))
    }

    /// Lets changes start runs again.
    async fn workflow_resume(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
    ) -> Result<Option<WorkflowResumePayload>> {
        let (workflow, user_errors) = set_state(context, &id, State::Active).await?;
        Ok(Some(WorkflowResumePayload { workflow, user_errors }))
    }

    /// Puts a workflow away: nothing starts, and lists can leave it out.
    async fn workflow_archive(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
    ) -> Result<Option<WorkflowArchivePayload>> {
        let (workflow, user_errors) = set_state(context, &id, State::Archived).await?;
        Ok(Some(WorkflowArchivePayload { workflow, user_errors }))
    }

    /// Starts a run by hand, through the workflow's manual trigger.
    async fn workflow_run(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which workflow, and for what.")] input: WorkflowRunInput,
    ) -> Result<Option<WorkflowRunPayload>> {
        let (access, key) = (caller(context)?.access(), key(context));
        let Some(id) = id::parse(WORKFLOW, &input.id) else {
            return Ok(Some(missing().into()));
        };
        let start = Start {
            record: input.record_id.map(|id| id.0),
            form: input.form.map_or(serde_json::Value::Null, |form| form.0),
        };
        let (crm, member) = (part::<Crm>(context)?, part::<Engine>(context)?.member());
        let request = Request {
            access,
            key: key.as_ref(),
        };
        match part::<Workflows>(context)?
            .start(crm, member, request, id, start)
            .await?
        {
            Ok(run) => Ok(Some(WorkflowRunPayload {
                run: links(context)?.run(run).await?.map(Run::from),
                user_errors: Vec::new(),
            })),
            Err(problem) => Ok(Some(refused(problem)?.into())),
        }
    }
}

impl WorkflowPublishPayload {
    fn of(published: Published) -> Result<Self> {
        let shown = |flaws: Vec<_>| flaws.into_iter().map(WorkflowProblem::from).collect();
        Ok(match published {
            Published::Version {
                workflow,
                version,
                warnings,
            } => Self {
                workflow: Some(workflow.into()),
                version: Some(version.into()),
                problems: shown(warnings),
                user_errors: Vec::new(),
            },
            Published::Flawed { workflow, flaws } => Self {
                workflow: Some(workflow.into()),
                version: None,
                problems: shown(flaws),
                user_errors: vec![UserError {
                    code: UserErrorCode::Invalid,
                    message: "the draft has errors; nothing was published".into(),
                    field: None,
                }],
            },
            Published::Refused(problem) => refused(problem)?.into(),
        })
    }
}

async fn set_state(context: &Context<'_>, id: &ID, state: State) -> Result<(Option<Workflow>, Vec<UserError>)> {
    let (access, key) = (caller(context)?.access(), key(context));
    let Some(id) = id::parse(WORKFLOW, id) else {
        return Ok((None, vec![UserError::at(&["id"], UserErrorCode::NotFound, NO_WORKFLOW)]));
    };
    let request = Request {
        access,
        key: key.as_ref(),
    };
    match part::<Workflows>(context)?.set_state(request, id, state).await? {
        Ok(row) => Ok((Some(row.into()), Vec::new())),
        Err(problem) => {
            let error = UserError::of_argument(problem, &[])?;
            Ok((None, vec![error]))
        }
    }
}

const NO_WORKFLOW: &str = "there is no such workflow";

fn missing() -> UserError {
    UserError::at(&["input", "id"], UserErrorCode::NotFound, NO_WORKFLOW)
}

fn refused(problem: Problem) -> Result<UserError> {
    UserError::of_argument(problem, &["input"])
}

/// The definition that was sent, if one was; the client can mend one that can't be read.
fn readable(drawn: Drawn) -> Result<std::result::Result<Option<Definition>, UserError>> {
    let form = if drawn.json.is_some() { "json" } else { "definition" };
    Ok(match drawn.read()? {
        None => Ok(None),
        Some(Ok(definition)) => Ok(Some(definition)),
        Some(Err(error)) => Err(UserError::at(&["input", form], UserErrorCode::Invalid, reason(&error))),
    })
}
