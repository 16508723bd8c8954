//! Messages in the API.

use super::table::{creations, object, options};
use crate::api::scalar::DateTime;

options! {
    /// How a message travels.
    MessageChannel { Email, Sms }
}

options! {
    /// Whether a message came or went.
    MessageDirection { In, Out }
}

options! {
    /// What has become of a message.
    MessageState { Queued, Sent, Delivered, Bounced, Failed, Unknown, Cancelled, Received }
}

object! {
    /// E-mail and SMS, in and out.
    Message message messages;
    required {
        /// How it travels.
        channel: MessageChannel,
        /// Whether it came or went.
        direction: MessageDirection,
        /// What has become of it.
        state: MessageState,
    }
    defaulted {
        /// True where a machine wrote it by itself, such as an out-of-office reply.
        automatic: bool,
    }
    optional {
        /// The address or number it came from.
        sender: String,
        /// The address or number it went to.
        recipient: String,
        /// The subject line.
        subject: String,
        /// The plain text.
        text: String,
        /// The HTML.
        html: String,
        /// RFC 5322 Message-ID, without angle brackets.
        message_id: String,
        /// The Message-ID that this one answers.
        in_reply_to: String,
        /// When it was sent.
        sent_at: DateTime,
        /// When the last answer to it came.
        answered_at: DateTime,
        /// What the provider calls it.
        provider_id: String,
    }
    kept {}
    required_references {}
    references {
        /// The message of ours that it answers.
        answers: Message,
        /// The company it is about.
        company: Company,
        /// The contact it is about.
        contact: Contact,
        /// The deal it is about.
        deal: Deal,
    }
    kept_references {}
    lists {}
    computed {}
}

creations!(Message message messages);
