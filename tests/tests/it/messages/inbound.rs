//! Mails that come in: taken once, from whoever may bring them, threaded, and heard by workflows.

use anyhow::Result;
use pointsman_tests::world::{Backend, INBOUND_TOKEN, node, workflow};
use reqwest::StatusCode;
use serde_json::{Value as Json, json};

use super::{DAY, Office, offices};

const LETTER: &str = "From: Ann <Ann@Example.com>\nTo: crm@acme.example\nSubject: Prices\nMessage-ID: <m1@example.com>\n\
                      Content-Type: text/plain\n\nWhat does it cost?";

/// Answers whoever asks for prices.
fn answering() -> Json {
    workflow(
        vec![
            node(
                "came",
                "messageReceived",
                json!({ "channel": "EMAIL", "where": "message.subject.contains('Prices')" }),
            ),
            node(
                "mark",
                "updateRecord",
                json!({ "record": "record.contact", "values": { "source": "{{ message.text }}" } }),
            ),
        ],
        &["came -> mark"],
    )
}

offices! {
    async fn a_mail_becomes_a_message_of_its_contact_once(backend: Backend) -> Result<()> {
        let office = Office::open(backend).await?;
        office.publish(answering()).await?;
        let ann = office.contact("ann", None).await?;

        let first = office.bring(LETTER).await?;
        let again = office.bring(LETTER).await?;
        let run = office.run().await?.id;
        office.finished(run).await?;

        assert_eq!(first.json::<Json>().await?["status"], "received");
        assert_eq!(again.json::<Json>().await?["status"], "known");
        let messages = office.messages().await?;
        assert_eq!(messages.len(), 1);
        assert_eq!((&messages[0]["direction"], &messages[0]["state"]), (&json!("IN"), &json!("RECEIVED")));
        assert_eq!((&messages[0]["sender"], &messages[0]["contact"]["name"]), (&json!("ann@example.com"), &json!("ann")));
        assert_eq!(office.of_contact(&ann, "source").await?, "What does it cost?");
        office.close().await;
        Ok(())
    }

    async fn a_mail_that_is_brought_again_is_known_for_a_month(backend: Backend) -> Result<()> {
        let office = Office::open(backend).await?;
        office.contact("ann", None).await?;
        office.bring(LETTER).await?;

        office.app.clock.advance(29 * DAY);
        office.tidy().await?;
        let again = office.bring(LETTER).await?;
        office.app.clock.advance(2 * DAY);
        office.tidy().await?;
        let much_later = office.bring(LETTER).await?;

        assert_eq!(again.json::<Json>().await?["status"], "known");
        assert_eq!(much_later.json::<Json>().await?["status"], "received");
        office.close().await;
        Ok(())
    }

    async fn what_a_machine_writes_or_another_channel_starts_nothing(backend: Backend) -> Result<()> {
        let office = Office::open(backend).await?;
        office.publish(answering()).await?;
        let other = |id: &str| LETTER.replace("m1@", id);

        office.bring(&other("m2@").replace("To:", "Auto-Submitted: auto-replied\nTo:")).await?;
        office.bring(&other("m3@").replace("Prices", "Weather")).await?;

        let messages = office.messages().await?;
        assert_eq!(messages.iter().filter(|message| message["automatic"] == true).count(), 1);
        assert_eq!((messages.len(), office.runs().await?.len()), (2, 0));
        office.close().await;
        Ok(())
    }

    async fn the_json_of_a_provider_is_taken_as_the_mail_itself(backend: Backend) -> Result<()> {
        let office = Office::open(backend).await?;
        office.bring(LETTER).await?;
        let json = json!({
            "FromFull": { "Email": "ann@example.com" }, "ToFull": [{ "Email": "crm@acme.example" }],
            "Subject": "Prices", "MessageID": "73e6d360", "TextBody": "What does it cost?",
            "Headers": [{ "Name": "Message-ID", "Value": "<m1@example.com>" }],
        });

        let url = office.app.url("/inbound/email").replace("http://", &format!("http://postmark:{INBOUND_TOKEN}@"));
        let brought = office.client.post(url).json(&json).send().await?;

        assert_eq!(brought.json::<Json>().await?["status"], "known");
        assert_eq!(office.messages().await?.len(), 1);
        office.close().await;
        Ok(())
    }

    async fn nothing_is_taken_without_the_token_or_in_another_form(backend: Backend) -> Result<()> {
        let office = Office::open(backend).await?;
        let post = |kind: &'static str, token: &'static str| {
            let request = office.client.post(office.app.url("/inbound/email")).header("content-type", kind);
            request.bearer_auth(token).body(LETTER)
        };

        let statuses = [
            post("message/rfc822", "wrong").send().await?.status(),
            office.client.post(office.app.url("/inbound/email")).body(LETTER).send().await?.status(),
            post("text/plain", INBOUND_TOKEN).send().await?.status(),
            post("application/json", INBOUND_TOKEN).send().await?.status(),
            office.bring("no mail").await?.status(),
        ];

        let expected = [
            StatusCode::UNAUTHORIZED,
            StatusCode::UNAUTHORIZED,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::UNPROCESSABLE_ENTITY,
            StatusCode::UNPROCESSABLE_ENTITY,
        ];
        assert_eq!(statuses, expected);
        assert_eq!(office.messages().await?.len(), 0);
        office.close().await;
        Ok(())
    }
}
