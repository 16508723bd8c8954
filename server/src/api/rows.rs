//! Pages of what is no record, such as workflows and runs, in the same shape as pages of records.

use std::borrow::Cow;

use async_graphql::{Context, Object, OutputType, SimpleObject, TypeName};
use futures_util::future::BoxFuture;
use sea_orm::IdenStatic;

use super::{
    connection::{PageInfo, Slice},
    error::{Error, Result},
};
use crate::store::{
    self,
    page::{self, Page, Place},
};

/// A page of things.
pub struct RowConnection<T> {
    rows: Vec<(Place, T)>,
    has_previous: bool,
    has_next: bool,
    count: Count,
}

/// How the things are counted, where somebody asks.
pub type Count = Box<dyn Fn() -> BoxFuture<'static, std::result::Result<u64, store::Error>> + Send + Sync>;

impl<T> RowConnection<T> {
    /// The page that was found.
    pub fn new<M>(page: Page<M>, show: impl Fn(M) -> T, count: Count) -> Self {
        let rows = page.rows.into_iter().map(|(place, row)| (place, show(row)));
        Self {
            rows: rows.collect(),
            has_previous: page.has_previous,
            has_next: page.has_next,
            count,
        }
    }
}

/// A page of things.
#[Object(name_type)]
impl<T: OutputType + Clone> RowConnection<T> {
    /// The things with their cursors.
    async fn edges(&self) -> Vec<RowEdge<T>> {
        let edge = |(place, row): &(Place, T)| RowEdge {
            cursor: place.text(),
            node: row.clone(),
        };
        self.rows.iter().map(edge).collect()
    }

    /// The things.
    async fn nodes(&self) -> Vec<T> {
        self.rows.iter().map(|(_, row)| row.clone()).collect()
    }

    /// Where this page stands.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.has_next,
            has_previous_page: self.has_previous,
            start_cursor: self.rows.first().map(|(place, _)| place.text()),
            end_cursor: self.rows.last().map(|(place, _)| place.text()),
        }
    }

    /// How many there are on all pages. Counted only where it is asked for.
    async fn total_count(&self, _context: &Context<'_>) -> Result<i32> {
        Ok(i32::try_from((self.count)().await?).unwrap_or(i32::MAX))
    }
}

impl<T: OutputType> TypeName for RowConnection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

/// One of a page.
#[derive(SimpleObject)]
#[graphql(name_type)]
pub struct RowEdge<T: OutputType> {
    /// Its place, for `after` and `before`.
    cursor: String,
    /// What stands there.
    node: T,
}

impl<T: OutputType> TypeName for RowEdge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}PageEdge", T::type_name()).into()
    }
}

impl Slice {
    /// The part of rows in the order of a column.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` where both directions are asked for, a size is out of range, or a cursor is another order's.
    pub fn rows<C: IdenStatic>(&self, column: C) -> Result<page::Slice> {
        let (size, backward, cursor) = self.part()?;
        let read = |text: &String| {
            let other = || Error::input("This cursor was not made for this order.");
            Place::parse(text, column).ok_or_else(other)
        };
        Ok(page::Slice {
            size,
            backward,
            from: cursor.map(read).transpose()?,
        })
    }
}
