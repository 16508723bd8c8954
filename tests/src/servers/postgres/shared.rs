//! The one cluster that all test processes of this user share: the first starts it, a keeper stops it half a minute
//! after the last has gone. Never coordinates by anything but file locks, which the kernel lets go of with a process.
//!
//! `users` is held shared by every test that uses the cluster, `keeper` by the keeper while the server runs,
//! `starting` by the one test that starts it.

use std::fs::{self, File, TryLockError};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::cluster;
use crate::servers::{free_port, suite};

/// The port of the shared cluster, started if it does not run, and the file that keeps it running while it is open.
pub(super) fn join() -> Result<(u16, File)> {
    let folder = folder()?;
    let users = File::create(folder.join("users"))?;
    users.lock_shared()?;
    let starting = lock("starting")?;
    let port = if runs(&folder)? {
        port(&folder)?
    } else {
        start(&folder)?
    };
    drop(starting);
    Ok((port, users))
}

/// Waits for an exclusive lock by name, among all test processes; it ends with the file.
pub(super) fn lock(name: &str) -> Result<File> {
    let file = File::create(folder()?.join(name))?;
    file.lock()?;
    Ok(file)
}

fn folder() -> Result<PathBuf> {
    let user = std::env::var("USER").unwrap_or_else(|_| "root".to_owned());
    let folder = std::env::temp_dir().join(format!("pointsman-postgres-of-{user}"));
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn runs(folder: &Path) -> Result<bool> {
    match File::create(folder.join("keeper"))?.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn port(folder: &Path) -> Result<u16> {
    fs::read_to_string(folder.join("port"))?
        .parse()
        .context("the shared cluster's port file is damaged")
}

/// A keeper that was killed leaves its data behind: it is not worth recovering.
fn start(folder: &Path) -> Result<u16> {
    if folder.join("data").exists() {
        fs::remove_dir_all(folder.join("data"))?;
    }
    cluster::initdb(folder)?;
    let port = free_port()?;
    fs::write(folder.join("port"), port.to_string())?;
    spawn_keeper(folder, port)?;
    cluster::wait_until_ready(port)?;
    Ok(port)
}

/// In a process group of its own, so that it outlives the test that started it, and with none of the test's files.
fn spawn_keeper(folder: &Path, port: u16) -> Result<()> {
    let server = cluster::server_command(folder, port)?;
    let mut keeper = Command::new("python3");
    keeper
        .arg(suite("postgres/keep.py"))
        .arg(folder)
        .arg(server.get_program())
        .args(server.get_args());
    keeper.process_group(0).current_dir("/");
    let mut keeper = keeper
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(cluster::log(folder)?)
        .spawn()?;
    let mut said = String::new();
    BufReader::new(keeper.stdout.take().context("the keeper has no output")?).read_line(&mut said)?;
    ensure!(said == "started\n", "the keeper did not start: {}", keeper.wait()?);
    Ok(())
}
