//! Python with the packages that a server needs, in an environment of its own under `target/tools`. Never touches the
//! Python of the system.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

/// The interpreter of the environment `name` with exactly these packages, made on first use. The environment is made
/// anew when `packages` change; test processes that need it at the same time wait for the first.
pub(super) fn python(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let tools = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/tools");
    fs::create_dir_all(&tools)?;
    let lock = File::create(tools.join(format!("{name}.lock")))?;
    lock.lock()?;
    let (home, wanted) = (tools.join(name), packages.join("\n"));
    let marker = home.join("packages.txt");
    if fs::read_to_string(&marker).is_ok_and(|made| made == wanted) {
        return Ok(home.join("bin/python"));
    }
    make(&home, packages)?;
    fs::write(marker, wanted)?;
    Ok(home.join("bin/python"))
}

fn make(home: &Path, packages: &[&str]) -> Result<()> {
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(home))?;
    run(Command::new(home.join("bin/pip"))
        .args(["install", "--quiet", "--disable-pip-version-check"])
        .args(packages))
}

fn run(command: &mut Command) -> Result<()> {
    let ended = command.status()?;
    ensure!(ended.success(), "{command:?}: {ended}");
    Ok(())
}
