//! A NATS server of a test's own.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use anyhow::{Result, ensure};

use super::{Process, free_port};

/// A running NATS server.
pub struct Nats {
    process: Process,
    port: u16,
}

impl Nats {
    /// Starts one on a free port, and waits until it takes connections.
    pub fn start() -> Result<Self> {
        let port = free_port()?;
        let mut command = Process::command("nats-server");
        command
            .args(["--addr", "127.0.0.1", "--port"])
            .arg(port.to_string())
            .stderr(Stdio::piped());
        let mut process = Process::start(&mut command)?;
        let mut log = BufReader::new(process.stderr()?);
        let mut line = String::new();
        while !line.contains("Server is ready") {
            line.clear();
            ensure!(log.read_line(&mut line)? > 0, "the NATS server ended");
        }
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Ok(Self { process, port })
    }

    /// What `NATS_URL` takes.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}
