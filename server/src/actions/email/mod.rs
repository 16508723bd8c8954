//! Sends e-mail by SMTP and says what is certain of it. Never sends over an unencrypted connection except to this
//! machine, never retries, never chooses a recipient.
//!
//! The mail server is the operator's, named in the configuration alone: that is its exception from [`super::egress`].

mod compose;
mod config;
mod header;
mod session;

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::{Code, IdempotencyKey, Outcome};
use session::{Dialler, Session};

pub use config::{Security, SetUpError, SmtpConfig};

/// At most so many connections to the mail server.
const CONNECTIONS: usize = 4;

/// A mail as the ledger keeps it. It goes to all its recipients or to none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    /// Who sends it, if not the configured sender.
    pub from: Option<Party>,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<Party>,
    /// Recipients that all see.
    pub to: Vec<Party>,
    /// Recipients of a copy that all see.
    pub cc: Vec<Party>,
    /// Recipients that nobody sees.
    pub bcc: Vec<Party>,
    /// The subject, one line.
    pub subject: String,
    /// The text, for every reader.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
    /// On marketing mail: the link that unsubscribes, by one click where it is https (RFC 8058).
    pub unsubscribe: Option<String>,
}

/// A person or a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The name that readers show.
    pub name: Option<String>,
    /// The address, as `ann@example.com`.
    pub address: String,
}

/// A file that goes with a mail; it comes out of the blob store, not out of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Its media type, as `application/pdf`.
    pub media_type: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// The client of the configured mail server, with a small pool of connections.
pub struct Mailer {
    dialler: Dialler,
    from: Mailbox,
    slots: Semaphore,
    idle: Mutex<Vec<Session>>,
}

impl Mailer {
    /// A client; it connects when it sends.
    ///
    /// # Errors
    /// Where the configuration is unsafe or cannot be used.
    pub fn new(config: SmtpConfig) -> Result<Self, SetUpError> {
        let from = config.sender()?;
        let slots = Semaphore::new(CONNECTIONS);
        Ok(Self {
            dialler: Dialler::new(config)?,
            from,
            slots,
            idle: Mutex::default(),
        })
    }

    /// The Message-ID that a mail of the configured sender gets, without its angle brackets.
    #[must_use]
    pub fn message_id(&self, key: &IdempotencyKey) -> String {
        compose::id(key, &self.from)
    }

    /// Sends a mail. Its Message-ID, `<key@domain of the sender>`, and all its bytes are the same at each attempt with
    /// the same `key` and `date`.
    ///
    /// - Refused by a 5xx, at any point: rejected. By a 4xx: not sent.
    /// - The connection breaks before the final dot was written: not sent; after it: unknown.
    pub async fn send(
        &self,
        email: &Email,
        attachments: &[Attachment],
        key: &IdempotencyKey,
        date: DateTime<Utc>,
    ) -> Outcome {
        let message = match compose::message(email, attachments, &self.from, key, date) {
            Ok(message) => message,
            Err(invalid) => return Outcome::rejected(Code::InvalidOrder, invalid.to_string()),
        };
        let Ok(_slot) = self.slots.acquire().await else {
            return Outcome::not_sent(Code::Unavailable, "the mail client is shut down");
        };
        let mut session = match self.session().await {
            Ok(session) => session,
            Err(failure) => {
                return Outcome::NotSent {
                    failure,
                    retry_after: None,
                };
            }
        };
        match session.deliver(message.envelope(), &message.formatted()).await {
            Ok(reply) => {
                self.keep(session);
                Outcome::Done {
                    output: json!({"messageId": compose::message_id(&message), "reply": reply}),
                }
            }
            Err(broken) => {
                if broken.leaves_session() {
                    self.keep(session);
                }
                broken.outcome()
            }
        }
    }

    /// The newest idle connection that still answers, or a new one.
    async fn session(&self) -> Result<Session, super::Failure> {
        while let Some(mut session) = self.newest() {
            if session.is_ready(Instant::now()).await {
                return Ok(session);
            }
        }
        self.dialler.dial().await
    }

    fn newest(&self) -> Option<Session> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, session: Session) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(session.rested(Instant::now()));
    }
}
