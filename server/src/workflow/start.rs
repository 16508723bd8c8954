//! Runs that a person starts by hand, through a workflow's manual trigger.

use std::sync::Arc;

use pointsman_entities::ids::{MemberId, RunId, WorkflowId};
use pointsman_graph::{key::NodeKey, plan::Occasion};
use serde_json::Value as Json;

use super::{
    Error,
    enter::{Entry, enter},
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
    /// The answers to the trigger's form.
    pub form: Json,
}

impl Workflows {
    /// Starts a run of the active version.
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
        let access = request.access;
        if !access.has(Permission::RunWorkflows) {
            return Ok(Err(refused(Code::Forbidden, "your role may not start workflows", None)));
        }
        let Some(version) = self.active(workflow).await? else {
            return Ok(Err(refused(
                Code::NotFound,
                "there is no such workflow, or it is not active",
                None,
            )));
        };
        let Some((node, object)) = manual(&version) else {
            return Ok(Err(refused(Code::Invalid, "the workflow has no manual trigger", None)));
        };
        let record = match self
            .subject(crm, access, object.as_deref(), start.record.as_deref())
            .await?
        {
            Ok(record) => record,
            Err(problem) => return Ok(Err(problem)),
        };
        let enrolled = Enrolled {
            run: crm.source().id(),
            workflow,
            version: version.id,
            trigger: node.to_string(),
            record,
            previous: None,
            form: start.form,
            payload: Json::Null,
            due: None,
            depth: 0,
            at: crm.source().now(),
        };
        loop {
            if let Some(ids) = self.answered(request).await? {
                return Ok(ids.first().map(|id| RunId(*id)).ok_or_else(missing));
            }
            let mut decision = Decision::new(crm, access, Cause::Request);
            let cause = access.actor().text();
            enter(
                &mut decision.set,
                crm.source(),
                &enrolled,
                Entry {
                    member,
                    cause,
                    key: None,
                },
            );
            request.remember(&mut decision.set, &[enrolled.run.0], enrolled.at);
            decision.enrolled.push(enrolled.clone());
            if crm.settle(decision, None).await?.is_ok() {
                return Ok(Ok(enrolled.run));
            }
        }
    }

    async fn subject(
        &self,
        crm: &Crm,
        access: &Access,
        object: Option<&str>,
        record: Option<&str>,
    ) -> Result<Result<Option<Arc<Record>>, Problem>, Error> {
        let (object, record) = match (object.and_then(|name| crm.catalogue().object(name)), record) {
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
        let mut found = crm.get(access, object, &[id]).await?;
        let found = found.remove(&id).filter(|record| access.allows(Action::Read, record));
        Ok(found.map_or(Err(absent), |record| Ok(Some(record))))
    }
}

/// The manual trigger, and the object of the record it takes.
fn manual(version: &Version) -> Option<(NodeKey, Option<Arc<str>>)> {
    let mut triggers = version.plan.triggers();
    let found = triggers.find(|(_, trigger)| matches!(trigger.occasion, Occasion::Hand))?;
    Some((found.0.clone(), found.1.object.clone()))
}
