//! Every integration test of Pointsman, as one binary: linking is what costs.

mod access;
mod api;
mod architecture;
mod commands;
mod crash;
mod custom;
mod engine;
mod messages;
mod outside;
mod pushdown;
mod servers;

/// Runs each test on SQLite and on PostgreSQL. A test gives its world back, to be stopped in order.
#[macro_export]
macro_rules! both {
    ($($(#[$doc:meta])* async fn $name:ident($world:ident: World) -> Result<World> $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[$doc])*
            async fn on($world: World) -> Result<World> $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() -> Result<()> {
                on(World::start(pointsman_tests::world::Backend::Sqlite).await?).await?.stop().await;
                Ok(())
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() -> Result<()> {
                on(World::start(pointsman_tests::world::Backend::Postgres).await?).await?.stop().await;
                Ok(())
            }
        }
    )*};
}

/// Runs each test, which starts its own world on the database it is given, on SQLite and on PostgreSQL.
#[macro_export]
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() -> Result<()> {
                super::$name(Backend::Sqlite).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() -> Result<()> {
                super::$name(Backend::Postgres).await
            }
        }
    )+};
}
