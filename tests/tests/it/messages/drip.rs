//! A drip campaign: marketing mails at 0, 7, 14 and 44 days, until the contact converts or opts out.

use anyhow::Result;
use pointsman_tests::world::{Backend, node, workflow};
use serde_json::{Value as Json, json};

use super::{DAY, Office, offices};

fn campaign() -> Json {
    let mail = |key: &str, subject: &str| {
        let config = json!({
            "to": "{{ record.email }}", "subject": subject, "text": "Hello {{ record.name }}", "kind": "MARKETING",
        });
        node(key, "sendEmail", config)
    };
    let wait = |key: &str, timeout: &str| {
        let until = "record.emailOptOut || record.lifecycle == 'CUSTOMER'";
        node(
            key,
            "waitFor",
            json!({ "event": "recordChanged", "where": until, "timeout": timeout }),
        )
    };
    workflow(
        vec![
            node("new", "recordCreated", json!({ "object": "contact" })),
            mail("one", "One"),
            wait("week", "P7D"),
            mail("two", "Two"),
            wait("fortnight", "P7D"),
            mail("three", "Three"),
            wait("month", "P30D"),
            mail("four", "Four"),
            node("left", "if", json!({ "condition": "record.emailOptOut" })),
            node("end", "stop", json!({ "message": "opted out" })),
            mail("thanks", "Thank you"),
        ],
        &[
            "new -> one",
            "one -> week",
            "week.timedOut -> two",
            "two -> fortnight",
            "fortnight.timedOut -> three",
            "three -> month",
            "month.timedOut -> four",
            "week.happened -> left",
            "fortnight.happened -> left",
            "month.happened -> left",
            "left.yes -> end",
            "left.no -> thanks",
        ],
    )
}

offices! {
    async fn a_campaign_ends_with_an_opt_out_and_turns_with_a_conversion(backend: Backend) -> Result<()> {
        let office = Office::open(backend).await?;
        office.publish(campaign()).await?;
        let clock = office.app.clock.clone();
        let (_ann, bob) = (office.contact("ann", None).await?, office.contact("bob", None).await?);
        office.contact("cleo", None).await?;
        let runs = office.runs().await?;
        let [ann_run, bob_run, cleo_run] = [runs[0].id, runs[1].id, runs[2].id];
        let all_at = async |node: &str, runs: &[_]| -> Result<()> {
            for run in runs {
                office.waiting(*run, node).await?;
            }
            Ok(())
        };

        all_at("week", &[ann_run, bob_run, cleo_run]).await?;
        clock.advance(6 * DAY);
        assert_eq!(office.subjects("ann@example.com")?, ["One"]);
        clock.advance(DAY);
        all_at("fortnight", &[ann_run, bob_run, cleo_run]).await?;
        clock.advance(3 * DAY);
        let link = office.header("ann@example.com", "List-Unsubscribe")?;
        let link = link.trim_matches(['<', '>']);
        assert!(office.client.post(link).body("List-Unsubscribe=One-Click").send().await?.status().is_success());
        let ann_ended = office.finished(ann_run).await?;
        clock.advance(2 * DAY);
        office.change_contact(&bob, json!({ "lifecycle": "CUSTOMER" })).await?;
        office.finished(bob_run).await?;
        clock.advance(2 * DAY);
        all_at("month", &[cleo_run]).await?;
        clock.advance(30 * DAY);
        office.finished(cleo_run).await?;

        assert_eq!(ann_ended.status, "SUCCEEDED");
        assert_eq!(office.subjects("ann@example.com")?, ["One", "Two"]);
        assert_eq!(office.subjects("bob@example.com")?, ["One", "Two", "Thank you"]);
        assert_eq!(office.subjects("cleo@example.com")?, ["One", "Two", "Three", "Four"]);
        office.close().await;
        Ok(())
    }
}
