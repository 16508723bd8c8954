//! Pages of rows in the order of one column, equals told apart by id: keyset paging, in both directions.
//!
//! For tables that are no records; those have their own, with access, in `crm::query`.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sea_orm::{EntityTrait, IdenStatic, ModelTrait, Select, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Error, Store};

/// The order of a page.
#[derive(Clone, Copy, Debug)]
pub struct Order<C> {
    /// Never null.
    pub column: C,
    /// The primary key, a UUID.
    pub id: C,
    pub descending: bool,
}

/// Which part of the rows.
#[derive(Clone, Debug, Default)]
pub struct Slice {
    pub size: u64,
    /// Counts from the end.
    pub backward: bool,
    /// Rows behind this place, in the direction of reading.
    pub from: Option<Place>,
}

/// A row's place in an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place(String, Key, Uuid);

/// A value of the column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Key {
    Number(i64),
    Text(String),
}

/// Rows with their places.
#[derive(Debug)]
pub struct Page<M> {
    pub rows: Vec<(Place, M)>,
    pub has_previous: bool,
    pub has_next: bool,
}

impl Place {
    /// The place as an opaque cursor.
    #[must_use]
    pub fn text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads what [`Place::text`] wrote for an order by the same column.
    #[must_use]
    pub fn parse<C: IdenStatic>(text: &str, column: C) -> Option<Self> {
        let place: Self = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        (place.0 == column.as_str()).then_some(place)
    }

    fn of<E: EntityTrait>(row: &E::Model, order: &Order<E::Column>) -> Option<Self> {
        let key = match row.get(order.column) {
            Value::BigInt(Some(number)) => Key::Number(number),
            Value::String(Some(text)) => Key::Text(text),
            _ => return None,
        };
        match row.get(order.id) {
            Value::Uuid(Some(id)) => Some(Self(order.column.as_str().to_owned(), key, id)),
            _ => None,
        }
    }

    fn values(&self) -> (Value, Value) {
        let key = match &self.1 {
            Key::Number(number) => (*number).into(),
            Key::Text(text) => text.clone().into(),
        };
        (key, self.2.into())
    }
}

impl Store {
    /// A page of the selected rows.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn page<E>(
        &self,
        select: Select<E>,
        order: &Order<E::Column>,
        slice: &Slice,
    ) -> Result<Page<E::Model>, Error>
    where
        E: EntityTrait,
        E::Model: Sync,
    {
        let mut cursor = select.cursor_by((order.column, order.id));
        if order.descending {
            cursor.desc();
        }
        match (slice.from.as_ref().map(Place::values), slice.backward) {
            (Some(place), false) => cursor.after(place),
            (Some(place), true) => cursor.before(place),
            (None, _) => &mut cursor,
        };
        match slice.backward {
            true => cursor.last(slice.size + 1),
            false => cursor.first(slice.size + 1),
        };
        let mut rows = cursor.all(self.reads()).await?;
        let more = rows.len() as u64 > slice.size;
        if more {
            rows.remove(if slice.backward { 0 } else { rows.len() - 1 });
        }
        let passed = slice.from.is_some();
        let (has_previous, has_next) = if slice.backward { (more, passed) } else { (passed, more) };
        let placed = |row| Some((Place::of::<E>(&row, order)?, row));
        Ok(Page {
            rows: rows.into_iter().filter_map(placed).collect(),
            has_previous,
            has_next,
        })
    }
}
