//! A server with an empty database of its own. It ends with its handle, and its data too.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result};
use pointsman_tests::{
    program::{Program, Settings},
    servers::postgres::Cluster,
};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use tempfile::TempDir;

use crate::{client::Client, cpu};

/// Where the data is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

/// A server that serves.
pub struct Server {
    program: Program,
    /// An API key of an administrator's.
    pub key: String,
    /// Reads what the server has committed.
    pub reads: DatabaseConnection,
    cluster: Option<Cluster>,
    _folder: TempDir,
}

impl Server {
    /// Prepares an empty database, starts the server on it, and waits until it is ready.
    pub async fn start(database: Database, prepare: impl AsyncFnOnce(&Settings) -> Result<()>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let cluster = match database {
            Database::Sqlite => None,
            Database::Postgres => Some(Cluster::start()?),
        };
        let settings = Settings {
            data: folder.path().to_owned(),
            database: cluster.as_ref().map(Cluster::url),
            allow: Vec::new(),
        };
        prepare(&settings).await?;
        let key = settings.run(&["key", "create", "--name", "bench", "--role", "admin"])?;
        let file = format!("sqlite://{}?mode=ro", folder.path().join("pointsman.db").display());
        Ok(Self {
            program: Program::serve(&settings).await?,
            key,
            reads: sea_orm::Database::connect(settings.database.unwrap_or(file)).await?,
            cluster,
            _folder: folder,
        })
    }

    /// A client with a connection of its own.
    pub async fn client(&self) -> Result<Client> {
        Client::connect(self.address(), &self.key).await
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.program.address
    }

    /// Processor time so far, the database's included.
    pub fn cpu(&self) -> Result<Duration> {
        let database = match &self.cluster {
            Some(cluster) => cpu::of_tree(cluster.id())?,
            None => Duration::ZERO,
        };
        Ok(cpu::of_tree(self.program.id())? + database)
    }

    /// All rows of all tables.
    pub async fn rows(&self) -> Result<i64> {
        let tables = match &self.cluster {
            Some(_) => "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
            None => "SELECT name FROM sqlite_master WHERE type = 'table'",
        };
        let statement = |sql: &str| Statement::from_string(self.reads.get_database_backend(), sql);
        let mut rows = 0;
        for table in self.reads.query_all_raw(statement(tables)).await? {
            let name: String = table.try_get_by_index(0)?;
            let count = statement(&format!("SELECT count(*) FROM \"{name}\""));
            let count = self.reads.query_one_raw(count).await?.context("a count is one row")?;
            rows += count.try_get_by_index::<i64>(0)?;
        }
        Ok(rows)
    }
}
