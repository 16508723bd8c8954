//! The program's commands as scripts use them: what they print, and the codes that they end with.

mod expression;
mod workflow;

use std::path::Path;

use anyhow::{Context, Result};
use pointsman_tests::program::Settings;
use serde_json::Value as Json;

/// An installation of its own in a folder.
fn settings(folder: &Path) -> Settings {
    Settings {
        data: folder.join("data"),
        database: None,
        allow: Vec::new(),
    }
}

/// The exit code, and the standard output as JSON.
fn json(settings: &Settings, arguments: &[&str]) -> Result<(i32, Json)> {
    let output = settings.output(arguments)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let json = serde_json::from_slice(&output.stdout).with_context(|| format!("{arguments:?}: {said}"))?;
    Ok((output.status.code().context("a code")?, json))
}
