//! A PostgreSQL database for each test, on one cluster that all test processes share, and private clusters for tests
//! that stop theirs. Never a cluster with `fsync` off: what is tested is durability.

mod cluster;
mod shared;

use std::fs::File;

use anyhow::{Context, Result};

pub use cluster::{Cluster, Stop};

/// A database of its own on the shared cluster, dropped with this handle together with the connections to it.
#[derive(Debug)]
pub struct Database {
    name: String,
    port: u16,
    /// Keeps the shared cluster running.
    _use: File,
}

impl Database {
    /// An empty database.
    pub fn empty() -> Result<Self> {
        let (port, hold) = shared::join()?;
        Self::create(port, hold, "template1")
    }

    /// A copy of the template `key`, which the first caller on this cluster makes: `migrate` gets the URL of an empty
    /// database and leaves it as every test wants to find it. The key changes with the schema, for the cluster may be
    /// shared by several check-outs: derive it from the migrations.
    pub async fn migrated(key: &str, migrate: impl AsyncFnOnce(&str) -> Result<()>) -> Result<Self> {
        let (port, hold) = shared::join()?;
        let template = format!("template_{key}");
        let building = shared::lock(&template)?;
        if !exists(port, &template)? {
            build_template(port, &template, migrate).await?;
        }
        drop(building);
        Self::create(port, hold, &template)
    }

    /// What `DATABASE_URL` takes.
    pub fn url(&self) -> String {
        url(self.port, &self.name)
    }

    /// Runs SQL by psql, outside a transaction, and gives its rows: columns apart by `|`, rows by line ends.
    pub fn sql(&self, statement: &str) -> Result<String> {
        cluster::psql(&self.url(), statement)
    }

    fn create(port: u16, hold: File, template: &str) -> Result<Self> {
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        maintenance(port, &format!("CREATE DATABASE {name} TEMPLATE {template}"))?;
        Ok(Self { name, port, _use: hold })
    }
}

impl Drop for Database {
    /// A database that stays goes with the cluster.
    fn drop(&mut self) {
        let _ = maintenance(self.port, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// Built under another name, so that a test that dies half way leaves no half template.
async fn build_template(port: u16, template: &str, migrate: impl AsyncFnOnce(&str) -> Result<()>) -> Result<()> {
    let draft = format!("building_{template}");
    maintenance(port, &format!("DROP DATABASE IF EXISTS {draft} WITH (FORCE)"))?;
    maintenance(port, &format!("CREATE DATABASE {draft}"))?;
    migrate(&url(port, &draft))
        .await
        .context("could not migrate the template")?;
    maintenance(port, &format!("ALTER DATABASE {draft} ALLOW_CONNECTIONS false"))?;
    maintenance(
        port,
        &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{draft}'"),
    )?;
    maintenance(port, &format!("ALTER DATABASE {draft} RENAME TO {template}"))?;
    Ok(())
}

fn exists(port: u16, name: &str) -> Result<bool> {
    let found = maintenance(port, &format!("SELECT 1 FROM pg_database WHERE datname = '{name}'"))?;
    Ok(!found.is_empty())
}

fn maintenance(port: u16, statement: &str) -> Result<String> {
    cluster::psql(&url(port, "postgres"), statement)
}

fn url(port: u16, name: &str) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/{name}")
}
