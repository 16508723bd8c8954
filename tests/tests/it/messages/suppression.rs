//! Bounces, links to unsubscribe, and the list of addresses that nothing is sent to.

use anyhow::Result;
use pointsman_tests::world::{Backend, node, workflow};
use serde_json::{Value as Json, json};

use super::{Office, offices};

fn mailing(kind: &str) -> Json {
    let mail = json!({ "to": "{{ record.email }}", "subject": "News", "text": "Hello", "kind": kind });
    workflow(
        vec![
            node(
                "changed",
                "recordUpdated",
                json!({ "object": "contact", "fields": ["score"] }),
            ),
            node("mail", "sendEmail", mail),
        ],
        &["changed -> mail"],
    )
}

/// What a mail server says of a mail that nobody takes.
fn bounce(id: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example\nTo: crm@acme.example\nMessage-ID: <dsn1@mx.example>\nSubject: Undelivered\n\
         MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n\
         --b\nContent-Type: text/plain\n\nSorry.\n\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n\
         Final-Recipient: rfc822; ann@example.com\nAction: failed\nStatus: 5.1.1\n\
         Diagnostic-Code: smtp; 550 5.1.1 no such user\n\n\
         --b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {id}\n\n--b--\n"
    )
}

impl Office {
    /// Changes the contact's score, which sends a mail; how the run ended.
    async fn mail_again(&self, contact: &str, score: i64) -> Result<pointsman_entities::run::Model> {
        let before = self.runs().await?.len();
        self.change_contact(contact, json!({ "score": score })).await?;
        let run = self.runs().await?[before].id;
        self.finished(run).await
    }

    async fn listed(&self) -> Result<Json> {
        let query = "{ suppressions { channel address reason detail } }";
        Ok(self.app.data(query, json!({})).await?["suppressions"].clone())
    }
}

offices! {
    async fn an_address_that_bounces_for_good_gets_nothing_more(backend: Backend) -> Result<()> {
        let office = Office::open(backend).await?;
        office.publish(mailing("TRANSACTIONAL")).await?;
        let ann = office.contact("ann", None).await?;
        office.mail_again(&ann, 1).await?;

        let id = office.header("ann@example.com", "Message-ID")?;
        office.bring(&bounce(&id)).await?;
        office.bring(&bounce(&id)).await?;
        let listed = office.listed().await?;
        let refused = office.mail_again(&ann, 2).await?;
        let remove = "mutation($input: SuppressionRemoveInput!) {
            suppressionRemove(input: $input) { address userErrors { code } } }";
        let input = json!({ "input": { "channel": "EMAIL", "address": "Ann@example.com" } });
        let removed = office.app.data(remove, input.clone()).await?;
        let missing = office.app.data(remove, input).await?;
        let sent = office.mail_again(&ann, 3).await?;

        assert_eq!(office.messages().await?[0]["state"], "BOUNCED");
        let entry = json!({
            "channel": "EMAIL", "address": "ann@example.com", "reason": "BOUNCED", "detail": "550 5.1.1 no such user",
        });
        assert_eq!(listed, json!([entry]));
        assert!(refused.error.is_some_and(|error| error.starts_with("SUPPRESSED")));
        assert_eq!(removed["suppressionRemove"]["address"], "ann@example.com");
        assert_eq!(missing["suppressionRemove"]["userErrors"], json!([{ "code": "NOT_FOUND" }]));
        assert_eq!(sent.status, "SUCCEEDED");
        assert_eq!(office.subjects("ann@example.com")?.len(), 2);
        office.close().await;
        Ok(())
    }

    async fn an_administrator_suppresses_an_address(backend: Backend) -> Result<()> {
        let office = Office::open(backend).await?;
        office.publish(mailing("TRANSACTIONAL")).await?;
        let ann = office.contact("ann", None).await?;
        let add = "mutation($input: SuppressionAddInput!) { suppressionAdd(input: $input) { address userErrors { code field } } }";

        let added = office.app.data(add, json!({ "input": { "channel": "EMAIL", "address": "ANN@example.com" } })).await?;
        let wrong = office.app.data(add, json!({ "input": { "channel": "SMS", "address": "0415" } })).await?;
        let refused = office.mail_again(&ann, 1).await?;

        assert_eq!(added["suppressionAdd"]["address"], "ann@example.com");
        assert_eq!(wrong["suppressionAdd"]["userErrors"], json!([{ "code": "INVALID", "field": ["input", "address"] }]));
        assert!(refused.error.is_some_and(|error| error.starts_with("SUPPRESSED")));
        assert_eq!(office.subjects("ann@example.com")?.len(), 0);
        office.close().await;
        Ok(())
    }

    async fn only_the_button_behind_the_link_unsubscribes(backend: Backend) -> Result<()> {
        let office = Office::open(backend).await?;
        office.publish(mailing("MARKETING")).await?;
        let ann = office.contact("ann", None).await?;
        office.mail_again(&ann, 1).await?;
        let link = office.header("ann@example.com", "List-Unsubscribe")?;
        let link = link.trim_matches(['<', '>']).to_owned();

        let page = office.client.get(&link).send().await?;
        let looked = office.of_contact(&ann, "emailOptOut").await?;
        let shown = page.text().await?;
        let forged = office.client.post(format!("{link}x")).send().await?;
        let pressed = office.client.post(&link).send().await?;
        let refused = office.mail_again(&ann, 2).await?;

        assert_eq!(looked, false, "whoever looks at the page does nothing");
        assert!(shown.contains("ann@example.com") && shown.contains("<button>"), "{shown}");
        assert_eq!((forged.status().as_u16(), pressed.status().as_u16()), (404, 200));
        assert_eq!(office.of_contact(&ann, "emailOptOut").await?, true);
        assert!(refused.error.is_some_and(|error| error.starts_with("OPTED_OUT")));
        office.close().await;
        Ok(())
    }

    async fn the_body_of_marketing_can_carry_the_link_too(backend: Backend) -> Result<()> {
        let office = Office::open(backend).await?;
        let mut definition = mailing("MARKETING");
        definition["nodes"][1]["config"]["text"] = json!("No more of this: {{ links.unsubscribe }}");
        definition["nodes"][1]["config"]["html"] = json!("<a href=\"{{ links.unsubscribe }}\">No more</a> {{ record.name }}");
        office.publish(definition).await?;
        let ann = office.contact("ann", None).await?;
        office.mail_again(&ann, 1).await?;

        let link = office.header("ann@example.com", "List-Unsubscribe")?;
        let link = link.trim_matches(['<', '>']).to_owned();
        let sent = office.messages().await?;

        assert_eq!(sent[0]["text"], format!("No more of this: {link}"));
        assert_eq!(sent[0]["html"], format!("<a href=\"{link}\">No more</a> ann"));
        office.close().await;
        Ok(())
    }

    async fn who_has_unsubscribed_still_gets_what_is_their_own_business(backend: Backend) -> Result<()> {
        let office = Office::open(backend).await?;
        office.publish(mailing("TRANSACTIONAL")).await?;
        let ann = office.contact("ann", None).await?;
        let link = office.app.app.installation.links.unsubscribe("ann@example.com");

        office.client.post(&link).send().await?;
        let sent = office.mail_again(&ann, 1).await?;

        assert_eq!(sent.status, "SUCCEEDED");
        assert_eq!(office.listed().await?[0]["reason"], "UNSUBSCRIBED");
        office.close().await;
        Ok(())
    }
}
