//! Owns a child process of a test. Never leaves it behind: it is killed with its handle, and by the kernel if the
//! thread that started it ends first, as it does where the test is killed (but for the instant until `setpriv` has run).

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};

/// A running child. Start it from the test's own thread, not from a pool's: it dies with the thread that started it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Process {
    /// A command that the kernel kills when the thread that spawned it ends. Arguments and environment are the caller's.
    pub fn command(program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("setpriv");
        command
            .arg("--pdeathsig=KILL")
            .arg("--")
            .arg(program)
            .stdin(Stdio::null());
        command
    }

    /// Starts a command made by [`Process::command`]; its standard output is read by [`Process::line`].
    pub fn start(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("could not start {command:?}"))?;
        let stdout = child.stdout.take().context("the child has no standard output")?;
        Ok(Self {
            child,
            stdout: BufReader::new(stdout),
        })
    }

    /// The next line of standard output, without its end; waits for it. Fails when the child has closed its output.
    pub fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        ensure!(
            self.stdout.read_line(&mut line)? > 0,
            "the process ended: {:?}",
            self.child.try_wait()?
        );
        Ok(line.trim_end().to_owned())
    }

    /// What it writes to standard error, where that was piped; once.
    pub fn stderr(&mut self) -> Result<ChildStderr> {
        self.child.stderr.take().context("the child has no standard error")
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name: `INT`, `QUIT`, `STOP`, `CONT`, `TERM`, `KILL`.
    pub fn signal(&self, name: &str) -> Result<()> {
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.id().to_string())
            .status()?;
        ensure!(sent.success(), "kill -{name} {}: {sent}", self.id());
        Ok(())
    }

    /// Waits until it has ended by itself or by a signal.
    pub fn wait(&mut self) -> Result<std::process::ExitStatus> {
        Ok(self.child.wait()?)
    }
}

impl Drop for Process {
    /// Errors mean that it has ended already.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
