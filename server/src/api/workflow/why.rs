//! Why a record's changes started the runs they did, or none.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use pointsman_graph::expression::{Outcome as Came, Step as Part, Trace};

use super::{WORKFLOW, Workflow, WorkflowVersion};
use crate::{
    api::{
        caller::{caller, part},
        connection::PageInfo,
        error::{Error, Result},
        links::links,
        run::Run,
        timeline::{Change, cursor, page},
    },
    crm::{Crm, history, id},
    workflow::{
        manage::Workflows,
        reason::Reason,
        why::{Found, Outcome, Question, Verdict},
    },
};

/// What became of a change at a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum EnrolmentOutcome {
    /// It started a run.
    Started,
    /// The workflow was not active.
    NotActive,
    /// No trigger of the workflow listens to such a change.
    NotListening,
    /// None of the fields that the trigger listens to was changed.
    OtherFields,
    /// The condition did not hold.
    ConditionFalse,
    /// The condition had no value.
    ConditionFailed,
    /// The condition held before the change already, and the workflow waits for it to turn true.
    HeldBefore,
    /// It matched, but the workflow takes each record once.
    EnrolledBefore,
    /// It matched, but a run for the record was under way.
    StillRunning,
    /// It matched, but the same start had been let in before.
    Duplicate,
    /// It matched, but as many runs were under way as the workflow allows.
    LimitReached,
    /// It matched, but a key of the workflow's settings had no value.
    KeyFailed,
    /// It matched; what came of it has been cleared away.
    Cleared,
    /// The change was erased, and can't be judged any more.
    Erased,
}

impl From<Outcome> for EnrolmentOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Started => Self::Started,
            Outcome::NotActive => Self::NotActive,
            Outcome::NotListening => Self::NotListening,
            Outcome::OtherFields => Self::OtherFields,
            Outcome::ConditionFalse => Self::ConditionFalse,
            Outcome::ConditionFailed => Self::ConditionFailed,
            Outcome::HeldBefore => Self::HeldBefore,
            Outcome::TurnedAway(Reason::EnrolledBefore) => Self::EnrolledBefore,
            Outcome::TurnedAway(Reason::StillRunning) => Self::StillRunning,
            Outcome::TurnedAway(Reason::Duplicate) => Self::Duplicate,
            Outcome::TurnedAway(Reason::LimitReached) => Self::LimitReached,
            Outcome::TurnedAway(Reason::KeyFailed) => Self::KeyFailed,
            Outcome::Cleared => Self::Cleared,
            Outcome::Erased => Self::Erased,
        }
    }
}

/// What one trigger made of a change.
pub struct EnrolmentDecision(Verdict);

/// What one trigger made of a change.
#[Object]
impl EnrolmentDecision {
    /// The workflow.
    async fn workflow(&self, context: &Context<'_>) -> Result<Option<Workflow>> {
        Ok(links(context)?.workflow(self.0.workflow).await?.map(Workflow::from))
    }

    /// The version that was active at the change; null where none was.
    async fn version(&self, context: &Context<'_>) -> Result<Option<WorkflowVersion>> {
        match self.0.version {
            Some(version) => Ok(links(context)?.version(version).await?.map(WorkflowVersion::from)),
            None => Ok(None),
        }
    }

    /// The trigger's key; null where none listens to such a change.
    async fn node(&self) -> Option<&str> {
        self.0.node.as_deref()
    }

    /// What became of the change.
    async fn outcome(&self) -> EnrolmentOutcome {
        self.0.outcome.into()
    }

    /// The run that it started.
    async fn run(&self, context: &Context<'_>) -> Result<Option<Run>> {
        match self.0.run {
            Some(run) => Ok(links(context)?.run(run).await?.map(Run::from)),
            None => Ok(None),
        }
    }

    /// What the parts of the trigger's condition came to, outer parts before inner ones.
    async fn condition(&self) -> Vec<ConditionPart> {
        self.0.trace.as_ref().map_or_else(Vec::new, parts)
    }
}

/// A part of a condition, and what it came to.
#[derive(SimpleObject)]
pub struct ConditionPart {
    /// Its text.
    source: String,
    /// How many parts it stands in.
    depth: i32,
    /// Its value as JSON text, cut if it is long; null where it has none.
    value: Option<String>,
    /// Why it has no value; null where it has one, or nobody asked for it since another part had decided.
    fault: Option<String>,
}

fn parts(trace: &Trace) -> Vec<ConditionPart> {
    let part = |part: &Part| {
        let (value, fault) = match &part.outcome {
            Came::Value(value) => (Some(value.clone()), None),
            Came::Fault(fault) => (None, Some(fault.to_string())),
            Came::NotEvaluated => (None, None),
        };
        ConditionPart {
            source: part.source.to_string(),
            depth: i32::try_from(part.depth).unwrap_or(i32::MAX),
            value,
            fault,
        }
    };
    trace.steps.iter().map(part).collect()
}

/// A change of a record, and what the triggers made of it.
#[derive(SimpleObject)]
pub struct EnrolmentTrace {
    /// The change. One that is `suppressed` was kept from all triggers.
    change: Change,
    /// What each trigger that listened made of it; of a workflow that was asked for, also that none did.
    decisions: Vec<EnrolmentDecision>,
}

/// A page of a record's last thousand changes, worked out anew from the log; takes the right to inspect runs.
#[derive(SimpleObject)]
pub struct EnrolmentTraceConnection {
    /// The changes with their cursors.
    edges: Vec<EnrolmentTraceEdge>,
    /// Where this page stands.
    page_info: PageInfo,
}

/// A change on a page.
#[derive(SimpleObject)]
pub struct EnrolmentTraceEdge {
    /// The change's place, for `after`.
    cursor: String,
    /// The change, and what came of it.
    node: EnrolmentTrace,
}

/// Reads why workflows started, or not.
#[derive(Default)]
pub struct EnrolmentQueries;

#[Object]
impl EnrolmentQueries {
    /// Why changes of a record started runs, or none, the newest first; null where the record may not be known.
    async fn enrolment_trace(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id of the record.")] record_id: ID,
        #[graphql(desc = "One workflow; absent: all that listened.")] workflow_id: Option<ID>,
        #[graphql(desc = "The size of the page; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Changes behind this cursor.")] after: Option<String>,
    ) -> Result<Option<EnrolmentTraceConnection>> {
        let workflow = match workflow_id {
            Some(id) => match id::parse(WORKFLOW, &id) {
                Some(id) => Some(id),
                None => return Ok(None),
            },
            None => None,
        };
        let (caller, page) = (caller(context)?, page(first, after.as_deref())?);
        let question = Question {
            record: &record_id,
            workflow,
            page,
        };
        let found = part::<Workflows>(context)?
            .why(part::<Crm>(context)?, caller.access(), question)
            .await?;
        let found = found.map_err(|problem| Error::forbidden(problem.message))?;
        found
            .map(|found| EnrolmentTraceConnection::of(found, caller.access(), &page))
            .transpose()
    }
}

impl EnrolmentTraceConnection {
    fn of(found: Found, access: &crate::crm::Access, page: &history::Page) -> Result<Self> {
        let Found { record, told, has_next } = found;
        let edge = |told: crate::workflow::why::Told| -> Result<EnrolmentTraceEdge> {
            let seq = told.past.row.seq;
            Ok(EnrolmentTraceEdge {
                cursor: cursor(seq),
                node: EnrolmentTrace {
                    change: Change::of(access, std::sync::Arc::clone(&record), told.past.row)?,
                    decisions: told.verdicts.into_iter().map(EnrolmentDecision).collect(),
                },
            })
        };
        let edges = told.into_iter().map(edge).collect::<Result<Vec<_>>>()?;
        Ok(Self {
            page_info: PageInfo {
                has_next_page: has_next,
                has_previous_page: page.behind.is_some(),
                start_cursor: edges.first().map(|edge| edge.cursor.clone()),
                end_cursor: edges.last().map(|edge| edge.cursor.clone()),
            },
            edges,
        })
    }
}
