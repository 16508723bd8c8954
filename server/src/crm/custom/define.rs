//! How definitions change: decided by the definitions at an epoch, committed with the guard that it is still theirs, and with
//! what must hold of all records at that moment. From the commit on every writer on every server node obeys the new ones.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use pointsman_entities::{
    custom_field, custom_key, custom_object,
    ids::{CustomFieldId, CustomObjectId},
};
use sea_orm::EntityName;
use uuid::Uuid;

use super::{
    EPOCH,
    definition::Definitions,
    existing,
    fields::{FieldChange, NewField},
    objects::{NewObject, ObjectChange},
};
use crate::{
    crm::{
        Catalogue, Crm,
        access::Permission,
        keyed::{Request, Seen},
        object::{Field, Object},
        validate::Code,
        write::Problem,
    },
    store::{self, Delete, Epoch, Refusal, Write, WriteSet},
};

/// Why a definition can't even be looked at.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("the idempotency key was used for another request")]
    KeyReused,
}

/// What rests on the definitions as they are. Implemented by `workflow`; records know no workflows.
pub trait Dependants: Send + Sync {
    /// What would no longer be sound by that catalogue.
    ///
    /// # Errors
    /// Where the database fails.
    fn broken_by(&self, catalogue: Arc<Catalogue>) -> BoxFuture<'_, Result<Dependence, store::Error>>;
}

/// What would no longer be sound, as it was found at an epoch.
#[derive(Clone, Debug)]
pub struct Dependence {
    pub epoch: Epoch,
    /// The names of those workflows.
    pub names: Vec<String>,
}

/// What a definition becomes: the rows, and what they require.
pub(super) struct Defining {
    /// The definition.
    pub id: Uuid,
    pub set: WriteSet,
}

/// Either the definition, or why it stays as it is.
pub type Answer<T> = Result<Result<T, Problem>, Error>;

/// What is to become of a definition.
pub(super) enum Act<'a> {
    CreateField(CustomFieldId, &'a NewField),
    UpdateField(CustomFieldId, &'a FieldChange),
    RetireField(CustomFieldId, &'a dyn Dependants),
    RestoreField(CustomFieldId),
    CreateObject(CustomObjectId, &'a NewObject),
    UpdateObject(CustomObjectId, &'a ObjectChange),
    RetireObject(CustomObjectId, &'a dyn Dependants),
    RestoreObject(CustomObjectId),
}

pub(super) type Decided = Result<Result<Defining, Problem>, store::Error>;

impl Crm {
    /// All definitions as the database has them now, retired ones included.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn definitions(&self) -> Result<Definitions, store::Error> {
        Definitions::load(&self.store).await
    }

    /// Decides by the present definitions and commits, until nobody was quicker.
    pub(super) async fn define(&self, request: Request<'_>, act: Act<'_>) -> Answer<Uuid> {
        if !request.access.has(Permission::DefineFields) {
            return Ok(Err(Problem {
                code: Code::Forbidden,
                message: "your role may not define fields and objects".into(),
                field: None,
            }));
        }
        loop {
            match request.seen(&self.store).await? {
                Some(Seen::Same(ids)) => return Ok(ids.first().copied().ok_or_else(missing)),
                Some(Seen::Other) => return Err(Error::KeyReused),
                None => {}
            }
            let definitions = self.definitions().await?;
            let Defining { id, mut set } = match self.decide_definition(request, &definitions, &act).await? {
                Ok(defining) => defining,
                Err(problem) => return Ok(Err(problem)),
            };
            set.require_epoch(EPOCH, definitions.epoch);
            set.raise_epoch(EPOCH);
            request.remember(&mut set, &[id], self.source.now());
            match self.store.commit(set).await? {
                Ok(()) => {
                    self.catalogues.refresh().await?;
                    return Ok(Ok(id));
                }
                // Somebody has written a definition, or a record that stands in its way: then the next look finds it.
                Err(Refusal::Row { .. } | Refusal::Conflict | Refusal::Taken { .. } | Refusal::Epoch { .. }) => {}
            }
        }
    }

    async fn decide_definition(&self, request: Request<'_>, known: &Definitions, act: &Act<'_>) -> Decided {
        match *act {
            Act::CreateField(id, new) => self.new_field(request, known, id, new).await,
            Act::UpdateField(id, change) => self.changed_field(request, known, id, change).await,
            Act::RetireField(id, dependants) => self.retired_field(request, known, id, dependants).await,
            Act::RestoreField(id) => self.restored_field(request, known, id).await,
            Act::CreateObject(id, new) => self.new_object(request, known, id, new),
            Act::UpdateObject(id, change) => Ok(self.changed_object(request, known, id, change)),
            Act::RetireObject(id, dependants) => self.retired_object(request, known, id, dependants).await,
            Act::RestoreObject(id) => Ok(self.restored_object(request, known, id)),
        }
    }

    pub(super) async fn defined_field(&self, id: Uuid) -> Answer<custom_field::Model> {
        let definitions = self.definitions().await?;
        let row = definitions.fields.into_iter().find(|row| row.id.0 == id);
        Ok(row.ok_or_else(missing))
    }

    pub(super) async fn defined_object(&self, id: Uuid) -> Answer<custom_object::Model> {
        let definitions = self.definitions().await?;
        let row = definitions.objects.into_iter().find(|row| row.id.0 == id);
        Ok(row.ok_or_else(missing))
    }

    /// Adds what makes records obey a field that is stricter from now on, or says which of them don't.
    pub(super) async fn tighten(
        &self,
        set: &mut WriteSet,
        object: &Object,
        field: &Field,
        [required, unique]: [bool; 2],
    ) -> Result<Result<(), Problem>, store::Error> {
        if required {
            if let Some(problem) = existing::lacking(&self.store, object, field).await? {
                return Ok(Err(problem));
            }
            set.push(existing::require_all(&self.store, object, field));
        }
        if unique {
            if let Some(problem) = existing::shared(&self.store, object, field).await? {
                return Ok(Err(problem));
            }
            existing::take_all(&self.store, object, field)
                .into_iter()
                .for_each(|write| set.push(write));
        }
        Ok(Ok(()))
    }
}

/// Gives all of a field's unique values away.
pub(super) fn give_all(row: &custom_field::Model) -> Write {
    Write::Delete(Delete {
        table: custom_key::Entity.table_name(),
        key: vec![("field_id", row.id.0.into())],
        must_match: false,
    })
}

/// Refuses what would break a workflow, and requires that there is none at the commit.
pub(super) async fn unused(
    dependants: &dyn Dependants,
    set: &mut WriteSet,
    after: &Definitions,
) -> Result<Result<(), Problem>, store::Error> {
    let Dependence { epoch, names } = dependants.broken_by(Arc::new(after.catalogue()?)).await?;
    set.require_epoch(&epoch.name, epoch.value);
    Ok(match names.is_empty() {
        true => Ok(()),
        false => Err(Problem {
            code: Code::InUse,
            message: format!("these workflows use it: {}", names.join(", ")),
            field: None,
        }),
    })
}

pub(super) fn missing() -> Problem {
    Problem {
        code: Code::NotFound,
        message: "there is no such definition".into(),
        field: None,
    }
}

pub(super) fn stale(version: i64) -> Problem {
    Problem {
        code: Code::Conflict,
        message: format!("the definition is at version {version} now"),
        field: Some("expectedVersion"),
    }
}
