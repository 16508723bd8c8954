//! Makes and runs a PostgreSQL cluster in a folder. Never as root, which PostgreSQL refuses: root becomes `postgres`.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::servers::{Process, free_port};

/// A cluster of one test's own, for tests that stop, kill or starve it. Takes about a second to start.
#[derive(Debug)]
pub struct Cluster {
    server: Process,
    port: u16,
    folder: TempDir,
}

/// The ways PostgreSQL can be told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// SIGINT: sessions are cut, a checkpoint is written.
    Fast,
    /// SIGQUIT: no checkpoint; the next start recovers from the log.
    Immediate,
}

impl Cluster {
    /// A new, empty, running cluster.
    pub fn start() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("pointsman-postgres-").tempdir()?;
        open_to_postgres(folder.path())?;
        initdb(folder.path())?;
        let port = free_port()?;
        let server = launch(folder.path(), port)?;
        Ok(Self { server, port, folder })
    }

    /// What `DATABASE_URL` takes: the database `postgres`.
    pub fn url(&self) -> String {
        super::url(self.port, "postgres")
    }

    /// Runs SQL by psql, outside a transaction, and gives its rows: columns apart by `|`, rows by line ends.
    pub fn sql(&self, statement: &str) -> Result<String> {
        psql(&self.url(), statement)
    }

    /// Stops and starts it again, on the same port with the same data.
    pub fn restart(&mut self, stop: Stop) -> Result<()> {
        self.server.signal(match stop {
            Stop::Fast => "INT",
            Stop::Immediate => "QUIT",
        })?;
        self.server.wait()?;
        self.server = launch(self.folder.path(), self.port)?;
        Ok(())
    }

    /// The postmaster's process; its sessions are its children.
    pub fn id(&self) -> u32 {
        self.server.id()
    }

    /// Sends a signal to the postmaster alone: its sessions go on.
    pub fn signal(&self, name: &str) -> Result<()> {
        self.server.signal(name)
    }
}

impl Drop for Cluster {
    /// SIGQUIT takes the sessions too, before their folder is removed. An error means that it is down already.
    fn drop(&mut self) {
        let _ = self.server.signal("CONT").and_then(|()| self.server.signal("QUIT"));
        let _ = self.server.wait();
    }
}

/// Starts the server and waits until it answers.
fn launch(folder: &Path, port: u16) -> Result<Process> {
    let mut server = Process::start(server_command(folder, port)?.stderr(log(folder)?))?;
    wait_until_ready(port).inspect_err(|_| drop(server.signal("QUIT").and_then(|()| server.wait())))?;
    Ok(server)
}

/// The command that runs the server of `folder/data`; it ends with the thread that spawns it.
pub(super) fn server_command(folder: &Path, port: u16) -> Result<Command> {
    let mut command = as_postgres(&programs()?.join("postgres"))?;
    command
        .arg("-D")
        .arg(folder.join("data"))
        .args(["-h", "127.0.0.1", "-k", ""]);
    command.args([
        "-p",
        &port.to_string(),
        "-c",
        "max_connections=200",
        "-c",
        "max_prepared_transactions=20",
    ]);
    Ok(command)
}

/// Makes `folder/data`. The new files are not synced one by one, all that is written later is.
pub(super) fn initdb(folder: &Path) -> Result<()> {
    let data = folder.join("data");
    let mut make = Command::new("install");
    make.args(["-d", "-m", "700"]);
    if is_root()? {
        make.args(["-o", "postgres", "-g", "postgres"]);
    }
    run(make.arg(&data))?;
    let mut initdb = as_postgres(&programs()?.join("initdb"))?;
    initdb.args([
        "--no-sync",
        "--auth=trust",
        "--username=postgres",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "-D",
    ]);
    run(initdb.arg(&data)).map(drop)
}

/// Waits up to 30 s until the server on `port` takes connections.
pub(super) fn wait_until_ready(port: u16) -> Result<()> {
    let ready = programs()?.join("pg_isready");
    for _ in 0..300 {
        let asked = Command::new(&ready)
            .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string(), "-U", "postgres"])
            .status()?;
        if asked.success() {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    anyhow::bail!("PostgreSQL on port {port} is not ready after 30 s")
}

/// One statement, in no transaction.
pub(super) fn psql(url: &str, statement: &str) -> Result<String> {
    run(Command::new(programs()?.join("psql")).args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement]))
}

/// The server's log, in its folder.
pub(super) fn log(folder: &Path) -> Result<Stdio> {
    Ok(std::fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join("server.log"))?
        .into())
}

/// A folder that root made lets the server's user through to the data.
fn open_to_postgres(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::set_permissions(
        folder,
        std::fs::Permissions::from_mode(0o755),
    )?)
}

fn as_postgres(program: &Path) -> Result<Command> {
    if !is_root()? {
        return Ok(Process::command(program));
    }
    let mut command = Process::command("setpriv");
    // The kernel forgets the death signal where the user changes, so it is set once more behind the change.
    command
        .args([
            "--reuid=postgres",
            "--regid=postgres",
            "--clear-groups",
            "--pdeathsig=KILL",
            "--",
        ])
        .arg(program);
    command.current_dir("/");
    Ok(command)
}

fn is_root() -> Result<bool> {
    Ok(std::fs::metadata("/proc/self")?.uid() == 0)
}

/// The newest version that the system's packages installed.
fn programs() -> Result<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is not installed")?;
    versions
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .max()
        .map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")))
        .context("PostgreSQL is not installed under /usr/lib/postgresql")
}

fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("could not run {command:?}"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {}: {errors}", output.status);
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}
