//! What a dry run tells, as clients see it.

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject, Union};
use pointsman_entities::ids::{UserId, WorkflowId};
use pointsman_graph::event::Outcome;

use super::Workflow;
use crate::{
    api::{
        caller::caller,
        error::{Error, Result},
        links::links,
        noun::Noun,
        object::User,
        run::{RunStatus, StepError, StepStatus},
        scalar::{DateTime, Json},
        timeline::{ChangeOperation, FieldChange},
    },
    crm::id,
    engine::dry_run::report::{Act, Diff, Effect, Halt, Mail, Report, Step},
};

/// A run that was played through on a virtual clock. Nothing was written, and nothing sent.
pub struct DryRun(pub Report);

/// A run that was played through on a virtual clock. Nothing was written, and nothing sent.
#[Object]
impl DryRun {
    /// Whether the start that was imagined would start a run. What follows is told in any case.
    async fn would_start(&self) -> bool {
        self.0.verdict.fires
    }

    /// Why it would or would not: the trigger's condition, part by part; null where it has none, or was not asked.
    async fn start_trace(&self) -> Option<Json> {
        self.0.verdict.trace.clone().map(Json)
    }

    /// How the run would end; null where the dry run came to a halt before.
    async fn status(&self) -> Option<RunStatus> {
        self.0.outcome.map(|outcome| match outcome {
            Outcome::Succeeded => RunStatus::Succeeded,
            Outcome::Failed => RunStatus::Failed,
            Outcome::Cancelled => RunStatus::Cancelled,
        })
    }

    /// Why it did not go on to the end.
    async fn halt(&self) -> Option<DryRunHalt> {
        self.0.halt.as_ref().map(DryRunHalt::from)
    }

    /// When it began.
    async fn started_at(&self) -> DateTime {
        DateTime(self.0.began)
    }

    /// The virtual time at which it was over.
    async fn finished_at(&self) -> DateTime {
        DateTime(self.0.ended)
    }

    /// The way it went: the nodes in the order in which they began.
    async fn steps(&self) -> Result<Vec<DryRunStep>> {
        self.0
            .steps
            .iter()
            .map(|(number, step)| DryRunStep::of(*number, step))
            .collect()
    }

    /// Everything that the run would do, in the order in which it would.
    async fn effects(&self) -> Vec<DryRunEffect> {
        self.0.effects.iter().map(DryRunEffect::from).collect()
    }
}

/// Why a dry run did not go on.
#[derive(SimpleObject)]
pub struct DryRunHalt {
    /// Why, for programs: `WAITS_FOREVER`, `STEP_LIMIT`, `TIME_LIMIT` or `SIZE_LIMIT`.
    code: String,
    /// Why, for people.
    message: String,
}

impl From<&Halt> for DryRunHalt {
    fn from(halt: &Halt) -> Self {
        Self {
            code: halt.code.text().to_owned(),
            message: halt.message.clone(),
        }
    }
}

/// One execution of a node in a dry run.
#[derive(SimpleObject)]
pub struct DryRunStep {
    /// Counts the steps from 1, in the order they began.
    number: i32,
    /// The node's key.
    node: String,
    /// The step's own name: the node's key, behind the loop items it stands in.
    step: String,
    /// Where it stands at the end.
    status: StepStatus,
    /// The number of its last attempt, from 1.
    attempt: i32,
    /// The port it left by.
    port: Option<String>,
    /// The node's config, rendered; of a condition, its parts with what each came to.
    input: Option<Json>,
    /// What it found.
    output: Option<Json>,
    /// Why its last attempt failed.
    error: Option<StepError>,
    /// When it began, by the virtual clock.
    started_at: DateTime,
    /// When it was over, by the virtual clock.
    finished_at: Option<DateTime>,
    /// Until when it waits, or has waited.
    waits_until: Option<DateTime>,
    /// Whether its outcome was made up, because nothing was sent and no answer was given.
    simulated: bool,
}

impl DryRunStep {
    fn of(number: i64, step: &Step) -> Result<Self> {
        let damaged = |what: &str| Error::internal(format!("a dry run's step {number} has no {what}"));
        let error = step.error.clone().map(serde_json::from_value).transpose();
        Ok(Self {
            number: i32::try_from(number).unwrap_or(i32::MAX),
            node: step.node.clone(),
            step: step.step.clone(),
            status: step.status.ok_or_else(|| damaged("status"))?.into(),
            attempt: i32::try_from(step.attempt).unwrap_or(i32::MAX),
            port: step.port.clone(),
            input: step.input.clone().map(Json),
            output: step.output.clone().map(Json),
            error: error.map_err(|_| damaged("readable error"))?,
            started_at: DateTime(step.started_at),
            finished_at: step.finished_at.map(DateTime),
            waits_until: step.waits_until.map(DateTime),
            simulated: step.simulated,
        })
    }
}

/// Something that a run would do.
#[derive(Union)]
pub enum DryRunEffect {
    Change(DryRunRecordChange),
    Email(DryRunEmail),
    Sms(DryRunSms),
    Http(DryRunHttpRequest),
    Notification(DryRunNotification),
    Signal(DryRunSignal),
    Start(DryRunStart),
}

impl From<&Effect> for DryRunEffect {
    fn from(effect: &Effect) -> Self {
        let (step, at) = (effect.step.clone(), DateTime(effect.at));
        match &effect.act {
            Act::Change(diff) => Self::Change(DryRunRecordChange::of(step, at, diff)),
            Act::Email(mail) => Self::Email(DryRunEmail::of(step, at, mail)),
            Act::Sms { to, text, marketing } => Self::Sms(DryRunSms {
                step,
                at,
                to: to.clone(),
                text: text.clone(),
                marketing: *marketing,
            }),
            Act::Http {
                method,
                url,
                headers,
                body,
            } => Self::Http(DryRunHttpRequest {
                step,
                at,
                method: method.clone(),
                url: url.clone(),
                header_names: headers.clone(),
                body: body.clone(),
            }),
            Act::Notice {
                user,
                title,
                body,
                link,
            } => Self::Notification(DryRunNotification {
                step,
                at,
                user: *user,
                title: title.clone(),
                body: body.clone(),
                link: link.clone(),
            }),
            Act::Signal { name, key, payload } => Self::Signal(DryRunSignal {
                step,
                at,
                name: name.clone(),
                key: key.clone(),
                payload: Json(payload.clone()),
            }),
            Act::Start {
                workflow,
                trigger,
                refused,
                ..
            } => Self::Start(DryRunStart {
                step,
                at,
                workflow: *workflow,
                trigger: trigger.clone(),
                refused: *refused,
            }),
        }
    }
}

/// A change of a record, field by field: of a task, a note or any other.
#[derive(SimpleObject)]
pub struct DryRunRecordChange {
    /// The step that makes it.
    step: String,
    /// When, by the virtual clock.
    at: DateTime,
    /// The object's name.
    object: String,
    /// The record; of a new one, an id that no record will have.
    record_id: ID,
    /// What happens to it.
    operation: ChangeOperation,
    /// The fields that change.
    fields: Vec<FieldChange>,
}

impl DryRunRecordChange {
    fn of(step: String, at: DateTime, diff: &Diff) -> Self {
        let field = |(name, pair): (&String, &serde_json::Value)| {
            let side = |place: usize| pair.get(place).filter(|value| !value.is_null()).cloned().map(Json);
            FieldChange {
                field: name.clone(),
                before: side(0),
                after: side(1),
            }
        };
        Self {
            step,
            at,
            object: diff.object.clone(),
            record_id: id::format(&diff.object, diff.record).into(),
            operation: diff.operation.into(),
            fields: diff.fields.iter().map(field).collect(),
        }
    }
}

/// An e-mail as it would be sent.
#[derive(SimpleObject)]
pub struct DryRunEmail {
    /// The step that sends it.
    step: String,
    /// When, by the virtual clock.
    at: DateTime,
    /// Who gets it.
    to: Vec<String>,
    /// Who gets a copy.
    cc: Vec<String>,
    /// Who gets a copy that nobody else sees.
    bcc: Vec<String>,
    /// Where answers go.
    reply_to: Option<String>,
    /// What it is about.
    subject: String,
    /// The message as plain text.
    text: String,
    /// The message as HTML.
    html: Option<String>,
    /// Whether it is marketing, which needs consent.
    marketing: bool,
}

impl DryRunEmail {
    fn of(step: String, at: DateTime, mail: &Mail) -> Self {
        let Mail {
            to,
            cc,
            bcc,
            reply_to,
            subject,
            text,
            html,
            marketing,
        } = mail.clone();
        Self {
            step,
            at,
            to,
            cc,
            bcc,
            reply_to,
            subject,
            text,
            html,
            marketing,
        }
    }
}

/// An SMS as it would be sent.
#[derive(SimpleObject)]
pub struct DryRunSms {
    /// The step that sends it.
    step: String,
    /// When, by the virtual clock.
    at: DateTime,
    /// The number that gets it.
    to: String,
    /// The message.
    text: String,
    /// Whether it is marketing, which needs consent.
    marketing: bool,
}

/// A request as it would be sent.
#[derive(SimpleObject)]
pub struct DryRunHttpRequest {
    /// The step that sends it.
    step: String,
    /// When, by the virtual clock.
    at: DateTime,
    /// The method, such as `POST`.
    method: String,
    /// Where to.
    url: String,
    /// The names of its headers; their values may be secret.
    header_names: Vec<String>,
    /// What is sent.
    body: Option<String>,
}

/// What a user would find among the notifications; an approval tells its assignees so too.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct DryRunNotification {
    /// The step that tells.
    step: String,
    /// When, by the virtual clock.
    at: DateTime,
    #[graphql(skip)]
    user: UserId,
    /// What it is about.
    title: String,
    /// The text.
    body: Option<String>,
    /// A URL.
    link: Option<String>,
}

#[ComplexObject]
impl DryRunNotification {
    /// Who is told; null where the user is gone.
    async fn user(&self, context: &Context<'_>) -> Result<Option<User>> {
        let user = caller(context)?.record(User::OBJECT, self.user.into()).await?;
        Ok(user.map(User::from))
    }
}

/// A signal as it would be sent.
#[derive(SimpleObject)]
pub struct DryRunSignal {
    /// The step that sends it.
    step: String,
    /// When, by the virtual clock.
    at: DateTime,
    /// Its name.
    name: String,
    /// What tells signals of one name apart; may be empty.
    key: String,
    /// What it carries.
    payload: Json,
}

/// A run that a change of this one would start.
pub struct DryRunStart {
    step: String,
    at: DateTime,
    workflow: WorkflowId,
    trigger: String,
    refused: bool,
}

/// A run that a change of this one would start.
#[Object]
impl DryRunStart {
    /// The step whose change starts it.
    async fn step(&self) -> &str {
        &self.step
    }

    /// When, by the virtual clock.
    async fn at(&self) -> DateTime {
        self.at
    }

    /// What it would be a run of.
    async fn workflow(&self, context: &Context<'_>) -> Result<Option<Workflow>> {
        Ok(links(context)?.workflow(self.workflow).await?.map(Workflow::from))
    }

    /// The key of the trigger that would start it.
    async fn trigger(&self) -> &str {
        &self.trigger
    }

    /// Whether it would be refused, for workflows set each other off too often.
    async fn refused(&self) -> bool {
        self.refused
    }
}
