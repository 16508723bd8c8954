//! Reads what Postmark's webhooks bring: inbound mails, bounces, complaints. Pure.

use chrono::DateTime;
use pointsman_entities::time::Timestamp;
use serde::Deserialize;
use serde_json::Value as Json;

use super::{
    Bounce, Channel, Incoming, Report,
    mail::{Mail, digest},
    suppression::Reason,
};

/// The JSON is none of Postmark's.
#[derive(Debug, thiserror::Error)]
#[error("this is no inbound mail, bounce or complaint of Postmark")]
pub struct Unreadable;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inbound {
    from_full: Party,
    #[serde(default)]
    to_full: Vec<Party>,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    text_body: String,
    #[serde(default)]
    html_body: String,
    #[serde(rename = "MessageID")]
    id: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    headers: Vec<Header>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Party {
    email: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Returned {
    record_type: String,
    #[serde(rename = "ID")]
    id: Json,
    #[serde(rename = "Type", default)]
    kind: String,
    email: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(rename = "message-id")]
    message_id: Option<String>,
}

/// Reads what a webhook brought.
///
/// # Errors
/// Where it is none of the three.
pub fn read(raw: &[u8]) -> Result<Mail, Unreadable> {
    if let Ok(returned) = serde_json::from_slice::<Returned>(raw) {
        return report(returned).map(Mail::Report).ok_or(Unreadable);
    }
    let inbound: Inbound = serde_json::from_slice(raw).map_err(|_| Unreadable)?;
    Ok(Mail::Message(inbound.into_message(raw)))
}

/// A type that is not known is taken for a passing trouble.
fn report(returned: Returned) -> Option<Report> {
    let lasting = match (returned.record_type.as_str(), returned.kind.as_str()) {
        ("SpamComplaint", _) | ("Bounce", "SpamComplaint") => Some(Reason::Complained),
        ("Bounce", "HardBounce" | "BadEmailAddress" | "ManuallyDeactivated") => Some(Reason::Bounced),
        ("Bounce", _) => None,
        _ => return None,
    };
    Some(Report {
        external_id: format!("postmark-{}", returned.id),
        message_id: returned.metadata.message_id,
        bounces: vec![Bounce {
            address: returned.email.to_lowercase(),
            lasting,
            detail: Some(returned.description).filter(|text| !text.is_empty()),
        }],
    })
}

impl Inbound {
    fn into_message(self, raw: &[u8]) -> Incoming {
        let header = |name: &str| {
            let found = self
                .headers
                .iter()
                .find(|header| header.name.eq_ignore_ascii_case(name));
            found.map(|header| header.value.as_str())
        };
        let ids = |name: &str| -> Vec<String> { header(name).map(ids).unwrap_or_default() };
        let mut references = ids("In-Reply-To");
        references.extend(ids("References").into_iter().rev());
        references.dedup();
        let automatic = header("Auto-Submitted").is_some_and(|value| !value.trim().eq_ignore_ascii_case("no"));
        let message_id = ids("Message-ID").pop();
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let date = DateTime::parse_from_rfc2822(&self.date).ok();
        // Postmark has an id of its own for each delivery; the mail's tells it however it came.
        let own = given(&self.id).unwrap_or_else(|| digest(raw));
        Incoming {
            channel: Channel::Email,
            external_id: message_id.clone().unwrap_or(own),
            sender: self.from_full.email.to_lowercase(),
            recipient: self.to_full.first().map(|party| party.email.to_lowercase()),
            subject: given(&self.subject),
            text: given(&self.text_body),
            html: given(&self.html_body),
            message_id,
            references,
            automatic,
            sent_at: date.map(|date| Timestamp(date.timestamp_micros())),
        }
    }
}

/// `<a@b> <c@d>` without the brackets.
fn ids(text: &str) -> Vec<String> {
    let id = |part: &str| part.split_once('>').map(|(id, _)| id.trim().to_owned());
    text.split('<').skip(1).filter_map(id).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_inbound_mail_is_read_with_its_thread() {
        let json = json!({
            "FromName": "Ann", "From": "Ann@example.com", "FromFull": { "Email": "Ann@example.com", "Name": "Ann" },
            "ToFull": [{ "Email": "crm@acme.example", "Name": "" }], "Subject": "Re: Hi",
            "MessageID": "73e6d360-66eb-11e1-8e72-a8904824019b", "Date": "Mon, 5 Jan 2026 10:00:00 +0100",
            "TextBody": "Yes", "HtmlBody": "", "StrippedTextReply": "Yes",
            "Headers": [
                { "Name": "Message-ID", "Value": "<m2@example.com>" },
                { "Name": "In-Reply-To", "Value": "<b@acme.example>" },
                { "Name": "References", "Value": "<a@acme.example> <b@acme.example>" },
            ],
        });

        let Ok(Mail::Message(mail)) = read(json.to_string().as_bytes()) else {
            panic!("a message")
        };

        assert_eq!(mail.sender, "ann@example.com");
        assert_eq!(mail.external_id, "m2@example.com");
        assert_eq!(mail.references, ["b@acme.example", "a@acme.example"]);
        assert_eq!((mail.text.as_deref(), mail.html), (Some("Yes"), None));
    }

    #[test]
    fn a_hard_bounce_and_a_complaint_last() {
        let lasting = |record: &str, kind: &str| {
            let json =
                json!({ "RecordType": record, "ID": 42, "Type": kind, "Email": "A@b.example", "Description": "no" });
            match read(json.to_string().as_bytes()) {
                Ok(Mail::Report(report)) => report.bounces[0].lasting,
                other => panic!("{other:?}"),
            }
        };

        assert_eq!(lasting("Bounce", "HardBounce"), Some(Reason::Bounced));
        assert_eq!(lasting("SpamComplaint", "SpamComplaint"), Some(Reason::Complained));
        assert_eq!(lasting("Bounce", "SoftBounce"), None);
    }

    #[test]
    fn other_json_is_refused() {
        for text in [
            "{}",
            "[]",
            "nothing",
            r#"{"RecordType":"Open","ID":1,"Email":"a@b.example"}"#,
        ] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
