//! Records of custom objects. The same type shows any record where it is met among others.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::{custom_field, filter::CustomFilter, value};
use crate::{
    api::{
        caller::{caller, part},
        cell::Cell,
        connection::{Connection, Direction, Nulls, Order, Slice},
        error::{Error, Result},
        filter::{Building, DateTimeFilter, IdFilter, TextFilter, ToFilter},
        node::Node,
        noun::{self, Act, Automation, Changes, Listing, Noun, Target, ToChanges, given},
        object::{Team, User},
        payload::{UserError, UserErrorCode},
        scalar::{DateTime, Json},
    },
    crm::{Crm, Record, filter::Filter, id, object::Object as Kind},
};

/// A record of a custom object.
#[derive(Clone)]
pub struct CustomRecord(Arc<Record>);

impl From<Arc<Record>> for CustomRecord {
    fn from(record: Arc<Record>) -> Self {
        Self(record)
    }
}

impl Noun for CustomRecord {
    const OBJECT: &'static str = "record";
}

/// A record of a custom object.
#[Object]
impl CustomRecord {
    /// The global id.
    pub async fn id(&self) -> ID {
        self.0.global_id().into()
    }

    /// The name of its object.
    async fn object(&self) -> &str {
        self.0.object.name
    }

    /// What it is called.
    async fn name(&self) -> Option<String> {
        Cell::show(self.0.get("name"))
    }

    /// The values of its custom fields by their keys; null where a field is empty.
    async fn custom(&self, context: &Context<'_>) -> Result<Json> {
        value::values(context, &self.0)
    }

    /// The user who is responsible for the record.
    async fn owner(&self, context: &Context<'_>) -> Result<Option<User>> {
        noun::follow(context, &self.0, "owner").await
    }

    /// The team that the record belongs to.
    async fn team(&self, context: &Context<'_>) -> Result<Option<Team>> {
        noun::follow(context, &self.0, "team").await
    }

    /// Counts the record's changes from 1.
    async fn version(&self) -> Result<i32> {
        noun::filled(&self.0, "version")
    }

    /// When the record was created.
    async fn created_at(&self) -> Result<DateTime> {
        noun::filled(&self.0, "createdAt")
    }

    /// Who created it; empty for keys without an owner.
    async fn created_by(&self, context: &Context<'_>) -> Result<Option<User>> {
        noun::follow(context, &self.0, "createdBy").await
    }

    /// When the record was last changed.
    async fn updated_at(&self) -> Result<DateTime> {
        noun::filled(&self.0, "updatedAt")
    }

    /// Who changed it last.
    async fn updated_by(&self, context: &Context<'_>) -> Result<Option<User>> {
        noun::follow(context, &self.0, "updatedBy").await
    }

    /// When the record was put into the bin.
    async fn deleted_at(&self) -> Option<DateTime> {
        Cell::show(self.0.get("deletedAt"))
    }

    /// The records of an object whose custom field refers to this one.
    #[expect(
        clippy::too_many_arguments,
        reason = "an argument of the field each, as Relay names them"
    )]
    async fn referring(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The object's name.")] object: String,
        #[graphql(desc = "The key of the custom field.")] field: String,
        #[graphql(desc = "The size of the page, from its start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Records behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The size of the page, from its end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Records before this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Node>>> {
        let slice = Slice {
            first,
            after,
            last,
            before,
        };
        referring(context, &self.0, (&object, &field), slice).await
    }
}

/// A page of the records of an object whose custom field refers to this record.
///
/// # Errors
/// `UNAUTHENTICATED`, `BAD_USER_INPUT`, or where the database fails.
pub async fn referring(
    context: &Context<'_>,
    record: &Record,
    (object, field): (&str, &str),
    slice: Slice,
) -> Result<Option<Connection<Node>>> {
    let unknown = || Error::input(format!("There is no object `{object}`."));
    let object = part::<Crm>(context)?.object(object).ok_or_else(unknown)?;
    let (_, known) = custom_field(&object, field)?;
    if !matches!(known.kind, crate::crm::object::Kind::Reference { object } if object == record.object.name) {
        return Err(Error::input(format!(
            "`{field}` refers to no {}.",
            record.object.label.to_lowercase()
        )));
    }
    let refers = noun::refers(&object, field, record);
    let listing = Listing::<CustomRecordFilter, CustomRecordOrder> {
        slice,
        filter: None,
        order: None,
    };
    noun::list(context, &object, listing, refers).await
}

/// Which records of a custom object: all that is given must hold.
#[derive(Clone, Debug, InputObject)]
pub struct CustomRecordFilter {
    /// All of these hold.
    and: Option<Vec<CustomRecordFilter>>,
    /// One of these holds.
    or: Option<Vec<CustomRecordFilter>>,
    /// This does not hold.
    not: Option<Box<CustomRecordFilter>>,
    /// The global id.
    id: Option<IdFilter>,
    /// What the record is called.
    name: Option<TextFilter>,
    /// The user who is responsible for the record.
    owner_id: Option<IdFilter>,
    /// The team that the record belongs to.
    team_id: Option<IdFilter>,
    /// When the record was created.
    created_at: Option<DateTimeFilter>,
    /// When the record was last changed.
    updated_at: Option<DateTimeFilter>,
    /// Tests on custom fields: all of them hold.
    custom: Option<Vec<CustomFilter>>,
}

impl ToFilter for CustomRecordFilter {
    fn parts(self, condition: &mut Building<'_>) -> Result<()> {
        condition.combine(self.and, self.or, self.not.map(|filter| *filter))?;
        condition.id(self.id);
        condition.field("name", self.name)?;
        condition.reference("owner", self.owner_id)?;
        condition.reference("team", self.team_id)?;
        condition.field("createdAt", self.created_at)?;
        condition.field("updatedAt", self.updated_at)?;
        condition.custom(self.custom)
    }
}

/// What records of custom objects can be ordered by, beside custom fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CustomRecordOrderField {
    /// What the record is called.
    Name,
    /// When the record was created.
    CreatedAt,
    /// When the record was last changed.
    UpdatedAt,
}

/// One key of the order of records; equals are told apart by the next key, at last by age.
#[derive(Clone, Debug, InputObject)]
pub struct CustomRecordOrder {
    /// The field to order by.
    field: Option<CustomRecordOrderField>,
    /// The key of the custom field to order by, in the place of `field`.
    custom: Option<String>,
    /// Which way.
    #[graphql(default)]
    direction: Direction,
    /// Where empty fields stand.
    #[graphql(default)]
    nulls: Nulls,
}

impl From<CustomRecordOrder> for Order {
    fn from(order: CustomRecordOrder) -> Self {
        let name = |field| match field {
            CustomRecordOrderField::Name => "name",
            CustomRecordOrderField::CreatedAt => "createdAt",
            CustomRecordOrderField::UpdatedAt => "updatedAt",
        };
        Self {
            field: order.field.map(name),
            custom: order.custom,
            direction: order.direction,
            nulls: order.nulls,
        }
    }
}

/// The values of a new record of a custom object.
#[derive(Clone, Debug, InputObject)]
pub struct RecordCreateInput {
    /// What it is called.
    name: String,
    /// The user who is responsible for the record.
    owner_id: Option<ID>,
    /// The team that the record belongs to.
    team_id: Option<ID>,
    /// Values of custom fields by their keys.
    custom: Option<Json>,
}

impl ToChanges for RecordCreateInput {
    fn changes(self, changes: &mut Changes<'_>) {
        changes.put("name", given(Some(self.name)));
        changes.refer("owner", given(self.owner_id));
        changes.refer("team", given(self.team_id));
        changes.custom(self.custom);
    }
}

/// The new values of a record of a custom object: what is not given stays, null empties the field.
#[derive(Clone, Debug, Default, InputObject)]
pub struct RecordUpdateInput {
    /// What it is called.
    name: MaybeUndefined<String>,
    /// The user who is responsible for the record.
    owner_id: MaybeUndefined<ID>,
    /// The team that the record belongs to.
    team_id: MaybeUndefined<ID>,
    /// New values of custom fields by their keys: what is not named stays, null empties the field.
    custom: Option<Json>,
}

impl ToChanges for RecordUpdateInput {
    fn changes(self, changes: &mut Changes<'_>) {
        changes.put("name", self.name);
        changes.refer("owner", self.owner_id);
        changes.refer("team", self.team_id);
        changes.custom(self.custom);
    }
}

macro_rules! payloads {
    ($($(#[doc = $doc:literal])* $name:ident),+) => {$(
        $(#[doc = $doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The record as it is now; null where the mutation was refused.
            record: Option<CustomRecord>,
            /// Why the mutation was refused; empty where it was not.
            user_errors: Vec<UserError>,
        }

        impl From<noun::Written<CustomRecord>> for $name {
            fn from(written: noun::Written<CustomRecord>) -> Self {
                let (record, user_errors) = written.single();
                Self { record, user_errors }
            }
        }
    )+};
}

payloads! {
    /// What became of creating a record of a custom object.
    RecordCreatePayload,
    /// What became of changing a record of a custom object.
    RecordUpdatePayload,
    /// What became of deleting a record of a custom object.
    RecordDeletePayload,
    /// What became of restoring a record of a custom object.
    RecordRestorePayload
}

/// Reads records of custom objects.
#[derive(Default)]
pub struct RecordQueries;

#[Object(name = "CustomRecordQueries")]
impl RecordQueries {
    /// The record of that id; null where there is none, it may not be known, or its object is no custom one.
    async fn record(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
    ) -> Result<Option<CustomRecord>> {
        let caller = caller(context)?;
        match of_id(context, &id)? {
            Some((object, id)) => Ok(caller.record(object.name, id).await?.map(CustomRecord)),
            None => Ok(None),
        }
    }

    /// A page of the records of a custom object that the caller may read.
    #[expect(
        clippy::too_many_arguments,
        reason = "an argument of the field each, as Relay names them"
    )]
    async fn records(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The object's key.")] object: String,
        #[graphql(desc = "The size of the page, from its start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Records behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The size of the page, from its end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Records before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which records.")] filter: Option<CustomRecordFilter>,
        #[graphql(desc = "In what order; by age where it is not given.")] order_by: Option<Vec<CustomRecordOrder>>,
    ) -> Result<Option<Connection<CustomRecord>>> {
        caller(context)?;
        let unknown = || Error::input(format!("There is no custom object `{object}`."));
        let object = custom(context, &object)?.ok_or_else(unknown)?;
        let slice = Slice {
            first,
            after,
            last,
            before,
        };
        let listing = Listing {
            slice,
            filter,
            order: order_by,
        };
        noun::list(context, &object, listing, Filter::Always(true)).await
    }
}

/// Changes records of custom objects.
#[derive(Default)]
pub struct RecordMutations;

#[Object(name = "CustomRecordMutations")]
impl RecordMutations {
    /// Creates a record of a custom object.
    async fn record_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The object's key.")] object: String,
        #[graphql(desc = "Its values.")] input: RecordCreateInput,
        #[graphql(default, desc = "Whether the change starts workflows.")] automation: Automation,
    ) -> Result<Option<RecordCreatePayload>> {
        caller(context)?;
        let Some(object) = custom(context, &object)? else {
            let error = UserError::at(&["object"], UserErrorCode::NotFound, "there is no such custom object");
            return Ok(Some(noun::Written::refused(vec![error]).into()));
        };
        let paths = [vec!["input".to_owned()]];
        Ok(Some(
            noun::create_of(context, &object, vec![input], &paths, automation)
                .await?
                .into(),
        ))
    }

    /// Changes a record of a custom object.
    async fn record_update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
        #[graphql(desc = "The new values.")] input: RecordUpdateInput,
        #[graphql(desc = "Refuses the change where the record is at another version.")] expected_version: Option<i32>,
        #[graphql(default, desc = "Whether the change starts workflows.")] automation: Automation,
    ) -> Result<Option<RecordUpdatePayload>> {
        let target = Target {
            id,
            expected: expected_version,
        };
        Ok(Some(
            alter(context, target, Act::Update(input), automation).await?.into(),
        ))
    }

    /// Puts a record of a custom object into the bin.
    async fn record_delete(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
        #[graphql(desc = "Refuses the change where the record is at another version.")] expected_version: Option<i32>,
        #[graphql(default, desc = "Whether the change starts workflows.")] automation: Automation,
    ) -> Result<Option<RecordDeletePayload>> {
        let target = Target {
            id,
            expected: expected_version,
        };
        Ok(Some(alter(context, target, Act::Delete, automation).await?.into()))
    }

    /// Takes a record of a custom object out of the bin.
    async fn record_restore(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id.")] id: ID,
        #[graphql(desc = "Refuses the change where the record is at another version.")] expected_version: Option<i32>,
        #[graphql(default, desc = "Whether the change starts workflows.")] automation: Automation,
    ) -> Result<Option<RecordRestorePayload>> {
        let target = Target {
            id,
            expected: expected_version,
        };
        Ok(Some(alter(context, target, Act::Restore, automation).await?.into()))
    }
}

async fn alter(
    context: &Context<'_>,
    target: Target,
    act: Act<RecordUpdateInput>,
    automation: Automation,
) -> Result<noun::Written<CustomRecord>> {
    caller(context)?;
    match of_id(context, &target.id)? {
        Some((object, _)) => noun::alter_of(context, &object, target, act, automation).await,
        None => {
            let error = UserError::at(&["id"], UserErrorCode::NotFound, "there is no such record");
            Ok(noun::Written::refused(vec![error]))
        }
    }
}

/// The custom object of that key.
fn custom(context: &Context<'_>, key: &str) -> Result<Option<Arc<Kind>>> {
    let object = part::<Crm>(context)?.object(key);
    Ok(object.filter(|object| object.custom.is_some()))
}

/// The custom object that the id's prefix names, and the record.
fn of_id(context: &Context<'_>, global: &ID) -> Result<Option<(Arc<Kind>, pointsman_entities::ids::RecordId)>> {
    let Some((prefix, id)) = id::split(global) else {
        return Ok(None);
    };
    Ok(custom(context, prefix)?.map(|object| (object, id.into())))
}
