//! Definitions of custom fields.

use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use pointsman_entities::custom_field;

use super::{definition, dependants, request, told};
use crate::{
    api::{
        caller::{caller, part},
        error::{Error, Result},
        noun::key,
        payload::UserError,
        scalar::DateTime,
    },
    crm::{
        Crm,
        custom::{
            definition::{self as crm, Choice},
            fields::{FieldChange, NewField},
        },
        id,
    },
    store,
};

const PREFIX: &str = "custom_field";

/// What a custom field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crm::Type")]
pub enum CustomFieldType {
    /// Text of at most 255 characters.
    Text,
    /// Text of at most 65,536 characters; neither unique nor indexed.
    LongText,
    /// A whole number.
    Integer,
    /// An exact number with so many decimal places as `scale` says, written as text.
    Decimal,
    /// True or false.
    Boolean,
    /// A day, such as `2026-01-31`.
    Date,
    /// An instant, such as `2026-01-31T12:00:00Z`.
    DateTime,
    /// One of the options.
    Select,
    /// Any number of the options, a list.
    MultiSelect,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// An http or https URL.
    Url,
    /// A record of the object that `target` names, by its global id.
    Reference,
}

/// Where the index of a custom field stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CustomFieldIndexState {
    /// There is none.
    None,
    /// A job builds it.
    Building,
    /// Filters and orders use it.
    Ready,
    /// A job drops it.
    Dropping,
}

/// An option of a choice.
#[derive(Clone, Debug, SimpleObject)]
pub struct CustomFieldOption {
    /// The value, UPPER_CASE.
    key: String,
    /// What people see.
    label: String,
    /// Records keep it, and no record is given it any more.
    retired: bool,
}

/// A field that an administrator has defined.
pub struct CustomField(custom_field::Model);

impl From<custom_field::Model> for CustomField {
    fn from(row: custom_field::Model) -> Self {
        Self(row)
    }
}

/// A field that an administrator has defined.
#[Object]
impl CustomField {
    /// The global id.
    async fn id(&self) -> ID {
        id::format(PREFIX, self.0.id).into()
    }

    /// The name of the object that has it.
    async fn object(&self) -> &str {
        &self.0.object
    }

    /// Its name in `custom`, in filters and in expressions. Never changes.
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

    /// What it holds. Never changes.
    #[graphql(name = "type")]
    async fn kind(&self) -> Result<CustomFieldType> {
        Ok(crm::kind_of(&self.0).map_err(store::Error::from)?.into())
    }

    /// Decimal places of a decimal. Never changes.
    async fn scale(&self) -> Option<i32> {
        self.0.scale.and_then(|scale| i32::try_from(scale).ok())
    }

    /// The object that a reference refers to. Never changes.
    async fn target(&self) -> Option<&str> {
        self.0.target.as_deref()
    }

    /// The options of a choice, in their order.
    async fn options(&self) -> Result<Vec<CustomFieldOption>> {
        let choices = crm::choices(&self.0).map_err(store::Error::from)?;
        let option = |choice: Choice| CustomFieldOption {
            key: choice.key,
            label: choice.label,
            retired: choice.retired,
        };
        Ok(choices.into_iter().map(option).collect())
    }

    /// Whether it is never empty.
    async fn required(&self) -> bool {
        self.0.required
    }

    /// Whether no two records that aren't deleted have the same value.
    async fn unique(&self) -> bool {
        self.0.distinct
    }

    /// Whether there is to be an index, for lists that filter or order by it.
    async fn indexed(&self) -> bool {
        self.0.indexed
    }

    /// Where the index stands.
    async fn index_state(&self) -> Result<CustomFieldIndexState> {
        Ok(match self.0.index_state.as_str() {
            "NONE" => CustomFieldIndexState::None,
            "BUILDING" => CustomFieldIndexState::Building,
            "READY" => CustomFieldIndexState::Ready,
            "DROPPING" => CustomFieldIndexState::Dropping,
            other => return Err(Error::internal(format!("custom_field {}: `{other}`", self.0.id.0))),
        })
    }

    /// What a new record has where it is given nothing, as text.
    async fn default(&self) -> Option<&str> {
        self.0.initial.as_deref()
    }

    /// Its place among the object's custom fields.
    async fn position(&self) -> i32 {
        i32::try_from(self.0.position).unwrap_or(i32::MAX)
    }

    /// Whether it is hidden; its values are kept.
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

/// An option of a choice.
#[derive(Clone, Debug, InputObject)]
pub struct CustomFieldOptionInput {
    /// The value, UPPER_CASE. Never changes.
    key: String,
    /// What people see.
    label: String,
    /// Whether no record is given it any more.
    #[graphql(default)]
    retired: bool,
}

impl From<CustomFieldOptionInput> for Choice {
    fn from(option: CustomFieldOptionInput) -> Self {
        Self {
            key: option.key,
            label: option.label,
            retired: option.retired,
        }
    }
}

/// A custom field to be.
#[derive(InputObject)]
pub struct CustomFieldCreateInput {
    /// The name of the object that gets it.
    object: String,
    /// Its name in `custom`, in filters and in expressions: letters and digits, such as `renewalDate`. It can't be changed.
    key: String,
    /// What people see.
    label: String,
    /// What it means.
    #[graphql(default)]
    description: String,
    /// What it holds. It can't be changed.
    #[graphql(name = "type")]
    kind: CustomFieldType,
    /// Decimal places of a decimal, 0 to 9; 2 where nothing is given. It can't be changed.
    scale: Option<i32>,
    /// The object that a reference refers to. It can't be changed.
    target: Option<String>,
    /// The options of a choice, in their order.
    #[graphql(default)]
    options: Vec<CustomFieldOptionInput>,
    /// Whether it is never empty.
    #[graphql(default)]
    required: bool,
    /// Whether no two records that aren't deleted have the same value.
    #[graphql(default)]
    unique: bool,
    /// Whether there is to be an index, for lists that filter or order by it.
    #[graphql(default)]
    indexed: bool,
    /// What a new record has where it is given nothing, as text.
    default: Option<String>,
    /// Its place among the object's custom fields; the last where nothing is given.
    position: Option<i32>,
}

impl From<CustomFieldCreateInput> for NewField {
    fn from(input: CustomFieldCreateInput) -> Self {
        Self {
            object: input.object,
            key: input.key,
            label: input.label,
            description: input.description,
            kind: input.kind.into(),
            scale: input.scale.map(i64::from),
            target: input.target,
            options: input.options.into_iter().map(Choice::from).collect(),
            required: input.required,
            unique: input.unique,
            indexed: input.indexed,
            default: input.default,
            position: input.position.map(i64::from),
        }
    }
}

/// What changes of a custom field: what is not given stays.
#[derive(InputObject)]
pub struct CustomFieldUpdateInput {
    /// What people see.
    label: Option<String>,
    /// What it means.
    description: Option<String>,
    /// The options of a choice, in their order. None that there is may be missing: retire it.
    options: Option<Vec<CustomFieldOptionInput>>,
    /// Whether it is never empty. Refused where records lack a value.
    required: Option<bool>,
    /// Whether no two records that aren't deleted have the same value. Refused where records share one.
    unique: Option<bool>,
    /// Whether there is to be an index, for lists that filter or order by it.
    indexed: Option<bool>,
    /// What a new record has where it is given nothing, as text; null for nothing.
    default: MaybeUndefined<String>,
    /// Its place among the object's custom fields.
    position: Option<i32>,
}

impl CustomFieldUpdateInput {
    fn change(self, expected: Option<i32>) -> FieldChange {
        let choices = |options: Vec<CustomFieldOptionInput>| options.into_iter().map(Choice::from).collect();
        FieldChange {
            label: self.label,
            description: self.description,
            options: self.options.map(choices),
            required: self.required,
            unique: self.unique,
            indexed: self.indexed,
            default: match self.default {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(None),
                MaybeUndefined::Value(text) => Some(Some(text)),
            },
            position: self.position.map(i64::from),
            expected: expected.map(i64::from),
        }
    }
}

macro_rules! payloads {
    ($($(#[doc = $doc:literal])* $name:ident),+) => {$(
        $(#[doc = $doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The field as it is now; null where the mutation was refused.
            custom_field: Option<CustomField>,
            /// Why the mutation was refused; empty where it was not.
            user_errors: Vec<UserError>,
        }

        impl From<(Option<CustomField>, Vec<UserError>)> for $name {
            fn from((custom_field, user_errors): (Option<CustomField>, Vec<UserError>)) -> Self {
                Self { custom_field, user_errors }
            }
        }
    )+};
}

payloads! {
    /// What became of defining a custom field.
    CustomFieldCreatePayload,
    /// What became of changing a custom field.
    CustomFieldUpdatePayload,
    /// What became of retiring a custom field.
    CustomFieldRetirePayload,
    /// What became of bringing a custom field back.
    CustomFieldRestorePayload
}

/// Lists custom fields.
#[derive(Default)]
pub struct FieldQueries;

#[Object]
impl FieldQueries {
    /// Custom fields, in the order in which people see them.
    async fn custom_fields(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The object whose fields they are; all objects where it is not given.")] object: Option<
            String,
        >,
        #[graphql(default, desc = "Whether retired ones are listed as well.")] retired: bool,
    ) -> Result<Option<Vec<CustomField>>> {
        caller(context)?;
        let known = part::<Crm>(context)?.definitions().await?;
        let wanted = |row: &custom_field::Model| {
            (retired || !row.retired) && object.as_ref().is_none_or(|object| *object == row.object)
        };
        Ok(Some(known.fields.into_iter().filter(wanted).map(CustomField).collect()))
    }
}

/// Changes custom fields.
#[derive(Default)]
pub struct FieldMutations;

#[Object]
impl FieldMutations {
    /// Defines a custom field; every write obeys it from now on.
    async fn custom_field_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What it is.")] input: CustomFieldCreateInput,
    ) -> Result<Option<CustomFieldCreatePayload>> {
        let key = key(context);
        let request = request(context, key.as_ref())?;
        let made = part::<Crm>(context)?.create_field(request, &input.into()).await?;
        Ok(Some(told(made, &["input"])?.into()))
    }

    /// Changes what a custom field is called and how strict it is.
    async fn custom_field_update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
        #[graphql(desc = "What changes.")] input: CustomFieldUpdateInput,
        #[graphql(desc = "Refuses the change where the definition is at another version.")] expected_version: Option<
            i32,
        >,
    ) -> Result<Option<CustomFieldUpdatePayload>> {
        let key = key(context);
        let request = request(context, key.as_ref())?;
        let id = match definition(PREFIX, &id) {
            Ok(id) => id,
            Err(error) => return Ok(Some((None, vec![error]).into())),
        };
        let change = input.change(expected_version);
        let changed = part::<Crm>(context)?.update_field(request, id, &change).await?;
        Ok(Some(told(changed, &["input"])?.into()))
    }

    /// Hides a custom field; its values are kept. Refused while a workflow uses it.
    async fn custom_field_retire(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
    ) -> Result<Option<CustomFieldRetirePayload>> {
        let key = key(context);
        let request = request(context, key.as_ref())?;
        let id = match definition(PREFIX, &id) {
            Ok(id) => id,
            Err(error) => return Ok(Some((None, vec![error]).into())),
        };
        let retired = part::<Crm>(context)?
            .retire_field(request, id, dependants(context)?)
            .await?;
        Ok(Some(told(retired, &[])?.into()))
    }

    /// Shows a retired custom field again, with the values it had.
    async fn custom_field_restore(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
    ) -> Result<Option<CustomFieldRestorePayload>> {
        let key = key(context);
        let request = request(context, key.as_ref())?;
        let id = match definition(PREFIX, &id) {
            Ok(id) => id,
            Err(error) => return Ok(Some((None, vec![error]).into())),
        };
        let restored = part::<Crm>(context)?.restore_field(request, id).await?;
        Ok(Some(told(restored, &[])?.into()))
    }
}
