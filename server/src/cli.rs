//! The command line. Parses, calls one function, prints; results go to stdout, everything else to stderr.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the input was refused.

mod account;
mod expression;
mod migrate;
mod output;
mod serve;
mod workflow;

use std::{collections::HashMap, io, path::PathBuf, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use serde_json::json;

use crate::{
    api,
    config::Config,
    control::{Answer, Order},
    crm::{Catalogue, describe},
};
use output::{Door, Output, print};

/// A CRM whose automation is a graph.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    /// Reads this configuration instead of ./pointsman.toml.
    #[arg(long, global = true, env = "POINTSMAN_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Prints the result as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server until it is told to stop.
    Serve,
    /// Shows or changes the version of the database's schema. `serve` brings it up to date by itself.
    Migrate {
        #[command(subcommand)]
        step: Option<migrate::Step>,
    },
    /// Prints the GraphQL schema.
    Schema {
        /// Prints the objects and their fields as Markdown instead.
        #[arg(long)]
        objects: bool,
    },
    /// Writes demonstration records: 40 companies, 200 contacts, 40 deals, tasks and notes.
    Seed,
    /// Users.
    User {
        #[command(subcommand)]
        act: account::UserAct,
    },
    /// API keys.
    Key {
        #[command(subcommand)]
        act: account::KeyAct,
    },
    /// Workflows: list, check, import, export, run, dry-run, backtest.
    Workflow {
        #[command(subcommand)]
        act: workflow::Act,
    },
    /// Expressions of the workflow language.
    Expression {
        #[command(subcommand)]
        act: expression::Act,
    },
    /// Prints a completion script for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// Carries the command out.
///
/// # Errors
/// Where it fails; the message is for people.
pub async fn run(cli: Cli, variables: HashMap<String, String>) -> anyhow::Result<ExitCode> {
    let config = || -> anyhow::Result<Config> {
        let variables = variables.into_iter().filter(|(name, _)| name != "POINTSMAN_CONFIG");
        Ok(Config::load(cli.config.as_deref(), variables.collect())?)
    };
    let output = Output::new(cli.json);
    match cli.command {
        Command::Serve => serve::serve(&config()?).await,
        Command::Migrate { step } => migrate::migrate(&config()?, step.unwrap_or_default(), output).await,
        Command::Schema { objects: true } => print(&describe::markdown(&Catalogue::core())),
        Command::Schema { objects: false } => print(&api::sdl()),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "pointsman", &mut io::stdout());
            Ok(ExitCode::SUCCESS)
        }
        Command::Seed => seed(&config()?, output).await,
        Command::User { act } => account::user(&config()?, act, output).await,
        Command::Key { act } => account::key(&config()?, act, output).await,
        Command::Workflow { act } => workflow::perform(config, act, output).await,
        Command::Expression { act } => expression::perform(act, output),
    }
}

async fn seed(config: &Config, output: Output) -> anyhow::Result<ExitCode> {
    match Door::new(config).ask(Order::Seed).await? {
        Answer::Seeded(seeded) => {
            let text = format!(
                "{} companies, {} contacts, {} deals",
                seeded.companies, seeded.contacts, seeded.deals
            );
            output.show(&text, &json!(seeded))
        }
        other => output::otherwise(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn migrating_without_a_direction_means_up() {
        let cli = Cli::try_parse_from(["pointsman", "migrate"]).unwrap();

        assert!(matches!(cli.command, Command::Migrate { step: None }));
    }
}
