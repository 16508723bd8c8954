//! The real program as a child process, to be killed.

use std::{
    env,
    io::{self, BufRead, BufReader, Read},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Output, Stdio},
    thread,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value as Json;

use crate::{servers::Process, world::SECRET_KEY};

/// A running `pointsman serve`.
pub struct Program {
    process: Process,
    pub url: String,
    pub address: SocketAddr,
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
    /// Starts the server on a free port and waits until it says that it serves.
    pub async fn serve(settings: &Settings) -> Result<Self> {
        let mut command = Process::command(binary()?);
        command
            .arg("serve")
            .env("POINTSMAN_LISTEN", "127.0.0.1:0")
            .env("POINTSMAN_LOG", "json")
            .env_remove("RUST_LOG");
        settings.apply(&mut command);
        let mut process = Process::start(command.stderr(Stdio::piped()))?;
        let log = process.stderr()?;
        let url = tokio::task::spawn_blocking(move || serving(log)).await??;
        let address = url.strip_prefix("http://").context("not HTTP")?.parse()?;
        Ok(Self { process, url, address })
    }

    /// Waits until the server has ended by itself.
    pub fn ended(mut self) -> Result<ExitStatus> {
        self.process.wait()
    }

    /// Writes the system calls by which the server writes, syncs and answers to a file, until the handle is dropped.
    pub fn trace(&self, file: &Path) -> Result<Process> {
        let calls = "trace=pwrite64,fdatasync,fsync,write,writev,sendto,sendmsg";
        self.strace(&format!("-s 4096 -e {calls} -o '{}'", file.display()))
    }

    fn strace(&self, options: &str) -> Result<Process> {
        let strace = format!("exec strace -f {options} -p {} 2>&1", self.id());
        let mut tracer = Process::start(Process::command("sh").args(["-c", &strace]))?;
        let attached = tracer.line()?;
        ensure!(attached.contains("attached"), "{attached}");
        Ok(tracer)
    }

    /// Lets system calls of the server fail with an error, such as `EIO`, until the handle is dropped.
    pub fn inject(&self, calls: &str, error: &str) -> Result<Process> {
        self.strace(&format!(
            "-e trace={calls} -e inject={calls}:error={error} -o /dev/null"
        ))
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
    /// Runs a command of the program to its end, good or bad.
    pub fn output(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = Command::new(binary()?);
        self.apply(command.args(arguments));
        Ok(command.output()?)
    }

    /// Runs a command of the program to its good end; its standard output.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = self.output(arguments)?;
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

/// The URL that the server's log says it serves; what it says after that goes nowhere.
fn serving(log: impl Read + Send + 'static) -> Result<String> {
    let mut log = BufReader::new(log);
    let mut said = String::new();
    loop {
        let start = said.len();
        if log.read_line(&mut said)? == 0 {
            bail!("the server ended before it served:\n{said}");
        }
        let line: Json = serde_json::from_str(&said[start..]).unwrap_or_default();
        if let ("serving", Some(url)) = (
            line["fields"]["message"].as_str().unwrap_or_default(),
            line["fields"]["url"].as_str(),
        ) {
            thread::spawn(move || io::copy(&mut log, &mut io::sink()));
            return Ok(url.to_owned());
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
