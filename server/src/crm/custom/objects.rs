//! Custom objects: made, renamed, retired and brought back.

use pointsman_entities::{custom_object, ids::CustomObjectId};
use sea_orm::{ActiveModelTrait, IntoActiveModel};

use super::{
    define::{Act, Answer, Decided, Defining, Dependants, missing, stale, unused},
    definition::Definitions,
    naming::{self, refused},
};
use crate::{
    crm::{Crm, keyed::Request, validate::Code, write::Problem},
    store::{Update, Write, WriteSet},
};

/// Custom objects, retired ones included.
const MOST: usize = 100;

/// An object to be.
#[derive(Clone, Debug)]
pub struct NewObject {
    pub key: String,
    pub label: String,
    pub description: String,
    pub position: Option<i64>,
}

/// What changes of an object. What is none stays.
#[derive(Clone, Debug, Default)]
pub struct ObjectChange {
    pub label: Option<String>,
    pub description: Option<String>,
    pub position: Option<i64>,
    /// The version that the caller has seen.
    pub expected: Option<i64>,
}

impl Crm {
    /// Defines an object. Its records have a name, an owner and a team to begin with.
    ///
    /// # Errors
    /// Where the database fails, or the key was used for another request.
    pub async fn create_object(&self, request: Request<'_>, new: &NewObject) -> Answer<custom_object::Model> {
        let id = self.source.id();
        self.object_after(request, Act::CreateObject(id, new)).await
    }

    /// Changes what an object is called. Its key stays.
    ///
    /// # Errors
    /// As [`Crm::create_object`].
    pub async fn update_object(
        &self,
        request: Request<'_>,
        id: CustomObjectId,
        change: &ObjectChange,
    ) -> Answer<custom_object::Model> {
        self.object_after(request, Act::UpdateObject(id, change)).await
    }

    /// Hides an object with its records; all of it is kept.
    ///
    /// # Errors
    /// As [`Crm::create_object`].
    pub async fn retire_object(
        &self,
        request: Request<'_>,
        id: CustomObjectId,
        dependants: &dyn Dependants,
    ) -> Answer<custom_object::Model> {
        self.object_after(request, Act::RetireObject(id, dependants)).await
    }

    /// Shows an object again, with its records.
    ///
    /// # Errors
    /// As [`Crm::create_object`].
    pub async fn restore_object(&self, request: Request<'_>, id: CustomObjectId) -> Answer<custom_object::Model> {
        self.object_after(request, Act::RestoreObject(id)).await
    }

    async fn object_after(&self, request: Request<'_>, act: Act<'_>) -> Answer<custom_object::Model> {
        match self.define(request, act).await? {
            Ok(id) => self.defined_object(id).await,
            Err(problem) => Ok(Err(problem)),
        }
    }

    pub(super) fn changed_object(
        &self,
        request: Request<'_>,
        known: &Definitions,
        id: CustomObjectId,
        change: &ObjectChange,
    ) -> Result<Defining, Problem> {
        let before = live(known, id, change.expected)?;
        let after = changed_row(before, change)?;
        Ok(self.put(request, before, after, WriteSet::new()))
    }

    pub(super) async fn retired_object(
        &self,
        request: Request<'_>,
        known: &Definitions,
        id: CustomObjectId,
        dependants: &dyn Dependants,
    ) -> Decided {
        let before = match live(known, id, None).and_then(|row| unreferenced(known, row)) {
            Ok(row) => row,
            Err(problem) => return Ok(Err(problem)),
        };
        let after = custom_object::Model {
            retired: true,
            ..before.clone()
        };
        let mut set = WriteSet::new();
        if let Err(problem) = unused(dependants, &mut set, &with(known, &after)).await? {
            return Ok(Err(problem));
        }
        Ok(Ok(self.put(request, before, after, set)))
    }

    pub(super) fn restored_object(
        &self,
        request: Request<'_>,
        known: &Definitions,
        id: CustomObjectId,
    ) -> Result<Defining, Problem> {
        let before = known.objects.iter().find(|row| row.id == id && row.retired);
        let before = before.ok_or_else(missing)?;
        let after = custom_object::Model {
            retired: false,
            ..before.clone()
        };
        Ok(self.put(request, before, after, WriteSet::new()))
    }

    pub(super) fn new_object(
        &self,
        request: Request<'_>,
        known: &Definitions,
        id: CustomObjectId,
        new: &NewObject,
    ) -> Decided {
        let catalogue = known.catalogue()?;
        let sound = naming::object_key(&new.key)
            .and_then(|()| naming::label(&new.label))
            .and_then(|()| naming::description(&new.description));
        if let Err(problem) = sound {
            return Ok(Err(problem));
        }
        if catalogue.object(&new.key).is_some() {
            return Ok(Err(refused(Code::Taken, "key", "there is an object of this name")));
        }
        if known.objects.iter().any(|row| row.key == new.key) {
            return Ok(Err(refused(
                Code::Taken,
                "key",
                "a retired object has this key: bring it back",
            )));
        }
        if known.objects.len() >= MOST {
            let message = format!("there are at most {MOST} custom objects, retired ones included");
            return Ok(Err(refused(Code::OutOfRange, "key", &message)));
        }
        let now = self.source.now();
        let row = custom_object::Model {
            id,
            key: new.key.clone(),
            label: new.label.trim().into(),
            description: new.description.clone(),
            position: new
                .position
                .unwrap_or_else(|| i64::try_from(known.objects.len()).unwrap_or_default()),
            retired: false,
            version: 0,
            created_at: now,
            created_by: request.access.user(),
            updated_at: now,
            updated_by: request.access.user(),
        };
        Ok(Ok(self.put(request, &row.clone(), row, WriteSet::new())))
    }

    /// Completes the set that puts `after` in the place of `before`; version 0 is none yet.
    fn put(
        &self,
        request: Request<'_>,
        before: &custom_object::Model,
        after: custom_object::Model,
        mut set: WriteSet,
    ) -> Defining {
        let id = after.id.0;
        let after = custom_object::Model {
            version: before.version + 1,
            updated_at: self.source.now(),
            updated_by: request.access.user(),
            ..after
        };
        let row = after.into_active_model().reset_all();
        match before.version {
            0 => set.insert(row),
            version => {
                let update = Update::of(vec![("id", id.into())], &row).guarded("version", version);
                set.push(Write::Update(update));
            }
        }
        Defining { id, set }
    }
}

fn live(known: &Definitions, id: CustomObjectId, expected: Option<i64>) -> Result<&custom_object::Model, Problem> {
    let row = known.objects.iter().find(|row| row.id == id && !row.retired);
    let row = row.ok_or_else(missing)?;
    match expected {
        Some(expected) if expected != row.version => Err(stale(row.version)),
        _ => Ok(row),
    }
}

fn unreferenced<'a>(known: &Definitions, row: &'a custom_object::Model) -> Result<&'a custom_object::Model, Problem> {
    let refers = |field: &&pointsman_entities::custom_field::Model| {
        !field.retired && field.object != row.key && field.target.as_ref() == Some(&row.key)
    };
    match known.fields.iter().find(refers) {
        Some(field) => Err(Problem {
            code: Code::InUse,
            message: format!("`{}.{}` refers to it", field.object, field.key),
            field: None,
        }),
        None => Ok(row),
    }
}

fn with(known: &Definitions, row: &custom_object::Model) -> Definitions {
    let mut known = known.clone();
    known.objects.retain(|other| other.id != row.id);
    known.objects.push(row.clone());
    known
}

fn changed_row(before: &custom_object::Model, change: &ObjectChange) -> Result<custom_object::Model, Problem> {
    let mut row = before.clone();
    if let Some(text) = &change.label {
        naming::label(text)?;
        row.label = text.trim().into();
    }
    if let Some(text) = &change.description {
        naming::description(text)?;
        row.description.clone_from(text);
    }
    row.position = change.position.unwrap_or(row.position);
    Ok(row)
}
