//! The one door to the database: write sets go in, committed or refused; readers get connections that can't write.
//!
//! Knows tables by name only. What a row means is its callers' business.

pub mod migrate;
pub mod page;
pub mod payload;
mod postgres;
mod sqlite;
mod statement;
mod write_set;

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use pointsman_migration::Migrator;
use rusqlite::ErrorCode;
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr, sqlx::sqlite::SqliteConnectOptions};
use sea_orm_migration::MigratorTrait;
use uuid::Uuid;

pub use write_set::{Assign, Cell, Delete, Epoch, Insert, Refusal, Require, Slot, Sweep, Update, Write, WriteSet};

/// Connections that read from SQLite at a time.
const SQLITE_READERS: u32 = 8;

/// Why the store could not do what it was asked. Never shown to clients.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database can't be opened")]
    Open {
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the data folder {} is in use by another process", folder.display())]
    InUse { folder: PathBuf },
    #[error("PostgreSQL runs with {setting} off: an acknowledged change could be lost")]
    NotDurable { setting: &'static str },
    #[error("the schema can't be migrated")]
    Migrate {
        #[source]
        source: DbErr,
    },
    #[error("the database failed")]
    Database {
        #[source]
        source: DbErr,
    },
    #[error("the database file failed: {message}")]
    File { message: String },
    /// Nothing was written; reads go on, and so will writes once there is space.
    #[error("the disk is full")]
    DiskFull,
    #[error("what became of a commit can't be learnt")]
    OutcomeUnknown {
        #[source]
        source: DbErr,
    },
    #[error("payload {id} is no text")]
    Blob { id: Uuid },
    #[error("the writer has stopped")]
    Stopped,
}

impl From<DbErr> for Error {
    fn from(source: DbErr) -> Self {
        Self::Database { source }
    }
}

impl From<&rusqlite::Error> for Error {
    fn from(source: &rusqlite::Error) -> Self {
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            _ => Self::File {
                message: source.to_string(),
            },
        }
    }
}

/// Which database, and where.
#[derive(Clone, Debug)]
pub enum Location {
    /// A folder that holds `pointsman.db` and belongs to one process at a time.
    Folder(PathBuf),
    /// A PostgreSQL URL, and how many connections to hold.
    Postgres { url: String, connections: u32 },
}

/// A row by its table and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub table: &'static str,
    pub id: Uuid,
}

/// An open, migrated database.
pub struct Store {
    backend: Backend,
    statements: Arc<AtomicU64>,
}

enum Backend {
    Sqlite {
        writer: sqlite::Writer,
        reads: DatabaseConnection,
        _lock: File,
    },
    Postgres(postgres::Postgres),
}

/// The right to decide with nobody else writing to what is decided on.
pub enum Turn<'a> {
    Sqlite(sqlite::Turn),
    Postgres(postgres::Turn<'a>),
}

impl Store {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// Where it can't be reached, is in use by another process, isn't durable, or has a newer schema than this program.
    pub async fn open(location: &Location) -> Result<Self, Error> {
        let statements = Arc::default();
        let backend = match location {
            Location::Folder(folder) => open_sqlite(folder, &statements).await?,
            Location::Postgres { url, connections } => {
                migrate::up(location).await?;
                Backend::Postgres(postgres::Postgres::open(url, *connections, &statements).await?)
            }
        };
        Ok(Self { backend, statements })
    }

    /// How many statements the connections that read have carried out; on PostgreSQL those write too.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Where readers read. On SQLite these connections can't write.
    pub fn reads(&self) -> &DatabaseConnection {
        match &self.backend {
            Backend::Sqlite { reads, .. } => reads,
            Backend::Postgres(postgres) => postgres.reads(),
        }
    }

    /// Applies the set whole, durable when this returns, or names the guard that failed.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn commit(&self, set: WriteSet) -> Result<Result<(), Refusal>, Error> {
        if set.is_empty() {
            return Ok(Ok(()));
        }
        match &self.backend {
            Backend::Sqlite { writer, .. } => writer.commit(set).await,
            Backend::Postgres(postgres) => postgres.commit(set).await,
        }
    }

    /// Carries out a statement about an index, outside any transaction and however long it takes. Writers go on meanwhile on
    /// PostgreSQL, and wait on SQLite.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn arrange(&self, sql: &str) -> Result<(), Error> {
        match &self.backend {
            Backend::Sqlite { writer, .. } => writer.arrange(sql).await,
            Backend::Postgres(postgres) => postgres.arrange(sql).await,
        }
    }

    /// Waits for the right to decide alone on the rows: for deciders whose guards failed again and again.
    /// On SQLite nobody else writes meanwhile, on PostgreSQL nobody else writes to these rows.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn turn(&self, rows: &[Row]) -> Result<Turn<'_>, Error> {
        match &self.backend {
            Backend::Sqlite { writer, .. } => writer.turn().await.map(Turn::Sqlite),
            Backend::Postgres(postgres) => postgres.turn(rows).await.map(Turn::Postgres),
        }
    }

    /// True where other processes may write to the same database.
    pub fn is_shared(&self) -> bool {
        matches!(self.backend, Backend::Postgres(_))
    }
}

impl Turn<'_> {
    /// As [`Store::commit`]; the turn ends with it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn commit(self, set: WriteSet) -> Result<Result<(), Refusal>, Error> {
        match self {
            Self::Sqlite(turn) => turn.commit(set).await,
            Self::Postgres(turn) => turn.commit(set).await,
        }
    }
}

/// Counts the statements of a pool.
fn count(pool: &mut DatabaseConnection, statements: &Arc<AtomicU64>) {
    let statements = Arc::clone(statements);
    pool.set_metric_callback(move |_| {
        statements.fetch_add(1, Ordering::Relaxed);
    });
}

async fn open_sqlite(folder: &Path, statements: &Arc<AtomicU64>) -> Result<Backend, Error> {
    let lock = lock(folder)?;
    let file = folder.join("pointsman.db");
    migrate(&file).await?;
    let writer = sqlite::Writer::open(&file)?;
    let mut reads = connect(&file, |options| options.read_only(true), SQLITE_READERS).await?;
    count(&mut reads, statements);
    Ok(Backend::Sqlite {
        writer,
        reads,
        _lock: lock,
    })
}

fn lock(folder: &Path) -> Result<File, Error> {
    let open = |source: std::io::Error| Error::Open { source: source.into() };
    fs::create_dir_all(folder).map_err(open)?;
    let lock = File::create(folder.join("lock")).map_err(open)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Error::InUse {
            folder: folder.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(open(source)),
    }
}

async fn migrate(file: &Path) -> Result<(), Error> {
    let connection = connect(file, |options| options.create_if_missing(true), 1).await?;
    Migrator::up(&connection, None)
        .await
        .map_err(|source| Error::Migrate { source })?;
    connection.close().await.map_err(Error::from)
}

async fn connect(
    file: &Path,
    access: fn(SqliteConnectOptions) -> SqliteConnectOptions,
    connections: u32,
) -> Result<DatabaseConnection, Error> {
    let path = file.to_owned();
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .max_connections(connections)
        .min_connections(1)
        .sqlx_logging(false);
    options.map_sqlx_sqlite_opts(move |_| {
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .statement_cache_capacity(256);
        access(
            options
                .pragma("journal_mode", "WAL")
                .pragma("case_sensitive_like", "ON"),
        )
    });
    Database::connect(options)
        .await
        .map_err(|source| Error::Open { source: source.into() })
}
