//! The macros that make an object's API out of its table. What a row means is decided in `noun`, `cell` and `filter`.

/// The options of a select field, as a GraphQL enum.
macro_rules! options {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $option:ident),+ $(,)? }) => { pastey::paste! {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
        pub enum $name { $($(#[$about])* $option),+ }

        impl $crate::api::cell::Cell for $name {
            type Filter = [<$name Filter>];

            fn show(value: &$crate::crm::Value) -> Option<Self> {
                let text = value.as_text()?;
                let items = <Self as async_graphql::resolver_utils::EnumType>::items();
                items.iter().find(|item| item.name == text).map(|item| item.value)
            }

            fn keep(self) -> std::result::Result<$crate::crm::Value, $crate::crm::validate::Invalid> {
                let items = <Self as async_graphql::resolver_utils::EnumType>::items();
                let item = items.iter().find(|item| item.value == self);
                Ok(item.map_or($crate::crm::Value::Null, |item| $crate::crm::Value::text(item.name)))
            }
        }

        #[doc = concat!("Tests on a `", stringify!($name), "`.")]
        #[derive(Clone, Debug, async_graphql::InputObject)]
        pub struct [<$name Filter>] {
            /// This option.
            eq: Option<$name>,
            /// Another option, or none.
            neq: Option<$name>,
            /// One of these.
            r#in: Option<Vec<$name>>,
            /// None of these.
            not_in: Option<Vec<$name>>,
            /// Whether the field is empty.
            is_null: Option<bool>,
        }

        impl $crate::api::filter::ToTests for [<$name Filter>] {
            fn tests(self) -> $crate::api::filter::Tests {
                $crate::api::filter::Tests::default()
                    .equality(self.eq, self.neq, self.r#in, self.not_in)
                    .emptiness(self.is_null)
            }
        }
    }};
}

/// An object's API: its type, connection, filter, order, inputs, payloads, queries and mutations.
///
/// The sections say who gives a field its value and whether it can be empty: `required` ones must be given, `defaulted`
/// ones are filled where they aren't, `optional` ones can be empty, `kept` ones are the system's. `references` point to
/// other records, `lists` are the records that point here, `computed` fields follow from the record.
macro_rules! object {
    (
        $(#[doc = $doc:literal])*
        $name:ident $single:ident $plural:ident;
        required { $($(#[doc = $required_doc:literal])* $required:ident: $required_type:ty,)* }
        defaulted { $($(#[doc = $defaulted_doc:literal])* $defaulted:ident: $defaulted_type:ty,)* }
        optional { $($(#[doc = $optional_doc:literal])* $optional:ident: $optional_type:ty,)* }
        kept { $($(#[doc = $kept_doc:literal])* $kept:ident: $kept_type:ty,)* }
        required_references { $($(#[doc = $owed_doc:literal])* $owed:ident: $owed_type:ident,)* }
        references { $($(#[doc = $reference_doc:literal])* $reference:ident: $reference_type:ident,)* }
        kept_references { $($(#[doc = $tied_doc:literal])* $tied:ident: $tied_type:ident,)* }
        lists { $($(#[doc = $list_doc:literal])* $list:ident: $list_type:ident by $list_field:literal,)* }
        computed { $($(#[doc = $computed_doc:literal])* $computed:ident: $computed_type:ty = $compute:path,)* }
    ) => { pastey::paste! {
        $(#[doc = $doc])*
        #[derive(Clone)]
        pub struct $name(std::sync::Arc<$crate::crm::Record>);

        impl From<std::sync::Arc<$crate::crm::Record>> for $name {
            fn from(record: std::sync::Arc<$crate::crm::Record>) -> Self {
                Self(record)
            }
        }

        impl $crate::api::noun::Noun for $name {
            const OBJECT: &'static str = stringify!($single);
        }

        $(#[doc = $doc])*
        #[async_graphql::Object]
        impl $name {
            /// The global id.
            pub async fn id(&self) -> async_graphql::ID {
                self.0.global_id().into()
            }

            $($(#[doc = $required_doc])*
            async fn $required(&self) -> $crate::api::error::Result<$required_type> {
                $crate::api::noun::filled(&self.0, stringify!([<$required:lower_camel>]))
            })*

            $($(#[doc = $defaulted_doc])*
            async fn $defaulted(&self) -> $crate::api::error::Result<$defaulted_type> {
                $crate::api::noun::filled(&self.0, stringify!([<$defaulted:lower_camel>]))
            })*

            $($(#[doc = $optional_doc])*
            async fn $optional(&self) -> Option<$optional_type> {
                $crate::api::cell::Cell::show(self.0.get(stringify!([<$optional:lower_camel>])))
            })*

            $($(#[doc = $kept_doc])*
            async fn $kept(&self) -> Option<$kept_type> {
                $crate::api::cell::Cell::show(self.0.get(stringify!([<$kept:lower_camel>])))
            })*

            $($(#[doc = $owed_doc])*
            async fn $owed(
                &self,
                context: &async_graphql::Context<'_>,
            ) -> $crate::api::error::Result<Option<$crate::api::object::$owed_type>> {
                $crate::api::noun::follow(context, &self.0, stringify!([<$owed:lower_camel>])).await
            })*

            $($(#[doc = $reference_doc])*
            async fn $reference(
                &self,
                context: &async_graphql::Context<'_>,
            ) -> $crate::api::error::Result<Option<$crate::api::object::$reference_type>> {
                $crate::api::noun::follow(context, &self.0, stringify!([<$reference:lower_camel>])).await
            })*

            $($(#[doc = $tied_doc])*
            async fn $tied(
                &self,
                context: &async_graphql::Context<'_>,
            ) -> $crate::api::error::Result<Option<$crate::api::object::$tied_type>> {
                $crate::api::noun::follow(context, &self.0, stringify!([<$tied:lower_camel>])).await
            })*

            $($(#[doc = $list_doc])*
            #[expect(clippy::too_many_arguments, reason = "an argument of the field each, as Relay names them")]
            async fn $list(
                &self,
                context: &async_graphql::Context<'_>,
                #[graphql(desc = "The size of the page, from its start; at most 100.")] first: Option<i32>,
                #[graphql(desc = "Records behind this cursor.")] after: Option<String>,
                #[graphql(desc = "The size of the page, from its end; at most 100.")] last: Option<i32>,
                #[graphql(desc = "Records before this cursor.")] before: Option<String>,
                #[graphql(desc = "Which records.")] filter: Option<$crate::api::object::[<$list_type Filter>]>,
                #[graphql(desc = "In what order; by age where it is not given.")]
                order_by: Option<Vec<$crate::api::object::[<$list_type Order>]>>,
            ) -> $crate::api::error::Result<
                Option<$crate::api::connection::Connection<$crate::api::object::$list_type>>,
            > {
                let slice = $crate::api::connection::Slice { first, after, last, before };
                let listing = $crate::api::noun::Listing { slice, filter, order: order_by };
                $crate::api::noun::referring(context, listing, ($list_field, &self.0)).await
            })*

            $($(#[doc = $computed_doc])*
            async fn $computed(&self) -> Option<$computed_type> {
                $compute(&self.0)
            })*

            /// The user who is responsible for the record.
            async fn owner(
                &self,
                context: &async_graphql::Context<'_>,
            ) -> $crate::api::error::Result<Option<$crate::api::object::User>> {
                $crate::api::noun::follow(context, &self.0, "owner").await
            }

            /// The team that the record belongs to.
            async fn team(
                &self,
                context: &async_graphql::Context<'_>,
            ) -> $crate::api::error::Result<Option<$crate::api::object::Team>> {
                $crate::api::noun::follow(context, &self.0, "team").await
            }

            /// Counts the record's changes from 1.
            async fn version(&self) -> $crate::api::error::Result<i32> {
                $crate::api::noun::filled(&self.0, "version")
            }

            /// When the record was created.
            async fn created_at(&self) -> $crate::api::error::Result<$crate::api::scalar::DateTime> {
                $crate::api::noun::filled(&self.0, "createdAt")
            }

            /// Who created it; empty for keys without an owner.
            async fn created_by(
                &self,
                context: &async_graphql::Context<'_>,
            ) -> $crate::api::error::Result<Option<$crate::api::object::User>> {
                $crate::api::noun::follow(context, &self.0, "createdBy").await
            }

            /// When the record was last changed.
            async fn updated_at(&self) -> $crate::api::error::Result<$crate::api::scalar::DateTime> {
                $crate::api::noun::filled(&self.0, "updatedAt")
            }

            /// Who changed it last.
            async fn updated_by(
                &self,
                context: &async_graphql::Context<'_>,
            ) -> $crate::api::error::Result<Option<$crate::api::object::User>> {
                $crate::api::noun::follow(context, &self.0, "updatedBy").await
            }

            /// When the record was put into the bin.
            async fn deleted_at(&self) -> Option<$crate::api::scalar::DateTime> {
                $crate::api::cell::Cell::show(self.0.get("deletedAt"))
            }

            /// The values of its custom fields by their keys; null where a field is empty.
            async fn custom(
                &self,
                context: &async_graphql::Context<'_>,
            ) -> $crate::api::error::Result<$crate::api::scalar::Json> {
                $crate::api::custom::values(context, &self.0)
            }

            /// The records of an object whose custom field refers to this one.
            #[expect(clippy::too_many_arguments, reason = "an argument of the field each, as Relay names them")]
            async fn referring(
                &self,
                context: &async_graphql::Context<'_>,
                #[graphql(desc = "The object's name.")] object: String,
                #[graphql(desc = "The key of the custom field.")] field: String,
                #[graphql(desc = "The size of the page, from its start; at most 100.")] first: Option<i32>,
                #[graphql(desc = "Records behind this cursor.")] after: Option<String>,
                #[graphql(desc = "The size of the page, from its end; at most 100.")] last: Option<i32>,
                #[graphql(desc = "Records before this cursor.")] before: Option<String>,
            ) -> $crate::api::error::Result<Option<$crate::api::connection::Connection<$crate::api::node::Node>>> {
                let slice = $crate::api::connection::Slice { first, after, last, before };
                $crate::api::custom::referring(context, &self.0, (&object, &field), slice).await
            }
        }

        #[doc = concat!("Which ", stringify!($plural), ": all that is given must hold.")]
        #[derive(Clone, Debug, async_graphql::InputObject)]
        pub struct [<$name Filter>] {
            /// All of these hold.
            and: Option<Vec<[<$name Filter>]>>,
            /// One of these holds.
            or: Option<Vec<[<$name Filter>]>>,
            /// This does not hold.
            not: Option<Box<[<$name Filter>]>>,
            /// The global id.
            id: Option<$crate::api::filter::IdFilter>,
            $($(#[doc = $required_doc])*
            $required: Option<<$required_type as $crate::api::cell::Cell>::Filter>,)*
            $($(#[doc = $defaulted_doc])*
            $defaulted: Option<<$defaulted_type as $crate::api::cell::Cell>::Filter>,)*
            $($(#[doc = $optional_doc])*
            $optional: Option<<$optional_type as $crate::api::cell::Cell>::Filter>,)*
            $($(#[doc = $kept_doc])*
            $kept: Option<<$kept_type as $crate::api::cell::Cell>::Filter>,)*
            $($(#[doc = $owed_doc])*
            [<$owed _id>]: Option<$crate::api::filter::IdFilter>,
            $(#[doc = $owed_doc])*
            $owed: Option<Box<$crate::api::object::[<$owed_type Filter>]>>,)*
            $($(#[doc = $reference_doc])*
            [<$reference _id>]: Option<$crate::api::filter::IdFilter>,
            $(#[doc = $reference_doc])*
            $reference: Option<Box<$crate::api::object::[<$reference_type Filter>]>>,)*
            $($(#[doc = $tied_doc])*
            [<$tied _id>]: Option<$crate::api::filter::IdFilter>,
            $(#[doc = $tied_doc])*
            $tied: Option<Box<$crate::api::object::[<$tied_type Filter>]>>,)*
            /// The user who is responsible for the record.
            owner_id: Option<$crate::api::filter::IdFilter>,
            /// The user who is responsible for the record.
            owner: Option<Box<$crate::api::object::UserFilter>>,
            /// The team that the record belongs to.
            team_id: Option<$crate::api::filter::IdFilter>,
            /// The team that the record belongs to.
            team: Option<Box<$crate::api::object::TeamFilter>>,
            /// When the record was created.
            created_at: Option<<$crate::api::scalar::DateTime as $crate::api::cell::Cell>::Filter>,
            /// Who created it.
            created_by_id: Option<$crate::api::filter::IdFilter>,
            /// When the record was last changed.
            updated_at: Option<<$crate::api::scalar::DateTime as $crate::api::cell::Cell>::Filter>,
            /// Who changed it last.
            updated_by_id: Option<$crate::api::filter::IdFilter>,
            /// Tests on custom fields: all of them hold.
            custom: Option<Vec<$crate::api::custom::CustomFilter>>,
        }

        impl $crate::api::filter::ToFilter for [<$name Filter>] {
            fn parts(self, condition: &mut $crate::api::filter::Building<'_>) -> $crate::api::error::Result<()> {
                condition.combine(self.and, self.or, self.not.map(|filter| *filter))?;
                condition.id(self.id);
                $(condition.field(stringify!([<$required:lower_camel>]), self.$required)?;)*
                $(condition.field(stringify!([<$defaulted:lower_camel>]), self.$defaulted)?;)*
                $(condition.field(stringify!([<$optional:lower_camel>]), self.$optional)?;)*
                $(condition.field(stringify!([<$kept:lower_camel>]), self.$kept)?;)*
                $(condition.reference(stringify!([<$owed:lower_camel>]), self.[<$owed _id>])?;
                condition.related(stringify!([<$owed:lower_camel>]), self.$owed.map(|filter| *filter))?;)*
                $(condition.reference(stringify!([<$reference:lower_camel>]), self.[<$reference _id>])?;
                condition.related(stringify!([<$reference:lower_camel>]), self.$reference.map(|filter| *filter))?;)*
                $(condition.reference(stringify!([<$tied:lower_camel>]), self.[<$tied _id>])?;
                condition.related(stringify!([<$tied:lower_camel>]), self.$tied.map(|filter| *filter))?;)*
                condition.reference("owner", self.owner_id)?;
                condition.related("owner", self.owner.map(|filter| *filter))?;
                condition.reference("team", self.team_id)?;
                condition.related("team", self.team.map(|filter| *filter))?;
                condition.field("createdAt", self.created_at)?;
                condition.reference("createdBy", self.created_by_id)?;
                condition.field("updatedAt", self.updated_at)?;
                condition.reference("updatedBy", self.updated_by_id)?;
                condition.custom(self.custom)?;
                Ok(())
            }
        }

        #[doc = concat!("What ", stringify!($plural), " can be ordered by.")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
        pub enum [<$name OrderField>] {
            $($(#[doc = $required_doc])* [<$required:camel>],)*
            $($(#[doc = $defaulted_doc])* [<$defaulted:camel>],)*
            $($(#[doc = $optional_doc])* [<$optional:camel>],)*
            $($(#[doc = $kept_doc])* [<$kept:camel>],)*
            /// When the record was created.
            CreatedAt,
            /// When the record was last changed.
            UpdatedAt,
        }

        impl [<$name OrderField>] {
            fn name(self) -> &'static str {
                match self {
                    $(Self::[<$required:camel>] => stringify!([<$required:lower_camel>]),)*
                    $(Self::[<$defaulted:camel>] => stringify!([<$defaulted:lower_camel>]),)*
                    $(Self::[<$optional:camel>] => stringify!([<$optional:lower_camel>]),)*
                    $(Self::[<$kept:camel>] => stringify!([<$kept:lower_camel>]),)*
                    Self::CreatedAt => "createdAt",
                    Self::UpdatedAt => "updatedAt",
                }
            }
        }

        #[doc = concat!("One key of the order of ", stringify!($plural), "; equals are told apart by the next key, at last by age.")]
        #[derive(Clone, Debug, async_graphql::InputObject)]
        pub struct [<$name Order>] {
            /// The field to order by.
            field: Option<[<$name OrderField>]>,
            /// The key of the custom field to order by, in the place of `field`.
            custom: Option<String>,
            /// Which way.
            #[graphql(default)]
            direction: $crate::api::connection::Direction,
            /// Where empty fields stand.
            #[graphql(default)]
            nulls: $crate::api::connection::Nulls,
        }

        impl From<[<$name Order>]> for $crate::api::connection::Order {
            fn from(order: [<$name Order>]) -> Self {
                let field = order.field.map([<$name OrderField>]::name);
                Self { field, custom: order.custom, direction: order.direction, nulls: order.nulls }
            }
        }

        #[doc = concat!("The values of a new ", stringify!($single), ".")]
        #[derive(Clone, Debug, async_graphql::InputObject)]
        pub struct [<$name CreateInput>] {
            $($(#[doc = $required_doc])* pub $required: $required_type,)*
            $($(#[doc = $owed_doc])* pub [<$owed _id>]: async_graphql::ID,)*
            $($(#[doc = $defaulted_doc])* pub $defaulted: Option<$defaulted_type>,)*
            $($(#[doc = $optional_doc])* pub $optional: Option<$optional_type>,)*
            $($(#[doc = $reference_doc])* pub [<$reference _id>]: Option<async_graphql::ID>,)*
            /// The user who is responsible for the record.
            pub owner_id: Option<async_graphql::ID>,
            /// The team that the record belongs to.
            pub team_id: Option<async_graphql::ID>,
            /// Values of custom fields by their keys.
            pub custom: Option<$crate::api::scalar::Json>,
        }

        impl $crate::api::noun::ToChanges for [<$name CreateInput>] {
            fn changes(self, changes: &mut $crate::api::noun::Changes<'_>) {
                use $crate::api::noun::given;
                $(changes.put(stringify!([<$required:lower_camel>]), given(Some(self.$required)));)*
                $(changes.refer(stringify!([<$owed:lower_camel>]), given(Some(self.[<$owed _id>])));)*
                $(changes.put(stringify!([<$defaulted:lower_camel>]), given(self.$defaulted));)*
                $(changes.put(stringify!([<$optional:lower_camel>]), given(self.$optional));)*
                $(changes.refer(stringify!([<$reference:lower_camel>]), given(self.[<$reference _id>]));)*
                changes.refer("owner", given(self.owner_id));
                changes.refer("team", given(self.team_id));
                changes.custom(self.custom);
            }
        }

        #[doc = concat!("The new values of a ", stringify!($single), ": what is not given stays, null empties the field.")]
        #[derive(Clone, Debug, Default, async_graphql::InputObject)]
        pub struct [<$name UpdateInput>] {
            $($(#[doc = $required_doc])* pub $required: async_graphql::MaybeUndefined<$required_type>,)*
            $($(#[doc = $owed_doc])* pub [<$owed _id>]: async_graphql::MaybeUndefined<async_graphql::ID>,)*
            $($(#[doc = $defaulted_doc])* pub $defaulted: async_graphql::MaybeUndefined<$defaulted_type>,)*
            $($(#[doc = $optional_doc])* pub $optional: async_graphql::MaybeUndefined<$optional_type>,)*
            $($(#[doc = $reference_doc])* pub [<$reference _id>]: async_graphql::MaybeUndefined<async_graphql::ID>,)*
            /// The user who is responsible for the record.
            pub owner_id: async_graphql::MaybeUndefined<async_graphql::ID>,
            /// The team that the record belongs to.
            pub team_id: async_graphql::MaybeUndefined<async_graphql::ID>,
            /// New values of custom fields by their keys: what is not named stays, null empties the field.
            pub custom: Option<$crate::api::scalar::Json>,
        }

        impl $crate::api::noun::ToChanges for [<$name UpdateInput>] {
            fn changes(self, changes: &mut $crate::api::noun::Changes<'_>) {
                $(changes.put(stringify!([<$required:lower_camel>]), self.$required);)*
                $(changes.refer(stringify!([<$owed:lower_camel>]), self.[<$owed _id>]);)*
                $(changes.put(stringify!([<$defaulted:lower_camel>]), self.$defaulted);)*
                $(changes.put(stringify!([<$optional:lower_camel>]), self.$optional);)*
                $(changes.refer(stringify!([<$reference:lower_camel>]), self.[<$reference _id>]);)*
                changes.refer("owner", self.owner_id);
                changes.refer("team", self.team_id);
                changes.custom(self.custom);
            }
        }

        /// Reads the object's records.
        #[derive(Default)]
        pub struct [<$name Queries>];

        #[async_graphql::Object]
        impl [<$name Queries>] {
            #[doc = concat!("The ", stringify!($single), " of that id; null where there is none, or it may not be known.")]
            async fn $single(
                &self,
                context: &async_graphql::Context<'_>,
                #[graphql(desc = "The global id.")] id: async_graphql::ID,
            ) -> $crate::api::error::Result<Option<$name>> {
                $crate::api::noun::one(context, &id).await
            }

            #[doc = concat!("A page of the ", stringify!($plural), " that the caller may read.")]
            #[expect(clippy::too_many_arguments, reason = "an argument of the field each, as Relay names them")]
            async fn $plural(
                &self,
                context: &async_graphql::Context<'_>,
                #[graphql(desc = "The size of the page, from its start; at most 100.")] first: Option<i32>,
                #[graphql(desc = "Records behind this cursor.")] after: Option<String>,
                #[graphql(desc = "The size of the page, from its end; at most 100.")] last: Option<i32>,
                #[graphql(desc = "Records before this cursor.")] before: Option<String>,
                #[graphql(desc = "Which records.")] filter: Option<[<$name Filter>]>,
                #[graphql(desc = "In what order; by age where it is not given.")]
                order_by: Option<Vec<[<$name Order>]>>,
            ) -> $crate::api::error::Result<Option<$crate::api::connection::Connection<$name>>> {
                let slice = $crate::api::connection::Slice { first, after, last, before };
                $crate::api::noun::many(context, $crate::api::noun::Listing { slice, filter, order: order_by }).await
            }
        }

        $crate::api::object::table::payload!([concat!("What became of changing a ", stringify!($single), ".")] [<$name UpdatePayload>] { $single: $name });
        $crate::api::object::table::payload!([concat!("What became of deleting a ", stringify!($single), ".")] [<$name DeletePayload>] { $single: $name });
        $crate::api::object::table::payload!([concat!("What became of restoring a ", stringify!($single), ".")] [<$name RestorePayload>] { $single: $name });
        $crate::api::object::table::payload!([concat!("What became of creating a ", stringify!($single), ".")] [<$name CreatePayload>] { $single: $name });

        /// Changes, deletes and restores the object's records.
        #[derive(Default)]
        pub struct [<$name Mutations>];

        #[async_graphql::Object]
        impl [<$name Mutations>] {
            #[doc = concat!("Changes a ", stringify!($single), ".")]
            async fn [<$single _update>](
                &self,
                context: &async_graphql::Context<'_>,
                #[graphql(desc = "The global id.")] id: async_graphql::ID,
                #[graphql(desc = "The new values.")] input: [<$name UpdateInput>],
                #[graphql(desc = "Refuses the change where the record is at another version.")]
                expected_version: Option<i32>,
                #[graphql(default, desc = "Whether the change starts workflows.")]
                automation: $crate::api::noun::Automation,
            ) -> $crate::api::error::Result<Option<[<$name UpdatePayload>]>> {
                let target = $crate::api::noun::Target { id, expected: expected_version };
                let act = $crate::api::noun::Act::Update(input);
                Ok(Some($crate::api::noun::alter(context, target, act, automation).await?.into()))
            }

            #[doc = concat!("Puts a ", stringify!($single), " into the bin.")]
            async fn [<$single _delete>](
                &self,
                context: &async_graphql::Context<'_>,
                #[graphql(desc = "The global id.")] id: async_graphql::ID,
                #[graphql(desc = "Refuses the change where the record is at another version.")]
                expected_version: Option<i32>,
                #[graphql(default, desc = "Whether the change starts workflows.")]
                automation: $crate::api::noun::Automation,
            ) -> $crate::api::error::Result<Option<[<$name DeletePayload>]>> {
                let target = $crate::api::noun::Target { id, expected: expected_version };
                let act = $crate::api::noun::Act::<[<$name UpdateInput>]>::Delete;
                Ok(Some($crate::api::noun::alter(context, target, act, automation).await?.into()))
            }

            #[doc = concat!("Takes a ", stringify!($single), " out of the bin.")]
            async fn [<$single _restore>](
                &self,
                context: &async_graphql::Context<'_>,
                #[graphql(desc = "The global id.")] id: async_graphql::ID,
                #[graphql(desc = "Refuses the change where the record is at another version.")]
                expected_version: Option<i32>,
                #[graphql(default, desc = "Whether the change starts workflows.")]
                automation: $crate::api::noun::Automation,
            ) -> $crate::api::error::Result<Option<[<$name RestorePayload>]>> {
                let target = $crate::api::noun::Target { id, expected: expected_version };
                let act = $crate::api::noun::Act::<[<$name UpdateInput>]>::Restore;
                Ok(Some($crate::api::noun::alter(context, target, act, automation).await?.into()))
            }
        }
    }};
}

/// The answer of a mutation of one record.
macro_rules! payload {
    ([$($doc:tt)*] $name:ident { $single:ident: $noun:ty }) => {
        #[doc = $($doc)*]
        #[derive(async_graphql::SimpleObject)]
        pub struct $name {
            /// The record as it is now; null where the mutation was refused.
            $single: Option<$noun>,
            /// Why the mutation was refused; empty where it was not.
            user_errors: Vec<$crate::api::payload::UserError>,
        }

        impl From<$crate::api::noun::Written<$noun>> for $name {
            fn from(written: $crate::api::noun::Written<$noun>) -> Self {
                let ($single, user_errors) = written.single();
                Self { $single, user_errors }
            }
        }
    };
}

/// The mutations that create an object's records, one or up to 1,000 at once.
macro_rules! creations {
    ($name:ident $single:ident $plural:ident) => { pastey::paste! {
        #[doc = concat!("What became of creating ", stringify!($plural), ".")]
        #[derive(async_graphql::SimpleObject)]
        pub struct [<$plural:camel CreatePayload>] {
            #[doc = concat!("The new ", stringify!($plural), ", in the order of the inputs; empty where they were refused.")]
            $plural: Vec<$name>,
            /// Why all of them were refused; empty where they were not.
            user_errors: Vec<$crate::api::payload::UserError>,
        }

        /// Creates the object's records.
        #[derive(Default)]
        pub struct [<$name Creations>];

        #[async_graphql::Object]
        impl [<$name Creations>] {
            #[doc = concat!("Creates a ", stringify!($single), ".")]
            async fn [<$single _create>](
                &self,
                context: &async_graphql::Context<'_>,
                #[graphql(desc = "Its values.")] input: [<$name CreateInput>],
                #[graphql(default, desc = "Whether the change starts workflows.")]
                automation: $crate::api::noun::Automation,
            ) -> $crate::api::error::Result<Option<[<$name CreatePayload>]>> {
                let paths = [vec!["input".to_owned()]];
                Ok(Some($crate::api::noun::create(context, vec![input], &paths, automation).await?.into()))
            }

            #[doc = concat!("Creates up to 1,000 ", stringify!($plural), ", all or none.")]
            async fn [<$plural _create>](
                &self,
                context: &async_graphql::Context<'_>,
                #[graphql(desc = "Their values.")] inputs: Vec<[<$name CreateInput>]>,
                #[graphql(default, desc = "Whether the changes start workflows.")]
                automation: $crate::api::noun::Automation,
            ) -> $crate::api::error::Result<Option<[<$plural:camel CreatePayload>]>> {
                let paths = $crate::api::noun::bulk_paths(inputs.len())?;
                let written = $crate::api::noun::create(context, inputs, &paths, automation).await?;
                Ok(Some([<$plural:camel CreatePayload>] { $plural: written.records, user_errors: written.errors }))
            }
        }
    }};
}

pub(super) use {creations, object, options, payload};
