//! What people do to runs: end them, take them up again, do them again, take them to a newer version.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use pointsman_entities::{ids::RunId, run};

use super::{
    EFFECT, Effect, RUN, Run, RunFilter,
    effect::{Finding, finding},
};
use crate::{
    api::{
        caller::{caller, part},
        error::Result,
        noun::key,
        payload::{UserError, UserErrorCode},
        scalar::Json,
        workflow::WORKFLOW,
    },
    crm::{id, keyed::Request, write::Problem},
    engine::{
        Engine,
        control::{Act, MOST, Which},
        migrate::{Report, Stayed},
    },
};

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
    /// What became of asking a run to end.
    RunCancelPayload {
        /// The run; it ends when its turn comes.
        run: Option<Run>,
    }

    /// What became of asking for another try.
    RunRetryPayload {
        /// The run; it goes on when its turn comes.
        run: Option<Run>,
    }

    /// What became of asking for many runs to end.
    RunsCancelPayload {
        /// The runs that were asked to.
        runs: Vec<Run>,
        /// Whether more of the filter may be left.
        has_more: bool,
    }

    /// What became of asking for another try of many runs.
    RunsRetryPayload {
        /// The runs that go on.
        runs: Vec<Run>,
        /// Whether more of the filter may be left.
        has_more: bool,
    }

    /// What became of doing a run again.
    RunReplayPayload {
        /// The new run.
        run: Option<Run>,
    }

    /// What became of taking runs to the newest version.
    RunMigratePayload {
        /// The runs that go on there.
        migrated: Vec<Run>,
        /// Those that stay where they are, and why.
        stayed: Vec<RunStayed>,
        /// Whether runs are left that were not looked at.
        has_more: bool,
    }

    /// What became of settling an effect.
    EffectResolvePayload {
        /// The effect as it is now.
        effect: Option<Effect>,
    }
}

/// A run that can't go on on the newest version.
#[derive(SimpleObject)]
pub struct RunStayed {
    /// The run.
    run: Run,
    /// The open steps without a place there, their node gone, changed in kind, or in another loop. Empty: it was at work.
    steps: Vec<String>,
}

/// Which run is done again, and from where.
#[derive(InputObject)]
pub struct RunReplayInput {
    /// The global id of a run that is over.
    id: ID,
    /// The step to begin with, as `Step.step` names it; all before it keeps its outputs. The whole run if nothing is said.
    from_step: Option<String>,
}

/// What became of an effect, as somebody has found out.
#[derive(InputObject)]
pub struct EffectResolveInput {
    /// The global id of an effect whose state is `UNKNOWN`.
    id: ID,
    /// What was found.
    finding: Finding,
    /// Where it was carried out: the output that the step has from now on.
    output: Option<Json>,
}

/// Changes runs.
#[derive(Default)]
pub struct RunMutations;

#[Object]
impl RunMutations {
    /// Asks a run to end, with the runs that it has called. What it has done stays done.
    async fn run_cancel(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
    ) -> Result<Option<RunCancelPayload>> {
        Ok(Some(match one(context, Act::Cancel, &id).await? {
            Ok(run) => RunCancelPayload {
                run: run.map(Run::from),
                user_errors: Vec::new(),
            },
            Err(error) => error.into(),
        }))
    }

    /// Takes up a failed run; what succeeded is not repeated. `CONFLICT` where other runs have its slot or its record now.
    async fn run_retry(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
    ) -> Result<Option<RunRetryPayload>> {
        Ok(Some(match one(context, Act::Retry, &id).await? {
            Ok(run) => RunRetryPayload {
                run: run.map(Run::from),
                user_errors: Vec::new(),
            },
            Err(error) => error.into(),
        }))
    }

    /// Asks the open runs of a filter to end: the oldest thousand, all or none.
    async fn runs_cancel(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which runs.")] filter: RunFilter,
    ) -> Result<Option<RunsCancelPayload>> {
        Ok(Some(match many(context, Act::Cancel, filter).await? {
            Ok((runs, has_more)) => RunsCancelPayload {
                runs,
                has_more,
                user_errors: Vec::new(),
            },
            Err(error) => error.into(),
        }))
    }

    /// Takes up the failed runs of a filter, the oldest thousand, but for those whose slot or record other runs have now.
    async fn runs_retry(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which runs.")] filter: RunFilter,
    ) -> Result<Option<RunsRetryPayload>> {
        Ok(Some(match many(context, Act::Retry, filter).await? {
            Ok((runs, has_more)) => RunsRetryPayload {
                runs,
                has_more,
                user_errors: Vec::new(),
            },
            Err(error) => error.into(),
        }))
    }

    /// Does a run that is over again, as a new run. `CONFLICT` where other runs have its slot or its record now.
    async fn run_replay(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which run, and from where.")] input: RunReplayInput,
    ) -> Result<Option<RunReplayPayload>> {
        let (access, key) = (caller(context)?.access(), key(context));
        let Some(id) = id::parse::<RunId>(RUN, &input.id) else {
            return Ok(Some(no_run(&["input", "id"]).into()));
        };
        let request = Request {
            access,
            key: key.as_ref(),
        };
        let replayed = part::<Engine>(context)?
            .replay(request, id, input.from_step.as_deref())
            .await?;
        Ok(Some(match replayed {
            Ok(run) => RunReplayPayload {
                run: Some(run.into()),
                user_errors: Vec::new(),
            },
            Err(problem) => refused(problem, &["input"])?.into(),
        }))
    }

    /// Takes the waiting runs of a workflow, a thousand at most, to its newest version where it has what they wait on.
    async fn run_migrate(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The workflow's global id.")] workflow_id: ID,
    ) -> Result<Option<RunMigratePayload>> {
        let (access, key) = (caller(context)?.access(), key(context));
        let Some(id) = id::parse(WORKFLOW, &workflow_id) else {
            let missing = UserError::at(&["workflowId"], UserErrorCode::NotFound, "there is no such workflow");
            return Ok(Some(missing.into()));
        };
        let request = Request {
            access,
            key: key.as_ref(),
        };
        Ok(Some(match part::<Engine>(context)?.migrate(request, id).await? {
            Ok(report) => report.into(),
            Err(problem) => refused(problem, &[])?.into(),
        }))
    }

    /// Says what became of an effect whose outcome is unknown; the run goes on accordingly.
    async fn effect_resolve(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What was found.")] input: EffectResolveInput,
    ) -> Result<Option<EffectResolvePayload>> {
        let (access, key) = (caller(context)?.access(), key(context));
        let Some(id) = id::parse(EFFECT, &input.id) else {
            let missing = UserError::at(&["input", "id"], UserErrorCode::NotFound, "there is no such effect");
            return Ok(Some(missing.into()));
        };
        let request = Request {
            access,
            key: key.as_ref(),
        };
        let finding = finding(input.finding, input.output);
        Ok(Some(
            match part::<Engine>(context)?.resolve(request, id, &finding).await? {
                Ok(effect) => EffectResolvePayload {
                    effect: Some(effect.into()),
                    user_errors: Vec::new(),
                },
                Err(problem) => refused(problem, &["input"])?.into(),
            },
        ))
    }
}

impl From<Report> for RunMigratePayload {
    fn from(report: Report) -> Self {
        let stayed = |Stayed { run, steps }| RunStayed {
            run: Run::from(run),
            steps: steps.iter().map(ToString::to_string).collect(),
        };
        Self {
            migrated: report.migrated.into_iter().map(Run::from).collect(),
            stayed: report.stayed.into_iter().map(stayed).collect(),
            has_more: report.has_more,
            user_errors: Vec::new(),
        }
    }
}

type Refusable<T> = std::result::Result<T, UserError>;

async fn one(context: &Context<'_>, act: Act, id: &ID) -> Result<Refusable<Option<run::Model>>> {
    let (access, key) = (caller(context)?.access(), key(context));
    let Some(id) = id::parse::<RunId>(RUN, id) else {
        return Ok(Err(no_run(&["id"])));
    };
    let request = Request {
        access,
        key: key.as_ref(),
    };
    match part::<Engine>(context)?.act(request, act, Which::One(id)).await? {
        Ok(mut runs) => Ok(Ok(runs.pop())),
        Err(problem) => Ok(Err(refused(problem, &[])?)),
    }
}

async fn many(context: &Context<'_>, act: Act, filter: RunFilter) -> Result<Refusable<(Vec<Run>, bool)>> {
    let (access, key) = (caller(context)?.access(), key(context));
    let filter = filter.read(context)?;
    let request = Request {
        access,
        key: key.as_ref(),
    };
    match part::<Engine>(context)?.act(request, act, Which::All(&filter)).await? {
        Ok(runs) => {
            let has_more = runs.len() as u64 == MOST;
            Ok(Ok((runs.into_iter().map(Run::from).collect(), has_more)))
        }
        Err(problem) => Ok(Err(refused(problem, &[])?)),
    }
}

fn no_run(path: &[&str]) -> UserError {
    UserError::at(path, UserErrorCode::NotFound, "there is no such run")
}

fn refused(problem: Problem, path: &[&str]) -> Result<UserError> {
    UserError::of_argument(problem, path)
}
