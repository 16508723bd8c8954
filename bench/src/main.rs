//! Runs the workloads over real HTTP against the release build, on both databases, each beside what the machine itself can
//! do in the same run, and writes the table into `docs/performance.md`. Never reports a figure whose answers were not checked.

mod client;
mod cpu;
mod latency;
mod limit;
mod load;
mod report;
mod server;
mod workload;

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use clap::{Parser, Subcommand};

use report::Report;
use server::Database;
use workload::Workload;

/// How many clients call at a time.
pub const CLIENTS: usize = 16;

/// Measures Pointsman.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs every workload and writes the table.
    Run {
        /// The document that holds the table.
        document: PathBuf,
        /// How long each measurement takes.
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
    /// Answers every request with a few bytes, until it is killed: the machine's limit for HTTP.
    Hello,
}

#[tokio::main]
async fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Hello => limit::serve_hello().await,
        Command::Run { document, seconds } => {
            let span = Duration::from_secs(seconds);
            let mut report = Report::new(limit::http(CLIENTS, span).await?);
            for database in [Database::Sqlite, Database::Postgres] {
                for workload in [Workload::Create, Workload::EventToDone] {
                    report.add(workload::measure(database, workload, span).await?);
                }
                report.add_latency(workload::latency(database, span).await?);
            }
            print!("{report}");
            report.write(&document)
        }
    }
}
