//! What the expressions of a run read: the record, the trigger, the outputs of earlier steps, the time.

use std::{iter::successors, sync::Arc};

use pointsman_entities::time;
use pointsman_graph::{
    expression::{Bindings, Lookup},
    key::NodeKey,
    step::Scope as Place,
    value::{Reference, Timestamp, Type, Value},
};

use super::live::Live;
use crate::{
    crm::{Access, Catalogue, Record, change::changed_fields, id, snapshot::Snapshot},
    facts,
};

const TRIGGER: [&str; 9] = [
    "key", "kind", "at", "record", "previous", "changed", "form", "inputs", "payload",
];

/// The variables of one step.
pub struct Scope<'a, 's> {
    pub live: &'a Live,
    pub snapshot: &'a Snapshot<'s>,
    pub catalogue: &'a Catalogue,
    /// In whose name the run acts: what they may not read isn't there.
    pub access: &'a Access,
    pub place: &'a Place,
    pub now: Timestamp,
    /// A record that a search or a wait looks at, by the name that it has there.
    pub candidate: Option<(&'a str, &'a Arc<Record>)>,
    /// Marks the places of secrets, see `actions::http::Text::marked`, and of links.
    pub mark: &'a str,
}

impl Scope<'_, '_> {
    /// The run's record as the segment sees it, its own writes included.
    fn subject(&self) -> Option<&Arc<Record>> {
        if self.live.looks_back() {
            return self.live.input.record.as_ref();
        }
        let (object, id) = self.live.subject.as_ref()?;
        let object = self.catalogue.object(object)?;
        self.snapshot.known(object, *id).flatten()
    }

    fn named(&self, variable: &str) -> Option<Arc<Record>> {
        let named = match (self.candidate, variable) {
            (Some((name, candidate)), _) if name == variable => Some(candidate),
            (_, "record") => self.subject(),
            (_, "message") => self.subject().filter(|record| record.object.name == "message"),
            (_, "previous") => self.live.input.previous.as_ref(),
            _ => None,
        };
        self.access.view(named?)
    }

    fn step(&self, key: &str) -> Option<Value> {
        let node: NodeKey = key.parse().ok()?;
        // A node stands in one loop or in none, so at most one of the scopes around knows its step.
        let known = |place: &Place| self.live.outputs.get(&place.step(node.clone())).cloned();
        let around = |place: &Place| place.clone().split().map(|(outer, _)| outer);
        let output = successors(Some(self.place.clone()), around).find_map(|place| known(&place));
        Some(Value::map([("output", output.unwrap_or(Value::Null))]))
    }

    /// What the workflow that called has handed over; null in a run that was not called.
    fn inputs(&self) -> Value {
        match self.live.called() {
            Some(signature) => Type::Struct(Arc::clone(&signature.inputs))
                .decode(&self.live.input.form)
                .unwrap_or(Value::Null),
            None => Value::Null,
        }
    }

    /// The item that the step stands in; none outside of loops.
    fn item(&self) -> Option<(u32, Value)> {
        let (outer, item) = self.place.clone().split()?;
        let value = self.live.items.get(&(outer.step(item.node), item.index)).cloned();
        Some((item.index, value.unwrap_or(Value::Null)))
    }

    fn trigger(&self, field: &str) -> Option<Value> {
        let record = |record: &Option<Arc<Record>>| {
            let record = record.as_ref().and_then(|record| self.access.view(record));
            record.map_or(Value::Null, |record| record.to_expression())
        };
        let input = &self.live.input;
        match field {
            "key" => Some(self.live.trigger.as_str().into()),
            "kind" => {
                let node = self.live.version.plan.node(&self.live.trigger.parse().ok()?)?;
                Some(Value::String(Arc::clone(&node.kind)))
            }
            "at" => time(input.due.unwrap_or(self.live.created_at)),
            "record" => Some(record(&input.record)),
            "previous" => Some(record(&input.previous)),
            "changed" => {
                let view = |record: &Arc<Record>| self.access.view(record);
                let (record, previous) = (&input.record, input.previous.as_ref().and_then(view));
                let names = record
                    .as_ref()
                    .and_then(view)
                    .map(|record| changed_fields(previous.as_deref(), &record));
                Some(Value::list(names.into_iter().flatten().map(Value::from)))
            }
            "form" => Some(match self.live.occasion() {
                Some(trigger) => trigger.answers(&input.form),
                None => Value::from_json(&input.form),
            }),
            "inputs" => Some(self.inputs()),
            "payload" => Some(match self.live.occasion() {
                Some(trigger) => trigger.payload(&input.payload),
                None => Value::from_json(&input.payload),
            }),
            _ => None,
        }
    }

    fn run(&self, field: &str) -> Option<Value> {
        match field {
            "id" => Some(id::format("run", self.live.id).into()),
            "startedAt" => time(self.live.started_at.unwrap_or(self.live.created_at)),
            _ => None,
        }
    }

    fn workflow(&self, field: &str) -> Option<Value> {
        match field {
            "id" => Some(id::format("workflow", self.live.version.workflow).into()),
            "name" => Some(self.live.version.name.as_str().into()),
            _ => None,
        }
    }

    fn group(&self, names: &[&'static str], field: impl Fn(&str) -> Option<Value>) -> Value {
        Value::map(names.iter().filter_map(|name| Some((*name, field(name)?))))
    }
}

impl Bindings for Scope<'_, '_> {
    fn variable(&self, name: &str) -> Option<Value> {
        match name {
            "record" | "previous" | "message" => {
                Some(self.named(name).map_or(Value::Null, |record| record.to_expression()))
            }
            "trigger" => Some(self.group(&TRIGGER, |field| self.trigger(field))),
            "run" => Some(self.group(&["id", "startedAt"], |field| self.run(field))),
            "workflow" => Some(self.group(&["id", "name"], |field| self.workflow(field))),
            "item" => self.item().map(|(_, value)| value),
            "index" => self.item().map(|(index, _)| Value::Int(index.into())),
            "now" => Some(Value::Timestamp(self.now)),
            "steps" => {
                let keys = self.live.version.plan.nodes().map(|(key, _)| key.as_str());
                Some(Value::map(keys.filter_map(|key| Some((key, self.step(key)?)))))
            }
            _ => None,
        }
    }

    fn record(&self, reference: &Reference) -> Lookup {
        match facts::known(self.catalogue, self.snapshot, reference) {
            None => Lookup::Unloaded,
            Some(record) => match record.and_then(|record| self.access.view(record)) {
                Some(record) => Lookup::Found(record.to_expression()),
                None => Lookup::Absent,
            },
        }
    }

    fn field(&self, variable: &str, field: &str) -> Option<Value> {
        match variable {
            "record" | "previous" | "message" => self.named(variable)?.expression_field(field),
            "secrets" | "links" => Some(format!("{}~{field}~", self.mark).into()),
            "steps" => self.step(field),
            "trigger" => self.trigger(field),
            "run" => self.run(field),
            "workflow" => self.workflow(field),
            _ => None,
        }
    }
}

fn time(at: time::Timestamp) -> Option<Value> {
    Timestamp::from_micros(at.micros()).ok().map(Value::Timestamp)
}
