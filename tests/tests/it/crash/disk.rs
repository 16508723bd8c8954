//! A disk that fails under the server: strace lets its system calls fail, the files are real.

use anyhow::{Context, Result, ensure};
use pointsman_tests::program::{Program, Settings, client};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// An input or output error (sysexits.h).
const EX_IOERR: i32 = 74;

struct Trial {
    settings: Settings,
    key: String,
    _folder: TempDir,
}

impl Trial {
    fn prepare() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let settings = Settings {
            data: folder.path().to_owned(),
            database: None,
            allow: Vec::new(),
        };
        let key = settings.run(&["key", "create", "--name", "test", "--role", "admin"])?;
        Ok(Self {
            settings,
            key,
            _folder: folder,
        })
    }

    async fn ask(&self, server: &Program, query: &str) -> Result<Json> {
        let url = format!("{}/graphql", server.url);
        let request = client()
            .post(url)
            .bearer_auth(&self.key)
            .json(&json!({ "query": query }));
        Ok(request.send().await?.json().await?)
    }

    /// Whether the server says that it has written a contact.
    async fn create(&self, server: &Program, name: &str) -> Result<bool> {
        let query = format!("mutation {{ contactCreate(input: {{ name: \"{name}\" }}) {{ contact {{ id }} }} }}");
        let answer = self.ask(server, &query).await?;
        Ok(answer["data"]["contactCreate"]["contact"]["id"].is_string())
    }

    async fn names(&self, server: &Program) -> Result<Vec<String>> {
        let answer = self.ask(server, "{ contacts { nodes { name } } }").await?;
        let nodes = answer["data"]["contacts"]["nodes"].as_array().context("contacts")?;
        Ok(nodes
            .iter()
            .filter_map(|node| Some(node["name"].as_str()?.to_owned()))
            .collect())
    }
}

/// After a failed sync nobody knows what the disk holds, and another one may claim to have written it: the server must
/// not go on, and must not have acknowledged what the sync was for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_sync_ends_the_server_before_it_acknowledges() -> Result<()> {
    let trial = Trial::prepare()?;
    let server = Program::serve(&trial.settings).await?;
    ensure!(trial.create(&server, "before").await?);

    let fault = server.inject("fdatasync,fsync", "EIO")?;
    let acknowledged = trial.create(&server, "during").await.unwrap_or(false);
    let status = server.ended()?;
    drop(fault);
    let server = Program::serve(&trial.settings).await?;
    let after = trial.create(&server, "after").await?;
    let names = trial.names(&server).await?;

    ensure!(!acknowledged, "acknowledged what was not synced");
    ensure!(status.code() == Some(EX_IOERR), "{status}");
    ensure!(
        after && names.contains(&"before".to_owned()) && names.contains(&"after".to_owned()),
        "{names:?}"
    );
    server.terminate()
}

/// A full disk is no broken one: reads go on, writes say so, and all is well once there is space.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_until_there_is_space() -> Result<()> {
    let trial = Trial::prepare()?;
    let server = Program::serve(&trial.settings).await?;
    ensure!(trial.create(&server, "before").await?);

    let mut fault = server.inject("pwrite64", "ENOSPC")?;
    let refused = trial
        .ask(
            &server,
            "mutation { contactCreate(input: { name: \"during\" }) { contact { id } } }",
        )
        .await?;
    let meanwhile = trial.names(&server).await?;
    fault.signal("INT")?;
    let _interrupted = fault.wait()?;
    let after = trial.create(&server, "after").await?;

    ensure!(refused["errors"][0]["extensions"]["code"] == "UNAVAILABLE", "{refused}");
    ensure!(meanwhile == ["before"], "{meanwhile:?}");
    ensure!(after && trial.names(&server).await? == ["before", "after"]);
    server.terminate()
}
