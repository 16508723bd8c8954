//! The real program as a child process, to be killed.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};

use crate::{
    servers::{Process, free_port},
    world::SECRET_KEY,
};

/// A running `pointsman serve`.
pub struct Program {
    process: Process,
    pub url: String,
}

/// Where a server keeps its data, and whom it may call.
#[derive(Clone, Debug)]
pub struct Settings {
    pub data: PathBuf,
    /// A PostgreSQL URL; none for SQLite in the data folder.
    pub database: Option<String>,
    /// `host:port` that HTTP actions may call although it is on this machine.
    pub allow: Vec<String>,
}

impl Program {
    /// Starts the server and waits until it answers.
    pub async fn serve(settings: &Settings) -> Result<Self> {
        let mut command = Process::command(binary()?);
        let listen = format!("127.0.0.1:{}", free_port()?);
        command.arg("serve").env("POINTSMAN_LISTEN", &listen);
        settings.apply(&mut command);
        let process = Process::start(command.stderr(std::process::Stdio::null()))?;
        let url = format!("http://{listen}");
        let client = client();
        let ready = async {
            loop {
                match client.get(format!("{url}/readyz")).send().await {
                    Ok(answer) if answer.status().is_success() => return,
                    _ => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), ready)
            .await
            .context("the server does not get ready")?;
        Ok(Self { process, url })
    }

    /// Writes the system calls by which the server writes, syncs and answers to a file, until the handle is dropped.
    pub fn trace(&self, file: &Path) -> Result<Process> {
        let calls = "trace=pwrite64,fdatasync,fsync,write,writev,sendto,sendmsg";
        let strace = format!(
            "exec strace -f -s 4096 -e {calls} -o '{}' -p {} 2>&1",
            file.display(),
            self.id()
        );
        let mut tracer = Process::start(Process::command("sh").args(["-c", &strace]))?;
        let attached = tracer.line()?;
        ensure!(attached.contains("attached"), "{attached}");
        Ok(tracer)
    }

    /// kill -9.
    pub fn kill(mut self) -> Result<()> {
        self.process.signal("KILL")?;
        self.process.wait()?;
        Ok(())
    }

    /// SIGTERM, and waits for the end, which must be a good one.
    pub fn terminate(mut self) -> Result<()> {
        self.process.signal("TERM")?;
        let status = self.process.wait()?;
        ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Settings {
    /// Runs a command of the program to its end; its standard output.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(binary()?);
        self.apply(command.args(arguments));
        let output = command.output()?;
        ensure!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    fn apply(&self, command: &mut Command) {
        command.env("POINTSMAN_DATA", &self.data);
        match &self.database {
            Some(url) => command
                .env("DATABASE_URL", url)
                .env("POINTSMAN_SECRET_KEYS", SECRET_KEY),
            None => command.env_remove("DATABASE_URL"),
        };
        if !self.allow.is_empty() {
            command.env("POINTSMAN_EGRESS__ALLOW", self.allow.join(","));
        }
    }
}

/// A client for the server's API. Plain HTTP only, yet the library wants to know whose TLS it would use.
#[must_use]
pub fn client() -> reqwest::Client {
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

/// The program that the workspace has built beside this test or bench.
fn binary() -> Result<PathBuf> {
    let own = env::current_exe()?;
    let mut folders = own.ancestors().skip(1);
    let folder = folders
        .find(|folder| !folder.ends_with("deps"))
        .context("the target folder")?;
    let binary = folder.join("pointsman");
    ensure!(
        binary.exists(),
        "{} is not built: build the whole workspace",
        binary.display()
    );
    Ok(binary)
}
