//! What all commands share: asking whoever holds the installation, and printing what came of it.

use std::{
    fs,
    io::{self, Read, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value as Json;

use crate::{
    config::Config,
    control::{self, Answer, Order},
    installation::Installation,
    source::Source,
};

/// The exit code where the input was refused.
pub(super) const REFUSED: u8 = 3;

/// How a result is printed.
#[derive(Clone, Copy)]
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints a result: as text, or as JSON where that was asked for.
    pub(super) fn show(self, text: &str, document: &Json) -> anyhow::Result<ExitCode> {
        match self.json {
            true => print(&document.to_string()),
            false => print(text),
        }
    }

    pub(super) fn is_json(self) -> bool {
        self.json
    }
}

/// The way to an installation: the server that has it open, else this process, which opens it once.
pub(super) struct Door<'c> {
    config: &'c Config,
    opened: Option<Installation>,
}

impl<'c> Door<'c> {
    pub(super) fn new(config: &'c Config) -> Self {
        Self { config, opened: None }
    }

    /// Has an order carried out.
    ///
    /// # Errors
    /// Where nobody can, or the server goes away.
    pub(super) async fn ask(&mut self, order: Order) -> anyhow::Result<Answer> {
        let order = match self.opened {
            Some(_) => order,
            None => match control::send(self.config, order)
                .await
                .context("the server went away")?
            {
                Ok(answer) => return Ok(answer),
                Err(order) => order,
            },
        };
        let installation = match self.opened.take() {
            Some(installation) => installation,
            None => Installation::open(self.config, Source::system()).await?,
        };
        let answer = control::perform(&installation, order).await;
        self.opened = Some(installation);
        Ok(answer)
    }
}

/// What is left to say where an answer is not what was asked for: it was refused, or it failed.
pub(super) fn otherwise(answer: Answer) -> anyhow::Result<ExitCode> {
    match answer {
        Answer::Refused { problems } => {
            eprintln!("{}", problems.join("\n"));
            Ok(ExitCode::from(REFUSED))
        }
        Answer::Failed { message } => anyhow::bail!("{message}"),
        Answer::User { .. }
        | Answer::Key { .. }
        | Answer::Seeded(_)
        | Answer::Workflows(_)
        | Answer::Draft(_)
        | Answer::Run { .. }
        | Answer::DryRun(_)
        | Answer::Job(_) => anyhow::bail!("the server answered something else"),
    }
}

/// Prints a text and nothing after it.
pub(super) fn print(text: &str) -> anyhow::Result<ExitCode> {
    writeln!(io::stdout(), "{}", text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// The text of a file, or of the standard input for `-`.
pub(super) fn read(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    match path.as_os_str() == "-" {
        true => io::stdin().read_to_string(&mut text).map(|_| text),
        false => fs::read_to_string(path),
    }
    .with_context(|| format!("{} can't be read", path.display()))
}

/// A bar on a terminal; nothing where the standard error is none.
pub(super) fn progress(steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}");
    let bar = ProgressBar::new(steps as u64);
    style.map(|style| bar.clone().with_style(style)).unwrap_or(bar)
}
