//! A server with an empty database of its own. It ends with its handle, and its data too.

use std::{
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use pointsman_tests::servers::{Process, postgres::Cluster};
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
    process: Process,
    /// Where it listens.
    pub address: SocketAddr,
    /// A key that may do everything.
    pub key: String,
    folder: TempDir,
    cluster: Option<Cluster>,
}

impl Server {
    /// Starts the program on an empty database and waits until it is ready.
    pub async fn start(program: &Path, database: Database) -> Result<Self> {
        let cluster = match database {
            Database::Sqlite => None,
            Database::Postgres => Some(Cluster::start()?),
        };
        let folder = tempfile::tempdir()?;
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let environment = |command: &mut Command| {
            command
                .env("POINTSMAN_DATA", folder.path())
                .env("POINTSMAN_LISTEN", address.to_string());
            command.env("RUST_LOG", "warn").stderr(Stdio::inherit());
            command.envs(cluster.as_ref().map(|cluster| ("DATABASE_URL", cluster.url())));
        };
        let mut serve = Process::command(program);
        environment(serve.arg("serve"));
        let process = Process::start(&mut serve)?;
        wait(address).await?;
        let mut create = Command::new(program);
        environment(create.args(["key", "create", "--name", "bench", "--role", "admin"]));
        let created = create.stdout(Stdio::piped()).output()?;
        ensure!(created.status.success(), "no key was made: {}", created.status);
        Ok(Self {
            process,
            address,
            key: String::from_utf8(created.stdout)?.trim().to_owned(),
            folder,
            cluster,
        })
    }

    /// A client with a connection of its own.
    pub async fn client(&self) -> Result<Client> {
        Client::connect(self.address, &self.key).await
    }

    /// Processor time so far, the database's included.
    pub fn cpu(&self) -> Result<Duration> {
        let database = match &self.cluster {
            Some(cluster) => cpu::of_tree(cluster.id())?,
            None => Duration::ZERO,
        };
        Ok(cpu::of_tree(self.process.id())? + database)
    }

    /// All rows of all tables.
    pub fn rows(&self) -> Result<u64> {
        match &self.cluster {
            Some(cluster) => in_postgres(cluster),
            None => in_sqlite(&self.folder.path().join("pointsman.db")),
        }
    }
}

async fn wait(address: SocketAddr) -> Result<()> {
    for _ in 0..300 {
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("the server does not listen on {address} after 30 s")
}

fn in_postgres(cluster: &Cluster) -> Result<u64> {
    let count = "SELECT coalesce(sum((xpath('/row/c/text()', query_to_xml(
            format('SELECT count(*) AS c FROM %I', tablename), false, true, '')))[1]::text::bigint), 0)
        FROM pg_tables WHERE schemaname = 'public'";
    cluster.sql(count)?.parse().context("PostgreSQL's count is no number")
}

fn in_sqlite(file: &Path) -> Result<u64> {
    let connection = rusqlite::Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut tables = connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table'")?;
    let names = tables.query_map([], |row| row.get::<_, String>(0))?;
    let mut rows = 0;
    for name in names {
        rows += connection.query_row(&format!("SELECT count(*) FROM \"{}\"", name?), [], |row| {
            row.get::<_, i64>(0)
        })?;
    }
    Ok(u64::try_from(rows)?)
}
