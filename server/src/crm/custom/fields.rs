//! Custom fields: made, changed, retired and brought back.

use pointsman_entities::{
    custom_field,
    ids::{CustomFieldId, JobId},
    job,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};

use super::{
    define::{Act, Answer, Decided, Defining, Dependants, give_all, missing, stale, unused},
    definition::{Choice, Definitions, Type, choices, field, kind_of},
    naming::{self, refused},
};
use crate::{
    crm::{
        Catalogue, Crm,
        keyed::Request,
        object::{Field, Object},
        validate::{self, Code},
        write::Problem,
    },
    store::{Update, Write, WriteSet},
};

/// Custom fields of one object, retired ones included.
const MOST: usize = 200;

/// Decimal places of a decimal where none are given, and the most there can be.
const SCALE: i64 = 2;
const MOST_SCALE: i64 = 9;

/// The kind of the job that builds and drops indexes; its input is the field's id.
pub const INDEX_JOB: &str = "INDEX";

/// A field to be.
#[derive(Clone, Debug)]
pub struct NewField {
    pub object: String,
    pub key: String,
    pub label: String,
    pub description: String,
    pub kind: Type,
    pub scale: Option<i64>,
    pub target: Option<String>,
    pub options: Vec<Choice>,
    pub required: bool,
    pub unique: bool,
    pub indexed: bool,
    pub default: Option<String>,
    pub position: Option<i64>,
}

/// What changes of a field. What is none stays.
#[derive(Clone, Debug, Default)]
pub struct FieldChange {
    pub label: Option<String>,
    pub description: Option<String>,
    pub options: Option<Vec<Choice>>,
    pub required: Option<bool>,
    pub unique: Option<bool>,
    pub indexed: Option<bool>,
    pub default: Option<Option<String>>,
    pub position: Option<i64>,
    /// The version that the caller has seen.
    pub expected: Option<i64>,
}

impl Crm {
    /// Defines a field.
    ///
    /// # Errors
    /// Where the database fails, or the key was used for another request.
    pub async fn create_field(&self, request: Request<'_>, new: &NewField) -> Answer<custom_field::Model> {
        let id = self.source.id();
        self.field_after(request, Act::CreateField(id, new)).await
    }

    /// Changes what a field is called and how strict it is. Its key and its type stay.
    ///
    /// # Errors
    /// As [`Crm::create_field`].
    pub async fn update_field(
        &self,
        request: Request<'_>,
        id: CustomFieldId,
        change: &FieldChange,
    ) -> Answer<custom_field::Model> {
        self.field_after(request, Act::UpdateField(id, change)).await
    }

    /// Hides a field; its values are kept.
    ///
    /// # Errors
    /// As [`Crm::create_field`].
    pub async fn retire_field(
        &self,
        request: Request<'_>,
        id: CustomFieldId,
        dependants: &dyn Dependants,
    ) -> Answer<custom_field::Model> {
        self.field_after(request, Act::RetireField(id, dependants)).await
    }

    /// Shows a field again, with the values it had.
    ///
    /// # Errors
    /// As [`Crm::create_field`].
    pub async fn restore_field(&self, request: Request<'_>, id: CustomFieldId) -> Answer<custom_field::Model> {
        self.field_after(request, Act::RestoreField(id)).await
    }

    async fn field_after(&self, request: Request<'_>, act: Act<'_>) -> Answer<custom_field::Model> {
        match self.define(request, act).await? {
            Ok(id) => self.defined_field(id).await,
            Err(problem) => Ok(Err(problem)),
        }
    }

    pub(super) async fn changed_field(
        &self,
        request: Request<'_>,
        known: &Definitions,
        id: CustomFieldId,
        change: &FieldChange,
    ) -> Decided {
        let changed = live(known, id, change.expected).and_then(|before| Ok((before, changed_row(before, change)?)));
        match changed {
            Ok((before, after)) => self.replace(request, known, before, after, WriteSet::new()).await,
            Err(problem) => Ok(Err(problem)),
        }
    }

    pub(super) async fn retired_field(
        &self,
        request: Request<'_>,
        known: &Definitions,
        id: CustomFieldId,
        dependants: &dyn Dependants,
    ) -> Decided {
        let before = match live(known, id, None) {
            Ok(row) => row,
            Err(problem) => return Ok(Err(problem)),
        };
        let after = custom_field::Model {
            retired: true,
            ..before.clone()
        };
        let mut set = WriteSet::new();
        if let Err(problem) = unused(dependants, &mut set, &with(known, &after)).await? {
            return Ok(Err(problem));
        }
        self.replace(request, known, before, after, set).await
    }

    pub(super) async fn restored_field(&self, request: Request<'_>, known: &Definitions, id: CustomFieldId) -> Decided {
        let Some(before) = known.fields.iter().find(|row| row.id == id && row.retired) else {
            return Ok(Err(missing()));
        };
        let after = custom_field::Model {
            retired: false,
            ..before.clone()
        };
        let catalogue = known.catalogue()?;
        if after
            .target
            .as_ref()
            .is_some_and(|target| catalogue.object(target).is_none())
        {
            let message = "the object that it refers to is retired";
            return Ok(Err(refused(Code::NotFound, "id", message)));
        }
        self.replace(request, known, before, after, WriteSet::new()).await
    }

    pub(super) async fn new_field(
        &self,
        request: Request<'_>,
        known: &Definitions,
        id: CustomFieldId,
        new: &NewField,
    ) -> Decided {
        let now = self.source.now();
        let catalogue = known.catalogue()?;
        if let Err(problem) = checked(known, &catalogue, new) {
            return Ok(Err(problem));
        }
        let places = known
            .fields
            .iter()
            .filter(|row| row.object == new.object)
            .map(|row| row.position);
        let row = custom_field::Model {
            id,
            object: new.object.clone(),
            key: new.key.clone(),
            kind: new.kind.text().into(),
            scale: (new.kind == Type::Decimal).then(|| new.scale.unwrap_or(SCALE)),
            target: new.target.clone(),
            label: new.label.trim().into(),
            description: new.description.clone(),
            options: serde_json::json!(new.options).to_string(),
            initial: new.default.clone(),
            required: new.required,
            distinct: new.unique,
            indexed: new.indexed,
            index_state: "NONE".into(),
            position: new.position.unwrap_or_else(|| places.max().map_or(0, |last| last + 1)),
            retired: false,
            version: 1,
            created_at: now,
            created_by: request.access.user(),
            updated_at: now,
            updated_by: request.access.user(),
        };
        let nothing = custom_field::Model {
            version: 0,
            required: false,
            distinct: false,
            indexed: false,
            ..row.clone()
        };
        self.replace(request, known, &nothing, row, WriteSet::new()).await
    }

    /// Completes the set that puts `after` in the place of `before`; version 0 is none yet.
    async fn replace(
        &self,
        request: Request<'_>,
        known: &Definitions,
        before: &custom_field::Model,
        mut after: custom_field::Model,
        mut set: WriteSet,
    ) -> Decided {
        let catalogue = known.catalogue()?;
        let Some(object) = catalogue.object(&after.object) else {
            return Ok(Err(refused(Code::NotFound, "object", "there is no such object")));
        };
        let strict = field(&after, known.backend, object.table)?;
        if let Err(problem) = sound(&after, &strict) {
            return Ok(Err(problem));
        }
        let tightened = [
            !after.retired && after.required && (before.retired || !before.required),
            !after.retired && after.distinct && (before.retired || !before.distinct),
        ];
        let loosened = before.distinct && !before.retired && (after.retired || !after.distinct);
        if loosened {
            set.push(give_all(before));
        }
        if let Err(problem) = self.tighten(&mut set, object, &strict, tightened).await? {
            return Ok(Err(problem));
        }
        if let Err(problem) = self.indexing(request, before, &mut after, &mut set) {
            return Ok(Err(problem));
        }
        after.version = before.version + 1;
        after.updated_at = self.source.now();
        after.updated_by = request.access.user();
        let id = after.id.0;
        let row = after.into_active_model().reset_all();
        match before.version {
            0 => set.insert(row),
            version => {
                let update = Update::of(vec![("id", id.into())], &row).guarded("version", version);
                set.push(Write::Update(update));
            }
        }
        Ok(Ok(Defining { id, set }))
    }

    /// Orders the index to be built or dropped, where that changes.
    fn indexing(
        &self,
        request: Request<'_>,
        before: &custom_field::Model,
        after: &mut custom_field::Model,
        set: &mut WriteSet,
    ) -> Result<(), Problem> {
        if before.indexed == after.indexed {
            return Ok(());
        }
        if ["BUILDING", "DROPPING"].contains(&before.index_state.as_str()) {
            let message = "its index is being built or dropped just now";
            return Err(refused(Code::Conflict, "indexed", message));
        }
        after.index_state = if after.indexed { "BUILDING" } else { "DROPPING" }.into();
        let now = self.source.now();
        set.insert(job::ActiveModel {
            id: Set(self.source.id::<JobId>()),
            kind: Set(INDEX_JOB.into()),
            state: Set("RUNNING".into()),
            input: Set(after.id.0.to_string()),
            done: Set(0),
            total: Set(1),
            progress: Set(None),
            error: Set(None),
            owner: Set(None),
            fence: Set(0),
            created_by: Set(request.access.user()),
            created_at: Set(now),
            updated_at: Set(now),
            finished_at: Set(None),
        });
        Ok(())
    }
}

fn live(known: &Definitions, id: CustomFieldId, expected: Option<i64>) -> Result<&custom_field::Model, Problem> {
    let row = known.fields.iter().find(|row| row.id == id && !row.retired);
    let row = row.ok_or_else(missing)?;
    match expected {
        Some(expected) if expected != row.version => Err(stale(row.version)),
        _ => Ok(row),
    }
}

/// The definitions with another row for one of them.
fn with(known: &Definitions, row: &custom_field::Model) -> Definitions {
    let mut known = known.clone();
    known.fields.retain(|other| other.id != row.id);
    known.fields.push(row.clone());
    known
}

fn changed_row(before: &custom_field::Model, change: &FieldChange) -> Result<custom_field::Model, Problem> {
    let mut row = before.clone();
    if let Some(text) = &change.label {
        naming::label(text)?;
        row.label = text.trim().into();
    }
    if let Some(text) = &change.description {
        naming::description(text)?;
        row.description.clone_from(text);
    }
    if let Some(options) = &change.options {
        if !kind_of(before).is_ok_and(Type::is_choice) {
            return Err(refused(Code::Invalid, "options", "only choices have options"));
        }
        naming::choices(options, &choices(before).unwrap_or_default())?;
        row.options = serde_json::json!(options).to_string();
    }
    row.required = change.required.unwrap_or(row.required);
    row.distinct = change.unique.unwrap_or(row.distinct);
    row.indexed = change.indexed.unwrap_or(row.indexed);
    row.position = change.position.unwrap_or(row.position);
    if let Some(default) = &change.default {
        row.initial.clone_from(default);
    }
    Ok(row)
}

/// What a new field must be, whatever the records hold.
fn checked(known: &Definitions, catalogue: &Catalogue, new: &NewField) -> Result<(), Problem> {
    let unknown = || refused(Code::NotFound, "object", "there is no such object");
    let object: &Object = catalogue.object(&new.object).ok_or_else(unknown)?;
    naming::field_key(object, &new.key)?;
    naming::label(&new.label)?;
    naming::description(&new.description)?;
    let own = || known.fields.iter().filter(|row| row.object == new.object);
    if own().any(|row| row.key == new.key) {
        return Err(refused(
            Code::Taken,
            "key",
            "a retired field has this key: bring it back",
        ));
    }
    if own().count() >= MOST {
        let message = format!("an object has at most {MOST} custom fields, retired ones included");
        return Err(refused(Code::OutOfRange, "object", &message));
    }
    match new.kind.is_choice() {
        true => naming::choices(&new.options, &[])?,
        false if new.options.is_empty() => {}
        false => return Err(refused(Code::Invalid, "options", "only choices have options")),
    }
    let decimal = new.kind == Type::Decimal;
    if new
        .scale
        .is_some_and(|scale| !decimal || !(0..=MOST_SCALE).contains(&scale))
    {
        let message = format!("`scale` is for decimals, and 0 to {MOST_SCALE}");
        return Err(refused(Code::OutOfRange, "scale", &message));
    }
    match (&new.target, new.kind) {
        (Some(target), Type::Reference) if catalogue.object(target).is_some() => Ok(()),
        (_, Type::Reference) => Err(refused(
            Code::NotFound,
            "target",
            "`target` must name the object that it refers to",
        )),
        (Some(_), _) => Err(refused(Code::Invalid, "target", "only references have a `target`")),
        (None, _) => Ok(()),
    }
}

/// What a field's rules must be among themselves.
fn sound(row: &custom_field::Model, field: &Field) -> Result<(), Problem> {
    let kind = kind_of(row).ok();
    if row.distinct && !kind.is_some_and(Type::can_be_unique) {
        return Err(refused(Code::Invalid, "unique", "values of this type can't be unique"));
    }
    if row.indexed && !kind.is_some_and(Type::can_be_indexed) {
        return Err(refused(
            Code::Invalid,
            "indexed",
            "values of this type can't be indexed",
        ));
    }
    let Some(text) = &row.initial else { return Ok(()) };
    if row.distinct || kind == Some(Type::Reference) {
        let message = "a unique field and a reference have no default";
        return Err(refused(Code::Invalid, "default", message));
    }
    let value = validate::from_expression(field, &text.as_str().into(), None);
    let given = match value {
        Ok(value) if value.is_null() => Err("is empty".to_owned()),
        Ok(value) => Ok(value),
        Err(invalid) => Err(invalid.message),
    };
    let value = given.map_err(|message| refused(Code::Invalid, "default", &format!("`default` {message}")))?;
    let retired = field.custom.as_ref().map_or(&[][..], |custom| &custom.retired);
    match retired.iter().find(|option| value.chooses(option)) {
        Some(option) => Err(refused(
            Code::Invalid,
            "default",
            &format!("`default`: {option} is retired"),
        )),
        None => Ok(()),
    }
}
