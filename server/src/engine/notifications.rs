//! What users are told within Pointsman: read by nobody but them, in the order of its commits.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use pointsman_entities::{
    ids::{ApprovalId, NotificationId, RecordId, RunId, UserId},
    notification,
    time::Timestamp,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityName, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::{
    Engine, Error,
    tail::{BATCH, Log, Page, Position},
};
use crate::{
    crm::keyed::{Request, Seen},
    store::{self, Assign, Store, Update, Write, WriteSet, page},
};

/// Something that a run tells users.
#[derive(Clone, Debug)]
pub struct News {
    pub title: String,
    pub body: Option<String>,
    pub link: Option<String>,
    pub run: RunId,
    /// The step that tells.
    pub step: String,
    /// The run's record.
    pub subject: Option<(String, RecordId)>,
    /// What the user is asked for.
    pub approval: Option<ApprovalId>,
}

/// Which of a user's notifications.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    pub user: UserId,
    /// None: read or not.
    pub read: Option<bool>,
}

/// The notifications of all users as a stream; whoever watches picks those that are theirs.
pub struct Notifications;

impl News {
    /// The row that tells one user.
    #[must_use]
    pub fn row(&self, id: NotificationId, user: UserId, now: Timestamp) -> notification::ActiveModel {
        notification::ActiveModel {
            seq: NotSet,
            tx: NotSet,
            id: Set(id),
            user_id: Set(user),
            title: Set(self.title.clone()),
            body: Set(self.body.clone()),
            link: Set(self.link.clone()),
            object: Set(self.subject.as_ref().map(|(object, _)| object.clone())),
            record_id: Set(self.subject.as_ref().map(|(_, record)| *record)),
            run_id: Set(self.run),
            step: Set(self.step.clone()),
            approval_id: Set(self.approval),
            created_at: Set(now),
            read_at: Set(None),
        }
    }
}

impl Filter {
    fn select(&self) -> Select<notification::Entity> {
        let select = notification::Entity::find().filter(notification::Column::UserId.eq(self.user));
        match self.read {
            Some(true) => select.filter(notification::Column::ReadAt.is_not_null()),
            Some(false) => select.filter(notification::Column::ReadAt.is_null()),
            None => select,
        }
    }
}

impl Engine {
    /// A page of a user's notifications.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn notifications(
        &self,
        filter: &Filter,
        slice: &page::Slice,
    ) -> Result<page::Page<notification::Model>, store::Error> {
        let order = page::Order {
            column: notification::Column::CreatedAt,
            id: notification::Column::Id,
            descending: true,
        };
        self.store.page(filter.select(), &order, slice).await
    }

    /// How many notifications a user has.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn count_notifications(&self, filter: &Filter) -> Result<u64, store::Error> {
        Ok(filter.select().count(self.store.reads()).await?)
    }

    /// Marks those of the notifications that are the user's as read; the first time counts. Returns them as they are then.
    ///
    /// # Errors
    /// Where the database fails, or the key was used for another request.
    pub async fn read_notifications(
        &self,
        request: Request<'_>,
        user: UserId,
        ids: &[NotificationId],
    ) -> Result<Vec<notification::Model>, Error> {
        if let Some(Seen::Other) = request.seen(&self.store).await? {
            return Err(Error::KeyReused);
        }
        let own = || async {
            let select = notification::Entity::find()
                .filter(notification::Column::UserId.eq(user))
                .filter(notification::Column::Id.is_in(ids.iter().copied()))
                .order_by_asc(notification::Column::Seq);
            select.all(self.store.reads()).await.map_err(store::Error::from)
        };
        let (mut set, now) = (WriteSet::new(), self.source.now());
        for unread in own().await?.iter().filter(|row| row.read_at.is_none()) {
            set.push(Write::Update(Update {
                table: notification::Entity.table_name(),
                key: vec![("id", unread.id.0.into())],
                set: vec![("read_at", Assign::Value(now.micros().into()))],
                guard: vec![("read_at", sea_orm::Value::BigInt(None))],
                returning: None,
                must_match: false,
            }));
        }
        if !set.is_empty() {
            request.remember(&mut set, &[], now);
            let _only_a_repetition_is_refused = self.store.commit(set).await?;
        }
        Ok(own().await?)
    }
}

impl Log for Notifications {
    type Item = notification::Model;

    fn read<'a>(
        &'a self,
        store: &'a Store,
        after: Position,
        horizon: i64,
    ) -> BoxFuture<'a, Result<Page<notification::Model>, store::Error>> {
        Box::pin(async move {
            let later = Condition::any().add(notification::Column::Tx.gt(after.tx)).add(
                Condition::all()
                    .add(notification::Column::Tx.eq(after.tx))
                    .add(notification::Column::Seq.gt(after.seq)),
            );
            let mut query = notification::Entity::find().limit(BATCH);
            query = match store.is_shared() {
                true => query
                    .filter(later)
                    .filter(notification::Column::Tx.lt(horizon))
                    .order_by_asc(notification::Column::Tx),
                false => query.filter(notification::Column::Seq.gt(after.seq)),
            };
            let rows = query.order_by_asc(notification::Column::Seq).all(store.reads()).await?;
            Ok(rows.into_iter().map(|row| (position(&row), Arc::new(row))).collect())
        })
    }

    fn end<'a>(&'a self, store: &'a Store, horizon: i64) -> BoxFuture<'a, Result<Position, store::Error>> {
        Box::pin(async move {
            let mut query = notification::Entity::find();
            if store.is_shared() {
                query = query
                    .filter(notification::Column::Tx.lt(horizon))
                    .order_by_desc(notification::Column::Tx);
            }
            let last = query
                .order_by_desc(notification::Column::Seq)
                .one(store.reads())
                .await?;
            Ok(last.as_ref().map_or_else(Position::default, position))
        })
    }
}

fn position(row: &notification::Model) -> Position {
    Position {
        tx: row.tx,
        seq: row.seq,
    }
}
