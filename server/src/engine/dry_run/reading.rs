//! Reads from a write set what committing it would do. The one place that turns rows back into meaning.

use pointsman_entities::{
    change, effect,
    ids::{EffectId, RecordId, RunId, UserId, VersionId, WorkflowId},
    notification, run, signal, step,
    time::Timestamp,
    timer, wait,
};
use pointsman_graph::step::StepId;
use sea_orm::{EntityName, Value};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::report::{Act, Diff, Effect, Mail, Report};
use crate::{
    actions::email::{Email, Party},
    crm::change::Operation,
    engine::{
        effect::{Payload, What},
        inbox::Purpose,
        live::Status,
    },
    store::{Assign, Cell, Write, WriteSet, payload},
    workflow::admission::MAX_DEPTH,
};

/// What a segment leaves to be brought about later.
#[derive(Debug, Default)]
pub struct Orders {
    pub effects: Vec<(EffectId, StepId, Payload)>,
    pub timers: Vec<Timer>,
    pub waits: Vec<Wait>,
    pub calls: Vec<Call>,
    pub changes: Vec<Diff>,
}

/// A timer that was set.
#[derive(Clone, Debug)]
pub struct Timer {
    pub step: StepId,
    pub purpose: Purpose,
    pub attempt: u32,
    pub due_at: Timestamp,
}

/// A wait for a change of a record.
#[derive(Clone, Debug)]
pub struct Wait {
    pub step: StepId,
    pub attempt: u32,
    pub object: String,
    pub record: Option<RecordId>,
    /// The record's version that was looked at already.
    pub version: i64,
}

/// A run that a step has called and waits for.
#[derive(Clone, Debug)]
pub struct Call {
    pub step: StepId,
    pub attempt: u32,
    pub run: RunId,
}

/// Takes a segment's write set down in the report. What it orders comes apart.
pub fn read(set: &WriteSet, now: Timestamp, report: &mut Report) -> Orders {
    let mut orders = Orders::default();
    for write in set.writes() {
        let row = Row { set, write };
        report.bytes += row.weight();
        match write.table() {
            table if table == step::Entity.table_name() => row.step(report),
            table if table == change::Entity.table_name() => {
                if let Some((step, diff)) = row.change() {
                    orders.changes.push(diff.clone());
                    report.effects.push(Effect {
                        step,
                        at: now,
                        act: Act::Change(diff),
                    });
                }
            }
            table if table == effect::Entity.table_name() => orders.effects.extend(row.effect()),
            table if table == timer::Entity.table_name() => orders.timers.extend(row.timer()),
            table if table == wait::Entity.table_name() => orders.waits.extend(row.wait()),
            table if table == notification::Entity.table_name() => report.effects.extend(row.notice(now)),
            table if table == signal::Entity.table_name() => report.effects.extend(row.signal(now)),
            table if table == run::Entity.table_name() => {
                report.effects.extend(row.start(now));
                orders.calls.extend(row.call());
            }
            // The history, and large texts: they are told by the rows that refer to them.
            _ => {}
        }
    }
    for (_, step, payload) in &orders.effects {
        report.effects.push(Effect {
            step: step.to_string(),
            at: now,
            act: act(&payload.what),
        });
    }
    orders
}

/// What an order of the ledger would do.
fn act(what: &What) -> Act {
    match what {
        What::Email { email, marketing, .. } => Act::Email(mail(email, *marketing)),
        What::Sms { sms, marketing, .. } => Act::Sms {
            to: sms.to.to_string(),
            text: sms.text.clone(),
            marketing: *marketing,
        },
        What::Http(order) => Act::Http {
            method: json!(order.method).as_str().unwrap_or_default().to_owned(),
            url: order.url.shown().into_owned(),
            headers: order.headers.iter().map(|(name, _)| name.clone()).collect(),
            body: order.body.as_ref().map(|body| body.shown().into_owned()),
        },
    }
}

fn mail(email: &Email, marketing: bool) -> Mail {
    let addresses = |parties: &[Party]| parties.iter().map(|party| party.address.clone()).collect();
    Mail {
        to: addresses(&email.to),
        cc: addresses(&email.cc),
        bcc: addresses(&email.bcc),
        reply_to: email.reply_to.as_ref().map(|party| party.address.clone()),
        subject: email.subject.clone(),
        text: email.text.clone(),
        html: email.html.clone(),
        marketing,
    }
}

/// One row as a write leaves it.
struct Row<'a> {
    set: &'a WriteSet,
    write: &'a Write,
}

impl Row<'_> {
    fn step(&self, report: &mut Report) {
        let Some(number) = self.integer("number") else { return };
        let step = report.steps.entry(number).or_default();
        let set = |place: &mut String, text: Option<String>| *place = text.unwrap_or_else(|| std::mem::take(place));
        set(&mut step.node, self.text("node"));
        set(&mut step.step, self.text("step"));
        step.status = self
            .text("status")
            .and_then(|text| Status::parse(&text))
            .or(step.status);
        step.attempt = self.integer("attempt").unwrap_or(step.attempt);
        step.port = self.text("port").or(step.port.take());
        step.input = self.json("input").or(step.input.take());
        step.output = self.json("output").or(step.output.take());
        step.error = self.json("error").or(step.error.take());
        step.started_at = self.time("started_at").unwrap_or(step.started_at);
        step.finished_at = self.time("finished_at").or(step.finished_at);
    }

    fn change(&self) -> Option<(String, Diff)> {
        let Some(Json::Object(fields)) = self.json("payload") else {
            return None;
        };
        let cause = self.text("cause")?;
        let step = cause.split_once('/').map(|(_, step)| step.to_owned());
        let diff = Diff {
            object: self.text("object")?,
            record: RecordId(self.uuid("record_id")?),
            version: self.integer("record_version")?,
            operation: Operation::parse(&self.text("operation")?)?,
            fields,
        };
        Some((step.unwrap_or_default(), diff))
    }

    /// A new order; one that is repeated has been told.
    fn effect(&self) -> Option<(EffectId, StepId, Payload)> {
        let payload = serde_json::from_value(self.json("payload")?).ok()?;
        Some((EffectId(self.uuid("id")?), self.text("step")?.parse().ok()?, payload))
    }

    fn timer(&self) -> Option<Timer> {
        Some(Timer {
            step: self.text("step")?.parse().ok()?,
            purpose: Purpose::parse(&self.text("purpose")?)?,
            attempt: self.attempt()?,
            due_at: self.time("due_at")?,
        })
    }

    fn wait(&self) -> Option<Wait> {
        Some(Wait {
            step: self.text("step")?.parse().ok()?,
            attempt: self.attempt()?,
            object: self.text("object")?,
            record: self.uuid("record_id").map(RecordId),
            version: self.integer("version")?,
        })
    }

    /// A notification that is new: marking one as read is nothing that a run does.
    fn notice(&self, at: Timestamp) -> Option<Effect> {
        let act = Act::Notice {
            user: UserId(self.uuid("user_id")?),
            title: self.text("title")?,
            body: self.text("body"),
            link: self.text("link"),
        };
        let step = self.text("step")?;
        Some(Effect { step, at, act })
    }

    fn signal(&self, at: Timestamp) -> Option<Effect> {
        let sender = self.text("sender")?;
        let (_, step) = sender.split_once('/')?;
        let act = Act::Signal {
            name: self.text("name")?,
            key: self.text("key")?,
            payload: self.json("payload")?,
        };
        Some(Effect {
            step: step.to_owned(),
            at,
            act,
        })
    }

    fn call(&self) -> Option<Call> {
        Some(Call {
            step: self.text("parent_step")?.parse().ok()?,
            attempt: u32::try_from(self.integer("parent_attempt")?).ok()?,
            run: RunId(self.uuid("id")?),
        })
    }

    /// A run that a change or a call would start. The run that is played through has no row.
    fn start(&self, at: Timestamp) -> Option<Effect> {
        let cause = self.text("cause")?;
        let (_, step) = cause.split_once('/')?;
        let act = Act::Start {
            workflow: WorkflowId(self.uuid("workflow_id")?),
            version: VersionId(self.uuid("version_id")?),
            trigger: self.text("trigger_node")?,
            refused: self.integer("depth")? >= MAX_DEPTH,
        };
        Some(Effect {
            step: step.to_owned(),
            at,
            act,
        })
    }

    /// The text in it that is shown.
    fn weight(&self) -> usize {
        let texts = ["input", "output", "payload"].map(|column| self.text(column));
        let length = |text: &String| payload::peek(self.set, text).len();
        texts.iter().flatten().map(length).sum()
    }

    fn attempt(&self) -> Option<u32> {
        u32::try_from(self.integer("attempt")?).ok()
    }

    fn get(&self, column: &str) -> Option<&Value> {
        let in_key = |key: &'_ [(&'static str, Value)]| key.iter().position(|(name, _)| *name == column);
        match self.write {
            Write::Insert(insert) => match insert.get(column)? {
                Cell::Value(value) => Some(value),
                Cell::Slot(_) => None,
            },
            Write::Update(update) => {
                let set = update.set.iter().find(|(name, _)| *name == column);
                match set {
                    Some((_, Assign::Value(value))) => Some(value),
                    Some((_, Assign::Increment)) => None,
                    None => update.key.get(in_key(&update.key)?).map(|(_, value)| value),
                }
            }
            Write::Delete(_) | Write::Require(_) | Write::Sweep(_) => None,
        }
    }

    fn text(&self, column: &str) -> Option<String> {
        match self.get(column)? {
            Value::String(text) => text.clone(),
            _ => None,
        }
    }

    /// JSON text, wherever it is kept.
    fn json(&self, column: &str) -> Option<Json> {
        let text = payload::peek(self.set, &self.text(column)?);
        serde_json::from_str(&text).ok()
    }

    fn integer(&self, column: &str) -> Option<i64> {
        match self.get(column)? {
            Value::BigInt(number) => *number,
            _ => None,
        }
    }

    fn time(&self, column: &str) -> Option<Timestamp> {
        self.integer(column).map(Timestamp)
    }

    fn uuid(&self, column: &str) -> Option<Uuid> {
        match self.get(column)? {
            Value::Uuid(id) => *id,
            _ => None,
        }
    }
}
