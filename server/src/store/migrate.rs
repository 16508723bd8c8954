//! The schema's versions: which are applied, and stepping back.

use pointsman_migration::Migrator;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use sea_orm_migration::MigratorTrait;

use super::{Error, Location, connect, lock};

/// One version of the schema.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Step {
    pub name: String,
    pub applied: bool,
}

/// All versions, the oldest first.
///
/// # Errors
/// Where the database can't be opened, or is in use.
pub async fn status(location: &Location) -> Result<Vec<Step>, Error> {
    with(location, async |connection| {
        let pending = Migrator::get_pending_migrations(connection).await?;
        let is_pending = |name: &str| pending.iter().any(|migration| migration.name() == name);
        let all = Migrator::migrations();
        Ok(all
            .iter()
            .map(|migration| Step {
                name: migration.name().to_owned(),
                applied: !is_pending(migration.name()),
            })
            .collect())
    })
    .await
}

/// Applies what is not applied yet.
///
/// # Errors
/// As [`status`].
pub async fn up(location: &Location) -> Result<(), Error> {
    with(location, async |connection| Migrator::up(connection, None).await).await
}

/// Takes back the last versions, with what their tables hold.
///
/// # Errors
/// As [`status`].
pub async fn down(location: &Location, steps: u32) -> Result<(), Error> {
    with(location, async |connection| {
        Migrator::down(connection, Some(steps)).await
    })
    .await
}

/// An advisory lock by a number that is Pointsman's own.
const LOCK: &str = "SELECT pg_advisory_lock(7096441785)";

async fn with<T>(
    location: &Location,
    act: impl AsyncFnOnce(&DatabaseConnection) -> Result<T, sea_orm::DbErr>,
) -> Result<T, Error> {
    let (connection, _lock) = match location {
        Location::Folder(folder) => {
            let lock = lock(folder)?;
            let file = folder.join("pointsman.db");
            (
                connect(&file, |options| options.create_if_missing(true), 1).await?,
                Some(lock),
            )
        }
        Location::Postgres { url, .. } => {
            let open = |source: sea_orm::DbErr| Error::Open { source: source.into() };
            // One connection: the lock is the session's, and ends with it.
            let mut options = ConnectOptions::new(url);
            options.max_connections(1).sqlx_logging(false);
            let connection = Database::connect(options).await.map_err(open)?;
            // Server nodes that start together migrate one after the other.
            connection.execute_unprepared(LOCK).await?;
            (connection, None)
        }
    };
    let outcome = act(&connection).await.map_err(|source| Error::Migrate { source })?;
    connection.close().await?;
    Ok(outcome)
}
