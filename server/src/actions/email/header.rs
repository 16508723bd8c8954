//! What may stand in a header of a mail: one line of text that can be shown, and addresses. Pure. Never lets a line end
//! or a NUL through.

use lettre::Address;
use lettre::message::Mailbox;
use lettre::message::header::ContentTypeErr;
use url::Host;

use super::Party;

/// Lines of a mail end before 998 bytes (RFC 5322, 2.1.1), and a long word is not folded.
pub(super) const MAX_SUBJECT: usize = 500;
pub(super) const MAX_NAME: usize = 200;
pub(super) const MAX_URL: usize = 900;

/// Why an order cannot be written as a mail.
#[derive(Debug, thiserror::Error)]
pub(super) enum Invalid {
    #[error("the {0} has a line end or another control character")]
    Control(&'static str),
    #[error("the {0} is too long")]
    Long(&'static str),
    #[error("`{0}` is not an e-mail address")]
    Address(String),
    #[error("there is no recipient")]
    NoRecipient,
    #[error("the unsubscribe link is not an http or https URL")]
    Unsubscribe,
    #[error("`{media_type}` is not a media type")]
    MediaType {
        media_type: String,
        #[source]
        source: ContentTypeErr,
    },
    #[error("the mail cannot be written")]
    Write(#[from] lettre::error::Error),
}

/// Domains go in their ASCII form, which every mail server takes.
pub(super) fn mailbox(party: &Party) -> Result<Mailbox, Invalid> {
    let name = party
        .name
        .as_deref()
        .map(|name| line("name", name, MAX_NAME))
        .transpose()?;
    let invalid = || Invalid::Address(party.address.escape_debug().to_string());
    let (user, domain) = party.address.rsplit_once('@').ok_or_else(invalid)?;
    let Ok(Host::Domain(domain)) = Host::parse(domain) else {
        return Err(invalid());
    };
    let address = Address::new(line("address", user, MAX_NAME)?, domain).map_err(|_| invalid())?;
    Ok(Mailbox::new(name.filter(|name| !name.is_empty()), address))
}

/// Text that goes into a header: one line of what can be shown.
pub(super) fn line(what: &'static str, text: &str, limit: usize) -> Result<String, Invalid> {
    if text.chars().any(char::is_control) {
        return Err(Invalid::Control(what));
    }
    if text.len() > limit {
        Err(Invalid::Long(what))
    } else {
        Ok(text.to_owned())
    }
}
