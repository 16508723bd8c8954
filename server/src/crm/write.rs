//! The one function that writes records, whoever asks: a resolver, an import, a step of a workflow.
//!
//! It checks access, validates, writes, logs the change, and enrols the runs that the change starts, all into one write
//! set; so no change is lost and none enrols twice.

use std::{borrow::Cow, sync::Arc};

use futures_util::future::BoxFuture;
use pointsman_entities::{
    ids::{GateId, RecordId, RunId, VersionId, WorkflowId},
    time::Timestamp,
};
use pointsman_graph::value as expression;
use sea_orm::{ActiveValue::Set, Value as Bound};
use serde_json::Value as Json;

use super::{
    Catalogue, Crm,
    access::{Access, Action, Scope},
    cause::Cause,
    change::{Change, Operation, changed_fields},
    custom::{
        EPOCH,
        keys::{self, Keys},
    },
    derive::{Draft, derive},
    filter::bound,
    object::{self, CUSTOM, Field, Kind, Object},
    record::Record,
    snapshot::Snapshot,
    validate::{self, Code},
    value::Value,
};
use crate::store::{self, Assign, Cell, Insert, Update, Write, WriteSet};

/// One thing to do to one record.
#[derive(Clone, Debug)]
pub struct Command {
    pub object: Arc<Object>,
    pub verb: Verb,
}

/// What to do. Values stand beside the index of their field; what is not given stays as it is.
#[derive(Clone, Debug)]
pub enum Verb {
    Create {
        values: Vec<(usize, Value)>,
    },
    Update {
        id: RecordId,
        expected: Option<i64>,
        values: Vec<(usize, Value)>,
    },
    Delete {
        id: RecordId,
        expected: Option<i64>,
    },
    Restore {
        id: RecordId,
        expected: Option<i64>,
    },
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub code: Code,
    pub message: String,
    /// The field that it is about.
    pub field: Option<&'static str>,
}

/// Whether changes start workflows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Automation {
    #[default]
    Run,
    Suppress,
}

/// A run that a change, a person, a time or a call started, as the engine takes it over once the write set is committed: what stands in
/// the run's row, so that it need not be read back.
#[derive(Clone, Debug)]
pub struct Enrolled {
    pub run: RunId,
    pub workflow: WorkflowId,
    pub version: VersionId,
    /// Key of the trigger's node.
    pub trigger: String,
    pub record: Option<Arc<Record>>,
    pub previous: Option<Arc<Record>>,
    /// The answers to a manual trigger's form.
    pub form: Json,
    /// The version that the change which starts the run leaves its record at; none where no change starts it.
    pub change: Option<i64>,
    /// Why: the cause of the change, or who asked for it.
    pub cause: String,
    /// The run that made the change.
    pub cause_run: Option<RunId>,
    /// What a call from outside has sent.
    pub payload: Json,
    /// The time that started the run, where one did; it may have passed a while ago.
    pub due: Option<Timestamp>,
    /// At most one run of the workflow has it.
    pub key: Option<String>,
    pub depth: i64,
    /// The step that calls the run; none where no workflow calls it.
    pub caller: Option<Caller>,
    /// The gate that the run passes.
    pub gate: Option<GateId>,
    /// Whether it may not start yet.
    pub held: bool,
    pub at: Timestamp,
}

/// A step that calls a workflow.
#[derive(Clone, Debug)]
pub struct Caller {
    pub run: RunId,
    pub step: String,
    /// The attempt that waits for the called run; none where none does.
    pub attempt: Option<u32>,
    /// What it hands over.
    pub inputs: expression::Value,
}

/// Why a workflow's settings turn a start away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnedAway {
    /// Stable, `UPPER_SNAKE`.
    pub code: &'static str,
    /// For people.
    pub message: &'static str,
}

/// Knows which workflows are active. Implemented by `workflow`; records know no workflows.
pub trait Enrol: Send + Sync {
    /// Learns which workflows are active: a write set was refused because what was known is out of date.
    ///
    /// # Errors
    /// Where the database fails.
    fn refresh(&self) -> BoxFuture<'_, Result<(), store::Error>>;

    /// What enrols the changes of one decision.
    fn begin(&self) -> Box<dyn Enrolment>;
}

/// Adds to a write set the runs that the changes of one decision start.
pub trait Enrolment: Send + Sync {
    /// The epoch of the triggers that changes are matched with.
    fn epoch(&self) -> i64;

    /// Adds the runs' rows and the guard that the workflows are still the active ones.
    ///
    /// # Errors
    /// Where the database fails.
    fn enrol<'a>(
        &'a mut self,
        change: &'a Change,
        snapshot: &'a mut Snapshot<'_>,
        set: &'a mut WriteSet,
    ) -> BoxFuture<'a, Result<Vec<Enrolled>, store::Error>>;

    /// Adds the run of a start that no change makes, or the guards of the reason why its workflow turns it away.
    ///
    /// # Errors
    /// Where the database fails.
    fn admit<'a>(
        &'a mut self,
        start: Enrolled,
        snapshot: &'a mut Snapshot<'_>,
        set: &'a mut WriteSet,
    ) -> BoxFuture<'a, Result<Result<Enrolled, TurnedAway>, store::Error>>;

    /// Adds the rows that several enrolments share. Doing so twice does nothing more.
    fn close(&mut self, set: &mut WriteSet);
}

/// A decision in the making: what it has read, what it will write, in whose name and why.
pub struct Decision<'a> {
    pub snapshot: Snapshot<'a>,
    pub set: WriteSet,
    pub access: &'a Access,
    pub cause: Cause,
    pub automation: Automation,
    pub enrolment: Box<dyn Enrolment>,
    /// The objects and fields that are written by.
    pub catalogue: Arc<Catalogue>,
    /// The unique values of custom fields that this decision gives away or takes.
    pub(super) keys: Keys,
    pub now: Timestamp,
    pub enrolled: Vec<Enrolled>,
    /// Whether a change is logged, so that the feed must be told.
    pub logs: bool,
}

impl<'a> Decision<'a> {
    #[must_use]
    pub fn new(crm: &'a Crm, access: &'a Access, cause: Cause) -> Self {
        Self {
            snapshot: Snapshot::new(&crm.store),
            set: WriteSet::new(),
            access,
            cause,
            automation: Automation::Run,
            enrolment: crm.enrol.begin(),
            catalogue: crm.catalogue(),
            keys: Keys::default(),
            now: crm.source.now(),
            enrolled: Vec::new(),
            logs: false,
        }
    }

    /// Adds a run that no change starts, as far as its workflow's settings let it in.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn admit(&mut self, start: Enrolled) -> Result<Result<(), TurnedAway>, store::Error> {
        let admitted = self.enrolment.admit(start, &mut self.snapshot, &mut self.set).await?;
        Ok(admitted.map(|run| self.enrolled.push(run)))
    }

    /// Completes the write set. Doing so twice does nothing more.
    pub fn close(&mut self) {
        self.enrolment.close(&mut self.set);
    }
}

impl Crm {
    /// Adds a command to a decision. The record as it will be, or why not; a command that changes nothing writes nothing.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn write(
        &self,
        decision: &mut Decision<'_>,
        command: &Command,
    ) -> Result<Result<Arc<Record>, Vec<Problem>>, store::Error> {
        let command = match command.under(&decision.catalogue) {
            Ok(command) => command,
            Err(problem) => return Ok(Err(vec![problem])),
        };
        let command = &*command;
        let before = match command.verb.id() {
            None => None,
            Some(id) => match self.current(decision, command, id).await? {
                Ok(record) => Some(record),
                Err(problem) => return Ok(Err(vec![problem])),
            },
        };
        let after = match self.draft(decision, command, before.as_deref()).await? {
            Ok(record) => Arc::new(record),
            Err(problems) => return Ok(Err(problems)),
        };
        let fields = changed_fields(before.as_deref(), &after);
        if fields.is_empty() && matches!(command.verb, Verb::Update { .. }) {
            return Ok(Ok(before.unwrap_or(after)));
        }
        let operation = command.verb.operation();
        let (actor, cause, at) = (decision.access.actor(), decision.cause.clone(), decision.now);
        self.commit_to(
            decision,
            Change {
                operation,
                before,
                after: Arc::clone(&after),
                fields,
                actor,
                cause,
                at,
            },
        )
        .await?;
        Ok(Ok(after))
    }

    async fn current(
        &self,
        decision: &mut Decision<'_>,
        command: &Command,
        id: RecordId,
    ) -> Result<Result<Arc<Record>, Problem>, store::Error> {
        let found = decision.snapshot.load(&command.object, id).await?;
        let restoring = matches!(command.verb, Verb::Restore { .. });
        // Unknown, deleted and forbidden look the same.
        let visible =
            |record: &Arc<Record>| record.is_deleted() == restoring && decision.access.allows(Action::Read, record);
        let Some(record) = found.filter(visible) else {
            let message = format!("there is no such {}", command.object.label.to_lowercase());
            return Ok(Err(Problem {
                code: Code::NotFound,
                message,
                field: None,
            }));
        };
        if !decision.access.allows(command.verb.action(), &record) {
            return Ok(Err(forbidden(&command.object)));
        }
        match command.verb.expected() {
            Some(expected) if expected != record.version() => {
                let message = format!("the record is at version {}, not {expected}", record.version());
                Ok(Err(Problem {
                    code: Code::Conflict,
                    message,
                    field: Some("expectedVersion"),
                }))
            }
            _ => Ok(Ok(record)),
        }
    }

    /// The record as it is to be.
    async fn draft(
        &self,
        decision: &mut Decision<'_>,
        command: &Command,
        before: Option<&Record>,
    ) -> Result<Result<Record, Vec<Problem>>, store::Error> {
        let object = &command.object;
        let (values, mut problems) = match &command.verb {
            Verb::Create { .. } if decision.access.scope(object, Action::Create) == Scope::None => {
                return Ok(Err(vec![forbidden(object)]));
            }
            Verb::Create { values } | Verb::Update { values, .. } => normalized(decision.access, object, values),
            Verb::Delete { .. } | Verb::Restore { .. } => (Vec::new(), Vec::new()),
        };
        let start = before.map_or_else(|| defaults(object), |record| record.values.clone());
        let given = values.iter().map(|(index, _)| *index).collect();
        let mut draft = Draft {
            object,
            before,
            values: start,
            given,
        };
        for (index, value) in values {
            if let Some(place) = draft.values.get_mut(index) {
                *place = value;
            }
        }
        let catalogue = Arc::clone(&decision.catalogue);
        derive(&mut draft, &catalogue, &mut decision.snapshot, decision.now).await?;
        own(decision.access, &mut draft);
        if matches!(command.verb, Verb::Create { .. } | Verb::Update { .. }) {
            problems.extend(missing(object, &draft.values));
        }
        problems.extend(retired(&draft));
        problems.extend(self.dangling(decision, &draft).await?);
        problems.extend(self.misgoverned(decision, &draft).await?);
        if !problems.is_empty() {
            return Ok(Err(problems));
        }
        let mut record = Record {
            object: Arc::clone(object),
            id: before.map_or_else(|| self.source.id(), |record| record.id),
            values: draft.values,
            hidden: before.map(|record| record.hidden.clone()).unwrap_or_default(),
            depth: decision.cause.depth(),
        };
        stamp(&mut record, before, &command.verb, decision);
        if command.verb.action() == Action::Create && !decision.access.allows(Action::Create, &record) {
            return Ok(Err(vec![forbidden(object)]));
        }
        let taken = keys::taken(decision, before, &record).await?;
        Ok(if taken.is_empty() { Ok(record) } else { Err(taken) })
    }

    /// References that the draft changes to records that aren't there.
    async fn dangling(&self, decision: &mut Decision<'_>, draft: &Draft<'_>) -> Result<Vec<Problem>, store::Error> {
        let mut problems = Vec::new();
        for (index, field) in draft.object.fields.iter().enumerate() {
            let (Kind::Reference { object }, Some(Value::Id(id))) = (&field.kind, draft.values.get(index)) else {
                continue;
            };
            let unchanged = draft.before.and_then(|before| before.values.get(index)) == draft.values.get(index);
            let catalogue = Arc::clone(&decision.catalogue);
            let Some(object) = catalogue.object(object).filter(|_| !unchanged && !field.system) else {
                continue;
            };
            let target = decision.snapshot.load(object, *id).await?;
            let own = decision.access.user().map(RecordId::from) == Some(*id) && object.name == "user";
            let usable =
                |record: &Arc<Record>| !record.is_deleted() && (own || decision.access.allows(Action::Read, record));
            if !target.as_ref().is_some_and(usable) {
                let message = format!("there is no such {}", object.label.to_lowercase());
                problems.push(Problem {
                    code: Code::NotFound,
                    message,
                    field: Some(field.name),
                });
            }
        }
        Ok(problems)
    }

    async fn commit_to(&self, decision: &mut Decision<'_>, change: Change) -> Result<(), store::Error> {
        decision.set.push(match &change.before {
            None => Write::Insert(insert(&change.after, &change.cause.text())),
            Some(before) => Write::Update(update(before, &change.after, &change.cause.text())),
        });
        decision.set.require_epoch(EPOCH, decision.catalogue.epoch());
        decision
            .keys
            .pass(&mut decision.set, change.before.as_deref(), &change.after);
        decision.logs = true;
        decision.snapshot.write(Arc::clone(&change.after));
        let mut row = change.row(self.source.secret());
        match decision.automation {
            Automation::Suppress => row.suppressed = Set(true),
            Automation::Run => {
                row.triggers = Set(Some(decision.enrolment.epoch()));
                let (snapshot, set) = (&mut decision.snapshot, &mut decision.set);
                let enrolled = decision.enrolment.enrol(&change, snapshot, set).await?;
                decision.enrolled.extend(enrolled);
            }
        }
        decision.set.insert(row);
        Ok(())
    }
}

impl Command {
    /// The same command by these definitions: since it was given, fields may have come and gone.
    fn under(&self, catalogue: &Catalogue) -> Result<Cow<'_, Self>, Problem> {
        let gone = |what: String, field: Option<&'static str>| Problem {
            code: Code::NotFound,
            message: format!("there is no {what} any more"),
            field,
        };
        let object = catalogue.object(self.object.name);
        let object = object.ok_or_else(|| gone(format!("object `{}`", self.object.name), None))?;
        if Arc::ptr_eq(object, &self.object) {
            return Ok(Cow::Borrowed(self));
        }
        let mut command = self.clone();
        command.object = Arc::clone(object);
        if let Verb::Create { values } | Verb::Update { values, .. } = &mut command.verb {
            for (index, _) in values {
                let name = self.object.fields.get(*index).map_or("", |field| field.name);
                let place = object.field(name).map(|(place, _)| place);
                *index = place.ok_or_else(|| {
                    gone(
                        format!("field `{name}`"),
                        self.object.field(name).map(|(_, field)| field.name),
                    )
                })?;
            }
        }
        Ok(Cow::Owned(command))
    }
}

impl Verb {
    fn id(&self) -> Option<RecordId> {
        match self {
            Self::Create { .. } => None,
            Self::Update { id, .. } | Self::Delete { id, .. } | Self::Restore { id, .. } => Some(*id),
        }
    }

    fn expected(&self) -> Option<i64> {
        match self {
            Self::Create { .. } => None,
            Self::Update { expected, .. } | Self::Delete { expected, .. } | Self::Restore { expected, .. } => *expected,
        }
    }

    fn action(&self) -> Action {
        match self {
            Self::Create { .. } => Action::Create,
            Self::Update { .. } => Action::Update,
            Self::Delete { .. } | Self::Restore { .. } => Action::Delete,
        }
    }

    fn operation(&self) -> Operation {
        match self {
            Self::Create { .. } => Operation::Created,
            Self::Update { .. } => Operation::Updated,
            Self::Delete { .. } => Operation::Deleted,
            Self::Restore { .. } => Operation::Restored,
        }
    }
}

/// Who may create only some records owns those that they create for nobody else.
fn own(access: &Access, draft: &mut Draft<'_>) {
    let bound = draft.before.is_none() && access.scope(draft.object, Action::Create) != Scope::All;
    let (Some(user), true) = (access.user(), bound && !draft.given.contains(&object::OWNER)) else {
        return;
    };
    if let Some(owner) = draft.values.get_mut(object::OWNER) {
        *owner = Value::Id(user.into());
    }
}

fn forbidden(object: &Object) -> Problem {
    let message = format!("your role may not do this to a {}", object.label.to_lowercase());
    Problem {
        code: Code::Forbidden,
        message,
        field: None,
    }
}

/// The values as their fields hold them. A hidden field is refused as one that isn't there, whatever its value.
fn normalized(access: &Access, object: &Object, values: &[(usize, Value)]) -> (Vec<(usize, Value)>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut kept = Vec::with_capacity(values.len());
    for (index, value) in values {
        let Some(field) = object.fields.get(*index) else {
            continue;
        };
        let outcome = match field.system {
            true => Err(read_only("is kept by the system")),
            false if !access.sees(object, field) => Err(validate::Invalid {
                code: Code::Invalid,
                message: format!("is no field of a {}", object.label.to_lowercase()),
            }),
            false if !access.writes(object, field) => Err(read_only("is not yours to change")),
            false => validate::normalize(field, value.clone()),
        };
        match outcome {
            Ok(value) => kept.push((*index, value)),
            Err(invalid) => problems.push(problem(field, invalid.code, &invalid.message)),
        }
    }
    (kept, problems)
}

fn read_only(message: &str) -> validate::Invalid {
    validate::Invalid {
        code: Code::ReadOnly,
        message: message.into(),
    }
}

fn defaults(object: &Object) -> Vec<Value> {
    object.fields.iter().map(validate::default).collect()
}

fn missing(object: &Object, values: &[Value]) -> Vec<Problem> {
    let fields = object
        .fields
        .iter()
        .zip(values)
        .enumerate()
        .skip(object::DELETED_AT + 1);
    let empty = fields.filter(|(_, (field, value))| field.required && value.is_null());
    empty
        .map(|(_, (field, _))| problem(field, Code::Required, "must be given"))
        .collect()
}

/// Options that no record is given any more, where the draft gives them.
fn retired(draft: &Draft<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, field) in draft.object.fields.iter().enumerate() {
        let gone = field.custom.as_ref().map_or(&[][..], |custom| &custom.retired);
        let before = draft.before.and_then(|before| before.values.get(index));
        let given = draft.values.get(index);
        let newly = |option: &&&str| {
            given.is_some_and(|value| value.chooses(option)) && !before.is_some_and(|value| value.chooses(option))
        };
        if let Some(option) = gone.iter().find(newly) {
            problems.push(problem(field, Code::Invalid, &format!("no longer takes {option}")));
        }
    }
    problems
}

fn problem(field: &Field, code: Code, message: &str) -> Problem {
    Problem {
        code,
        message: format!("`{}` {message}", field.name),
        field: Some(field.name),
    }
}

/// Sets what the system keeps: version, times, authors.
fn stamp(record: &mut Record, before: Option<&Record>, verb: &Verb, decision: &Decision<'_>) {
    let author = decision
        .access
        .user()
        .map_or(Value::Null, |user| Value::Id(user.into()));
    let mut set = |index: usize, value: Value| {
        if let Some(place) = record.values.get_mut(index) {
            *place = value;
        }
    };
    set(object::VERSION, Value::Integer(before.map_or(0, Record::version) + 1));
    set(object::UPDATED_AT, Value::Time(decision.now));
    set(object::UPDATED_BY, author.clone());
    match verb {
        Verb::Create { .. } => {
            set(object::CREATED_AT, Value::Time(decision.now));
            set(object::CREATED_BY, author);
        }
        Verb::Update { .. } => {}
        Verb::Delete { .. } => set(object::DELETED_AT, Value::Time(decision.now)),
        Verb::Restore { .. } => set(object::DELETED_AT, Value::Null),
    }
}

fn insert(record: &Record, cause: &str) -> Insert {
    let mut columns = vec!["id"];
    let mut cells = vec![record.id.0.into()];
    for (field, value) in record.fields() {
        columns.extend(field.columns());
        cells.extend(cells_of(field, value));
    }
    columns.extend([CUSTOM, "cause", "depth"]);
    cells.extend([custom(record), cause.into(), record.depth.into()]);
    if let Some(id) = record.object.custom {
        columns.push("object_id");
        cells.push(id.0.into());
    }
    let cells = cells.into_iter().map(Cell::Value).collect();
    Insert {
        table: record.object.table,
        columns,
        cells,
        unless_present: false,
    }
}

fn update(before: &Record, after: &Record, cause: &str) -> Update {
    let mut set = Vec::new();
    let mut customized = false;
    for ((field, value), _) in after
        .fields()
        .zip(&before.values)
        .filter(|((_, value), old)| *value != *old)
    {
        set.extend(field.columns().zip(cells_of(field, value)));
        customized |= field.custom.is_some();
    }
    set.extend(customized.then(|| (CUSTOM, custom(after))));
    set.extend([("cause", cause.into()), ("depth", after.depth.into())]);
    Update {
        table: after.object.table,
        key: vec![("id", after.id.0.into())],
        set: set
            .into_iter()
            .map(|(column, value)| (column, Assign::Value(value)))
            .collect(),
        guard: vec![("version", before.version().into())],
        returning: None,
        must_match: true,
    }
}

fn custom(record: &Record) -> Bound {
    Json::Object(record.custom()).to_string().into()
}

/// The values of the field's own columns: two for money, none for a custom field, else one, a null of the column's own type.
fn cells_of(field: &Field, value: &Value) -> Vec<Bound> {
    match (&field.kind, value) {
        _ if field.custom.is_some() => Vec::new(),
        (Kind::Money, Value::Money(money)) => vec![money.minor.into(), money.currency.code().into()],
        (Kind::Money, _) => vec![Bound::BigInt(None), Bound::String(None)],
        (Kind::Boolean, Value::Null) => vec![Bound::Bool(None)],
        (Kind::Reference { .. }, Value::Null) => vec![Bound::Uuid(None)],
        (Kind::Integer { .. } | Kind::Decimal { .. } | Kind::Date | Kind::DateTime, Value::Null) => {
            vec![Bound::BigInt(None)]
        }
        (_, Value::Null) => vec![Bound::String(None)],
        (_, value) => vec![bound(value)],
    }
}
