//! The `pointsman` program: the command line over the library, and nothing else.

use std::process::ExitCode;

use clap::Parser;
use pointsman::cli::{Cli, run};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse(), std::env::vars().collect()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("pointsman: {error:#}");
            ExitCode::FAILURE
        }
    }
}
