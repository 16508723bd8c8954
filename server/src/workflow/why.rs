//! Why a record's changes started the runs they did, or none: decided once more, from the log and the versions that were
//! active then ([0007](../../../docs/decisions/0007-why-is-worked-out-when-asked.md)). Writes nothing.

use std::{collections::HashMap, sync::Arc};

use pointsman_entities::{
    activation,
    ids::{RunId, VersionId, WorkflowId},
    run, turned_away,
};
use pointsman_graph::{
    expression::{Budget, Expression, Fault, Trace},
    plan::Trigger,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{
    Error,
    manage::{Workflows, refused},
    matching::{Match, judge, listened},
    reason::Reason,
    versions::Version,
};
use crate::{
    crm::{
        Access, Crm, access::Permission, change::Change, history::Page, id, past::Past, snapshot::Snapshot,
        validate::Code, write::Problem,
    },
    facts::ChangeFacts,
    store,
};

/// What became of a change at a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
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
    /// The condition held before the change already.
    HeldBefore,
    /// It matched, and the workflow's settings turned it away.
    TurnedAway(Reason),
    /// It matched; what came of it has been cleared away.
    Cleared,
    /// The change was erased.
    Erased,
}

/// What one trigger made of a change.
#[derive(Debug)]
pub struct Verdict {
    pub workflow: WorkflowId,
    /// None where the workflow was not active.
    pub version: Option<VersionId>,
    /// The trigger's key; none where none listened.
    pub node: Option<String>,
    pub outcome: Outcome,
    pub run: Option<RunId>,
    /// What the parts of the condition came to; none where there is none, or nobody asked for it.
    pub trace: Option<Trace>,
}

/// A change, and what the triggers made of it.
#[derive(Debug)]
pub struct Told {
    pub past: Past,
    pub verdicts: Vec<Verdict>,
}

/// A page of a record's changes, the newest first.
#[derive(Debug)]
pub struct Found {
    pub record: Arc<crate::crm::Record>,
    pub told: Vec<Told>,
    pub has_next: bool,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The record's global id.
    pub record: &'a str,
    /// None: all workflows that listened.
    pub workflow: Option<WorkflowId>,
    pub page: Page,
}

/// Which version of a workflow was active from which epoch on, the newest first.
type Activations = HashMap<WorkflowId, Vec<activation::Model>>;

impl Workflows {
    /// What the triggers made of a record's changes; none where the access may not read the record.
    ///
    /// # Errors
    /// Where the database fails, or a version is no longer sound.
    pub async fn why(
        &self,
        crm: &Crm,
        access: &Access,
        question: Question<'_>,
    ) -> Result<Result<Option<Found>, Problem>, Error> {
        if !access.has(Permission::InspectRuns) {
            return Ok(Err(refused(Code::Forbidden, "your role may not inspect runs", None)));
        }
        let Some(found) = crm.past(access, question.record, &question.page).await? else {
            return Ok(Ok(None));
        };
        let activations = self.activations(question.workflow).await?;
        let mut told = Vec::with_capacity(found.past.len());
        for past in found.past {
            let verdicts = self.verdicts(crm, &past, &activations, question.workflow).await?;
            told.push(Told { past, verdicts });
        }
        Ok(Ok(Some(Found {
            record: found.record,
            told,
            has_next: found.has_next,
        })))
    }

    async fn activations(&self, workflow: Option<WorkflowId>) -> Result<Activations, store::Error> {
        let mut select = activation::Entity::find().order_by_desc(activation::Column::Epoch);
        if let Some(workflow) = workflow {
            select = select.filter(activation::Column::WorkflowId.eq(workflow));
        }
        let mut activations = Activations::new();
        for row in select.all(self.store.reads()).await? {
            activations.entry(row.workflow_id).or_default().push(row);
        }
        Ok(activations)
    }

    /// Nothing for a change that was kept from starting workflows, or is older than this knowledge.
    async fn verdicts(
        &self,
        crm: &Crm,
        past: &Past,
        activations: &Activations,
        asked: Option<WorkflowId>,
    ) -> Result<Vec<Verdict>, Error> {
        let Some(epoch) = past.row.triggers else {
            return Ok(Vec::new());
        };
        let mut verdicts = Vec::new();
        for (workflow, rows) in activations {
            let version = rows
                .iter()
                .find(|row| row.epoch <= epoch)
                .and_then(|row| row.version_id);
            let found = match version {
                Some(version) => self.at_version(crm, past, version).await?,
                None => Vec::new(),
            };
            if found.is_empty() && asked.is_some() {
                verdicts.push(Verdict {
                    workflow: *workflow,
                    version,
                    node: None,
                    outcome: version.map_or(Outcome::NotActive, |_| Outcome::NotListening),
                    run: None,
                    trace: None,
                });
            }
            verdicts.extend(found);
        }
        verdicts.sort_by(|one, other| (one.workflow, &one.node).cmp(&(other.workflow, &other.node)));
        Ok(verdicts)
    }

    /// What the triggers of a version made of the change, those that listen to its object and operation.
    async fn at_version(&self, crm: &Crm, past: &Past, version: VersionId) -> Result<Vec<Verdict>, Error> {
        let version = self.versions.get(version).await?;
        let operation = crate::crm::change::Operation::parse(&past.row.operation).and_then(listened);
        let listening = version.plan.triggers().filter(|(_, trigger)| {
            operation.is_some()
                && trigger.operation() == operation
                && trigger.object.as_deref() == Some(&*past.row.object)
        });
        let mut verdicts = Vec::new();
        for (node, trigger) in listening {
            verdicts.push(self.verdict(crm, past, &version, node.as_str(), trigger).await?);
        }
        Ok(verdicts)
    }

    async fn verdict(
        &self,
        crm: &Crm,
        past: &Past,
        version: &Version,
        node: &str,
        trigger: &Trigger,
    ) -> Result<Verdict, Error> {
        let mut verdict = Verdict {
            workflow: version.workflow,
            version: Some(version.id),
            node: Some(node.to_owned()),
            outcome: Outcome::Erased,
            run: None,
            trace: None,
        };
        let Some(change) = &past.change else {
            return Ok(verdict);
        };
        let mut snapshot = Snapshot::new(crm.store());
        if let Some(condition) = &trigger.condition {
            verdict.trace = Some(trace(crm, condition, change, past.row.seq, &mut snapshot).await?);
        }
        let reenrolment = version.plan.enrolment().reenrolment;
        let found = judge(trigger, reenrolment, change, &crm.catalogue(), &mut snapshot).await?;
        verdict.outcome = match found {
            Match::OtherFields => {
                verdict.trace = None;
                Outcome::OtherFields
            }
            Match::ConditionFalse => Outcome::ConditionFalse,
            Match::ConditionFailed(_) => Outcome::ConditionFailed,
            Match::HeldBefore => Outcome::HeldBefore,
            Match::Matches => {
                verdict.run = self.started(past, version, node).await?;
                match verdict.run {
                    Some(_) => Outcome::Started,
                    None => self.turned_away(past, version, node).await?,
                }
            }
        };
        Ok(verdict)
    }

    /// The run that the change started.
    async fn started(&self, past: &Past, version: &Version, node: &str) -> Result<Option<RunId>, store::Error> {
        let run = run::Entity::find()
            .filter(run::Column::RecordId.eq(past.row.record_id))
            .filter(run::Column::RecordVersion.eq(past.row.record_version))
            .filter(run::Column::VersionId.eq(version.id))
            .filter(run::Column::TriggerNode.eq(node))
            .one(self.store.reads())
            .await?;
        Ok(run.map(|run| run.id))
    }

    async fn turned_away(&self, past: &Past, version: &Version, node: &str) -> Result<Outcome, store::Error> {
        let row = turned_away::Entity::find()
            .filter(turned_away::Column::RecordId.eq(past.row.record_id))
            .filter(turned_away::Column::RecordVersion.eq(past.row.record_version))
            .filter(turned_away::Column::VersionId.eq(version.id))
            .filter(turned_away::Column::Node.eq(node))
            .one(self.store.reads())
            .await?;
        let reason = row.and_then(|row| Reason::parse(&row.reason));
        Ok(reason.map_or(Outcome::Cleared, Outcome::TurnedAway))
    }
}

/// What the parts of the condition came to. The records that it refers to are put into the snapshot as they were.
async fn trace(
    crm: &Crm,
    condition: &Expression,
    change: &Change,
    place: i64,
    snapshot: &mut Snapshot<'_>,
) -> Result<Trace, store::Error> {
    loop {
        let facts = ChangeFacts {
            change,
            snapshot,
            catalogue: &crm.catalogue(),
        };
        let reference = match condition.trace(&facts, &mut Budget::default()) {
            (Err(Fault::Unloaded(reference)), _) => reference,
            (Ok(_) | Err(_), trace) => return Ok(trace),
        };
        let object = crm.object(&reference.object);
        let target = object
            .as_ref()
            .and_then(|object| Some((object, id::parse(object.name, &reference.id)?)));
        if let Some((object, id)) = target {
            let record = crm.as_of(object, id, place).await?;
            snapshot.suppose(object, id, record);
        }
    }
}
