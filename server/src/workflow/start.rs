//! Runs that a person starts by hand, through a workflow's manual trigger.

use std::sync::Arc;

use pointsman_entities::{
    ids::{MemberId, RunId, WorkflowId},
    run,
};
use pointsman_graph::key::NodeKey;
use sea_orm::ActiveValue::Set;
use serde_json::{Value as Json, json};

use super::{Error, manage::Workflows, versions::Version};
use crate::crm::{
    Access, Crm, Record,
    access::{Action, Permission},
    cause::Cause,
    id,
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
    /// Where the database fails.
    pub async fn start(
        &self,
        crm: &Crm,
        member: MemberId,
        access: &Access,
        workflow: WorkflowId,
        start: Start,
    ) -> Result<Result<RunId, Problem>, Error> {
        if !access.has(Permission::RunWorkflows) {
            return Ok(Err(problem(Code::Forbidden, "your role may not start workflows", None)));
        }
        let Some(version) = self.active(workflow).await? else {
            return Ok(Err(problem(
                Code::NotFound,
                "there is no such workflow, or it is not active",
                None,
            )));
        };
        let Some((node, object)) = manual(&version) else {
            return Ok(Err(problem(Code::Invalid, "the workflow has no manual trigger", None)));
        };
        let record = match self
            .subject(crm, access, object.as_deref(), start.record.as_deref())
            .await?
        {
            Ok(record) => record,
            Err(problem) => return Ok(Err(problem)),
        };
        let mut decision = Decision::new(crm, access, Cause::Request);
        let run: RunId = crm.source().id();
        decision.set.insert(run::ActiveModel {
            id: Set(run),
            workflow_id: Set(workflow),
            version_id: Set(version.id),
            status: Set("QUEUED".into()),
            trigger_node: Set(node.to_string()),
            object: Set(record.as_ref().map(|record| record.object.name.into())),
            record_id: Set(record.as_ref().map(|record| record.id)),
            input: Set(json!({ "record": record.as_ref().map(|r| r.to_json()), "form": start.form }).to_string()),
            owner: Set(Some(member)),
            epoch: Set(1),
            seq: Set(0),
            inbox: Set(0),
            drained: Set(0),
            ready: Set(true),
            cause: Set(access.actor().text()),
            depth: Set(0),
            created_at: Set(decision.now),
            updated_at: Set(decision.now),
            ..Default::default()
        });
        decision.enrolled.push(Enrolled {
            run,
            workflow,
            version: version.id,
            trigger: node.to_string(),
            record,
            previous: None,
            form: start.form,
            depth: 0,
            at: decision.now,
        });
        let _new_id_is_free = crm.settle(decision, None).await?;
        Ok(Ok(run))
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
                return Ok(Err(problem(
                    Code::Invalid,
                    "the workflow takes no record",
                    Some("recordId"),
                )));
            }
            (Some(_), None) => {
                return Ok(Err(problem(
                    Code::Required,
                    "`recordId` must be given",
                    Some("recordId"),
                )));
            }
            (Some(object), Some(record)) => (object, record),
        };
        let message = format!("there is no such {}", object.label.to_lowercase());
        let missing = problem(Code::NotFound, &message, Some("recordId"));
        let Some(id) = id::parse(object.name, record) else {
            return Ok(Err(missing));
        };
        let mut found = crm.get(access, object, &[id]).await?;
        let found = found.remove(&id).filter(|record| access.allows(Action::Read, record));
        Ok(found.map_or(Err(missing), |record| Ok(Some(record))))
    }
}

/// The manual trigger, and the object of the record it takes.
fn manual(version: &Version) -> Option<(NodeKey, Option<Arc<str>>)> {
    let mut triggers = version.plan.triggers();
    let found = triggers.find(|(_, trigger)| trigger.operation.is_none())?;
    Some((found.0.clone(), found.1.object.clone()))
}

fn problem(code: Code, message: &str, field: Option<&'static str>) -> Problem {
    Problem {
        code,
        message: message.into(),
        field,
    }
}
