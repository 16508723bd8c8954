//! The start of a dry run: a record as it is, or as a change would leave it. The change goes through the one function that
//! writes records, into a decision that nobody commits.

use std::sync::Arc;

use indexmap::IndexMap;
use pointsman_entities::time::Timestamp;
use pointsman_graph::{
    key::NodeKey,
    node::form,
    plan::{Operation as Listened, Trigger},
    value::{Type, Value},
};
use serde_json::{Map, Value as Json};

use super::verdict::{Verdict, verdict};
use crate::{
    crm::{
        Access, Record,
        access::Action,
        cause::{Actor, Cause},
        change::{Change, Operation, changed_fields},
        id,
        object::Object,
        snapshot::Snapshot,
        validate::Code,
        write::{Automation, Command, Decision, Problem, Verb},
    },
    engine::{Engine, Error, order::typed},
    store,
    workflow::versions::Version,
};

/// With what a dry run begins.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// The trigger; by default the first that fits what else is given.
    pub trigger: Option<NodeKey>,
    /// An existing record, by its global id.
    pub record: Option<String>,
    /// What the change that starts the run would write: into the record, else into a new one of the trigger's object.
    pub values: Option<Map<String, Json>>,
    /// The answers to a form, what a webhook brings, or what a workflow that calls hands over.
    pub payload: Json,
}

/// A start that is sound.
pub struct Imagined<'a> {
    pub trigger: NodeKey,
    pub record: Option<Arc<Record>>,
    pub previous: Option<Arc<Record>>,
    pub form: Json,
    pub verdict: Verdict,
    /// Who asks.
    pub by: Actor,
    pub snapshot: Snapshot<'a>,
}

/// Why a start is not sound: what is wrong with one of its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `record`, `values`, `payload` or `trigger`.
    pub argument: &'static str,
    pub problems: Vec<Problem>,
}

impl Refusal {
    fn of(argument: &'static str, code: Code, message: impl Into<String>) -> Self {
        let problem = Problem {
            code,
            message: message.into(),
            field: None,
        };
        Self {
            argument,
            problems: vec![problem],
        }
    }
}

impl Engine {
    /// Makes up the start of a run of a version, as somebody with the access may see and change records.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn imagine<'a>(
        &'a self,
        access: &'a Access,
        version: &Version,
        start: &Start,
        at: Timestamp,
    ) -> Result<Result<Imagined<'a>, Refusal>, Error> {
        let object = match self.object_of(version, start) {
            Ok(object) => object,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut decision = Decision::new(&self.crm, access, Cause::Request);
        decision.now = at;
        decision.automation = Automation::Suppress;
        let change = match object {
            Some(object) => match self.imagine_change(&mut decision, &object, start).await? {
                Ok(change) => Some(change),
                Err(refusal) => return Ok(Err(refusal)),
            },
            None => None,
        };
        let Some((key, trigger)) = choose(version, start, change.as_ref()) else {
            let message = "no trigger of the workflow starts with this";
            return Ok(Err(Refusal::of("trigger", Code::Invalid, message)));
        };
        let form = match inputs(version, &key, trigger.as_deref(), start) {
            Ok(form) => form,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut snapshot = decision.snapshot;
        let heard = trigger.as_deref().and_then(|rule| Some((rule, rule.operation()?)));
        let (change, verdict) = match (change, heard) {
            (Some(change), Some((rule, operation))) => {
                let change = as_heard(change, operation, start);
                let verdict = verdict(&self.crm, rule, &change, &mut snapshot).await?;
                (Some(change), verdict)
            }
            // No change starts it.
            (change, None) => (change, Verdict::by_hand()),
            (None, Some(_)) => (None, Verdict::default()),
        };
        let by_hand = heard.is_none();
        Ok(Ok(Imagined {
            trigger: key,
            record: change.as_ref().map(|change| Arc::clone(&change.after)),
            previous: change.and_then(|change| change.before).filter(|_| !by_hand),
            form,
            verdict,
            by: access.actor(),
            snapshot,
        }))
    }

    /// The start of a run that a change of the past would have started.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn imagine_past(
        &self,
        trigger: &NodeKey,
        rule: &Trigger,
        change: &Change,
    ) -> Result<Imagined<'_>, store::Error> {
        let mut snapshot = Snapshot::new(self.crm.store());
        snapshot.remember(Arc::clone(&change.after));
        let verdict = verdict(&self.crm, rule, change, &mut snapshot).await?;
        Ok(Imagined {
            trigger: trigger.clone(),
            record: Some(Arc::clone(&change.after)),
            previous: change.before.clone(),
            form: Json::Null,
            verdict,
            by: Actor::System,
            snapshot,
        })
    }

    /// The object of the record that the run would be about; none where it would be about none.
    fn object_of(&self, version: &Version, start: &Start) -> Result<Option<Arc<Object>>, Refusal> {
        let known = |name: &str| self.crm.object(name);
        if let Some(record) = &start.record {
            let object = id::split(record).and_then(|(prefix, _)| known(prefix));
            let absent = || Refusal::of("record", Code::NotFound, "there is no such record");
            return object.map(Some).ok_or_else(absent);
        }
        if start.values.is_none() {
            return Ok(None);
        }
        let named = |key: &NodeKey| start.trigger.as_ref().is_none_or(|wanted| wanted == key);
        let triggers = version.plan.triggers().map(|(key, trigger)| (key, &trigger.object));
        let called = version.plan.called().map(|(key, signature)| (key, &signature.object));
        let mut triggers = triggers.chain(called).filter(|(key, _)| named(key));
        let object = triggers.find_map(|(_, object)| known(object.as_deref()?));
        let none = || Refusal::of("values", Code::Invalid, "no trigger of the workflow is about a record");
        object.map(Some).ok_or_else(none)
    }

    async fn imagine_change(
        &self,
        decision: &mut Decision<'_>,
        object: &Arc<Object>,
        start: &Start,
    ) -> Result<Result<Change, Refusal>, Error> {
        let before = match &start.record {
            None => None,
            Some(record) => match self.readable(decision, object, record).await? {
                Some(record) => Some(record),
                None => {
                    let message = format!("there is no such {}", object.label.to_lowercase());
                    return Ok(Err(Refusal::of("record", Code::NotFound, message)));
                }
            },
        };
        let after = match (&start.values, &before) {
            (None, Some(before)) => Arc::clone(before),
            (values, _) => {
                let values = values.as_ref().map(expressions).unwrap_or_default();
                let written = match typed(object, &values, before.as_deref()) {
                    Ok(values) => {
                        self.crm
                            .write(decision, &command(object, before.as_deref(), values))
                            .await?
                    }
                    Err(problems) => Err(problems),
                };
                match written {
                    Ok(record) => record,
                    Err(problems) => {
                        return Ok(Err(Refusal {
                            argument: "values",
                            problems,
                        }));
                    }
                }
            }
        };
        Ok(Ok(Change {
            operation: if before.is_some() {
                Operation::Updated
            } else {
                Operation::Created
            },
            fields: changed_fields(before.as_deref(), &after),
            before,
            after,
            actor: decision.access.actor(),
            cause: Cause::Request,
            at: decision.now,
        }))
    }

    async fn readable(
        &self,
        decision: &mut Decision<'_>,
        object: &Arc<Object>,
        global: &str,
    ) -> Result<Option<Arc<Record>>, Error> {
        let Some(id) = id::parse(object.name, global) else {
            return Ok(None);
        };
        let record = decision.snapshot.load(object, id).await?;
        let visible = |record: &Arc<Record>| !record.is_deleted() && decision.access.allows(Action::Read, record);
        Ok(record.filter(visible))
    }
}

fn expressions(values: &Map<String, Json>) -> IndexMap<Arc<str>, Value> {
    let pair = |(name, json): (&String, &Json)| (Arc::from(name.as_str()), Value::from_json(json));
    values.iter().map(pair).collect()
}

fn command(object: &Arc<Object>, before: Option<&Record>, values: Vec<(usize, crate::crm::Value)>) -> Command {
    Command {
        object: Arc::clone(object),
        verb: match before {
            None => Verb::Create { values },
            Some(before) => Verb::Update {
                id: before.id,
                expected: None,
                values,
            },
        },
    }
}

/// What a workflow that calls hands over, by the called trigger's types; what else brings a payload takes it as it is.
fn inputs(version: &Version, key: &NodeKey, trigger: Option<&Trigger>, start: &Start) -> Result<Json, Refusal> {
    if let Some(trigger) = trigger {
        return form::read(trigger.form(), &start.payload).map_err(|unfit| {
            let messages: Vec<_> = unfit.into_iter().map(|one| one.message).collect();
            Refusal::of("payload", Code::Invalid, messages.join("; "))
        });
    }
    let called = version.plan.called().filter(|(called, _)| *called == key);
    let Some((_, signature)) = called else {
        return Ok(start.payload.clone());
    };
    let given = |name: &Arc<str>| start.payload.get(&**name).cloned().unwrap_or_default();
    let inputs = signature.inputs.keys().map(|name| (name.to_string(), given(name)));
    let inputs = Json::Object(inputs.collect());
    match Type::Struct(Arc::clone(&signature.inputs)).decode(&inputs) {
        Ok(_) => Ok(inputs),
        Err(error) => Err(Refusal::of("payload", Code::Invalid, error.to_string())),
    }
}

/// The trigger that is named, or else the one that fits best: it listens to such a change, a person starts it, or a
/// workflow calls it, which has no rule.
fn choose(version: &Version, start: &Start, change: Option<&Change>) -> Option<(NodeKey, Option<Arc<Trigger>>)> {
    let object = change.map(|change| change.after.object.name);
    let named = |key: &NodeKey| start.trigger.as_ref().is_none_or(|wanted| wanted == key);
    let fits = |trigger: &Trigger| trigger.object.as_deref() == object;
    let rank = |trigger: &Trigger| match (change.map(|change| change.operation), trigger.operation()) {
        (Some(Operation::Created), Some(Listened::Created)) | (Some(Operation::Updated), Some(Listened::Updated)) => 0,
        (_, None) => 1,
        (_, Some(_)) => 2,
    };
    let candidates = version
        .plan
        .triggers()
        .filter(|(key, trigger)| named(key) && fits(trigger));
    if let Some((key, trigger)) = candidates.min_by_key(|(_, trigger)| rank(trigger)) {
        return Some((key.clone(), Some(Arc::clone(trigger))));
    }
    let (key, signature) = version.plan.called()?;
    let fits = named(key) && signature.object.as_deref() == object;
    fits.then(|| (key.clone(), None))
}

/// A record as it stands, for a trigger that hears of new ones, is taken to be new.
fn as_heard(change: Change, operation: Listened, start: &Start) -> Change {
    match operation {
        Listened::Created if start.values.is_none() => Change {
            operation: Operation::Created,
            fields: changed_fields(None, &change.after),
            before: None,
            ..change
        },
        Listened::Deleted => Change {
            operation: Operation::Deleted,
            before: Some(Arc::clone(&change.after)),
            ..change
        },
        Listened::Created | Listened::Updated => change,
    }
}
