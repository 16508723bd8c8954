//! Definitions of custom objects.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use pointsman_entities::custom_object;

use super::{definition, dependants, request, told};
use crate::{
    api::{
        caller::{caller, part},
        error::Result,
        noun::key,
        payload::UserError,
        scalar::DateTime,
    },
    crm::{
        Crm,
        custom::objects::{NewObject, ObjectChange},
        id,
    },
};

const PREFIX: &str = "custom_object";

/// A kind of records that an administrator has defined.
pub struct CustomObject(custom_object::Model);

impl From<custom_object::Model> for CustomObject {
    fn from(row: custom_object::Model) -> Self {
        Self(row)
    }
}

/// A kind of records that an administrator has defined.
#[Object]
impl CustomObject {
    /// The global id.
    async fn id(&self) -> ID {
        id::format(PREFIX, self.0.id).into()
    }

    /// Its name in the API and in expressions, and the prefix of its records' ids. Never changes.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// What people see.
    async fn label(&self) -> &str {
        &self.0.label
    }

    /// What it means.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Its place among the custom objects.
    async fn position(&self) -> i32 {
        i32::try_from(self.0.position).unwrap_or(i32::MAX)
    }

    /// Whether it is hidden, with its records; all of it is kept.
    async fn retired(&self) -> bool {
        self.0.retired
    }

    /// Counts the definition's changes from 1.
    async fn version(&self) -> i32 {
        i32::try_from(self.0.version).unwrap_or(i32::MAX)
    }

    /// When it was defined.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When the definition was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}

/// A custom object to be.
#[derive(InputObject)]
pub struct CustomObjectCreateInput {
    /// Its name everywhere, and the prefix of its records' ids: small letters with `_` between them. It can't be changed.
    key: String,
    /// What people see.
    label: String,
    /// What it means.
    #[graphql(default)]
    description: String,
    /// Its place among the custom objects; the last where nothing is given.
    position: Option<i32>,
}

/// What changes of a custom object: what is not given stays.
#[derive(InputObject)]
pub struct CustomObjectUpdateInput {
    /// What people see.
    label: Option<String>,
    /// What it means.
    description: Option<String>,
    /// Its place among the custom objects.
    position: Option<i32>,
}

macro_rules! payloads {
    ($($(#[doc = $doc:literal])* $name:ident),+) => {$(
        $(#[doc = $doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The object as it is now; null where the mutation was refused.
            custom_object: Option<CustomObject>,
            /// Why the mutation was refused; empty where it was not.
            user_errors: Vec<UserError>,
        }

        impl From<(Option<CustomObject>, Vec<UserError>)> for $name {
            fn from((custom_object, user_errors): (Option<CustomObject>, Vec<UserError>)) -> Self {
                Self { custom_object, user_errors }
            }
        }
    )+};
}

payloads! {
    /// What became of defining a custom object.
    CustomObjectCreatePayload,
    /// What became of changing a custom object.
    CustomObjectUpdatePayload,
    /// What became of retiring a custom object.
    CustomObjectRetirePayload,
    /// What became of bringing a custom object back.
    CustomObjectRestorePayload
}

/// Lists custom objects.
#[derive(Default)]
pub struct ObjectQueries;

#[Object(name = "CustomObjectQueries")]
impl ObjectQueries {
    /// Custom objects, in the order in which people see them.
    async fn custom_objects(
        &self,
        context: &Context<'_>,
        #[graphql(default, desc = "Whether retired ones are listed as well.")] retired: bool,
    ) -> Result<Option<Vec<CustomObject>>> {
        caller(context)?;
        let known = part::<Crm>(context)?.definitions().await?;
        let objects = known.objects.into_iter().filter(|row| retired || !row.retired);
        Ok(Some(objects.map(CustomObject).collect()))
    }
}

/// Changes custom objects.
#[derive(Default)]
pub struct ObjectMutations;

#[Object(name = "CustomObjectMutations")]
impl ObjectMutations {
    /// Defines a custom object. Its records have a name, an owner and a team; custom fields add the rest.
    async fn custom_object_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What it is.")] input: CustomObjectCreateInput,
    ) -> Result<Option<CustomObjectCreatePayload>> {
        let key = key(context);
        let new = NewObject {
            key: input.key,
            label: input.label,
            description: input.description,
            position: input.position.map(i64::from),
        };
        let request = request(context, key.as_ref())?;
        let made = part::<Crm>(context)?.create_object(request, &new).await?;
        Ok(Some(told(made, &["input"])?.into()))
    }

    /// Changes what a custom object is called.
    async fn custom_object_update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
        #[graphql(desc = "What changes.")] input: CustomObjectUpdateInput,
        #[graphql(desc = "Refuses the change where the definition is at another version.")] expected_version: Option<
            i32,
        >,
    ) -> Result<Option<CustomObjectUpdatePayload>> {
        let key = key(context);
        let request = request(context, key.as_ref())?;
        let id = match definition(PREFIX, &id) {
            Ok(id) => id,
            Err(error) => return Ok(Some((None, vec![error]).into())),
        };
        let change = ObjectChange {
            label: input.label,
            description: input.description,
            position: input.position.map(i64::from),
            expected: expected_version.map(i64::from),
        };
        let changed = part::<Crm>(context)?.update_object(request, id, &change).await?;
        Ok(Some(told(changed, &["input"])?.into()))
    }

    /// Hides a custom object with its records; all of it is kept. Refused while a field refers to it or a workflow uses it.
    async fn custom_object_retire(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
    ) -> Result<Option<CustomObjectRetirePayload>> {
        let key = key(context);
        let request = request(context, key.as_ref())?;
        let id = match definition(PREFIX, &id) {
            Ok(id) => id,
            Err(error) => return Ok(Some((None, vec![error]).into())),
        };
        let retired = part::<Crm>(context)?
            .retire_object(request, id, dependants(context)?)
            .await?;
        Ok(Some(told(retired, &[])?.into()))
    }

    /// Shows a retired custom object again, with its records.
    async fn custom_object_restore(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
    ) -> Result<Option<CustomObjectRestorePayload>> {
        let key = key(context);
        let request = request(context, key.as_ref())?;
        let id = match definition(PREFIX, &id) {
            Ok(id) => id,
            Err(error) => return Ok(Some((None, vec![error]).into())),
        };
        let restored = part::<Crm>(context)?.restore_object(request, id).await?;
        Ok(Some(told(restored, &[])?.into()))
    }
}
