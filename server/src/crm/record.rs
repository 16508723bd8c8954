//! One record in memory, whatever its object.

use std::sync::Arc;

use pointsman_entities::{
    ids::{RecordId, UserId},
    time::Timestamp,
};
use pointsman_graph::value::{self as expression};
use sea_orm::{DbErr, QueryResult};
use serde_json::{Map, Value as Json};

use super::{
    catalogue::currency_name,
    custom::stored,
    id,
    object::{self, Field, Kind, Object},
    value::{Money, Scaled, Value},
};

/// A record: its object, its id and a value for each of the object's fields, in their order.
#[derive(Clone, Debug)]
pub struct Record {
    pub object: Arc<Object>,
    pub id: RecordId,
    pub values: Vec<Value>,
    /// What `custom` holds of fields that the object does not have (any more, or yet): it is written back as it was read.
    pub hidden: Map<String, Json>,
    /// How many workflow-made changes led to the record's present state.
    pub depth: i64,
}

impl Record {
    /// The value of a field; null where the object has no such field.
    #[must_use]
    pub fn get(&self, field: &str) -> &Value {
        self.object
            .field(field)
            .and_then(|(index, _)| self.values.get(index))
            .unwrap_or(&Value::Null)
    }

    #[must_use]
    pub fn version(&self) -> i64 {
        self.system(object::VERSION).as_integer().unwrap_or_default()
    }

    #[must_use]
    pub fn owner(&self) -> Option<UserId> {
        self.system(object::OWNER).as_id().map(UserId::from)
    }

    #[must_use]
    pub fn team(&self) -> Option<RecordId> {
        self.system(object::TEAM).as_id()
    }

    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.system(object::CREATED_AT).as_time().unwrap_or_default()
    }

    #[must_use]
    pub fn is_deleted(&self) -> bool {
        !self.system(object::DELETED_AT).is_null()
    }

    /// The id as clients know it.
    #[must_use]
    pub fn global_id(&self) -> String {
        id::format(self.object.name, self.id)
    }

    /// The fields and their values.
    pub fn fields(&self) -> impl Iterator<Item = (&Field, &Value)> {
        self.object.fields.iter().zip(&self.values)
    }

    /// One field as an expression sees it; none where the object has no such field.
    #[must_use]
    pub fn expression_field(&self, name: &str) -> Option<expression::Value> {
        if name == "id" {
            return Some(expression::Value::text(self.global_id()));
        }
        if let Some((index, field)) = self.object.field(name) {
            return self.values.get(index).map(|value| value.to_expression(field));
        }
        let money = self
            .fields()
            .find(|(field, _)| field.kind == Kind::Money && currency_name(field) == name);
        money.map(|(_, value)| match value {
            Value::Money(money) => expression::Value::text(money.currency.code()),
            _ => expression::Value::Null,
        })
    }

    /// The whole record as an expression sees it.
    #[must_use]
    pub fn to_expression(&self) -> expression::Value {
        let id = ("id".to_owned(), expression::Value::text(self.global_id()));
        let fields = self.fields().flat_map(|(field, value)| {
            let currency = (field.kind == Kind::Money).then(|| currency_name(field));
            let currency = currency.and_then(|name| Some((self.expression_field(&name)?, name)));
            [(field.name.to_owned(), value.to_expression(field))]
                .into_iter()
                .chain(currency.map(|(value, name)| (name, value)))
        });
        expression::Value::map([id].into_iter().chain(fields))
    }

    /// The record as it stands in logs and snapshots.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut json = Map::with_capacity(self.values.len() + 1);
        json.insert("id".into(), self.global_id().into());
        json.extend(
            self.fields()
                .map(|(field, value)| (field.name.to_owned(), value.to_json(field))),
        );
        Json::Object(json)
    }

    /// Reads what [`Record::to_json`] wrote. A field that is missing there is empty: it is younger than the snapshot.
    #[must_use]
    pub fn from_json(object: &Arc<Object>, json: &Json) -> Option<Self> {
        let id = id::parse(object.name, json.get("id")?.as_str()?)?;
        let value = |field: &Field| {
            json.get(field.name)
                .map_or(Some(Value::Null), |json| Value::from_json(json, field))
        };
        let values = object.fields.iter().map(value).collect::<Option<_>>()?;
        Some(Self {
            object: Arc::clone(object),
            id,
            values,
            hidden: Map::new(),
            depth: 0,
        })
    }

    /// The values of the custom fields by their keys, as the `custom` column holds them.
    #[must_use]
    pub fn custom(&self) -> Map<String, Json> {
        let custom = self.fields().filter(|(field, _)| field.custom.is_some());
        let given = custom.filter_map(|(field, value)| Some((field.name.to_owned(), stored::write(value)?)));
        self.hidden.clone().into_iter().chain(given).collect()
    }

    /// The same record by another definition of its object.
    #[must_use]
    pub fn under(self: &Arc<Self>, object: &Arc<Object>) -> Arc<Self> {
        if Arc::ptr_eq(&self.object, object) {
            return Arc::clone(self);
        }
        let mut hidden = self.custom();
        let value = |field: &Field| match field.custom {
            None => self.get(field.name).clone(),
            Some(_) => hidden
                .remove(field.name)
                .and_then(|json| stored::read(&json, &field.kind))
                .unwrap_or(Value::Null),
        };
        Arc::new(Self {
            values: object.fields.iter().map(value).collect(),
            object: Arc::clone(object),
            id: self.id,
            hidden,
            depth: self.depth,
        })
    }

    /// Reads a row of the columns `id`, the object's columns in their order, `custom` and `depth`.
    ///
    /// # Errors
    /// Where a column does not hold what its field says.
    pub fn from_row(object: &Arc<Object>, row: &QueryResult) -> Result<Self, DbErr> {
        let mut columns = Columns { row, next: 0 };
        let id = RecordId(columns.required()?);
        let (core, custom) = object.split();
        let mut values: Vec<Value> = core
            .iter()
            .map(|field| columns.value(field))
            .collect::<Result<_, _>>()?;
        let text: String = columns.required()?;
        let damaged = |what: &str| DbErr::Type(format!("{} {}: custom: {what}", object.table, id.0));
        let mut hidden: Map<String, Json> = serde_json::from_str(&text).map_err(|error| damaged(&error.to_string()))?;
        for field in custom {
            let json = hidden.remove(field.name).unwrap_or(Json::Null);
            values.push(stored::read(&json, &field.kind).ok_or_else(|| damaged(field.name))?);
        }
        Ok(Self {
            object: Arc::clone(object),
            id,
            values,
            hidden,
            depth: columns.required()?,
        })
    }

    fn system(&self, index: usize) -> &Value {
        self.values.get(index).unwrap_or(&Value::Null)
    }
}

/// Reads a row's columns one after the other.
struct Columns<'a> {
    row: &'a QueryResult,
    next: usize,
}

impl Columns<'_> {
    fn value(&mut self, field: &Field) -> Result<Value, DbErr> {
        Ok(match &field.kind {
            Kind::Integer { .. } => self.optional()?.map_or(Value::Null, Value::Integer),
            Kind::Decimal { scale } => self
                .optional()?
                .map_or(Value::Null, |units| Value::Decimal(Scaled { units, scale: *scale })),
            Kind::MultiSelect { .. } => {
                let text: Option<String> = self.optional()?;
                Value::choices(text.iter().flat_map(|text| stored::choices(text)))
            }
            Kind::Boolean => self.optional()?.map_or(Value::Null, Value::Bool),
            Kind::Date | Kind::DateTime => self
                .optional()?
                .map_or(Value::Null, |time| Value::Time(Timestamp(time))),
            Kind::Reference { .. } => self.optional()?.map_or(Value::Null, |id| Value::Id(RecordId(id))),
            Kind::Money => match (self.optional()?, self.optional::<String>()?) {
                (Some(minor), Some(code)) => Value::Money(Money {
                    minor,
                    currency: currency(&code)?,
                }),
                _ => Value::Null,
            },
            Kind::Text { .. }
            | Kind::Email
            | Kind::Phone
            | Kind::Url
            | Kind::Domain
            | Kind::TimeZone
            | Kind::Country
            | Kind::Select { .. } => self.optional::<String>()?.map_or(Value::Null, Value::text),
        })
    }

    fn optional<T: sea_orm::TryGetable>(&mut self) -> Result<Option<T>, DbErr> {
        self.next += 1;
        self.row.try_get_by_index(self.next - 1)
    }

    fn required<T: sea_orm::TryGetable>(&mut self) -> Result<T, DbErr> {
        self.next += 1;
        self.row.try_get_by_index(self.next - 1)
    }
}

fn currency(code: &str) -> Result<iso_currency::Currency, DbErr> {
    iso_currency::Currency::from_code(code).ok_or_else(|| DbErr::Type(format!("`{code}` is no ISO 4217 currency")))
}
