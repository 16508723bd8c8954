//! Notices by PostgreSQL: NOTIFY over the pool, a statement of its own each, and one connection that does nothing but LISTEN.

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};
use sea_orm::{ConnectionTrait, DbBackend, Statement, sqlx::postgres::PgListener};

use super::{Ear, Error, Mouth};
use crate::{engine::Engine, store::Store};

/// The channel of all nodes on one database.
const CHANNEL: &str = "pointsman";

pub(super) struct Telling(Arc<Store>);

pub(super) struct Listening(PgListener);

pub(super) async fn connect(engine: &Engine, url: &str) -> Result<(Telling, Listening), Error> {
    let mut listener = PgListener::connect(url).await?;
    listener.listen(CHANNEL).await?;
    Ok((Telling(Arc::clone(&engine.store)), Listening(listener)))
}

impl Mouth for Telling {
    fn tell(&mut self, text: String) -> BoxFuture<'_, Result<(), Error>> {
        let values = [CHANNEL.into(), text.into()];
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, "SELECT 1 FROM pg_notify($1, $2)", values);
        async { Ok(self.0.reads().execute_raw(statement).await.map(|_| ())?) }.boxed()
    }
}

impl Ear for Listening {
    fn hear(&mut self) -> BoxFuture<'_, Result<Option<String>, Error>> {
        async { Ok(self.0.try_recv().await?.map(|notice| notice.payload().to_owned())) }.boxed()
    }
}
