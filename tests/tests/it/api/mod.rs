//! The API as clients meet it: over HTTP, on both databases.

mod accounts;
mod bad_input;
mod causes;
mod custom;
mod errors;
mod feeds;
mod flow;
mod hooks;
mod idempotency;
mod nodes;
mod pages;
mod people;
mod reading;
mod resumption;
mod runs;
mod streams;
mod trials;
pub mod workflows;
mod writing;

/// Runs each test on SQLite and on PostgreSQL. A test gives its server back, to be stopped in order.
#[macro_export]
macro_rules! served {
    ($($(#[$doc:meta])* async fn $name:ident($app:ident: TestApp) -> Result<TestApp> $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[$doc])*
            async fn on($app: TestApp) -> Result<TestApp> $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() -> Result<()> {
                on(TestApp::start(pointsman_tests::world::Backend::Sqlite).await?).await?.stop().await;
                Ok(())
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() -> Result<()> {
                on(TestApp::start(pointsman_tests::world::Backend::Postgres).await?).await?.stop().await;
                Ok(())
            }
        }
    )*};
}
