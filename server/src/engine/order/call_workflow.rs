//! `callWorkflow`: a run of another workflow, enrolled in the write set of the step that calls it.

use std::sync::Arc;

use indexmap::IndexMap;
use pointsman_entities::{
    ids::{RunId, WorkflowId},
    workflow,
};
use pointsman_graph::{
    call::Signature,
    event::{Failure, Outcome},
    key::{NodeKey, Port},
    resolve::Call,
    step::StepId,
    value::{FieldType, Type, Value},
};
use sea_orm::{EntityName, EntityTrait};
use serde_json::{Map, Value as Json, json};

use super::failure::failure;
use crate::{
    crm::{
        Record,
        access::Action,
        id,
        write::{Caller, Enrolled, TurnedAway},
    },
    engine::{Error, segment::Segment},
    store::{self, Require, Write},
    workflow::{admission::MAX_DEPTH, versions::Version},
};

/// How a called run ended.
pub(super) struct Answer {
    pub outcome: Outcome,
    pub outputs: Json,
    pub error: Option<String>,
}

/// A workflow as it can be called now.
struct Callee {
    version: Arc<Version>,
    trigger: NodeKey,
    signature: Arc<Signature>,
}

impl Segment<'_> {
    pub(super) async fn call_workflow(&mut self, step: &StepId, attempt: u32, call: &Call) -> Result<(), Error> {
        let inputs: Map<String, Json> = call
            .inputs
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_json()))
            .collect();
        self.set_input(
            step,
            &json!({ "workflow": call.workflow, "inputs": inputs, "wait": call.wait }),
        );
        let enrolled = match self.called(step, attempt, call).await? {
            Ok(enrolled) => enrolled,
            Err(failure) => {
                self.fail(step, attempt, failure);
                return Ok(());
            }
        };
        let (run, cut) = (id::format("run", enrolled.run), enrolled.depth >= MAX_DEPTH);
        match self.decision.admit(enrolled).await? {
            Err(TurnedAway { code, message }) => self.fail(step, attempt, failure(code, message)),
            // The run is there, refused for all to see.
            Ok(()) if cut => self.fail(step, attempt, failure("DEPTH_LIMIT", &too_deep())),
            Ok(()) if call.wait => self.wait(step, None),
            Ok(()) => self.succeed(step, attempt, Port::DONE, Value::map([("run", Value::from(run))])),
        }
        Ok(())
    }

    /// The run that a call is to start, or why it can't.
    async fn called(&mut self, step: &StepId, attempt: u32, call: &Call) -> Result<Result<Enrolled, Failure>, Error> {
        let Some(callee) = self.callee(&call.workflow).await? else {
            let message = format!("no active workflow `{}` has a `called` trigger", call.workflow);
            return Ok(Err(failure("NOT_CALLABLE", &message)));
        };
        let form = match handed_over(&callee.signature, &call.inputs) {
            Ok(inputs) => Json::Object(inputs),
            Err(message) => return Ok(Err(failure("INVALID_INPUT", &message))),
        };
        let record = match self.handed_record(call, &callee.signature).await? {
            Ok(record) => record,
            Err(failure) => return Ok(Err(failure)),
        };
        let inputs = Type::Struct(Arc::clone(&callee.signature.inputs)).decode(&form);
        let depth = self.decision.cause.depth();
        Ok(Ok(Enrolled {
            run: self.engine.source.id(),
            workflow: callee.version.workflow,
            version: callee.version.id,
            trigger: callee.trigger.to_string(),
            record,
            previous: None,
            form,
            change: None,
            cause: self.decision.cause.text(),
            cause_run: Some(self.live.id),
            payload: Json::Null,
            due: None,
            key: None,
            depth,
            caller: Some(Caller {
                run: self.live.id,
                step: step.to_string(),
                attempt: (call.wait && depth < MAX_DEPTH).then_some(attempt),
                inputs: inputs.unwrap_or(Value::Null),
            }),
            gate: None,
            held: false,
            at: self.now,
        }))
    }

    /// The workflow's active version, which must still be the active one at the commit.
    async fn callee(&mut self, workflow: &str) -> Result<Option<Callee>, Error> {
        let Some(id) = id::parse::<WorkflowId>("workflow", workflow) else {
            return Ok(None);
        };
        let row = workflow::Entity::find_by_id(id)
            .one(self.engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        let active = row
            .filter(|row| row.state == "ACTIVE")
            .and_then(|row| row.active_version);
        let Some(active) = active else { return Ok(None) };
        let version = self.engine.versions.get(active).await?;
        let Some((trigger, signature)) = version.plan.called() else {
            return Ok(None);
        };
        let (trigger, signature) = (trigger.clone(), Arc::clone(signature));
        self.decision.set.push(Write::Require(Require {
            table: workflow::Entity.table_name(),
            key: vec![("id", id.0.into())],
            guard: vec![("state", "ACTIVE".into()), ("active_version", active.0.into())],
        }));
        Ok(Some(Callee {
            version,
            trigger,
            signature,
        }))
    }

    /// The record that the called run is to be about: the one named, else this run's own.
    async fn handed_record(
        &mut self,
        call: &Call,
        signature: &Signature,
    ) -> Result<Result<Option<Arc<Record>>, Failure>, Error> {
        let wanted = signature.object.as_deref();
        let Some(object) = wanted.and_then(|name| self.engine.crm.object(name)) else {
            return Ok(Ok(None));
        };
        let own = self.live.subject.as_ref().filter(|(name, _)| name == object.name);
        let id = match &call.record {
            Some(reference) => id::parse(object.name, &reference.id),
            None => own.map(|(_, id)| *id),
        };
        let found = match id {
            Some(id) => self.decision.snapshot.load(&object, id).await?,
            None => None,
        };
        let seen = |record: &Arc<Record>| !record.is_deleted() && self.decision.access.allows(Action::Read, record);
        Ok(match found.filter(seen) {
            Some(record) => Ok(Some(record)),
            None => Err(failure(
                "NOT_FOUND",
                &format!("there is no such {}", object.label.to_lowercase()),
            )),
        })
    }

    /// A run that the step has called is over.
    pub(super) fn take_answer(&mut self, step: &StepId, attempt: u32, run: RunId, answer: Answer) {
        let why = answer.error.unwrap_or_default();
        match answer.outcome {
            Outcome::Succeeded => {
                let output = json!({ "run": id::format("run", run), "outputs": answer.outputs });
                let output = self.live.typed(&step.node, &output);
                self.succeed(step, attempt, Port::DONE, output);
            }
            Outcome::Failed => self.fail(
                step,
                attempt,
                failure("CALL_FAILED", &format!("the called run failed: {why}")),
            ),
            Outcome::Cancelled => self.fail(step, attempt, failure("CALL_CANCELLED", "the called run was cancelled")),
        }
    }

    /// What a stop hands to whoever called this workflow, shown as its output too.
    pub(super) fn hand_back(&mut self, step: &StepId, output: &Value) {
        if *output != Value::Null {
            self.returned = match self.live.called() {
                Some(signature) => signature.output_type().encode(output),
                None => output.to_json(),
            };
            self.set_output(step, output.clone());
        }
    }
}

/// The inputs as JSON that the signature's types read back, or what is wrong with them.
fn handed_over(signature: &Signature, given: &IndexMap<Arc<str>, Value>) -> Result<Map<String, Json>, String> {
    if let Some(name) = given.keys().find(|name| !signature.inputs.contains_key(*name)) {
        return Err(format!("nothing called `{name}` is asked for"));
    }
    let input = |(name, field): (&Arc<str>, &FieldType)| {
        let value = given.get(name).unwrap_or(&Value::Null);
        let json = field.value_type().encode(value);
        match field.value_type().decode(&json) {
            Ok(_) => Ok((name.to_string(), json)),
            Err(_) if *value == Value::Null => Err(format!("`{name}` must be given")),
            Err(error) => Err(format!("`{name}`: {error}")),
        }
    };
    signature.inputs.iter().map(input).collect()
}

fn too_deep() -> String {
    format!("cut after {MAX_DEPTH} workflows that called or set off each other")
}
