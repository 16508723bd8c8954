//! The history of one record, from the change log.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use pointsman_entities::change as change_row;

use super::{
    caller::{caller, part},
    connection::{PageInfo, page_size},
    error::{Error, Result},
    links::links,
    node::Node,
    noun::Noun,
    object::User,
    run::Run,
    scalar::{DateTime, Json},
};
use crate::{
    crm::{Access, Crm, Record, cause::step, change, history, id},
    store,
};

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
pub struct Change {
    record: Arc<Record>,
    entry: history::Entry,
}

impl Change {
    /// What the access may see of a row of the log, of a record that it may read.
    ///
    /// # Errors
    /// Where the row holds what no change writes.
    pub fn of(access: &Access, record: Arc<Record>, row: change_row::Model) -> Result<Self> {
        let entry = history::Entry::of(access, &record, row).map_err(store::Error::from)?;
        Ok(Self { record, entry })
    }

    /// What the log says.
    pub fn entry(&self) -> &history::Entry {
        &self.entry
    }
}

/// One committed change of one record.
#[Object]
impl Change {
    /// What happened.
    async fn operation(&self) -> ChangeOperation {
        self.entry.operation.into()
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime(self.entry.at)
    }

    /// The version of the record after it.
    async fn version(&self) -> i32 {
        i32::try_from(self.entry.version).unwrap_or(i32::MAX)
    }

    /// The fields that changed.
    async fn fields(&self) -> Vec<FieldChange> {
        let change = |field: &history::FieldChange| FieldChange {
            field: field.field.to_owned(),
            before: field.before.clone().map(Json),
            after: field.after.clone().map(Json),
        };
        self.entry.fields.iter().map(change).collect()
    }

    /// Who did it: `user_…`, `key_…` or `system`.
    async fn actor(&self) -> &str {
        &self.entry.actor
    }

    /// The user who did it; null where it was a key or the system.
    async fn user(&self, context: &Context<'_>) -> Result<Option<User>> {
        match id::parse(User::OBJECT, &self.entry.actor) {
            Some(id) => Ok(caller(context)?.record(User::OBJECT, id).await?.map(User::from)),
            None => Ok(None),
        }
    }

    /// Why: `request`, or the run and the node that did it as `run_…/node`.
    async fn cause(&self) -> &str {
        &self.entry.cause
    }

    /// The record as it is now; null where it is in the bin.
    async fn record(&self, context: &Context<'_>) -> Result<Option<Node>> {
        let record = (self.record.object.name, self.record.id);
        Ok(caller(context)?.record(record.0, record.1).await?.map(Node::from))
    }

    /// The run that did it; null where somebody asked for it.
    async fn run(&self, context: &Context<'_>) -> Result<Option<Run>> {
        match self.entry.run {
            Some(run) => Ok(links(context)?.run(run).await?.map(Run::from)),
            None => Ok(None),
        }
    }

    /// The step of that run.
    async fn step(&self) -> Option<&str> {
        step(&self.entry.cause)
    }

    /// The runs that it started.
    async fn runs(&self, context: &Context<'_>) -> Result<Vec<Run>> {
        let runs = links(context)?.started(self.record.id, self.entry.version).await?;
        Ok(runs.into_iter().map(Run::from).collect())
    }

    /// Whether it was kept from starting workflows, as an import may be.
    async fn suppressed(&self) -> bool {
        self.entry.suppressed
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
        let page = page(first, after.as_deref())?;
        let found = crm.history(caller.access(), &record_id, &page).await?;
        Ok(found.map(|found| ChangeConnection::of(found, page.behind.is_some())))
    }
}

impl ChangeConnection {
    /// The page that was found.
    pub fn of(found: history::Found, has_previous_page: bool) -> Self {
        let edge = |(record, entry): (Arc<Record>, history::Entry)| ChangeEdge {
            cursor: cursor(entry.seq),
            node: Change { record, entry },
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

/// The part of a history that is asked for.
///
/// # Errors
/// `BAD_USER_INPUT` where the size is out of range, or the cursor is none.
pub fn page(first: Option<i32>, after: Option<&str>) -> Result<history::Page> {
    Ok(history::Page {
        size: first.map_or(Ok(DEFAULT), page_size)?,
        behind: after.map(place).transpose()?,
    })
}

/// A change's place in the log, for `after`.
pub fn cursor(seq: i64) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(seq.to_be_bytes())
}

fn place(cursor: &str) -> Result<i64> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok();
    let place = bytes.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
    place
        .map(i64::from_be_bytes)
        .ok_or_else(|| Error::input("This is no cursor of a timeline."))
}
