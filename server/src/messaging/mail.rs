//! Reads a mail as RFC 5322 and MIME have it, and reports on mails as RFC 3464 has them. Pure.

use mail_parser::{HeaderValue, Message, MessageParser, MessagePart, MimeHeaders};
use pointsman_entities::time::Timestamp;
use sha2::{Digest, Sha256};

use super::{Bounce, Channel, Incoming, Report, suppression::Reason};

/// What a mail turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mail {
    /// Somebody writes.
    Message(Incoming),
    /// A server reports on a mail of ours.
    Report(Report),
}

/// The bytes are no mail, or one without a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no mail with a sender")]
pub struct NoMail;

/// Reads a mail.
///
/// # Errors
/// Where it is none.
pub fn read(raw: &[u8]) -> Result<Mail, NoMail> {
    let mail = MessageParser::default().parse(raw).ok_or(NoMail)?;
    // Without a Message-ID its bytes tell it from others.
    let external_id = mail.message_id().map_or_else(|| digest(raw), str::to_owned);
    if let Some(report) = report(&mail, &external_id) {
        return Ok(Mail::Report(report));
    }
    let address = |address: Option<&mail_parser::Address<'_>>| {
        let first = address.and_then(|addresses| addresses.first());
        first.and_then(|one| one.address()).map(str::to_lowercase)
    };
    Ok(Mail::Message(Incoming {
        channel: Channel::Email,
        sender: address(mail.from()).ok_or(NoMail)?,
        recipient: address(mail.to()),
        subject: mail.subject().map(str::to_owned),
        text: mail.body_text(0).map(|text| text.into_owned()),
        html: html(&mail),
        message_id: mail.message_id().map(str::to_owned),
        references: references(&mail),
        automatic: is_automatic(&mail),
        sent_at: mail.date().map(|date| Timestamp(date.to_timestamp() * 1_000_000)),
        external_id,
    }))
}

/// What tells bytes from others, as hex.
#[must_use]
pub fn digest(raw: &[u8]) -> String {
    Sha256::digest(raw).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The library makes HTML of plain text, where there is no other.
fn html(mail: &Message<'_>) -> Option<String> {
    let part = mail.html_part(0).filter(|part| part.is_text_html())?;
    part.text_contents().map(str::to_owned)
}

/// In-Reply-To first, then the thread from its newest end.
fn references(mail: &Message<'_>) -> Vec<String> {
    let ids = |value: &HeaderValue<'_>| -> Vec<String> {
        let list = value.as_text_list().unwrap_or_default();
        list.iter().map(|id| id.to_string()).collect()
    };
    let mut found = ids(mail.in_reply_to());
    found.extend(ids(mail.references()).into_iter().rev());
    let mut seen = std::collections::HashSet::new();
    found.retain(|id| seen.insert(id.clone()));
    found
}

/// RFC 3834, and what older programs do instead of it.
fn is_automatic(mail: &Message<'_>) -> bool {
    let header = |name: &'static str| mail.header_raw(name).map(|value| value.trim().to_lowercase());
    let submitted = header("Auto-Submitted").is_some_and(|value| !value.starts_with("no"));
    let bulk =
        header("Precedence").is_some_and(|value| ["bulk", "junk", "list", "auto_reply"].contains(&value.as_str()));
    submitted || bulk || header("X-Autoreply").is_some() || header("X-Autorespond").is_some()
}

fn report(mail: &Message<'_>, external_id: &str) -> Option<Report> {
    let kind = mail.content_type()?;
    let is = |part: &MessagePart<'_>, subtype: &str| {
        let kind = part.content_type();
        kind.is_some_and(|kind| kind.ctype() == "message" && kind.subtype() == Some(subtype))
    };
    if kind.subtype() != Some("report") {
        return None;
    }
    let status = mail.parts.iter().find(|part| is(part, "delivery-status"))?;
    let status = String::from_utf8_lossy(status.contents()).into_owned();
    let original = mail.parts.iter().find_map(|part| original_id(part));
    Some(Report {
        external_id: external_id.to_owned(),
        message_id: original,
        bounces: status.replace("\r\n", "\n").split("\n\n").filter_map(bounce).collect(),
    })
}

/// The Message-ID of the mail that is sent back whole, or by its headers.
fn original_id(part: &MessagePart<'_>) -> Option<String> {
    if let Some(original) = part.message() {
        return original.message_id().map(str::to_owned);
    }
    let kind = part.content_type()?;
    let headers = kind.subtype() == Some("rfc822-headers");
    let parsed = headers.then(|| MessageParser::default().parse(part.contents()))??;
    parsed.message_id().map(str::to_owned)
}

/// The fields of one recipient (RFC 3464, 2.3). A delay is no bounce.
fn bounce(block: &str) -> Option<Bounce> {
    let field = |name: &str| {
        block.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let typed = |value: String| {
        value
            .split_once(';')
            .map_or(value.clone(), |(_, rest)| rest.trim().to_owned())
    };
    if !field("Action")?.eq_ignore_ascii_case("failed") {
        return None;
    }
    let address = field("Original-Recipient")
        .or_else(|| field("Final-Recipient"))
        .map(typed)?;
    let status = field("Status").unwrap_or_default();
    let detail = field("Diagnostic-Code").map(typed).unwrap_or_else(|| status.clone());
    Some(Bounce {
        address: address.trim_matches(['<', '>']).to_lowercase(),
        lasting: is_lasting(&status).then_some(Reason::Bounced),
        detail: Some(detail).filter(|detail| !detail.is_empty()),
    })
}

/// RFC 3463: class 5 is permanent, but a full mailbox (5.2.2) or a mail that is too large (5.2.3, 5.3.4) or unwelcome by
/// its content (5.7) says nothing of the next one.
fn is_lasting(status: &str) -> bool {
    let passing = ["5.2.2", "5.2.3", "5.3.4", "5.7."];
    status.starts_with("5.") && !passing.iter().any(|known| status.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(raw: &str) -> Incoming {
        match read(raw.replace('\n', "\r\n").as_bytes()).unwrap() {
            Mail::Message(incoming) => incoming,
            Mail::Report(report) => panic!("{report:?}"),
        }
    }

    fn reported(status: &str, original: &str) -> Report {
        let raw = format!(
            "From: MAILER-DAEMON@mx.example\nTo: crm@acme.example\nMessage-ID: <dsn1@mx.example>\nSubject: Undelivered\n\
             MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n\
             --b\nContent-Type: text/plain\n\nSorry.\n\n\
             --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n{status}\n\n\
             --b\n{original}\n\n--b--\n"
        );
        match read(raw.replace('\n', "\r\n").as_bytes()).unwrap() {
            Mail::Report(report) => report,
            Mail::Message(incoming) => panic!("{incoming:?}"),
        }
    }

    const HARD: &str = "Final-Recipient: rfc822; Gone@Example.com\nAction: failed\nStatus: 5.1.1\n\
                        Diagnostic-Code: smtp; 550 5.1.1 no such user";
    const HEADERS: &str = "Content-Type: text/rfc822-headers\n\nMessage-ID: <effect_1@acme.example>\nSubject: Hi";

    #[test]
    fn a_reply_names_what_it_answers_the_nearest_first() {
        let mail = message(
            "From: Ann <Ann@Example.com>\nTo: Acme <crm@acme.example>\nSubject: Re: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n\
             Message-ID: <m2@example.com>\nIn-Reply-To: <b@acme.example>\nReferences: <a@acme.example> <b@acme.example>\n\
             Date: Mon, 5 Jan 2026 10:00:00 +0100\nContent-Type: text/plain; charset=utf-8\n\nYes!\n",
        );

        assert_eq!(mail.sender, "ann@example.com");
        assert_eq!(mail.subject.as_deref(), Some("Re: Grüße"));
        assert_eq!(mail.references, ["b@acme.example", "a@acme.example"]);
        assert_eq!(mail.external_id, "m2@example.com");
        assert_eq!(mail.text.as_deref().map(str::trim), Some("Yes!"));
        assert_eq!(mail.html, None);
        assert_eq!(mail.sent_at, Some(Timestamp(1_767_603_600_000_000)));
        assert!(!mail.automatic);
    }

    #[test]
    fn an_answer_of_a_machine_is_told_from_one_of_a_person() {
        for header in ["Auto-Submitted: auto-replied", "Precedence: bulk", "X-Autoreply: yes"] {
            assert!(
                message(&format!("From: a@example.com\n{header}\n\nAway")).automatic,
                "{header}"
            );
        }
        assert!(!message("From: a@example.com\nAuto-Submitted: no\n\nHere").automatic);
    }

    #[test]
    fn a_mail_without_an_id_is_told_by_its_bytes() {
        let (one, two) = (
            message("From: a@example.com\n\nOne"),
            message("From: a@example.com\n\nTwo"),
        );

        assert_eq!(one.external_id.len(), 64);
        assert_ne!(one.external_id, two.external_id);
    }

    #[test]
    fn an_address_that_does_not_exist_bounces_for_good() {
        let report = reported(HARD, HEADERS);

        assert_eq!(report.message_id.as_deref(), Some("effect_1@acme.example"));
        let expected = Bounce {
            address: "gone@example.com".into(),
            lasting: Some(Reason::Bounced),
            detail: Some("550 5.1.1 no such user".into()),
        };
        assert_eq!(report.bounces, [expected]);
    }

    #[test]
    fn a_full_mailbox_is_no_reason_to_write_never_again() {
        for status in ["5.2.2", "4.2.2", "5.7.1"] {
            let report = reported(&HARD.replace("5.1.1", status), HEADERS);

            assert_eq!(report.bounces[0].lasting, None, "{status}");
        }
    }

    #[test]
    fn a_delay_is_no_bounce() {
        assert_eq!(reported(&HARD.replace("failed", "delayed"), HEADERS).bounces, []);
    }

    #[test]
    fn a_mail_that_comes_back_whole_names_itself() {
        let whole = "Content-Type: message/rfc822\n\nMessage-ID: <effect_2@acme.example>\nFrom: crm@acme.example\n\nHi";

        assert_eq!(
            reported(HARD, whole).message_id.as_deref(),
            Some("effect_2@acme.example")
        );
    }

    #[test]
    fn what_has_no_sender_is_no_mail() {
        for raw in ["", "hello", "Subject: x\r\n\r\nbody"] {
            assert_eq!(read(raw.as_bytes()), Err(NoMail), "{raw:?}");
        }
    }
}
