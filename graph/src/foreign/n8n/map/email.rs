//! Nodes that send mail. Who sends it is the configuration's to say.

use serde_json::{Map, Value as Json, json};

use super::Mapped;
use crate::foreign::{
    n8n::{file::Node, texts::Texts},
    report::RemarkCode,
};

pub(super) fn send(node: &Node, texts: &mut Texts<'_>) -> Mapped {
    if node.parameter(&["fromEmail"]).is_some() {
        texts.remark(
            RemarkCode::SettingLeftOut,
            None,
            "the sender is the configuration's `smtp.from`",
        );
    }
    if node
        .parameter(&["options", "attachments"])
        .or_else(|| node.parameter(&["attachments"]))
        .is_some()
    {
        texts.remark(RemarkCode::SettingLeftOut, None, "its attachments are left out");
    }
    let plain = ["text", "message"];
    mail(
        node,
        texts,
        &[
            ("to", &[&["toEmail"]]),
            ("cc", &[&["ccEmail"], &["options", "ccEmail"]]),
            ("bcc", &[&["bccEmail"], &["options", "bccEmail"]]),
            ("replyTo", &[&["options", "replyTo"]]),
            ("subject", &[&["subject"]]),
            ("text", &[&plain[..1], &plain[1..]]),
            ("html", &[&["html"]]),
        ],
    )
}

/// Of what it does with a mailbox, only sending a message.
pub(super) fn gmail(node: &Node, texts: &mut Texts<'_>) -> Option<Mapped> {
    let is_message = node.text(&["resource"]).is_none_or(|resource| resource == "message");
    let is_sending = node.text(&["operation"]).is_none_or(|operation| operation == "send");
    let body: &[&str] = &["message"];
    let kind = if node.text(&["emailType"]) == Some("text") {
        "text"
    } else {
        "html"
    };
    (is_message && is_sending).then(|| {
        mail(
            node,
            texts,
            &[
                ("to", &[&["sendTo"]]),
                ("cc", &[&["options", "ccList"]]),
                ("bcc", &[&["options", "bccList"]]),
                ("replyTo", &[&["options", "replyTo"]]),
                ("subject", &[&["subject"]]),
                (kind, &[body]),
            ],
        )
    })
}

/// The fields of ours, each from the first of its places where something stands.
fn mail(node: &Node, texts: &mut Texts<'_>, fields: &[(&str, &[&[&str]])]) -> Mapped {
    let mut config = Map::new();
    for (field, places) in fields {
        if let Some(parameter) = places.iter().find_map(|place| node.parameter(place)) {
            config.insert((*field).to_owned(), recipients(field, texts.template(field, parameter)));
        }
    }
    Mapped::action("sendEmail", json!(config))
}

/// Addresses between commas, as a list where there are several.
fn recipients(field: &str, text: String) -> Json {
    let is_list = ["to", "cc", "bcc"].contains(&field) && text.contains(',') && !text.contains("{{");
    match is_list {
        true => text.split(',').map(|address| address.trim().to_owned()).collect(),
        false => text.into(),
    }
}
