//! Writes a mail as RFC 5322 and MIME have it. Pure, and the same bytes for the same order, key and date. Never writes a
//! header that [`super::header`] did not pass.

use chrono::{DateTime, Utc};
use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue, MessageId};
use lettre::message::{Attachment as Part, Mailbox, MessageBuilder, MultiPart, SinglePart};
use url::Url;

use super::super::IdempotencyKey;
use super::header::{Invalid, MAX_NAME, MAX_SUBJECT, MAX_URL, line, mailbox};
use super::{Attachment, Email};

pub(super) fn message(
    email: &Email,
    attachments: &[Attachment],
    from: &Mailbox,
    key: &IdempotencyKey,
    date: DateTime<Utc>,
) -> Result<Message, Invalid> {
    let from = email.from.as_ref().map_or_else(|| Ok(from.clone()), mailbox)?;
    let head = Message::builder()
        .message_id(Some(format!("<{}>", id(key, &from))))
        .date(date.into())
        .subject(line("subject", &email.subject, MAX_SUBJECT)?)
        // RFC 3834: keeps the automatic answers of other machines, and loops with them, away.
        .raw_header(header("Auto-Submitted", "auto-generated".to_owned()))
        .from(from);
    let head = unsubscribe(recipients(head, email)?, email.unsubscribe.as_deref())?;
    body(head, email, attachments, key)
}

/// The Message-ID without its angle brackets.
pub(super) fn id(key: &IdempotencyKey, from: &Mailbox) -> String {
    format!("{key}@{}", from.email.domain())
}

/// The Message-ID of a composed mail, in its angle brackets.
pub(super) fn message_id(message: &Message) -> Option<String> {
    message.headers().get::<MessageId>().map(|id| id.as_ref().to_owned())
}

fn recipients(mut head: MessageBuilder, email: &Email) -> Result<MessageBuilder, Invalid> {
    if email.to.is_empty() && email.cc.is_empty() && email.bcc.is_empty() {
        return Err(Invalid::NoRecipient);
    }
    if let Some(party) = &email.reply_to {
        head = head.reply_to(mailbox(party)?);
    }
    for party in &email.to {
        head = head.to(mailbox(party)?);
    }
    for party in &email.cc {
        head = head.cc(mailbox(party)?);
    }
    for party in &email.bcc {
        head = head.bcc(mailbox(party)?);
    }
    Ok(head)
}

fn unsubscribe(head: MessageBuilder, link: Option<&str>) -> Result<MessageBuilder, Invalid> {
    let Some(link) = link else { return Ok(head) };
    let url = Url::parse(&line("unsubscribe link", link, MAX_URL)?).map_err(|_| Invalid::Unsubscribe)?;
    let listed = head.raw_header(header("List-Unsubscribe", format!("<{url}>")));
    match url.scheme() {
        "https" => Ok(listed.raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()))),
        "http" => Ok(listed),
        _ => Err(Invalid::Unsubscribe),
    }
}

fn header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

/// Boundaries come from the key, so that a mail that is sent again is the same mail, byte for byte.
fn body(
    head: MessageBuilder,
    email: &Email,
    attachments: &[Attachment],
    key: &IdempotencyKey,
) -> Result<Message, Invalid> {
    let text = SinglePart::plain(email.text.clone());
    let alternative = |html: &String| {
        let both = MultiPart::alternative().boundary(format!("{key}-a"));
        both.singlepart(text.clone()).singlepart(SinglePart::html(html.clone()))
    };
    let alternative = email.html.as_ref().map(alternative);
    if attachments.is_empty() {
        return Ok(match alternative {
            Some(both) => head.multipart(both)?,
            None => head.singlepart(text)?,
        });
    }
    let mixed = MultiPart::mixed().boundary(format!("{key}-m"));
    let mut mixed = match alternative {
        Some(both) => mixed.multipart(both),
        None => mixed.singlepart(text),
    };
    for file in attachments {
        mixed = mixed.singlepart(attachment(file)?);
    }
    Ok(head.multipart(mixed)?)
}

fn attachment(file: &Attachment) -> Result<SinglePart, Invalid> {
    let media_type =
        ContentType::parse(&line("media type", &file.media_type, MAX_NAME)?).map_err(|source| Invalid::MediaType {
            media_type: file.media_type.clone(),
            source,
        })?;
    Ok(Part::new(line("file name", &file.name, MAX_NAME)?).body(file.content.clone(), media_type))
}

#[cfg(test)]
mod tests {
    use super::super::Party;
    use super::*;

    fn email() -> Email {
        let party = |address: &str| Party {
            name: Some("Ann".into()),
            address: address.into(),
        };
        Email {
            from: None,
            reply_to: None,
            to: vec![party("ann@example.com")],
            cc: vec![],
            bcc: vec![party("hidden@example.com")],
            subject: "Won".into(),
            text: "Hello".into(),
            html: Some("<p>Hello".into()),
            unsubscribe: Some("https://crm.example/u/1".into()),
        }
    }

    fn composed(email: &Email) -> Result<Message, Invalid> {
        let from = "Acme <crm@acme.example>".parse().unwrap();
        message(email, &[], &from, &"k1".parse().unwrap(), DateTime::UNIX_EPOCH)
    }

    #[test]
    fn nothing_with_a_line_end_or_a_nul_becomes_a_header() {
        for evil in [
            "x\r\nBcc: v@evil.example",
            "x\nBcc: v@evil.example",
            "x\rBcc: v@evil.example",
            "x\0y",
        ] {
            let party = |name: &str, address: &str| {
                Some(Party {
                    name: Some(name.into()),
                    address: address.into(),
                })
            };
            let mails = [
                Email {
                    subject: evil.into(),
                    ..email()
                },
                Email {
                    unsubscribe: Some(format!("https://crm.example/{evil}")),
                    ..email()
                },
                Email {
                    reply_to: party(evil, "a@example.com"),
                    ..email()
                },
                Email {
                    from: party("Ann", &format!("{evil}@example.com")),
                    ..email()
                },
                Email {
                    reply_to: party("Ann", &format!("a@example.com{evil}")),
                    ..email()
                },
            ];
            for mail in mails {
                assert!(composed(&mail).is_err(), "{mail:?}");
            }
        }
    }

    #[test]
    fn a_name_with_a_line_end_is_no_file_name() {
        let file = Attachment {
            name: "a\r\nb".into(),
            media_type: "text/plain".into(),
            content: vec![],
        };

        assert!(matches!(attachment(&file), Err(Invalid::Control("file name"))));
    }

    #[test]
    fn one_address_is_never_two() {
        for address in [
            "a@example.com, b@example.com",
            "a@example.com>,<b@example.com",
            "a",
            "a@",
            "@b",
            "a@1.2.3.4",
        ] {
            let to = vec![Party {
                name: None,
                address: address.into(),
            }];

            assert!(composed(&Email { to, ..email() }).is_err(), "{address}");
        }
    }

    #[test]
    fn the_same_order_is_the_same_mail_byte_for_byte() {
        assert_eq!(
            composed(&email()).unwrap().formatted(),
            composed(&email()).unwrap().formatted()
        );
    }

    #[test]
    fn the_message_id_is_the_key_at_the_senders_domain() {
        assert_eq!(
            message_id(&composed(&email()).unwrap()).as_deref(),
            Some("<k1@acme.example>")
        );
    }

    #[test]
    fn hidden_recipients_are_in_the_envelope_alone() {
        let mail = composed(&email()).unwrap();

        assert_eq!(mail.envelope().to().len(), 2);
        assert!(!String::from_utf8(mail.formatted()).unwrap().contains("hidden"));
    }

    #[test]
    fn one_click_is_promised_for_https_alone() {
        let http = Email {
            unsubscribe: Some("http://127.0.0.1:8080/u/1".into()),
            ..email()
        };
        let other = Email {
            unsubscribe: Some("javascript:x".into()),
            ..email()
        };

        assert!(
            composed(&email())
                .unwrap()
                .headers()
                .get_raw("List-Unsubscribe-Post")
                .is_some()
        );
        assert!(
            composed(&http)
                .unwrap()
                .headers()
                .get_raw("List-Unsubscribe-Post")
                .is_none()
        );
        assert!(matches!(composed(&other), Err(Invalid::Unsubscribe)));
    }

    #[test]
    fn no_line_of_a_header_is_too_long_for_smtp() {
        let mail = Email {
            subject: "ä".repeat(250),
            unsubscribe: Some(format!("https://x.example/{}", "u".repeat(800))),
            ..email()
        };

        let written = composed(&mail).unwrap().formatted();

        assert!(written.split(|byte| *byte == b'\n').all(|line| line.len() <= 998));
    }
}
