//! The links that messages carry to us: who opens one needs no other proof than the link.

use std::sync::{Arc, OnceLock};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use pointsman_entities::{
    ids::{ApprovalId, EffectId, UserId},
    time::Timestamp,
};

use crate::{crm::id, secrets::keyring::Keyring};

const UNSUBSCRIBE: &str = "unsubscribe";
const APPROVAL: &str = "approval";

/// What a link to an approval says: who may decide it, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub approval: ApprovalId,
    pub user: UserId,
    pub until: Timestamp,
}

/// Makes links and reads them.
pub struct Links {
    keyring: Arc<Keyring>,
    public_url: OnceLock<String>,
}

impl Links {
    #[must_use]
    pub fn new(keyring: Arc<Keyring>) -> Self {
        Self {
            keyring,
            public_url: OnceLock::new(),
        }
    }

    /// Says by which URL the public knows the server, once, before the first link is made.
    pub fn lead_to(&self, public_url: &str) {
        let _said_before = self.public_url.set(public_url.to_owned());
    }

    /// The URL by which the public knows a path of the server.
    #[must_use]
    pub fn public(&self, path: &str) -> String {
        let base = self.public_url.get().map_or("http://127.0.0.1:8080", String::as_str);
        format!("{base}{path}")
    }

    /// The link by which the owner of an address withdraws from marketing mail. It is good for ever: mails are.
    #[must_use]
    pub fn unsubscribe(&self, address: &str) -> String {
        let address = address.to_lowercase();
        let signature = self.keyring.sign(UNSUBSCRIBE, &address);
        let token = format!("{}.{}", BASE64.encode(&address), BASE64.encode(signature));
        self.public(&format!("/unsubscribe/{token}"))
    }

    /// Whose link it is; none where we have not made it.
    #[must_use]
    pub fn address(&self, token: &str) -> Option<String> {
        let (address, signature) = token.split_once('.')?;
        let address = String::from_utf8(BASE64.decode(address).ok()?).ok()?;
        let signature = BASE64.decode(signature).ok()?;
        let genuine = self.keyring.verifies(UNSUBSCRIBE, &address, &signature);
        genuine.then_some(address)
    }

    /// The link by which a user decides an approval without signing in.
    #[must_use]
    pub fn approval(&self, ticket: &Ticket) -> String {
        let text = ticket.text();
        let signature = BASE64.encode(self.keyring.sign(APPROVAL, &text));
        self.public(&format!("/approvals/{text}.{signature}"))
    }

    /// What a link to an approval says; none where we have not made it. Whether it still counts is the caller's to ask.
    #[must_use]
    pub fn ticket(&self, token: &str) -> Option<Ticket> {
        let (text, signature) = token.rsplit_once('.')?;
        let genuine = self.keyring.verifies(APPROVAL, text, &BASE64.decode(signature).ok()?);
        genuine.then(|| Ticket::parse(text))?
    }

    /// Where the SMS provider tells what becomes of an effect.
    #[must_use]
    pub fn callback(&self, effect: EffectId) -> String {
        self.public(&format!("/inbound/twilio?effect={}", id::format("effect", effect)))
    }
}

impl Ticket {
    fn text(&self) -> String {
        let (approval, user) = (self.approval.0.simple(), self.user.0.simple());
        format!("{approval}.{user}.{}", self.until.micros())
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        Some(Self {
            approval: ApprovalId(parts.next()?.parse().ok()?),
            user: UserId(parts.next()?.parse().ok()?),
            until: Timestamp(parts.next()?.parse().ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links() -> Links {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::load(&[], Some(folder.path()), [7; 32]).unwrap();
        Links::new(Arc::new(keyring))
    }

    fn token(link: &str) -> &str {
        link.rsplit_once('/').unwrap().1
    }

    #[test]
    fn a_link_names_its_address_whatever_its_case() {
        let links = links();

        let link = links.unsubscribe("Ann@Example.com");

        assert!(link.starts_with("http://127.0.0.1:8080/unsubscribe/"));
        assert_eq!(links.address(token(&link)).as_deref(), Some("ann@example.com"));
    }

    #[test]
    fn a_link_to_an_approval_says_what_it_was_made_for_and_nothing_else() {
        let links = links();
        let ticket = Ticket {
            approval: ApprovalId(uuid::Uuid::from_u128(1)),
            user: UserId(uuid::Uuid::from_u128(2)),
            until: Timestamp(3),
        };
        let link = links.approval(&ticket);

        let later = token(&link).replacen(".3.", ".4.", 1);

        assert_eq!(links.ticket(token(&link)), Some(ticket));
        assert_ne!(later, token(&link));
        assert_eq!(
            (links.ticket(&later), links.ticket("x.y"), links.ticket("")),
            (None, None, None)
        );
    }

    #[test]
    fn a_link_for_one_address_is_none_for_another() {
        let links = links();
        let link = links.unsubscribe("ann@example.com");
        let (_, signature) = token(&link).split_once('.').unwrap();

        let forged = format!("{}.{signature}", BASE64.encode("bob@example.com"));

        assert_eq!(links.address(&forged), None);
        assert_eq!(links.address("x"), None);
        assert_eq!(links.address(&format!("{}.", BASE64.encode("bob@example.com"))), None);
    }
}
