//! `callWorkflow`: starts a run of another workflow, and waits for it or not.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::kind::{Compiled, Kind, Resolve};
use crate::{
    call::{Callee, Signature},
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site},
    expression::Expression,
    key::Port,
    resolve::{self, Moment, Order, Resolution, Setting, Unresolved},
    value::{FieldType, Fields, Type},
};

/// Calls a workflow; its output is the called `run`'s id, and that run's `outputs` where it is waited for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CallWorkflow {
    /// The global id of the workflow. It must have a `called` trigger.
    pub workflow: Option<String>,
    /// An expression: the record that the called run is about; absent: the run's own where it is of the object asked for.
    pub record: Option<String>,
    /// A literal or template for each parameter.
    pub inputs: Option<Map<String, Json>>,
    /// Whether to go on only once the called run is over; absent: yes.
    pub wait: Option<bool>,
}

impl CallWorkflow {
    fn callee(&self, site: &mut Site<'_>) -> Option<Arc<Signature>> {
        let workflow = self.workflow.as_deref().filter(|id| !id.is_empty())?;
        match site.callee(workflow) {
            Callee::Known(signature) => Some(signature),
            Callee::Unknown => None,
            Callee::Absent => {
                let message = "no active workflow of that id has a `called` trigger";
                site.report(Problem::error(Code::NotCallable, message).field("workflow"));
                None
            }
        }
    }

    /// The record that is handed over, with the name of its object.
    fn record(&self, site: &mut Site<'_>, callee: Option<&Signature>) -> Option<(Arc<str>, Expression)> {
        let written = self.record.as_deref().filter(|source| !source.trim().is_empty());
        match (written, callee.map(|callee| callee.object.clone())) {
            (Some(_), Some(None)) => {
                let message = "the workflow that is called takes no record";
                site.report(Problem::error(Code::InvalidValue, message).field("record"));
                None
            }
            (None, Some(None)) => None,
            (source, Some(Some(object))) => site.record("record", source.or(Some("record")), Some(&object)),
            // Whether it takes a record is seen when it is called.
            (source, None) => site.record("record", source, None),
        }
    }
}

impl Kind for CallWorkflow {
    const DESCRIPTION: Description = Description {
        kind: "callWorkflow",
        label: "Call a workflow",
        family: Family::Logic,
        doc: "Starts a run of another workflow, and waits for it or not.",
        version: 1,
        ports: &[Port::DONE, Port::ERROR],
        fields: &[
            Field::required(
                "workflow",
                Input::Workflow,
                "which workflow; it needs a `called` trigger",
            ),
            Field::optional(
                "record",
                Input::Expression,
                "the record that the called run is about; by default the run's own",
            ),
            Field::optional("inputs", Input::Values, "a literal or template for each parameter"),
            Field::optional(
                "wait",
                Input::Boolean,
                "whether to go on only once the called run is over; yes if nothing is said",
            ),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let callee = self.callee(site);
        let record = self.record(site, callee.as_deref());
        let given = self.inputs.clone().unwrap_or_default();
        let inputs = site.arguments("inputs", callee.as_deref().map(|callee| &*callee.inputs), &given);
        let wait = self.wait.unwrap_or(true);
        let call = self
            .workflow
            .as_deref()
            .filter(|id| !id.is_empty())
            .map(|workflow| Call {
                workflow: workflow.into(),
                record,
                inputs,
                wait,
            });
        let outputs = callee.map_or(Type::Dyn, |callee| callee.output_type());
        let work = call.and_then(|call| site.unless_wrong(call));
        Compiled::of(output(wait.then_some(outputs)), work)
    }
}

fn output(outputs: Option<Type>) -> Type {
    let mut fields = Fields::new();
    fields.insert("run".into(), FieldType::of(Type::String));
    fields.extend(outputs.map(|outputs| ("outputs".into(), FieldType::of(outputs))));
    Type::Struct(Arc::new(fields))
}

#[derive(Debug)]
struct Call {
    workflow: Arc<str>,
    record: Option<(Arc<str>, Expression)>,
    inputs: IndexMap<Arc<str>, Setting>,
    wait: bool,
}

impl Resolve for Call {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let record = match &self.record {
            Some((object, expression)) => moment.record_if("record", expression, object)?,
            None => None,
        };
        let inputs = moment.settings("inputs", &self.inputs)?;
        Ok(Resolution::Order(Order::CallWorkflow(resolve::Call {
            workflow: Arc::clone(&self.workflow),
            record,
            inputs,
            wait: self.wait,
        })))
    }
}
