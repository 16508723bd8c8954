//! How to reach the mail server, and what makes a configuration unsafe. Never connects.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use lettre::address::AddressError;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use secrecy::SecretString;

/// The operator's mail server.
#[derive(Debug, Clone)]
pub struct SmtpConfig {
    /// Its name, which its certificate must have.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: Security,
    /// The account; none sends without authentication.
    pub username: Option<String>,
    /// Its password.
    pub password: SecretString,
    /// The sender, as `Acme <crm@acme.example>`.
    pub from: String,
    /// A PEM file of further certificate authorities, beside those of the web.
    pub ca: Option<PathBuf>,
    /// For connecting, and again for handing over a mail.
    pub timeout: Duration,
}

/// How a connection to the mail server is encrypted. There is no "if possible": who can strip STARTTLS reads all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte; mostly port 465.
    Tls,
    /// Upgraded by STARTTLS before anything else; mostly port 587.
    StartTls,
    /// Not at all: for a server on this machine only.
    Plain,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// An unencrypted connection would leave this machine.
    #[error("{0} is not this machine: mail to it must be encrypted (tls or starttls)")]
    Unencrypted(String),
    /// The sender is not a mailbox.
    #[error("`{from}` is not a sender such as `Acme <crm@acme.example>`")]
    From {
        /// The configured text.
        from: String,
        /// Why not.
        #[source]
        source: AddressError,
    },
    /// The file with certificate authorities cannot be read.
    #[error("could not read certificate authorities from {path}")]
    Authorities {
        /// The configured file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The host or the certificate authorities are not valid.
    #[error("could not set up TLS for the mail server")]
    Tls(#[source] SmtpError),
}

impl SmtpConfig {
    /// The TLS side of it; `None` for a server on this machine.
    pub(super) fn tls(&self) -> Result<Option<TlsParameters>, SetUpError> {
        match self.security {
            Security::Plain if is_loopback(&self.host) => Ok(None),
            Security::Plain => Err(SetUpError::Unencrypted(self.host.clone())),
            Security::Tls | Security::StartTls => self.tls_parameters().map(Some),
        }
    }

    fn tls_parameters(&self) -> Result<TlsParameters, SetUpError> {
        let mut tls = TlsParameters::builder(self.host.clone()).certificate_store(CertificateStore::WebpkiRoots);
        if let Some(path) = &self.ca {
            let pem = std::fs::read(path).map_err(|source| SetUpError::Authorities {
                path: path.clone(),
                source,
            })?;
            tls = tls.add_root_certificate(Certificate::from_pem(&pem).map_err(SetUpError::Tls)?);
        }
        tls.build().map_err(SetUpError::Tls)
    }
}

/// By its text, not by what a name resolves to: that may change after this check.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(host: &str, security: Security) -> SmtpConfig {
        SmtpConfig {
            host: host.into(),
            port: 25,
            security,
            username: None,
            password: "hush".into(),
            from: "crm@acme.example".into(),
            ca: None,
            timeout: Duration::from_secs(1),
        }
    }

    #[test]
    fn mail_leaves_this_machine_encrypted_only() {
        for host in ["localhost", "127.0.0.1", "::1"] {
            assert!(matches!(config(host, Security::Plain).tls(), Ok(None)), "{host}");
        }
        for host in ["mail.acme.example", "10.0.0.1", "localhost.evil.example"] {
            assert!(
                matches!(config(host, Security::Plain).tls(), Err(SetUpError::Unencrypted(_))),
                "{host}"
            );
        }
        assert!(matches!(
            config("mail.acme.example", Security::StartTls).tls(),
            Ok(Some(_))
        ));
    }

    #[test]
    fn the_password_is_not_shown() {
        assert!(!format!("{:?}", config("localhost", Security::Plain)).contains("hush"));
    }
}
