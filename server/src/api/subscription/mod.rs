//! The live streams: what is behind the cursor, then what comes, with neither gap nor duplicate at the seam. Each event is
//! shown as its watcher may see it.

mod notification_added;
mod record_changed;
mod run_changed;
mod run_events;

use async_graphql::Context;

use super::{
    caller::{Caller, caller},
    error::{Error, Result},
    transport::Code,
};
use crate::engine::tail::{BadCursor, Position};
pub use notification_added::NotificationSubscriptions;
pub use record_changed::RecordSubscriptions;
pub use run_changed::RunSubscriptions;
pub use run_events::RunEventSubscriptions;

/// The place that a cursor of a global feed names.
fn position(after: Option<String>) -> Result<Option<Position>> {
    let parsed = after.as_deref().map(Position::parse).transpose();
    parsed.map_err(|bad| match bad {
        BadCursor::Malformed => Error::input("This is no cursor of a stream."),
        BadCursor::Expired => Error::new(
            Code::CursorExpired,
            "A backup was restored since. Read what you show anew, and subscribe without a cursor.",
        ),
    })
}

/// Whoever watches. What was loaded for one event is not kept for the next.
fn watcher<'a>(context: &Context<'a>) -> Result<&'a Caller> {
    let caller = caller(context)?;
    caller.forget();
    Ok(caller)
}
