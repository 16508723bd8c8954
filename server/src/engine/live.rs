//! A run in memory: what its row, its steps and its open orders say.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use pointsman_entities::{
    effect,
    ids::{EffectId, GateId, MemberId, RecordId, RunId},
    run, step,
    time::Timestamp,
};
use pointsman_graph::{
    call::Signature,
    key::NodeKey,
    plan::{Operation, Trigger},
    run::{Run, StepState},
    step::{Scope, StepId},
    track::Role,
    value::Value,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Engine, Error};
use crate::{
    crm::{Record, write::Enrolled},
    store::{self, payload},
    workflow::versions::Version,
};

/// Everything a segment decides from, besides records.
#[derive(Clone, Debug)]
pub struct Live {
    pub id: RunId,
    pub version: Arc<Version>,
    pub lease: Lease,
    pub run: Run,
    pub trigger: String,
    /// The record that the run is about.
    pub subject: Option<(String, RecordId)>,
    pub input: Input,
    /// The sequence number of the last history entry.
    pub seq: i64,
    /// Facts delivered, and those of them taken.
    pub inbox: i64,
    pub drained: i64,
    pub steps: HashMap<StepId, Step>,
    /// The outputs of ended steps.
    pub outputs: HashMap<StepId, Value>,
    pub effects: HashMap<StepId, EffectId>,
    /// The items of loops that were looked at, by the loop's step.
    pub items: HashMap<(StepId, u32), Value>,
    /// The number of the last step.
    pub numbered: i64,
    pub depth: i64,
    pub hold: Hold,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    /// Just enrolled by this server node: the record is as the enrolment has left it a moment ago.
    pub is_fresh: bool,
}

/// The lease as the database has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    pub owner: Option<MemberId>,
    pub epoch: i64,
}

/// What keeps a run from starting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hold {
    pub gate: Option<GateId>,
    /// Its place in the gate's queue; none where it has a slot.
    pub place: Option<i64>,
    /// When the workflow's rate lets it start.
    pub start_at: Option<Timestamp>,
}

/// What the run was started with.
#[derive(Clone, Debug, Default)]
pub struct Input {
    pub record: Option<Arc<Record>>,
    pub previous: Option<Arc<Record>>,
    pub form: Json,
    /// What a call from outside has sent.
    pub payload: Json,
    /// The time that started the run, where one did.
    pub due: Option<Timestamp>,
}

/// A step's row.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub number: i64,
    pub status: Status,
    pub attempt: u32,
    pub started_at: Timestamp,
    pub stored: bool,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Decided, not begun: the segment's budget ended before its turn.
    Ready,
    /// Its effect is under way.
    Running,
    Waiting,
    Retrying,
    /// A loop that goes through its items.
    Looping,
    Succeeded,
    Failed,
    Skipped,
    Cancelled,
    /// Nobody knows whether its effect was carried out.
    Unknown,
}

impl Status {
    /// The status as it is stored and shown.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::Running => "RUNNING",
            Self::Waiting => "WAITING",
            Self::Retrying => "RETRYING",
            Self::Looping => "LOOPING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Skipped => "SKIPPED",
            Self::Cancelled => "CANCELLED",
            Self::Unknown => "UNKNOWN",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Ready,
            Self::Running,
            Self::Waiting,
            Self::Retrying,
            Self::Looping,
            Self::Succeeded,
            Self::Failed,
            Self::Skipped,
            Self::Cancelled,
            Self::Unknown,
        ]
        .into_iter()
        .find(|status| status.text() == text)
    }
}

impl Live {
    /// A run that was just enrolled on this server node: its row is known without reading it.
    ///
    /// # Errors
    /// Where its version can't be had.
    pub async fn fresh(engine: &Engine, enrolled: Enrolled) -> Result<Self, Error> {
        let version = engine.versions.get(enrolled.version).await?;
        Ok(Self::of(engine, version, enrolled))
    }

    /// A run of that version that was enrolled a moment ago, or is only imagined.
    #[must_use]
    pub fn of(engine: &Engine, version: Arc<Version>, enrolled: Enrolled) -> Self {
        let subject = enrolled
            .record
            .as_ref()
            .map(|record| (record.object.name.to_owned(), record.id));
        Self {
            id: enrolled.run,
            version,
            lease: Lease {
                owner: Some(engine.member),
                epoch: 1,
            },
            run: Run::default(),
            trigger: enrolled.trigger,
            subject,
            input: Input {
                record: enrolled.record,
                previous: enrolled.previous,
                form: enrolled.form,
                payload: enrolled.payload,
                due: enrolled.due,
            },
            seq: 0,
            inbox: 0,
            drained: 0,
            steps: HashMap::new(),
            outputs: HashMap::new(),
            effects: HashMap::new(),
            items: HashMap::new(),
            numbered: 0,
            depth: enrolled.depth,
            hold: Hold {
                gate: enrolled.gate,
                ..Hold::default()
            },
            created_at: enrolled.at,
            started_at: None,
            is_fresh: true,
        }
    }

    /// The run as the database has it; none where it is over, or another server node leases it.
    ///
    /// # Errors
    /// Where the database fails or a row can't be read.
    pub async fn load(engine: &Engine, id: RunId) -> Result<Option<Self>, Error> {
        let row = run::Entity::find_by_id(id)
            .one(engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        let Some(row) = row.filter(|row| ["QUEUED", "RUNNING", "WAITING"].contains(&row.status.as_str())) else {
            return Ok(None);
        };
        if row.owner.is_some_and(|owner| owner != engine.member) {
            return Ok(None);
        }
        let version = engine.versions.get(row.version_id).await?;
        let corrupt = |column: &str, source| Error::Corrupt {
            table: "run",
            id: format!("{}.{column}", id.0),
            source,
        };
        let run = row
            .state
            .as_deref()
            .map(serde_json::from_str)
            .transpose()
            .map_err(|e| corrupt("state", e))?;
        let input = payload::get(&engine.store, row.input).await?;
        let input = serde_json::from_str(&input).map_err(|e| corrupt("input", e))?;
        let mut live = Self {
            id,
            version,
            lease: Lease {
                owner: row.owner,
                epoch: row.epoch,
            },
            run: run.unwrap_or_default(),
            trigger: row.trigger_node,
            subject: row.object.zip(row.record_id),
            input: Input::default(),
            seq: row.seq,
            inbox: row.inbox,
            drained: row.drained,
            steps: HashMap::new(),
            outputs: HashMap::new(),
            effects: HashMap::new(),
            items: HashMap::new(),
            numbered: 0,
            depth: row.depth,
            hold: Hold {
                gate: row.gate_id,
                place: row.place,
                start_at: row.start_at,
            },
            created_at: row.created_at,
            started_at: row.started_at,
            is_fresh: false,
        };
        live.input = live.read_input(engine, &input);
        live.read_steps(engine).await?;
        live.read_effects(engine).await?;
        Ok(Some(live))
    }

    /// Whether the run may not start yet.
    #[must_use]
    pub fn is_held(&self, now: Timestamp) -> bool {
        let early = self.hold.start_at.is_some_and(|start| start > now);
        !self.run.is_started() && (self.hold.place.is_some() || early)
    }

    fn read_input(&self, engine: &Engine, input: &Json) -> Input {
        let object = self.subject.as_ref().and_then(|(object, _)| engine.crm.object(object));
        let record = |name: &str| {
            object
                .as_ref()
                .and_then(|object| Record::from_json(object, input.get(name)?))
                .map(Arc::new)
        };
        Input {
            record: record("record"),
            previous: record("previous"),
            form: input.get("form").cloned().unwrap_or_default(),
            payload: input.get("payload").cloned().unwrap_or_default(),
            due: input.get("due").and_then(Json::as_i64).map(Timestamp),
        }
    }

    /// The steps of the scopes that are open: what a loop's items did that are over, nothing can refer to any more.
    async fn read_steps(&mut self, engine: &Engine) -> Result<(), Error> {
        let rows = step::Entity::find()
            .filter(step::Column::RunId.eq(self.id))
            .filter(self.in_open_scopes())
            .order_by_asc(step::Column::Number)
            .all(engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        self.numbered = match self.loops() {
            true => self.last_number(engine).await?,
            false => rows.last().map_or(0, |row| row.number),
        };
        for row in rows {
            let unreadable = || Error::Unreadable {
                table: "step",
                id: format!("{}/{}", self.id.0, row.number),
            };
            let step: StepId = row.step.parse().map_err(|_| unreadable())?;
            if let Some(output) = row.output {
                let output = payload::get(&engine.store, output).await?;
                let json = serde_json::from_str(&output).map_err(|_| unreadable())?;
                let output = self.typed(&step.node, &json);
                self.outputs.insert(step.clone(), output);
            }
            let known = Step {
                number: row.number,
                status: Status::parse(&row.status).ok_or_else(unreadable)?,
                attempt: u32::try_from(row.attempt).map_err(|_| unreadable())?,
                started_at: row.started_at,
                stored: true,
            };
            self.steps.insert(step, known);
        }
        Ok(())
    }

    async fn last_number(&self, engine: &Engine) -> Result<i64, Error> {
        let last: Option<Option<i64>> = step::Entity::find()
            .filter(step::Column::RunId.eq(self.id))
            .select_only()
            .column_as(step::Column::Number.max(), "last")
            .into_tuple()
            .one(engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        Ok(last.flatten().unwrap_or_default())
    }

    fn loops(&self) -> bool {
        let mut nodes = self.version.plan.track().nodes();
        nodes.any(|node| matches!(node.role, Role::Loop(_)))
    }

    fn in_open_scopes(&self) -> Condition {
        if !self.loops() {
            return Condition::all();
        }
        let open: BTreeSet<_> = self.run.steps().into_iter().map(|(step, _)| step.scope).collect();
        let within = |scope: &Scope| step::Column::Step.starts_with(scope.to_string());
        open.iter().filter(|scope| !scope.items().is_empty()).fold(
            Condition::any().add(step::Column::Step.not_like("%/%")),
            |any, scope| any.add(within(scope)),
        )
    }

    /// The effects of steps that are open or can be tried again: only those may be ordered once more.
    async fn read_effects(&mut self, engine: &Engine) -> Result<(), Error> {
        let matters = |state: &StepState| state.is_open() || state.is_failed();
        let steps = self.run.steps().into_iter().filter(|(_, state)| matters(state));
        let open: Vec<_> = steps.map(|(step, _)| step.to_string()).collect();
        if open.is_empty() {
            return Ok(());
        }
        let rows = effect::Entity::find()
            .filter(effect::Column::RunId.eq(self.id))
            .filter(effect::Column::Step.is_in(open))
            .all(engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        self.effects = rows
            .into_iter()
            .filter_map(|row| Some((row.step.parse().ok()?, row.id)))
            .collect();
        Ok(())
    }

    /// What this run was called with and is to give back; none where no workflow called it.
    #[must_use]
    pub fn called(&self) -> Option<&Arc<Signature>> {
        let (trigger, signature) = self.version.plan.called()?;
        (trigger.as_str() == self.trigger).then_some(signature)
    }

    /// What started the run; none where its trigger is no longer to be found.
    #[must_use]
    pub fn occasion(&self) -> Option<&Trigger> {
        let node = self.version.plan.node(&self.trigger.parse().ok()?)?;
        node.trigger().map(Arc::as_ref)
    }

    /// Whether the run is about a record as it was, rather than as it is: it was deleted.
    #[must_use]
    pub fn looks_back(&self) -> bool {
        self.occasion().and_then(Trigger::operation) == Some(Operation::Deleted)
    }

    /// An output of a node with the types that the node's check promised; what does not fit them stays as it is.
    #[must_use]
    pub fn typed(&self, node: &NodeKey, json: &Json) -> Value {
        let node = self.version.plan.node(node);
        let typed = node.and_then(|node| node.output.decode(json).ok());
        typed.unwrap_or_else(|| Value::from_json(json))
    }
}
