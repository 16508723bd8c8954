//! A real SMTP server (aiosmtpd) that keeps each mail it accepts, and fails where a test tells it to. Its script is
//! `suites/smtp/server.py`. Never relays.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;

use super::{Authority, Process, python, suite};

/// The mail server; it ends with this handle.
#[derive(Debug)]
pub struct Smtp {
    port: u16,
    folder: TempDir,
    authority: Authority,
    _process: Process,
}

/// How it behaves.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How connections are encrypted.
    pub security: Security,
    /// The only name and password it takes, if it asks for any.
    pub login: Option<(String, String)>,
    /// Whether it takes addresses that are not ASCII.
    pub utf8: bool,
    /// Where it fails, how, and how often before all is well; none given never fails.
    pub fault: Option<(Stage, Fault, Times)>,
}

/// How connections are encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Security {
    /// Not at all.
    #[default]
    Plain,
    /// Only after STARTTLS does it take a mail.
    StartTls,
    /// From the first byte.
    Tls,
}

/// A point in the handing over of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Before its greeting.
    Connect,
    /// At MAIL FROM.
    Mail,
    /// At RCPT TO.
    Rcpt,
    /// At the command DATA.
    Data,
    /// Amid the mail.
    Body,
    /// After the final dot; where it drops the connection there, it has kept the mail.
    End,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It answers with this code, 4xx or 5xx.
    Reply(u16),
    /// It cuts the connection.
    Drop,
    /// It answers nothing more.
    Hang,
}

/// How often it goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// The first time only.
    Once,
    /// Each time.
    Always,
}

/// A mail that the server has kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its envelope.
    pub envelope: Envelope,
    /// Its bytes, as they came.
    pub raw: Vec<u8>,
}

/// Who a mail is from and for, as SMTP has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Envelope {
    /// MAIL FROM.
    pub from: String,
    /// RCPT TO, in order.
    pub recipients: Vec<String>,
    /// Who was logged in.
    pub login: Option<String>,
    /// Whether STARTTLS went before.
    pub tls: bool,
}

impl Smtp {
    /// Starts it on a free port of 127.0.0.1, where its certificate holds, as for `localhost`.
    pub fn start(options: &Options) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let authority = Authority::new()?;
        let arguments = arguments(options, &folder, &authority).to_string();
        let mut command = Process::command(python::python("smtp", &["aiosmtpd==1.4.6"])?);
        let mut process = Process::start(command.arg(suite("smtp/server.py")).arg(arguments))?;
        let port = process
            .line()?
            .parse()
            .context("the mail server did not print its port")?;
        Ok(Self {
            port,
            folder,
            authority,
            _process: process,
        })
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The PEM file of the authority behind its certificate.
    pub fn ca(&self) -> PathBuf {
        self.authority.ca()
    }

    /// All mails that it has kept, in order.
    pub fn mails(&self) -> Result<Vec<Mail>> {
        let mut files: Vec<PathBuf> = fs::read_dir(self.folder.path())?
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<_>>()?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "eml"));
        files.sort();
        files.iter().map(read).collect()
    }
}

fn read(file: &PathBuf) -> Result<Mail> {
    let envelope = serde_json::from_slice(&fs::read(file.with_extension("json"))?)?;
    Ok(Mail {
        envelope,
        raw: fs::read(file)?,
    })
}

fn arguments(options: &Options, folder: &TempDir, authority: &Authority) -> serde_json::Value {
    let security = match options.security {
        Security::Plain => "plain",
        Security::StartTls => "starttls",
        Security::Tls => "tls",
    };
    let (user, password) = options.login.clone().unwrap_or_default();
    let times = match options.fault {
        Some((_, _, Times::Always)) => u32::MAX,
        Some((_, _, Times::Once)) => 1,
        None => 0,
    };
    json!({
        "folder": folder.path(),
        "security": security,
        "certificate": authority.certificate(),
        "key": authority.key(),
        "user": user,
        "password": password,
        "utf8": options.utf8,
        "fault": options.fault.map(|(stage, fault, _)| format!("{}:{}", stage.name(), fault.name())),
        "times": times,
    })
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Mail => "mail",
            Self::Rcpt => "rcpt",
            Self::Data => "data",
            Self::Body => "body",
            Self::End => "end",
        }
    }
}

impl Fault {
    fn name(self) -> String {
        match self {
            Self::Reply(code) => code.to_string(),
            Self::Drop => "drop".to_owned(),
            Self::Hang => "hang".to_owned(),
        }
    }
}
