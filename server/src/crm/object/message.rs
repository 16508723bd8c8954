//! E-mail and SMS, in and out.

use super::{Object, boolean, date_time, long_text, reference, select, text};

const STATES: &[&str] = &[
    "QUEUED",
    "SENT",
    "DELIVERED",
    "BOUNCED",
    "FAILED",
    "UNKNOWN",
    "CANCELLED",
    "RECEIVED",
];

pub(super) fn object() -> Object {
    Object::new("message", "Message", "E-mail and SMS, in and out.").with([
        select("channel", "channel", &["EMAIL", "SMS"], "").required(),
        select("direction", "direction", &["IN", "OUT"], "").required(),
        select("state", "state", STATES, "").required(),
        text("sender", "sender", "The address or number it came from."),
        text("recipient", "recipient", "The address or number it went to."),
        long_text("subject", "subject", ""),
        long_text("text", "text", ""),
        long_text("html", "html", ""),
        text(
            "messageId",
            "message_id",
            "RFC 5322 Message-ID, without angle brackets.",
        ),
        text("inReplyTo", "in_reply_to", "The Message-ID that this one answers."),
        date_time("sentAt", "sent_at", ""),
        date_time("answeredAt", "answered_at", "When the last answer to it came."),
        boolean(
            "automatic",
            "automatic",
            "True where a machine wrote it by itself, such as an out-of-office reply.",
        ),
        text("providerId", "provider_id", "What the provider calls it."),
        reference(
            "answers",
            "answers_id",
            "message",
            "The message of ours that it answers.",
        ),
        reference("company", "company_id", "company", "The company it is about."),
        reference("contact", "contact_id", "contact", "The contact it is about."),
        reference("deal", "deal_id", "deal", "The deal it is about."),
    ])
}
