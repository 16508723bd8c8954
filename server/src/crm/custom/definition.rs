//! Definitions as rows, and the catalogue that they make of the core objects.

use std::{collections::HashMap, sync::Arc};

use pointsman_entities::{custom_field, custom_object, epoch};
use sea_orm::{DbBackend, DbErr, EntityTrait, QueryOrder};
use serde::{Deserialize, Serialize};

use super::{EPOCH, sql};
use crate::{
    crm::{
        catalogue::Catalogue,
        object::{self, CUSTOM, Custom, Field, Kind, LONG, Object, SHORT, name},
    },
    store::{self, Store},
};

/// What a custom field holds. Never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    Text,
    LongText,
    Integer,
    Decimal,
    Boolean,
    Date,
    DateTime,
    Select,
    MultiSelect,
    Email,
    Phone,
    Url,
    Reference,
}

/// Each type with its name.
const TYPES: [(Type, &str); 13] = [
    (Type::Text, "TEXT"),
    (Type::LongText, "LONG_TEXT"),
    (Type::Integer, "INTEGER"),
    (Type::Decimal, "DECIMAL"),
    (Type::Boolean, "BOOLEAN"),
    (Type::Date, "DATE"),
    (Type::DateTime, "DATE_TIME"),
    (Type::Select, "SELECT"),
    (Type::MultiSelect, "MULTI_SELECT"),
    (Type::Email, "EMAIL"),
    (Type::Phone, "PHONE"),
    (Type::Url, "URL"),
    (Type::Reference, "REFERENCE"),
];

/// One option of a choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// UPPER_CASE. Never changes.
    pub key: String,
    /// What people see.
    pub label: String,
    /// Records keep it, and no record is given it any more.
    pub retired: bool,
}

/// All definitions as they were at one epoch.
#[derive(Clone, Debug)]
pub struct Definitions {
    pub epoch: i64,
    pub backend: DbBackend,
    pub objects: Vec<custom_object::Model>,
    pub fields: Vec<custom_field::Model>,
}

impl Type {
    /// The type as it is stored and shown.
    #[must_use]
    pub fn text(self) -> &'static str {
        TYPES
            .iter()
            .find(|(known, _)| *known == self)
            .map_or("", |(_, text)| text)
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        TYPES.iter().find(|(_, known)| *known == text).map(|(known, _)| *known)
    }

    /// Whether its values are short texts, numbers or ids, by which records can be told apart.
    #[must_use]
    pub fn can_be_unique(self) -> bool {
        self.can_be_indexed() && self != Self::Boolean
    }

    /// Whether an index can hold its values and is of use.
    #[must_use]
    pub fn can_be_indexed(self) -> bool {
        !matches!(self, Self::LongText | Self::MultiSelect)
    }

    /// Whether its values are options.
    #[must_use]
    pub fn is_choice(self) -> bool {
        matches!(self, Self::Select | Self::MultiSelect)
    }
}

impl Definitions {
    /// The definitions as the database has them now.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn load(store: &Store) -> Result<Self, store::Error> {
        let reads = store.reads();
        // The epoch is read first: what is defined after it raises it, and the guard will tell.
        let epoch = current_epoch(store).await?;
        let objects = custom_object::Entity::find()
            .order_by_asc(custom_object::Column::Position)
            .order_by_asc(custom_object::Column::Id);
        let fields = custom_field::Entity::find()
            .order_by_asc(custom_field::Column::Position)
            .order_by_asc(custom_field::Column::Id);
        Ok(Self {
            epoch,
            backend: reads.get_database_backend(),
            objects: objects.all(reads).await?,
            fields: fields.all(reads).await?,
        })
    }

    /// The core objects and those that are defined, with all their fields; without what is retired.
    ///
    /// # Errors
    /// Where a definition holds what nobody defines.
    pub fn catalogue(&self) -> Result<Catalogue, DbErr> {
        let mut objects = object::core();
        let live = self.objects.iter().filter(|row| !row.retired);
        objects.extend(live.map(|row| Object::defined(row.id, &row.key, row.label.clone(), row.description.clone())));
        let places: HashMap<&str, usize> = (0..)
            .zip(&objects)
            .map(|(place, object)| (object.name, place))
            .collect();
        for row in self.fields.iter().filter(|row| !row.retired) {
            let object = places
                .get(row.object.as_str())
                .and_then(|place| objects.get_mut(*place));
            if let Some(object) = object {
                let field = field(row, self.backend, object.table)?;
                object.fields.push(field);
            }
        }
        Ok(Catalogue::of(self.epoch, objects))
    }
}

/// The epoch of the definitions as the database has it.
///
/// # Errors
/// Where the database fails.
pub async fn current_epoch(store: &Store) -> Result<i64, store::Error> {
    let epoch = epoch::Entity::find_by_id(EPOCH.to_owned()).one(store.reads()).await?;
    Ok(epoch.map_or(0, |epoch| epoch.value))
}

/// The options of a choice.
///
/// # Errors
/// Where they are no list of options.
pub fn choices(row: &custom_field::Model) -> Result<Vec<Choice>, DbErr> {
    serde_json::from_str(&row.options).map_err(|error| damaged(row, &error.to_string()))
}

/// The type of a defined field.
///
/// # Errors
/// Where there is no such type.
pub fn kind_of(row: &custom_field::Model) -> Result<Type, DbErr> {
    Type::parse(&row.kind).ok_or_else(|| damaged(row, "no type"))
}

/// The field that a row defines, on the object whose records are in that table.
///
/// # Errors
/// Where the row holds what nobody defines.
pub fn field(row: &custom_field::Model, backend: DbBackend, table: &str) -> Result<Field, DbErr> {
    let choices = choices(row)?;
    let kind = kind(row, &choices)?;
    let retired = choices.iter().filter(|choice| choice.retired);
    let custom = Custom {
        id: row.id,
        label: Arc::from(row.label.as_str()),
        sql: sql::expression(backend, table, &row.key, &kind).into(),
        retired: retired.map(|choice| name(&choice.key)).collect(),
        indexed: row.index_state == "READY",
    };
    Ok(Field {
        name: name(&row.key),
        column: CUSTOM,
        custom: Some(custom),
        kind,
        doc: row.description.clone().into(),
        required: row.required,
        system: false,
        derived: false,
        default: row.initial.clone().map(Into::into),
        unique: row.distinct,
    })
}

fn kind(row: &custom_field::Model, choices: &[Choice]) -> Result<Kind, DbErr> {
    let options = || {
        choices
            .iter()
            .map(|choice| name(&choice.key))
            .collect::<Vec<_>>()
            .into()
    };
    let scale = || row.scale.and_then(|scale| u32::try_from(scale).ok());
    Ok(match kind_of(row)? {
        Type::Text => Kind::Text { max: SHORT },
        Type::LongText => Kind::Text { max: LONG },
        Type::Integer => Kind::Integer {
            min: i64::MIN,
            max: i64::MAX,
        },
        Type::Decimal => Kind::Decimal {
            scale: scale().ok_or_else(|| damaged(row, "no scale"))?,
        },
        Type::Boolean => Kind::Boolean,
        Type::Date => Kind::Date,
        Type::DateTime => Kind::DateTime,
        Type::Select => Kind::Select { options: options() },
        Type::MultiSelect => Kind::MultiSelect { options: options() },
        Type::Email => Kind::Email,
        Type::Phone => Kind::Phone,
        Type::Url => Kind::Url,
        Type::Reference => Kind::Reference {
            object: name(row.target.as_deref().ok_or_else(|| damaged(row, "no target"))?),
        },
    })
}

fn damaged(row: &custom_field::Model, what: &str) -> DbErr {
    DbErr::Type(format!("custom_field {}: {what}", row.id.0))
}
