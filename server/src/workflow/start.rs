//! Runs that a person starts by hand, through a workflow's manual trigger.

use std::sync::Arc;

use pointsman_entities::ids::{MemberId, RunId, WorkflowId};
use pointsman_graph::{
    key::NodeKey,
    node::{FormField, form},
    plan::{Occasion, Trigger},
};
use serde_json::Value as Json;

use super::{
    Error,
    enrol::{EPOCH, current_epoch},
    enter::enter,
    manage::{Workflows, missing, refused},
    versions::Version,
};
use crate::crm::{
    Access, Crm, Record,
    access::{Action, Permission},
    cause::Cause,
    id,
    keyed::Request,
    validate::Code,
    write::{Decision, Enrolled, Problem},
};

/// What a person starts a run with.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// The record that the run is to be about, by its global id.
    pub record: Option<String>,
    /// The answers to the trigger's form, by name.
    pub form: Json,
}

/// A start that nothing stands against but the workflow's settings.
struct Wanted {
    version: Arc<Version>,
    node: NodeKey,
    record: Option<Arc<Record>>,
    form: Json,
}

impl Workflows {
    /// Starts a run of the active version, as far as its settings allow. A repetition of the request is given the first
    /// answer, whatever has become of the workflow.
    ///
    /// # Errors
    /// Where the database fails, or the key was used for another request.
    pub async fn start<'a>(
        &self,
        crm: &Crm,
        member: MemberId,
        request: impl Into<Request<'a>>,
        workflow: WorkflowId,
        start: Start,
    ) -> Result<Result<RunId, Problem>, Error> {
        let request = request.into();
        let run = crm.source().id();
        loop {
            if let Some(ids) = self.answered(request).await? {
                return Ok(ids.first().map(|id| RunId(*id)).ok_or_else(missing));
            }
            let mut decision = Decision::new(crm, request.access, Cause::Request);
            // Who pauses the workflow from here on raises the epoch, and this start is decided again.
            let epoch = current_epoch(crm.store()).await?;
            decision.set.require_epoch(EPOCH, epoch);
            let decided = match self.wanted(crm, request.access, workflow, &start).await? {
                Ok(wanted) => {
                    let (version, start) = wanted.enrolled(run, &decision);
                    let turned_away = enter(crm, member, &version, vec![start], &mut decision).await?;
                    match turned_away.first() {
                        None => Ok(()),
                        Some(reason) => Err(refused(Code::Conflict, reason.message(), None)),
                    }
                }
                Err(problem) => Err(problem),
            };
            if let Err(problem) = decided {
                // What stands in the way may be this very request, answered between the two looks.
                return match self.answered(request).await? {
                    Some(ids) => Ok(ids.first().map(|id| RunId(*id)).ok_or_else(missing)),
                    None => Ok(Err(problem)),
                };
            }
            request.remember(&mut decision.set, &[run.0], decision.now);
            if crm.settle(decision, None).await?.is_ok() {
                return Ok(Ok(run));
            }
        }
    }

    /// What a person wants, once it is known that they may have it.
    async fn wanted(
        &self,
        crm: &Crm,
        access: &Access,
        workflow: WorkflowId,
        start: &Start,
    ) -> Result<Result<Wanted, Problem>, Error> {
        if !access.has(Permission::RunWorkflows) {
            return Ok(Err(refused(Code::Forbidden, "your role may not start workflows", None)));
        }
        let Some(version) = self.active(workflow).await? else {
            let message = "there is no such workflow, or it is not active";
            return Ok(Err(refused(Code::NotFound, message, None)));
        };
        let Some((node, trigger)) = manual(&version) else {
            return Ok(Err(no_way_in(&version)));
        };
        let form = match answers(trigger.form(), &start.form) {
            Ok(form) => form,
            Err(problem) => return Ok(Err(problem)),
        };
        let record = self
            .subject(crm, access, trigger.object.as_deref(), start.record.as_deref())
            .await?;
        Ok(record.map(|record| Wanted {
            version,
            node,
            record,
            form,
        }))
    }

    async fn subject(
        &self,
        crm: &Crm,
        access: &Access,
        object: Option<&str>,
        record: Option<&str>,
    ) -> Result<Result<Option<Arc<Record>>, Problem>, Error> {
        let (object, record) = match (object.and_then(|name| crm.object(name)), record) {
            (None, None) => return Ok(Ok(None)),
            (None, Some(_)) => {
                return Ok(Err(refused(
                    Code::Invalid,
                    "the workflow takes no record",
                    Some("recordId"),
                )));
            }
            (Some(_), None) => {
                return Ok(Err(refused(
                    Code::Required,
                    "`recordId` must be given",
                    Some("recordId"),
                )));
            }
            (Some(object), Some(record)) => (object, record),
        };
        let message = format!("there is no such {}", object.label.to_lowercase());
        let absent = refused(Code::NotFound, &message, Some("recordId"));
        let Some(id) = id::parse(object.name, record) else {
            return Ok(Err(absent));
        };
        // The run sees it in its publisher's name, not as the caller does.
        let mut found = crm.get(&Access::system(), &object, &[id]).await?;
        let found = found.remove(&id).filter(|record| access.allows(Action::Read, record));
        Ok(found.map_or(Err(absent), |record| Ok(Some(record))))
    }
}

impl Wanted {
    fn enrolled(self, run: RunId, decision: &Decision<'_>) -> (Arc<Version>, Enrolled) {
        let start = Enrolled {
            run,
            workflow: self.version.workflow,
            version: self.version.id,
            trigger: self.node.to_string(),
            record: self.record,
            previous: None,
            form: self.form,
            payload: Json::Null,
            due: None,
            key: None,
            change: None,
            cause: decision.access.actor().text(),
            cause_run: None,
            depth: 0,
            caller: None,
            gate: None,
            held: false,
            at: decision.now,
        };
        (self.version, start)
    }
}

/// The manual trigger.
fn manual(version: &Version) -> Option<(NodeKey, Arc<Trigger>)> {
    let mut triggers = version.plan.triggers();
    let found = triggers.find(|(_, trigger)| matches!(trigger.occasion, Occasion::Hand(_)))?;
    Some((found.0.clone(), Arc::clone(found.1)))
}

fn no_way_in(version: &Version) -> Problem {
    let message = match version.plan.called() {
        Some(_) => "the workflow has no manual trigger: other workflows call it",
        None => "the workflow has no manual trigger",
    };
    refused(Code::Invalid, message, None)
}

/// The answers as the run keeps them.
fn answers(form: &[FormField], given: &Json) -> Result<Json, Problem> {
    form::read(form, given).map_err(|unfit| {
        let missing = unfit.iter().all(|one| one.missing);
        let messages: Vec<_> = unfit.into_iter().map(|one| one.message).collect();
        let code = if missing { Code::Required } else { Code::Invalid };
        refused(code, &messages.join("; "), Some("form"))
    })
}
