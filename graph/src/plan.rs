//! A checked workflow, ready to run: its track, and each node with its texts compiled. Only the check makes one, so
//! whoever holds a plan need not doubt it.

mod enrolment;

use std::{collections::HashMap, sync::Arc};

use chrono::TimeDelta;
use serde_json::Value as Json;

use crate::{
    call::Signature,
    definition::{Definition, Delivery},
    expression::{Bindings, Budget, Expression, Fault},
    key::NodeKey,
    node::{Approval, Awaits, CallWorkflow, Compiled, FormField, Hook, Kind, Work, Writes, form},
    resolve::{Moment, Resolution, Unresolved},
    timetable::Timetable,
    track::Track,
    value::{Type, Value},
};

pub use enrolment::{Concurrency, Deduplication, Enrolment, Rate};

/// A sound workflow. Immutable; shared by all of its runs.
#[derive(Debug)]
pub struct Plan {
    track: Track,
    nodes: HashMap<NodeKey, PlanNode>,
    enrolment: Enrolment,
}

/// One node of a plan.
#[derive(Debug)]
pub struct PlanNode {
    /// As written in a definition, such as `sendEmail`.
    pub kind: Arc<str>,
    /// What people see: its name, else its key.
    pub name: Arc<str>,
    /// How it is carried out.
    pub settings: Settings,
    /// The type of `steps.<key>.output`.
    pub output: Type,
    /// What it changes in the CRM.
    pub writes: Vec<Writes>,
    work: Work,
}

/// How an action is carried out; what is absent is its kind's to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The longest one attempt may take.
    pub timeout: Option<TimeDelta>,
    /// What becomes of an effect whose outcome cannot be known.
    pub delivery: Option<Delivery>,
}

/// A mutation of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// A record that was not there before.
    Created,
    /// Some of its fields changed.
    Updated,
    /// It was put into the bin.
    Deleted,
}

/// What starts the runs of a trigger.
#[derive(Clone, Debug)]
pub enum Occasion {
    /// A committed mutation of a record.
    Change(Operation),
    /// A person, who is asked this first.
    Hand(Vec<FormField>),
    /// A time; with an object, each of its records for which the condition holds then.
    Time(Box<Timetable>),
    /// A call from outside.
    Call(Box<Hook>),
}

/// What starts runs. An index by object, operation and field can be built on it.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// None where runs start without a record.
    pub object: Option<Arc<str>>,
    /// What happens.
    pub occasion: Occasion,
    /// Any of these must have changed; empty means any field at all.
    pub fields: Vec<Arc<str>>,
    /// Must hold for the record, besides.
    pub condition: Option<Expression>,
}

/// A committed mutation of one record, as far as triggers care.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// What was done.
    pub operation: Operation,
    /// Whose record.
    pub object: &'a str,
    /// The fields whose values differ.
    pub fields: &'a [Arc<str>],
}

impl Trigger {
    /// The mutation that starts runs, where one does.
    pub fn operation(&self) -> Option<Operation> {
        match self.occasion {
            Occasion::Change(operation) => Some(operation),
            Occasion::Hand(_) | Occasion::Time(_) | Occasion::Call(_) => None,
        }
    }

    /// The times that start runs, where some do.
    pub fn timetable(&self) -> Option<&Timetable> {
        match &self.occasion {
            Occasion::Time(timetable) => Some(timetable),
            Occasion::Change(_) | Occasion::Hand(_) | Occasion::Call(_) => None,
        }
    }

    /// What a call from outside must be like, where one starts runs.
    pub fn hook(&self) -> Option<&Hook> {
        match &self.occasion {
            Occasion::Call(hook) => Some(hook),
            Occasion::Change(_) | Occasion::Hand(_) | Occasion::Time(_) => None,
        }
    }

    /// What a person is asked before a run starts; empty where nothing is, and any answers are taken.
    pub fn form(&self) -> &[FormField] {
        match &self.occasion {
            Occasion::Hand(form) => form,
            Occasion::Change(_) | Occasion::Time(_) | Occasion::Call(_) => &[],
        }
    }

    /// Answers with the types that the form promises.
    pub fn answers(&self, json: &Json) -> Value {
        let typed = match self.form() {
            [] => None,
            form => form::answers(form).decode(json).ok(),
        };
        typed.unwrap_or_else(|| Value::from_json(json))
    }

    /// What a call from outside has sent, with the types that its schema promises.
    pub fn payload(&self, json: &Json) -> Value {
        let schema = self.hook().and_then(|hook| hook.payload.as_ref());
        schema.map_or_else(|| Value::from_json(json), |schema| schema.value(json))
    }

    /// Whether a change is one that this trigger listens to, whatever its condition says.
    pub fn listens_to(&self, change: &Change<'_>) -> bool {
        let concerns = self.fields.is_empty() || change.fields.iter().any(|field| self.fields.contains(field));
        self.operation() == Some(change.operation) && self.object.as_deref() == Some(change.object) && concerns
    }

    /// Whether what a node writes can be a change that this trigger listens to, whatever its condition says.
    pub fn is_set_off_by(&self, writes: &Writes) -> bool {
        self.listens_to(&Change {
            operation: writes.operation,
            object: &writes.object,
            fields: &writes.fields,
        })
    }

    /// Whether a change starts a run. Why it does or does not is `condition`'s to trace.
    ///
    /// # Errors
    /// As [`Expression::holds`].
    pub fn matches(&self, change: &Change<'_>, bindings: &dyn Bindings, budget: &mut Budget) -> Result<bool, Fault> {
        match &self.condition {
            Some(condition) if self.listens_to(change) => condition.holds(bindings, budget),
            Some(_) | None => Ok(self.listens_to(change)),
        }
    }
}

impl Plan {
    pub(crate) fn new(track: Track, nodes: HashMap<NodeKey, PlanNode>, enrolment: Enrolment) -> Plan {
        Plan {
            track,
            nodes,
            enrolment,
        }
    }

    /// Who may enter the workflow, and when.
    pub fn enrolment(&self) -> &Enrolment {
        &self.enrolment
    }

    /// Whether a change that some workflow makes can start a run of this one, as far as can be told without values.
    pub fn is_set_off_by(&self, writes: &Writes) -> bool {
        self.triggers().any(|(_, trigger)| trigger.is_set_off_by(writes))
    }

    /// Whether any change that the other makes can start a run of this one.
    pub fn is_set_off_by_any(&self, other: &Plan) -> bool {
        let mut writes = other.nodes().flat_map(|(_, node)| &node.writes);
        writes.any(|writes| self.is_set_off_by(writes))
    }

    /// The rails for [`crate::run::Run`].
    pub fn track(&self) -> &Track {
        &self.track
    }

    /// The node of that key.
    pub fn node(&self, key: &NodeKey) -> Option<&PlanNode> {
        self.nodes.get(key)
    }

    /// Every node, none before what leads to it.
    pub fn nodes(&self) -> impl Iterator<Item = (&NodeKey, &PlanNode)> {
        self.track
            .in_order()
            .filter_map(|(_, node)| self.nodes.get_key_value(&node.key))
    }

    /// The trigger by which other workflows call this one, and what it takes and gives.
    pub fn called(&self) -> Option<(&NodeKey, &Arc<Signature>)> {
        self.nodes.iter().find_map(|(key, node)| match &node.work {
            Work::Called(signature) => Some((key, signature)),
            Work::Trigger(_) | Work::Gather | Work::Resolve(_) => None,
        })
    }

    /// Whether its runs start runs of other workflows.
    pub fn calls(&self) -> bool {
        self.nodes
            .values()
            .any(|node| &*node.kind == CallWorkflow::DESCRIPTION.kind)
    }

    /// What starts runs, by node.
    pub fn triggers(&self) -> impl Iterator<Item = (&NodeKey, &Arc<Trigger>)> {
        self.nodes().filter_map(|(key, node)| Some((key, node.trigger()?)))
    }
}

impl PlanNode {
    /// The nodes of a definition without errors.
    pub(crate) fn all(
        definition: &Definition,
        mut compiled: HashMap<NodeKey, Compiled>,
        mut settings: HashMap<NodeKey, Settings>,
    ) -> HashMap<NodeKey, PlanNode> {
        let node = |node: &crate::definition::Node| {
            let Compiled { output, work, writes } = compiled.remove(&node.key)?;
            let plan_node = PlanNode {
                kind: node.config.kind().into(),
                name: node.name.as_deref().unwrap_or(node.key.as_str()).into(),
                settings: settings.remove(&node.key).unwrap_or_default(),
                output,
                writes,
                work: work?,
            };
            Some((node.key.clone(), plan_node))
        };
        definition.nodes.iter().filter_map(node).collect()
    }

    /// What starts runs here; none where the node is no trigger.
    pub fn trigger(&self) -> Option<&Arc<Trigger>> {
        match &self.work {
            Work::Trigger(trigger) => Some(trigger),
            Work::Called(_) | Work::Gather | Work::Resolve(_) => None,
        }
    }

    /// The type of one item, where the node is a loop.
    pub fn item(&self) -> Option<&Type> {
        match &self.work {
            Work::Resolve(work) => work.item(),
            Work::Trigger(_) | Work::Called(_) | Work::Gather => None,
        }
    }

    /// Whether the node asks people.
    pub fn asks(&self) -> bool {
        *self.kind == *Approval::DESCRIPTION.kind
    }

    /// What the node waits for, where it is a `waitFor`.
    pub fn awaits(&self) -> Option<Awaits> {
        match &self.work {
            Work::Resolve(work) => work.awaits(),
            Work::Trigger(_) | Work::Called(_) | Work::Gather => None,
        }
    }

    /// What the node does now.
    ///
    /// # Errors
    /// [`Unresolved`] where an expression has no value or not a fitting one, or the node is not one that is executed.
    pub fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        match &self.work {
            Work::Resolve(work) => work.resolve(moment),
            Work::Trigger(_) | Work::Called(_) | Work::Gather => Err(Unresolved::NotExecuted {
                kind: Arc::clone(&self.kind),
            }),
        }
    }
}
