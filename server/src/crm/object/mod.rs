//! What kinds of records there are: objects and their fields. One core object a file; the table is in `docs/objects.md`.
//!
//! Describes only. Reading and writing records is the business of `query` and `write`.

mod company;
mod contact;
mod deal;
mod message;
mod name;
mod note;
mod pipeline;
mod stage;
mod task;
mod team;
mod user;

use std::{borrow::Cow, sync::Arc};

use pointsman_entities::ids::{CustomFieldId, CustomObjectId};
use sea_orm::sea_query::{Alias, Expr};

pub use name::name;

/// The table of the records of all objects that administrators have defined.
pub const RECORDS: &str = "record";

/// The column in which the values of custom fields stand.
pub const CUSTOM: &str = "custom";

/// A kind of record.
#[derive(Debug)]
pub struct Object {
    /// The name in the API and in expressions; also the prefix of its ids.
    pub name: &'static str,
    /// What people see, such as `Company`.
    pub label: Cow<'static, str>,
    pub doc: Cow<'static, str>,
    /// Where its records are.
    pub table: &'static str,
    /// What tells its records from others of the table, where an administrator has defined it.
    pub custom: Option<CustomObjectId>,
    /// The system's fields first, see [`OWNER`] and its neighbours, then the object's own, then those that administrators
    /// have defined.
    pub fields: Vec<Field>,
    /// Whether workflows may create and change its records.
    pub automatable: bool,
}

/// One field of an object.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    /// The column, or the first one of two; [`CUSTOM`] for a custom field.
    pub column: &'static str,
    /// What an administrator has said of it; none for a core field.
    pub custom: Option<Custom>,
    pub kind: Kind,
    pub doc: Cow<'static, str>,
    /// Never empty: a new record must be given it unless it has a default.
    pub required: bool,
    /// Only the system writes it.
    pub system: bool,
    /// The system fills it where a new record isn't given it.
    pub derived: bool,
    pub default: Option<Cow<'static, str>>,
    /// No two records that aren't deleted have the same value.
    pub unique: bool,
}

/// What makes a field a custom one.
#[derive(Debug)]
pub struct Custom {
    pub id: CustomFieldId,
    /// What people see.
    pub label: Arc<str>,
    /// Its value as an expression of the database that it is kept in, of the same type as a core field's column.
    pub sql: Arc<str>,
    /// Options that no record is given any more.
    pub retired: Vec<&'static str>,
    /// Whether an index holds the values, so that they can be ordered by it.
    pub indexed: bool,
}

/// The options of a choice, UPPER_CASE, in the order in which people see them.
pub type Options = Cow<'static, [&'static str]>;

/// What a field holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text of at most so many characters.
    Text {
        max: usize,
    },
    Email,
    Phone,
    Url,
    /// A host name without `www.`.
    Domain,
    /// An IANA time zone.
    TimeZone,
    /// ISO 3166-1 alpha-2.
    Country,
    Integer {
        min: i64,
        max: i64,
    },
    Boolean,
    /// One of the options, UPPER_CASE.
    Select {
        options: Options,
    },
    /// Any number of the options.
    MultiSelect {
        options: Options,
    },
    /// An exact number with so many decimal places.
    Decimal {
        scale: u32,
    },
    Date,
    DateTime,
    Reference {
        object: &'static str,
    },
    /// Two columns: the field's own for the minor units, `<stem>_currency` for the code.
    Money,
}

/// Where the system's fields stand in every object's list of fields and every record's list of values.
pub const OWNER: usize = 0;
pub const TEAM: usize = 1;
pub const VERSION: usize = 2;
pub const CREATED_AT: usize = 3;
pub const CREATED_BY: usize = 4;
pub const UPDATED_AT: usize = 5;
pub const UPDATED_BY: usize = 6;
pub const DELETED_AT: usize = 7;

pub const SHORT: usize = 255;
pub const LONG: usize = 65_536;

/// All core objects.
#[must_use]
pub fn core() -> Vec<Object> {
    vec![
        user::object(),
        team::object(),
        company::object(),
        contact::object(),
        pipeline::object(),
        stage::object(),
        deal::object(),
        task::object(),
        note::object(),
        message::object(),
    ]
}

impl Object {
    fn new(name: &'static str, label: &'static str, doc: &'static str) -> Self {
        Self {
            name,
            label: label.into(),
            doc: doc.into(),
            table: name,
            custom: None,
            fields: system_fields(),
            automatable: true,
        }
    }

    /// Only administrators change its records.
    fn administrative(mut self) -> Self {
        self.automatable = false;
        self
    }

    fn with(mut self, fields: impl IntoIterator<Item = Field>) -> Self {
        self.fields.extend(fields);
        self
    }

    /// The core fields, and the custom ones, which stand behind them.
    #[must_use]
    pub fn split(&self) -> (&[Field], &[Field]) {
        self.fields
            .split_at(self.fields.partition_point(|field| field.custom.is_none()))
    }

    /// The field of that name and its place.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<(usize, &Field)> {
        self.fields.iter().enumerate().find(|(_, field)| field.name == name)
    }

    /// Whether a role may hide the field at that place: what is never empty or tells whose a record is can't be missing.
    #[must_use]
    pub fn can_hide(&self, index: usize) -> bool {
        let field = self.fields.get(index);
        index > DELETED_AT && field.is_some_and(|field| !field.required && !field.system)
    }

    /// An object that an administrator has defined.
    #[must_use]
    pub fn defined(id: CustomObjectId, key: &str, label: String, doc: String) -> Self {
        Self {
            name: name(key),
            label: label.into(),
            doc: doc.into(),
            table: RECORDS,
            custom: Some(id),
            fields: system_fields(),
            automatable: true,
        }
        .with([text("name", "name", "What the record is called.").required()])
    }

    /// The names of the columns of all core fields, in the order in which records are read.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().flat_map(Field::columns)
    }
}

impl Field {
    fn new(name: &'static str, column: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self {
            name,
            column,
            custom: None,
            kind,
            doc: doc.into(),
            required: false,
            system: false,
            derived: false,
            default: None,
            unique: false,
        }
    }

    fn required(mut self) -> Self {
        self.required = true;
        self
    }

    fn system(mut self) -> Self {
        self.system = true;
        self
    }

    fn derived(mut self) -> Self {
        self.derived = true;
        self.required()
    }

    fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// The value that a new record has where none is given; the field is never empty.
    fn default(mut self, value: &'static str) -> Self {
        self.default = Some(value.into());
        self.required()
    }

    /// Whether it is a choice with that option.
    #[must_use]
    pub fn has_option(&self, option: &str) -> bool {
        matches!(&self.kind, Kind::Select { options } if options.contains(&option))
    }

    /// The field's own columns: two for money, none for a custom field, one for all others.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        let currency = matches!(self.kind, Kind::Money).then_some("amount_currency");
        let own = self.custom.is_none().then_some(self.column);
        own.into_iter().chain(currency)
    }

    /// The field's value in a statement that knows the table by this name.
    #[must_use]
    pub fn expr(&self, table: &str) -> Expr {
        match &self.custom {
            Some(custom) => Expr::cust(custom.sql.to_string()),
            None => Expr::col((Alias::new(table), Alias::new(self.column))),
        }
    }
}

impl Kind {
    /// Whether values are texts that people write, so that text tests make sense.
    #[must_use]
    pub fn is_text(&self) -> bool {
        match self {
            Self::Text { .. }
            | Self::Email
            | Self::Phone
            | Self::Url
            | Self::Domain
            | Self::TimeZone
            | Self::Country
            | Self::Select { .. } => true,
            Self::Integer { .. }
            | Self::Decimal { .. }
            | Self::MultiSelect { .. }
            | Self::Boolean
            | Self::Date
            | Self::DateTime
            | Self::Reference { .. }
            | Self::Money => false,
        }
    }
}

fn system_fields() -> Vec<Field> {
    vec![
        reference(
            "owner",
            "owner_id",
            "user",
            "The user who is responsible for the record.",
        ),
        reference("team", "team_id", "team", "The team that the record belongs to."),
        integer("version", "version", 1, i64::MAX, "Counts the record's changes from 1.")
            .required()
            .system(),
        date_time("createdAt", "created_at", "When the record was created.")
            .required()
            .system(),
        reference(
            "createdBy",
            "created_by",
            "user",
            "Who created it; empty for keys without an owner.",
        )
        .system(),
        date_time("updatedAt", "updated_at", "When the record was last changed.")
            .required()
            .system(),
        reference("updatedBy", "updated_by", "user", "Who changed it last.").system(),
        date_time("deletedAt", "deleted_at", "When the record was put into the bin.").system(),
    ]
}

fn text(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    Field::new(name, column, Kind::Text { max: SHORT }, doc)
}

fn long_text(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    Field::new(name, column, Kind::Text { max: LONG }, doc)
}

fn integer(name: &'static str, column: &'static str, min: i64, max: i64, doc: &'static str) -> Field {
    Field::new(name, column, Kind::Integer { min, max }, doc)
}

fn boolean(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    Field::new(name, column, Kind::Boolean, doc).default("false")
}

fn select(name: &'static str, column: &'static str, options: &'static [&'static str], doc: &'static str) -> Field {
    let options = options.into();
    Field::new(name, column, Kind::Select { options }, doc)
}

fn date_time(name: &'static str, column: &'static str, doc: &'static str) -> Field {
    Field::new(name, column, Kind::DateTime, doc)
}

fn reference(name: &'static str, column: &'static str, object: &'static str, doc: &'static str) -> Field {
    Field::new(name, column, Kind::Reference { object }, doc)
}
