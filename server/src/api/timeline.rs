//! The history of one record, from the change log.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{
    caller::{caller, part},
    connection::{PageInfo, page_size},
    error::{Error, Result},
    noun::Noun,
    object::User,
    scalar::{DateTime, Json},
};
use crate::crm::{Crm, change, history, id};

/// Changes of a page where its size isn't given.
const DEFAULT: u64 = 25;

/// What happened to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "change::Operation")]
pub enum ChangeOperation {
    /// It was created.
    Created,
    /// Some of its fields were changed.
    Updated,
    /// It was put into the bin.
    Deleted,
    /// It was taken out of the bin.
    Restored,
}

/// One committed change of one record.
pub struct Change(history::Entry);

/// One committed change of one record.
#[Object]
impl Change {
    /// What happened.
    async fn operation(&self) -> ChangeOperation {
        self.0.operation.into()
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// The version of the record after it.
    async fn version(&self) -> i32 {
        i32::try_from(self.0.version).unwrap_or(i32::MAX)
    }

    /// The fields that changed.
    async fn fields(&self) -> Vec<FieldChange> {
        let change = |field: &history::FieldChange| FieldChange {
            field: field.field.to_owned(),
            before: field.before.clone().map(Json),
            after: field.after.clone().map(Json),
        };
        self.0.fields.iter().map(change).collect()
    }

    /// Who did it: `user_…`, `key_…` or `system`.
    async fn actor(&self) -> &str {
        &self.0.actor
    }

    /// The user who did it; null where it was a key or the system.
    async fn user(&self, context: &Context<'_>) -> Result<Option<User>> {
        match id::parse(User::OBJECT, &self.0.actor) {
            Some(id) => Ok(caller(context)?.record(User::OBJECT, id).await?.map(User::from)),
            None => Ok(None),
        }
    }

    /// Why: `request`, or the run and the node that did it as `run_…/node`.
    async fn cause(&self) -> &str {
        &self.0.cause
    }
}

/// One field before and after a change.
#[derive(SimpleObject)]
pub struct FieldChange {
    /// The field's name.
    pub field: String,
    /// What it held; null where it was empty.
    pub before: Option<Json>,
    /// What it holds since; null where it is empty.
    pub after: Option<Json>,
}

/// A page of a record's history, the newest change first.
#[derive(SimpleObject)]
pub struct ChangeConnection {
    /// The changes with their cursors.
    edges: Vec<ChangeEdge>,
    /// Where this page stands.
    page_info: PageInfo,
}

/// A change on a page.
#[derive(SimpleObject)]
pub struct ChangeEdge {
    /// The change's place, for `after`.
    cursor: String,
    /// The change.
    node: Change,
}

/// Reads histories.
#[derive(Default)]
pub struct TimelineQueries;

#[Object]
impl TimelineQueries {
    /// What happened to a record, the newest change first; null where there is no such record, or it may not be known.
    async fn timeline(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id of the record.")] record_id: ID,
        #[graphql(desc = "The size of the page; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Changes behind this cursor.")] after: Option<String>,
    ) -> Result<Option<ChangeConnection>> {
        let (caller, crm) = (caller(context)?, part::<Crm>(context)?);
        let page = history::Page {
            size: first.map_or(Ok(DEFAULT), page_size)?,
            before: after.as_deref().map(place).transpose()?,
        };
        let found = crm.history(caller.access(), &record_id, &page).await?;
        Ok(found.map(|found| ChangeConnection::of(found, page.before.is_some())))
    }
}

impl ChangeConnection {
    fn of(found: history::Found, has_previous_page: bool) -> Self {
        let edge = |entry: history::Entry| ChangeEdge {
            cursor: BASE64_URL_SAFE_NO_PAD.encode(entry.seq.to_be_bytes()),
            node: Change(entry),
        };
        let edges: Vec<ChangeEdge> = found.entries.into_iter().map(edge).collect();
        Self {
            page_info: PageInfo {
                has_next_page: found.has_next,
                has_previous_page,
                start_cursor: edges.first().map(|edge| edge.cursor.clone()),
                end_cursor: edges.last().map(|edge| edge.cursor.clone()),
            },
            edges,
        }
    }
}

fn place(cursor: &str) -> Result<i64> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok();
    let place = bytes.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
    place
        .map(i64::from_be_bytes)
        .ok_or_else(|| Error::input("This is no cursor of a timeline."))
}
