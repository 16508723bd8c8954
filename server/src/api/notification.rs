//! Notifications in the API: everybody reads their own.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use futures_util::future::BoxFuture;
use pointsman_entities::{
    ids::{NotificationId, UserId},
    notification,
};

use super::{
    approval::Approval,
    caller::{caller, part},
    connection::Slice,
    error::{Error, Result},
    links::links,
    node::Node,
    noun::key,
    payload::{UserError, UserErrorCode},
    rows::RowConnection,
    run::Run,
    scalar::{DateTime, Url},
};
use crate::{
    crm::{Crm, id, keyed::Request},
    engine::{Engine, notifications},
};

/// The prefix of notifications' ids.
pub const NOTIFICATION: &str = "notification";

/// Notifications that one request may mark.
const MOST: usize = 1_000;

/// Something that a run tells a user.
#[derive(Clone)]
pub struct Notification(pub Arc<notification::Model>);

impl From<notification::Model> for Notification {
    fn from(row: notification::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// Something that a run tells a user.
#[Object]
impl Notification {
    /// The global id.
    pub async fn id(&self) -> ID {
        id::format(NOTIFICATION, self.0.id).into()
    }

    /// What it is, in a few words.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What else is to be known.
    async fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    /// Where it leads: for an approval to a page on which the user decides it without signing in, so it is theirs alone.
    async fn link(&self, context: &Context<'_>) -> Result<Option<Url>> {
        let Some(id) = self.0.approval_id else {
            return Ok(self.0.link.clone().map(Url));
        };
        let (engine, approval) = (part::<Engine>(context)?, links(context)?.approval(id).await?);
        Ok(approval.map(|row| Url(engine.approval_link(&row, self.0.user_id))))
    }

    /// What the user is asked to decide.
    async fn approval(&self, context: &Context<'_>) -> Result<Option<Approval>> {
        match self.0.approval_id {
            Some(id) => Ok(links(context)?.approval(id).await?.map(Approval::from)),
            None => Ok(None),
        }
    }

    /// The run that tells it.
    async fn run(&self, context: &Context<'_>) -> Result<Option<Run>> {
        Ok(links(context)?.run(self.0.run_id).await?.map(Run::from))
    }

    /// What the run is about; null where it is about nothing, or the record is gone or may not be known.
    async fn record(&self, context: &Context<'_>) -> Result<Option<Node>> {
        let subject = self.0.object.as_deref().zip(self.0.record_id);
        match subject.and_then(|(object, id)| Some((part::<Crm>(context).ok()?.object(object)?, id))) {
            Some((object, id)) => Ok(caller(context)?.record(object.name, id).await?.map(Node::from)),
            None => Ok(None),
        }
    }

    /// When it was told.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When the user marked it as read.
    async fn read_at(&self) -> Option<DateTime> {
        self.0.read_at.map(DateTime)
    }
}

/// Which of the caller's notifications.
#[derive(Clone, Default, InputObject)]
pub struct NotificationFilter {
    /// True: those that were read. False: those that were not.
    read: Option<bool>,
}

/// Who is notified where the caller asks for their own. A key without an owner is nobody.
///
/// # Errors
/// `UNAUTHENTICATED` where nobody is signed in.
pub fn reader(context: &Context<'_>) -> Result<UserId> {
    let nobody = UserId(uuid::Uuid::nil());
    Ok(caller(context)?.access().user().unwrap_or(nobody))
}

/// Reads notifications.
#[derive(Default)]
pub struct NotificationQueries;

#[Object]
impl NotificationQueries {
    /// The caller's notifications, the newest first.
    async fn notifications(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which notifications.")] filter: Option<NotificationFilter>,
        #[graphql(desc = "The size of the page, from its start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Notifications behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The size of the page, from its end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Notifications before this cursor.")] before: Option<String>,
    ) -> Result<Option<RowConnection<Notification>>> {
        let slice = Slice {
            first,
            after,
            last,
            before,
        };
        let filter = notifications::Filter {
            user: reader(context)?,
            read: filter.unwrap_or_default().read,
        };
        let engine = Arc::clone(part::<Engine>(context)?);
        let slice = slice.rows(notification::Column::CreatedAt)?;
        let page = engine.notifications(&filter, &slice).await?;
        let count = move || -> BoxFuture<'static, _> {
            let engine = Arc::clone(&engine);
            Box::pin(async move { engine.count_notifications(&filter).await })
        };
        Ok(Some(RowConnection::new(page, Notification::from, Box::new(count))))
    }
}

/// What became of marking notifications as read.
#[derive(SimpleObject)]
pub struct NotificationMarkReadPayload {
    /// The notifications as they are now.
    notifications: Vec<Notification>,
    /// Which of them are not the caller's; the others are marked.
    user_errors: Vec<UserError>,
}

/// Writes notifications.
#[derive(Default)]
pub struct NotificationMutations;

#[Object]
impl NotificationMutations {
    /// Marks some of the caller's notifications as read. One that was read before stays as it is.
    async fn notification_mark_read(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global ids, at most 1,000.")] ids: Vec<ID>,
    ) -> Result<Option<NotificationMarkReadPayload>> {
        let (user, access, key) = (reader(context)?, caller(context)?.access(), key(context));
        if ids.len() > MOST {
            return Err(Error::input(format!("At most {MOST} ids go into one request.")));
        }
        let wanted: Vec<Option<NotificationId>> = ids.iter().map(|id| id::parse(NOTIFICATION, id)).collect();
        let known: Vec<NotificationId> = wanted.iter().flatten().copied().collect();
        let request = Request {
            access,
            key: key.as_ref(),
        };
        let read = part::<Engine>(context)?
            .read_notifications(request, user, &known)
            .await?;
        let missing = |id: &Option<NotificationId>| !read.iter().any(|row| Some(row.id) == *id);
        let problem = |(place, _): (usize, &Option<NotificationId>)| {
            let message = "there is no such notification";
            UserError::at(&["ids", &place.to_string()], UserErrorCode::NotFound, message)
        };
        let user_errors = wanted.iter().enumerate().filter(|(_, id)| missing(id)).map(problem);
        Ok(Some(NotificationMarkReadPayload {
            user_errors: user_errors.collect(),
            notifications: read.into_iter().map(Notification::from).collect(),
        }))
    }
}
