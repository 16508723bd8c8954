//! Real servers for tests. Each `start` gives a handle; the server ends with the handle, or with the test if that dies.
//! Never a server that only pretends to be the product's own code.

mod authority;
pub mod http;
pub mod nats;
pub mod postgres;
mod process;
mod python;
pub mod smtp;

pub use authority::Authority;
pub use process::Process;

use std::path::PathBuf;

/// A file under `tests/suites`, where the scripts of the servers live.
fn suite(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("suites").join(path)
}

/// A port of 127.0.0.1 that was free a moment ago.
pub fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
