//! `pointsman migrate`.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::output::Output;
use crate::{config::Config, store::migrate};

#[derive(Debug, Default, Subcommand)]
pub(super) enum Step {
    /// Applies what is not applied yet.
    #[default]
    Up,
    /// Takes back the last version, with all that its tables hold.
    Down {
        /// How many versions to take back.
        #[arg(default_value_t = 1)]
        steps: u32,
    },
    /// Lists the versions.
    Status,
}

pub(super) async fn migrate(config: &Config, step: Step, output: Output) -> anyhow::Result<ExitCode> {
    match step {
        Step::Up => migrate::up(&config.location).await?,
        Step::Down { steps } => migrate::down(&config.location, steps).await?,
        Step::Status => {}
    }
    let steps = migrate::status(&config.location).await?;
    let line = |step: &migrate::Step| format!("{} {}\n", if step.applied { "applied" } else { "pending" }, step.name);
    output.show(&steps.iter().map(line).collect::<String>(), &json!(steps))
}
