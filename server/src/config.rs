//! What an operator decides: `pointsman.toml`, then `POINTSMAN_*` variables, then `DATABASE_URL` and
//! `NATS_URL`; the later wins. A key that nobody knows is an error, for a setting that is ignored is worse than a server that
//! doesn't start.

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use config::{Environment, File, FileFormat};
use secrecy::SecretString;
use serde::Deserialize;

use crate::{
    actions::{
        egress::{self, Allow},
        email::{Security, SmtpConfig},
        sms::{API, SmsConfig},
    },
    engine::housekeeping::Retention,
    store::Location,
};

/// All keys, as they are written in the file; in variables `_` follows the prefix and `__` stands for the dot.
const KEYS: &[&str] = &[
    "data",
    "database_url",
    "egress.allow",
    "egress.ca",
    "inbound.email_token",
    "listen",
    "log",
    "nats_url",
    "origins",
    "postgres_connections",
    "public_url",
    "retention.run_days",
    "retention.runs_per_workflow",
    "secret_keys",
    "sms.account",
    "sms.base_url",
    "sms.from",
    "sms.token",
    "smtp.ca",
    "smtp.from",
    "smtp.host",
    "smtp.password",
    "smtp.port",
    "smtp.security",
    "smtp.timeout",
    "smtp.username",
];

/// The fewest connections to PostgreSQL: who decides under locks holds one and reads by another.
const CONNECTIONS: u32 = 2;

const DATABASE_URL: &str = "DATABASE_URL";
const NATS_URL: &str = "NATS_URL";
const PREFIX: &str = "POINTSMAN";

/// The whole configuration.
#[derive(Debug)]
pub struct Config {
    pub listen: SocketAddr,
    /// How browsers and callbacks reach the server, without a slash at the end.
    pub public_url: Option<String>,
    /// The folder of the database, where it is SQLite, and of the control socket.
    pub data: PathBuf,
    pub location: Location,
    /// Sites whose pages may call the API with a user's credentials.
    pub origins: Vec<String>,
    pub log: Log,
    pub smtp: Option<SmtpConfig>,
    pub sms: Option<SmsConfig>,
    /// What whoever brings mails to `/inbound/email` must show; none takes no mails.
    pub inbound_email_token: Option<SecretString>,
    pub egress: egress::Settings,
    pub retention: Retention,
    /// By what server nodes on one PostgreSQL tell each other of their commits; none takes the database.
    pub nats_url: Option<SecretString>,
    /// What secrets are sealed with, the key in use first; none given takes that of the data folder.
    pub secret_keys: Vec<SecretString>,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Log {
    /// For people at a terminal.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// Why a configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the configuration can't be read: {0}")]
    Read(#[from] config::ConfigError),
    #[error("there is no setting `{key}`{}", hint.map(|known| format!("; did you mean `{known}`?")).unwrap_or_default())]
    Unknown { key: String, hint: Option<&'static str> },
    #[error("`egress.allow`: {0}")]
    Allow(#[from] egress::InvalidAllow),
    #[error("the configuration file {} is not there", .0.display())]
    NoFile(PathBuf),
    #[error("`postgres_connections` must be at least {CONNECTIONS}")]
    TooFewConnections,
}

#[derive(Deserialize)]
struct Raw {
    listen: SocketAddr,
    public_url: Option<String>,
    data: PathBuf,
    database_url: Option<String>,
    postgres_connections: u32,
    nats_url: Option<String>,
    #[serde(default)]
    origins: Vec<String>,
    #[serde(default)]
    log: Log,
    smtp: Option<Smtp>,
    sms: Option<Sms>,
    #[serde(default)]
    inbound: Inbound,
    #[serde(default)]
    egress: Egress,
    #[serde(default)]
    retention: Retention,
    #[serde(default)]
    secret_keys: Vec<String>,
}

#[derive(Deserialize)]
struct Smtp {
    host: String,
    port: Option<u16>,
    #[serde(default)]
    security: Encryption,
    username: Option<String>,
    #[serde(default)]
    password: String,
    from: String,
    ca: Option<PathBuf>,
    /// Seconds.
    timeout: Option<u64>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encryption {
    Tls,
    #[default]
    StartTls,
    Plain,
}

#[derive(Deserialize)]
struct Sms {
    account: String,
    token: String,
    from: String,
    base_url: Option<String>,
}

#[derive(Default, Deserialize)]
struct Inbound {
    email_token: Option<String>,
}

#[derive(Default, Deserialize)]
struct Egress {
    #[serde(default)]
    allow: Vec<String>,
    ca: Option<PathBuf>,
}

impl Config {
    /// Reads the file, where one is named or `pointsman.toml` is there, and the variables.
    ///
    /// # Errors
    /// Where a value can't be read, or a key is not known.
    pub fn load(file: Option<&Path>, variables: HashMap<String, String>) -> Result<Self, Error> {
        let mut sources = config::Config::builder()
            .set_default("listen", "127.0.0.1:8080")?
            .set_default("data", "./data")?
            .set_default("postgres_connections", 16)?;
        match file {
            Some(file) if !file.exists() => return Err(Error::NoFile(file.to_owned())),
            Some(file) => sources = sources.add_source(File::from(file).format(FileFormat::Toml)),
            None => sources = sources.add_source(File::new("pointsman", FileFormat::Toml).required(false)),
        }
        let [database, nats] = [DATABASE_URL, NATS_URL].map(|name| variables.get(name).cloned());
        let sources = sources
            .add_source(environment(variables))
            .set_override_option("database_url", database)?
            .set_override_option("nats_url", nats)?
            .build()?;
        for key in keys(&sources.cache) {
            check(&key)?;
        }
        Self::of(sources.try_deserialize()?)
    }

    /// The URL that browsers know the server by.
    #[must_use]
    pub fn public_url(&self, listening: SocketAddr) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{listening}"))
    }

    fn of(raw: Raw) -> Result<Self, Error> {
        let location = match raw.database_url {
            Some(_) if raw.postgres_connections < CONNECTIONS => return Err(Error::TooFewConnections),
            Some(url) => Location::Postgres {
                url,
                connections: raw.postgres_connections,
            },
            None => Location::Folder(raw.data.clone()),
        };
        let allow = raw.egress.allow.iter().map(|text| text.parse::<Allow>());
        Ok(Self {
            listen: raw.listen,
            public_url: raw.public_url.map(|url| url.trim_end_matches('/').to_owned()),
            data: raw.data,
            location,
            origins: raw.origins,
            log: raw.log,
            smtp: raw.smtp.map(SmtpConfig::from),
            sms: raw.sms.map(SmsConfig::from),
            inbound_email_token: raw.inbound.email_token.map(SecretString::from),
            egress: egress::Settings {
                allow: allow.collect::<Result<_, _>>()?,
                ca: raw.egress.ca,
            },
            retention: raw.retention,
            nats_url: raw.nats_url.map(SecretString::from),
            secret_keys: raw.secret_keys.into_iter().map(SecretString::from).collect(),
        })
    }
}

impl From<Smtp> for SmtpConfig {
    fn from(smtp: Smtp) -> Self {
        let (security, port) = match smtp.security {
            Encryption::Tls => (Security::Tls, 465),
            Encryption::StartTls => (Security::StartTls, 587),
            Encryption::Plain => (Security::Plain, 25),
        };
        Self {
            host: smtp.host,
            port: smtp.port.unwrap_or(port),
            security,
            username: smtp.username,
            password: SecretString::from(smtp.password),
            from: smtp.from,
            ca: smtp.ca,
            timeout: Duration::from_secs(smtp.timeout.unwrap_or(30)),
        }
    }
}

impl From<Sms> for SmsConfig {
    fn from(sms: Sms) -> Self {
        Self {
            account: sms.account,
            token: SecretString::from(sms.token),
            from: sms.from,
            base_url: sms.base_url.unwrap_or_else(|| API.to_owned()),
        }
    }
}

fn environment(variables: HashMap<String, String>) -> Environment {
    Environment::with_prefix(PREFIX)
        .prefix_separator("_")
        .separator("__")
        .try_parsing(true)
        .list_separator(",")
        .with_list_parse_key("origins")
        .with_list_parse_key("egress.allow")
        .with_list_parse_key("secret_keys")
        .source(Some(variables.into_iter().collect()))
}

/// The keys of a tree of settings, with dots.
fn keys(value: &config::Value) -> Vec<String> {
    let config::ValueKind::Table(table) = &value.kind else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, value) in table {
        let below = keys(value);
        if below.is_empty() {
            found.push(name.clone());
        } else {
            found.extend(below.into_iter().map(|key| format!("{name}.{key}")));
        }
    }
    found
}

fn check(key: &str) -> Result<(), Error> {
    if KEYS.contains(&key) {
        return Ok(());
    }
    let distance = |known: &&&str| strsim::damerau_levenshtein(key, known);
    let hint = KEYS.iter().filter(|known| distance(known) <= 3).min_by_key(distance);
    Err(Error::Unknown {
        key: key.to_owned(),
        hint: hint.copied(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(file: &str, variables: &[(&str, &str)]) -> Result<Config, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pointsman.toml");
        std::fs::write(&path, file).unwrap();
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Config::load(Some(&path), variables.collect())
    }

    #[test]
    fn without_any_setting_it_is_sqlite_on_loopback() {
        let config = loaded("", &[]).unwrap();

        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert!(matches!(config.location, Location::Folder(folder) if folder == Path::new("./data")));
    }

    #[test]
    fn a_variable_wins_over_the_file() {
        let config = loaded(
            "listen = '127.0.0.1:1'\norigins = ['https://a.example']",
            &[
                ("POINTSMAN_LISTEN", "127.0.0.1:2"),
                ("POINTSMAN_ORIGINS", "https://b.example,https://c.example"),
                ("POINTSMAN_SMTP__HOST", "localhost"),
                ("POINTSMAN_SMTP__FROM", "crm@acme.example"),
                ("POINTSMAN_SMTP__SECURITY", "plain"),
            ],
        )
        .unwrap();

        assert_eq!(config.listen.port(), 2);
        assert_eq!(config.origins, ["https://b.example", "https://c.example"]);
        assert_eq!(config.smtp.unwrap().port, 25);
    }

    #[test]
    fn a_database_url_decides_for_postgresql() {
        let config = loaded("", &[("DATABASE_URL", "postgres://localhost/crm")]).unwrap();

        assert!(matches!(config.location, Location::Postgres { connections: 16, .. }));
    }

    #[test]
    fn a_single_connection_is_refused() {
        let postgres = ("DATABASE_URL", "postgres://localhost/crm");

        let refused = loaded("postgres_connections = 1", &[postgres]).unwrap_err();

        assert!(matches!(refused, Error::TooFewConnections));
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_one_that_was_meant() {
        let in_file = loaded("pubic_url = 'https://crm.example.com'", &[])
            .unwrap_err()
            .to_string();
        let nested = loaded("[smtp]\nhots = 'mail'", &[]).unwrap_err().to_string();
        let variable = loaded("", &[("POINTSMAN_LISTNE", "127.0.0.1:2")])
            .unwrap_err()
            .to_string();

        assert!(in_file.contains("did you mean `public_url`"), "{in_file}");
        assert!(nested.contains("did you mean `smtp.host`"), "{nested}");
        assert!(variable.contains("did you mean `listen`"), "{variable}");
    }

    #[test]
    fn every_setting_stands_in_the_documentation() {
        let document = include_str!("../../docs/configuration.md");

        let missing: Vec<_> = KEYS
            .iter()
            .filter(|key| !document.contains(&format!("`{key}`")))
            .collect();

        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn the_mail_password_is_not_shown() {
        let config = loaded("[smtp]\nhost = 'h'\nfrom = 'a@b.example'\npassword = 'hush'", &[]).unwrap();

        assert!(!format!("{config:?}").contains("hush"));
    }
}
