//! A message that came in, whatever brought it.

use pointsman_entities::time::Timestamp;

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Email,
    Sms,
}

/// A message that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    pub channel: Channel,
    /// What tells two deliveries of the same message: its Message-ID, or what the provider calls it.
    pub external_id: String,
    /// An address in lower case, or a number in E.164.
    pub sender: String,
    /// The first address or the number it came to.
    pub recipient: Option<String>,
    pub subject: Option<String>,
    pub text: Option<String>,
    pub html: Option<String>,
    /// Without angle brackets.
    pub message_id: Option<String>,
    /// The Message-IDs that it answers, the nearest first.
    pub references: Vec<String>,
    /// Whether a machine wrote it (RFC 3834).
    pub automatic: bool,
    pub sent_at: Option<Timestamp>,
}

impl Channel {
    /// The channel as it is stored and shown.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Sms => "SMS",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Email, Self::Sms].into_iter().find(|known| known.text() == text)
    }

    /// The field of a contact that holds an address of this channel.
    pub(crate) fn contact_field(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "phone",
        }
    }

    /// The field of a contact that says that it wants no marketing by this channel.
    pub(super) fn opt_out_field(self) -> &'static str {
        match self {
            Self::Email => "emailOptOut",
            Self::Sms => "smsOptOut",
        }
    }
}
