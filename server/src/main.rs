//! The `pointsman` program: the command line over the library, and nothing else.

use std::process::ExitCode;

use clap::Parser;
use pointsman::cli::{Cli, run};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Of a worker's stack, in bytes: queries nest as deep as the guard allows, and so do the calls that answer them.
const STACK: usize = 8 << 20;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK)
        .build();
    let done = runtime
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(run(Cli::parse(), std::env::vars().collect())));
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("pointsman: {error:#}");
            ExitCode::FAILURE
        }
    }
}
