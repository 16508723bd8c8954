//! What a user is told, as it comes.

use std::sync::Arc;

use async_graphql::{Context, SimpleObject, Subscription};
use futures_util::{Stream, TryStreamExt, future};

use super::{position, watcher};
use crate::{
    api::{
        caller::part,
        error::{Error, Result},
        notification::{Notification, reader},
    },
    engine::Engine,
};

/// A notification that came.
#[derive(SimpleObject)]
pub struct NotificationAddition {
    /// The event's place, for `after`.
    cursor: String,
    /// The notification.
    notification: Notification,
}

/// Streams notifications.
#[derive(Default)]
pub struct NotificationSubscriptions;

#[Subscription]
impl NotificationSubscriptions {
    /// Each notification of the caller: those behind the cursor, then those that come.
    async fn notification_added(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The cursor of the last event that is known; absent: from now on.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<NotificationAddition>> + use<>> {
        watcher(context)?;
        let user = reader(context)?;
        let news = part::<Engine>(context)?.news().watch(position(after)?);
        Ok(news
            .try_filter(move |(_, row)| future::ready(row.user_id == user))
            .map_ok(|(position, row)| NotificationAddition {
                cursor: position.text(),
                notification: Notification(Arc::clone(&row)),
            })
            .map_err(Error::from))
    }
}
