//! Pages of records as Relay's Cursor Connections (<https://relay.dev/graphql/connections.htm>), in both directions.

use std::{borrow::Cow, marker::PhantomData, sync::Arc};

use async_graphql::{Context, Enum, Object, SimpleObject, TypeName};
use serde::{Deserialize, Serialize};

use super::{
    caller::{caller, part},
    custom::custom_field,
    error::{Error, Result},
    noun::Noun,
};
use crate::crm::{
    Crm, Record,
    object::Object as Kind,
    query::{Found, Page, Query, Sort},
};

/// Records of a page where its size isn't given.
const DEFAULT: u64 = 25;
/// Records of the largest page.
const LARGEST: i32 = 100;

/// Which part of the records a client asks for.
#[derive(Debug, Default)]
pub struct Slice {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

/// Which way an order runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Direction {
    /// Smallest, or earliest, first.
    #[default]
    Asc,
    /// Greatest, or latest, first.
    Desc,
}

/// Where records whose field is empty stand in an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum Nulls {
    /// Before all others.
    First,
    /// After all others.
    #[default]
    Last,
}

/// One key of an order.
#[derive(Clone, Debug)]
pub struct Order {
    /// The field's name in the catalogue.
    pub field: Option<&'static str>,
    /// The key of a custom field, in its place.
    pub custom: Option<String>,
    pub direction: Direction,
    pub nulls: Nulls,
}

impl Order {
    /// The key as queries take it.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` unless it names one field that the object has.
    pub fn sort(self, object: &Kind) -> Result<Sort> {
        let field = match (self.field, &self.custom) {
            (Some(name), None) => object.field(name).map(|(field, _)| field),
            (None, Some(key)) => Some(custom_field(object, key)?.0),
            (Some(_), Some(_)) | (None, None) => None,
        };
        let field = field.ok_or_else(|| Error::input("A key of an order names one field: `field` or `custom`."))?;
        Ok(Sort {
            field,
            descending: self.direction == Direction::Desc,
            nulls_first: self.nulls == Nulls::First,
        })
    }
}

impl Slice {
    /// The page of a query.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` where both directions are asked for, a size is out of range, or a cursor is another order's.
    pub fn page(&self, query: &Query) -> Result<Page> {
        let (size, backward, cursor) = self.part()?;
        let read = |text: &String| {
            let other = || Error::input("This cursor was not made for this order.");
            query.parse_cursor(text).ok_or_else(other)
        };
        Ok(Page {
            size,
            backward,
            from: cursor.map(read).transpose()?,
        })
    }

    /// How many, whether from the end, and behind which cursor.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` where both directions are asked for, or a size is out of range.
    pub fn part(&self) -> Result<(u64, bool, Option<&String>)> {
        let forward = self.first.is_some() || self.after.is_some();
        let backward = self.last.is_some() || self.before.is_some();
        if forward && backward {
            return Err(Error::input("Give `first` and `after`, or `last` and `before`."));
        }
        let (size, cursor) = if backward {
            (self.last, &self.before)
        } else {
            (self.first, &self.after)
        };
        Ok((size.map_or(Ok(DEFAULT), page_size)?, backward, cursor.as_ref()))
    }
}

/// A page's size as a client gave it.
///
/// # Errors
/// `BAD_USER_INPUT` where it is out of range.
pub fn page_size(size: i32) -> Result<u64> {
    u64::try_from(size)
        .ok()
        .filter(|_| size <= LARGEST)
        .ok_or_else(|| Error::input(format!("A page has 0 to {LARGEST} records.")))
}

/// A page of records.
pub struct Connection<T> {
    pub query: Query,
    pub found: Found,
    noun: PhantomData<fn() -> T>,
}

impl<T> Connection<T> {
    /// The page that was found for a query.
    pub fn new(query: Query, found: Found) -> Self {
        Self {
            query,
            found,
            noun: PhantomData,
        }
    }

    fn cursor(&self, record: &Record) -> String {
        self.query.cursor_text(&self.query.cursor(record))
    }
}

/// A page of records.
#[Object(name_type)]
impl<T: Noun> Connection<T> {
    /// The records with their cursors.
    async fn edges(&self) -> Vec<Edge<T>> {
        let edge = |record: &Arc<Record>| Edge {
            cursor: self.cursor(record),
            node: T::from(Arc::clone(record)),
        };
        self.found.records.iter().map(edge).collect()
    }

    /// The records.
    async fn nodes(&self) -> Vec<T> {
        self.found
            .records
            .iter()
            .map(|record| T::from(Arc::clone(record)))
            .collect()
    }

    /// Where this page stands.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.found.has_next,
            has_previous_page: self.found.has_previous,
            start_cursor: self.found.records.first().map(|record| self.cursor(record)),
            end_cursor: self.found.records.last().map(|record| self.cursor(record)),
        }
    }

    /// How many records there are on all pages. Counted only where it is asked for.
    async fn total_count(&self, context: &Context<'_>) -> Result<i32> {
        let count = part::<Crm>(context)?
            .count(caller(context)?.access(), &self.query)
            .await?;
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }
}

impl<T: Noun> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

/// A record on a page.
#[derive(SimpleObject)]
#[graphql(name_type)]
pub struct Edge<T: Noun> {
    /// The record's place, for `after` and `before`.
    cursor: String,
    /// The record.
    node: T,
}

impl<T: Noun> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::type_name()).into()
    }
}

/// Where a page stands among all pages.
#[derive(Debug, Default, SimpleObject)]
pub struct PageInfo {
    /// Whether there are records behind this page.
    pub has_next_page: bool,
    /// Whether there are records before this page.
    pub has_previous_page: bool,
    /// The cursor of the first record.
    pub start_cursor: Option<String>,
    /// The cursor of the last record.
    pub end_cursor: Option<String>,
}
