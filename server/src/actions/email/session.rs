//! One SMTP connection, and where exactly it broke. lettre's own transport hides whether the final dot was written,
//! which is what decides whether a mail may have been accepted. Never sends a mail twice.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use secrecy::ExposeSecret;
use tokio::time::{Instant, timeout};

use super::super::{Code, Failure, Outcome};
use super::{Security, SetUpError, SmtpConfig};

/// Shorter than what servers grant an idle client (RFC 5321 asks for 5 minutes, many give 1).
const IDLE: Duration = Duration::from_secs(30);
const CHUNK: usize = 64 * 1024;

/// Opens connections.
pub(super) struct Dialler {
    config: SmtpConfig,
    tls: Option<TlsParameters>,
    hello: ClientId,
}

impl Dialler {
    pub(super) fn new(config: SmtpConfig) -> Result<Self, SetUpError> {
        let tls = config.tls()?;
        Ok(Self {
            config,
            tls,
            hello: ClientId::default(),
        })
    }

    /// A connection that is greeted, encrypted and authenticated.
    pub(super) async fn dial(&self) -> Result<Session, Failure> {
        let failed = |error: SmtpError| Failure::new(Code::ConnectFailed, self.describe(&error));
        let connection = timeout(self.config.timeout, async {
            let mut connection = self.connect().await.map_err(failed)?;
            self.authenticate(&mut connection).await?;
            Ok(connection)
        });
        let late = |_| {
            Err(Failure::new(
                Code::ConnectFailed,
                format!("{} did not answer in time", self.config.host),
            ))
        };
        let connection = connection.await.unwrap_or_else(late)?;
        Ok(Session {
            connection,
            timeout: self.config.timeout,
            since: Instant::now(),
        })
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, SmtpError> {
        let server = (self.config.host.as_str(), self.config.port);
        let tls = self.tls.clone();
        match (self.config.security, tls) {
            (Security::StartTls, Some(tls)) => {
                let mut connection = AsyncSmtpConnection::connect_tokio1(server, None, &self.hello, None, None).await?;
                connection.starttls(tls, &self.hello).await?;
                Ok(connection)
            }
            (Security::Tls | Security::StartTls | Security::Plain, tls) => {
                AsyncSmtpConnection::connect_tokio1(server, None, &self.hello, tls, None).await
            }
        }
    }

    async fn authenticate(&self, connection: &mut AsyncSmtpConnection) -> Result<(), Failure> {
        let Some(username) = &self.config.username else {
            return Ok(());
        };
        let credentials = Credentials::new(username.clone(), self.config.password.expose_secret().to_owned());
        let failed = |error| Failure::new(Code::AuthenticationFailed, self.describe(&error));
        connection
            .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
            .await
            .map_err(failed)
            .map(drop)
    }

    fn describe(&self, error: &SmtpError) -> String {
        format!("{}:{}: {error}", self.config.host, self.config.port)
    }
}

/// An open connection between two mails.
pub(super) struct Session {
    connection: AsyncSmtpConnection,
    timeout: Duration,
    since: Instant,
}

impl Session {
    /// Resets the server's side, also after a refused mail, and so learns whether it is still there.
    pub(super) async fn is_ready(&mut self, now: Instant) -> bool {
        now.duration_since(self.since) < IDLE
            && timeout(self.timeout, self.connection.command(Rset))
                .await
                .is_ok_and(|reply| reply.is_ok())
    }

    pub(super) fn rested(self, since: Instant) -> Self {
        Self { since, ..self }
    }

    /// Hands over one mail and gives the server's last words.
    pub(super) async fn deliver(&mut self, envelope: &Envelope, mail: &[u8]) -> Result<String, Broken> {
        let ended = AtomicBool::new(false);
        let (limit, connection) = (self.timeout, &mut self.connection);
        let handed = timeout(limit, hand_over(connection, envelope, mail, &ended)).await;
        let cause = match handed {
            Ok(Ok(reply)) => return Ok(reply.message().collect::<Vec<_>>().join(" ")),
            Ok(Err(cause)) => cause,
            Err(_) => Cause::TimedOut,
        };
        Err(Broken {
            cause,
            ended: ended.into_inner(),
        })
    }
}

/// A mail that was not handed over.
#[derive(Debug)]
pub(super) struct Broken {
    cause: Cause,
    /// Whether all of the mail was written, so that the final dot may have been.
    ended: bool,
}

#[derive(Debug)]
enum Cause {
    Smtp { at: String, error: SmtpError },
    NoUtf8Addresses,
    TimedOut,
}

impl Broken {
    /// A server that answered, even by a refusal, is there for the next mail.
    pub(super) fn leaves_session(&self) -> bool {
        match &self.cause {
            Cause::Smtp { error, .. } => error.status().is_some(),
            Cause::NoUtf8Addresses => true,
            Cause::TimedOut => false,
        }
    }

    /// A refusal is certain at any point, after the final dot too (RFC 5321, 4.2.5); silence is certain only before it.
    pub(super) fn outcome(&self) -> Outcome {
        match &self.cause {
            Cause::Smtp { at, error } if error.is_permanent() => {
                Outcome::rejected(Code::Refused, format!("{at}: {error}"))
            }
            Cause::Smtp { at, error } if error.is_transient() => {
                Outcome::not_sent(Code::Unavailable, format!("{at}: {error}"))
            }
            Cause::Smtp { at, error } => self.silence(format!("{at}: {error}")),
            Cause::NoUtf8Addresses => {
                let message = "an address is not ASCII, and the mail server does not take such (no SMTPUTF8)";
                Outcome::rejected(Code::InvalidOrder, message)
            }
            Cause::TimedOut => self.silence("the mail server did not answer in time".to_owned()),
        }
    }

    fn silence(&self, message: String) -> Outcome {
        if self.ended {
            Outcome::unknown(Code::AnswerLost, message)
        } else {
            Outcome::not_sent(Code::ConnectFailed, message)
        }
    }
}

/// MAIL, RCPT for each, DATA, the mail. One refused recipient stops it for all, before DATA.
async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    mail: &[u8],
    ended: &AtomicBool,
) -> Result<Response, Cause> {
    let at = |at: &str| {
        let at = at.to_owned();
        |error| Cause::Smtp { at, error }
    };
    let parameters = parameters(connection, envelope)?;
    connection
        .command(Mail::new(envelope.from().cloned(), parameters))
        .await
        .map_err(at("MAIL"))?;
    for recipient in envelope.to() {
        let rcpt = Rcpt::new(recipient.clone(), vec![]);
        connection
            .command(rcpt)
            .await
            .map_err(at(&format!("RCPT {recipient}")))?;
    }
    connection.command(Data).await.map_err(at("DATA"))?;
    connection
        .message_iter(until_end(mail, ended))
        .await
        .map_err(at("the end of DATA"))
}

/// The mail in chunks; `ended` is set when the last was written, just before lettre writes the final dot.
fn until_end<'a>(mail: &'a [u8], ended: &'a AtomicBool) -> impl Iterator<Item = &'a [u8]> {
    mail.chunks(CHUNK).chain(std::iter::from_fn(|| {
        ended.store(true, Ordering::Relaxed);
        None
    }))
}

/// Our mails are ASCII by their encoding and domains by theirs, but a user name in another script has no such form.
fn parameters(connection: &AsyncSmtpConnection, envelope: &Envelope) -> Result<Vec<MailParameter>, Cause> {
    if envelope
        .to()
        .iter()
        .chain(envelope.from())
        .all(|address| address.user().is_ascii())
    {
        return Ok(Vec::new());
    }
    if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
        return Err(Cause::NoUtf8Addresses);
    }
    Ok(vec![
        MailParameter::SmtpUtfEight,
        MailParameter::Body(MailBodyParameter::EightBitMime),
    ])
}
