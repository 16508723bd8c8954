//! The command line. Parses, calls one function, prints; results go to stdout, everything else to stderr.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the input was refused.

use std::{
    collections::HashMap,
    io::{self, Read, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    api,
    app::App,
    config::{Config, Log},
    control::{self, Answer, KeyOrder, Order, UserOrder},
    crm::{Catalogue, describe},
    installation::Installation,
    source::Source,
    store::migrate,
};

const REFUSED: u8 = 3;

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
        step: Option<Step>,
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
        act: UserAct,
    },
    /// API keys.
    Key {
        #[command(subcommand)]
        act: KeyAct,
    },
    /// Prints a completion script for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

#[derive(Debug, Default, Subcommand)]
enum Step {
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

#[derive(Debug, Subcommand)]
enum UserAct {
    /// Creates a user; the password is read from stdin.
    Create(NewUser),
}

#[derive(Debug, Args)]
struct NewUser {
    /// The address to sign in with.
    #[arg(long)]
    email: String,
    /// The full name; the address where it is not given.
    #[arg(long)]
    name: Option<String>,
    /// admin, member or viewer.
    #[arg(long)]
    role: String,
}

#[derive(Debug, Subcommand)]
enum KeyAct {
    /// Creates an API key and prints it, this once.
    Create(NewKey),
}

#[derive(Debug, Args)]
struct NewKey {
    /// What the key is for.
    #[arg(long)]
    name: String,
    /// admin, member or viewer.
    #[arg(long)]
    role: String,
}

/// Carries the command out.
///
/// # Errors
/// Where it fails; the message is for people.
pub async fn run(cli: Cli, variables: HashMap<String, String>) -> anyhow::Result<ExitCode> {
    let config = || {
        let variables = variables.into_iter().filter(|(name, _)| name != "POINTSMAN_CONFIG");
        Config::load(cli.config.as_deref(), variables.collect())
    };
    match cli.command {
        Command::Serve => serve(&config()?).await,
        Command::Migrate { step } => migrate(&config()?, step.unwrap_or_default(), cli.json).await,
        Command::Schema { objects: true } => print(&describe::markdown(&Catalogue::core())),
        Command::Schema { objects: false } => print(&api::sdl()),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "pointsman", &mut io::stdout());
            Ok(ExitCode::SUCCESS)
        }
        Command::Seed => order(&config()?, Order::Seed, cli.json).await,
        Command::User {
            act: UserAct::Create(user),
        } => order(&config()?, Order::CreateUser(user.order()?), cli.json).await,
        Command::Key {
            act: KeyAct::Create(NewKey { name, role }),
        } => order(&config()?, Order::CreateKey(KeyOrder { name, role }), cli.json).await,
    }
}

async fn serve(config: &Config) -> anyhow::Result<ExitCode> {
    log(config.log);
    let app = App::start(config, Source::system()).await?;
    let url = config.public_url(app.address);
    tracing::info!(%url, "serving");
    if let Some(link) = &app.set_up_link {
        eprintln!(
            "\nCreate the first administrator here (works once):\n\n    {}\n",
            link.expose_secret()
        );
    }
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    tracing::info!("stopping");
    app.stop().await;
    Ok(ExitCode::SUCCESS)
}

fn log(format: Log) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    match format {
        Log::Human => lines.init(),
        Log::Json => lines.json().init(),
    }
}

async fn migrate(config: &Config, step: Step, json: bool) -> anyhow::Result<ExitCode> {
    match step {
        Step::Up => migrate::up(&config.location).await?,
        Step::Down { steps } => migrate::down(&config.location, steps).await?,
        Step::Status => {}
    }
    let steps = migrate::status(&config.location).await?;
    if json {
        return print(&serde_json::to_string(&steps)?);
    }
    let line = |step: &migrate::Step| format!("{} {}\n", if step.applied { "applied" } else { "pending" }, step.name);
    print(&steps.iter().map(line).collect::<String>())
}

/// By the server that has the installation open; else here.
async fn order(config: &Config, order: Order, json: bool) -> anyhow::Result<ExitCode> {
    let answer = match control::send(config, order).await.context("the server went away")? {
        Ok(answer) => answer,
        Err(order) => {
            let installation = Installation::open(config, Source::system()).await?;
            control::perform(&installation, order).await
        }
    };
    match &answer {
        Answer::User { id } => show(json, id, json!({ "id": id })),
        Answer::Key { id, secret } => show(json, secret, json!({ "id": id, "secret": secret })),
        Answer::Seeded(seeded) => {
            let text = format!(
                "{} companies, {} contacts, {} deals",
                seeded.companies, seeded.contacts, seeded.deals
            );
            show(json, &text, json!(seeded))
        }
        Answer::Refused { problems } => {
            eprintln!("{}", problems.join("\n"));
            Ok(ExitCode::from(REFUSED))
        }
        Answer::Failed { message } => anyhow::bail!("{message}"),
    }
}

fn show(json: bool, text: &str, document: Json) -> anyhow::Result<ExitCode> {
    if json {
        print(&document.to_string())
    } else {
        print(text)
    }
}

fn print(text: &str) -> anyhow::Result<ExitCode> {
    writeln!(io::stdout(), "{}", text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

impl NewUser {
    fn order(self) -> anyhow::Result<UserOrder> {
        let mut password = String::new();
        io::stdin()
            .read_to_string(&mut password)
            .context("the password can't be read")?;
        Ok(UserOrder {
            email: self.email,
            name: self.name,
            role: self.role,
            password: password.trim_end_matches(['\r', '\n']).to_owned(),
        })
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
