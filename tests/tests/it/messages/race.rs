//! An answer with "yes" against 24 hours: whichever is first, exactly one branch is taken.

use anyhow::Result;
use futures_util::future::try_join_all;
use pointsman_entities::ids::RunId;
use pointsman_tests::world::{Backend, node, workflow};
use serde_json::{Value as Json, json};

use super::{DAY, Office, offices};

/// Contacts that race at once.
const AT_ONCE: usize = 10;

fn question() -> Json {
    workflow(
        vec![
            node("new", "recordCreated", json!({ "object": "contact" })),
            node(
                "mail",
                "sendEmail",
                json!({ "to": "{{ record.email }}", "subject": "Shall we?", "text": "Yes or no?" }),
            ),
            node(
                "answer",
                "waitFor",
                json!({
                    "event": "messageReceived", "replyTo": "steps.mail.output.message",
                    "where": "message.text.lowerAscii().contains('yes')", "timeout": "PT24H",
                }),
            ),
            node(
                "agreed",
                "updateRecord",
                json!({ "values": { "source": "{{ steps.answer.output.message.text }}" } }),
            ),
            node("late", "updateRecord", json!({ "values": { "source": "late" } })),
        ],
        &[
            "new -> mail",
            "mail -> answer",
            "answer.happened -> agreed",
            "answer.timedOut -> late",
        ],
    )
}

/// An answer to the mail that the address was sent.
fn answer(office: &Office, name: &str, text: &str) -> Result<String> {
    let address = format!("{name}@example.com");
    let (id, length) = (office.header(&address, "Message-ID")?, text.len());
    Ok(format!(
        "From: {address}\nTo: crm@acme.example\nSubject: Re: Shall we?\nMessage-ID: <{name}-{length}@example.com>\n\
         In-Reply-To: {id}\nContent-Type: text/plain\n\n{text}"
    ))
}

async fn races(backend: Backend, rounds: usize) -> Result<()> {
    let office = Office::open(backend).await?;
    office.publish(question()).await?;
    let mut told: Vec<RunId> = Vec::new();
    for round in 0..rounds {
        let names: Vec<String> = (0..AT_ONCE).map(|racer| format!("racer{round}x{racer}")).collect();
        try_join_all(names.iter().map(|name| office.contact(name, None))).await?;
        let runs = office.runs().await?.into_iter().map(|run| run.id);
        let runs: Vec<RunId> = runs.filter(|run| !told.contains(run)).collect();
        for run in &runs {
            office.waiting(*run, "answer").await?;
        }
        let answers = names
            .iter()
            .map(|name| answer(&office, name, "yes"))
            .collect::<Result<Vec<_>>>()?;

        let clock = office.app.clock.clone();
        let half = answers.len() / 2;
        let (early, late) = answers.split_at(half);
        let time = async {
            clock.advance(DAY);
            Ok(())
        };
        tokio::try_join!(
            async {
                try_join_all(early.iter().map(|mail| office.bring(mail)))
                    .await
                    .map(drop)
            },
            time,
            async { try_join_all(late.iter().map(|mail| office.bring(mail))).await.map(drop) },
        )?;

        for run in &runs {
            office.finished(*run).await?;
            let steps = office.steps(*run).await?;
            let branches = [steps["agreed"].status.as_str(), steps["late"].status.as_str()];
            let port = steps["answer"].port.as_deref();
            let expected = if port == Some("happened") {
                ["SUCCEEDED", "SKIPPED"]
            } else {
                ["SKIPPED", "SUCCEEDED"]
            };
            assert_eq!(branches, expected, "{port:?}");
        }
        told.extend(runs);
    }
    let answers = office.messages().await?;
    assert!(
        answers
            .iter()
            .filter(|message| message["direction"] == "IN")
            .all(|answer| !answer["answers"].is_null())
    );
    office.close().await;
    Ok(())
}

offices! {
    async fn an_answer_with_yes_ends_the_wait_and_others_do_not(backend: Backend) -> Result<()> {
        let office = Office::open(backend).await?;
        office.publish(question()).await?;
        let ann = office.contact("ann", None).await?;
        let run = office.run().await?.id;
        office.waiting(run, "answer").await?;

        office.bring(&answer(&office, "ann", "no")?).await?;
        office.bring(&answer(&office, "ann", "Yes, please")?).await?;
        office.finished(run).await?;

        assert_eq!(office.of_contact(&ann, "source").await?, "Yes, please");
        assert_eq!(office.steps(run).await?["answer"].port.as_deref(), Some("happened"));
        office.close().await;
        Ok(())
    }

    async fn without_an_answer_the_wait_ends_after_its_time(backend: Backend) -> Result<()> {
        let office = Office::open(backend).await?;
        office.publish(question()).await?;
        let ann = office.contact("ann", None).await?;
        let run = office.run().await?.id;
        office.waiting(run, "answer").await?;

        office.app.clock.advance(DAY);
        office.finished(run).await?;

        assert_eq!(office.of_contact(&ann, "source").await?, "late");
        office.close().await;
        Ok(())
    }

    async fn an_answer_that_came_before_the_wait_counts(backend: Backend) -> Result<()> {
        let office = Office::open(backend).await?;
        let mut definition = question();
        definition["nodes"].as_array_mut().unwrap().push(node("pause", "delay", json!({ "for": "PT1H" })));
        definition["edges"][1]["to"] = json!("pause");
        definition["edges"].as_array_mut().unwrap().push(json!({ "from": "pause", "to": "answer" }));
        office.publish(definition).await?;
        let ann = office.contact("ann", None).await?;
        let run = office.run().await?.id;
        office.waiting(run, "pause").await?;

        office.bring(&answer(&office, "ann", "yes")?).await?;
        office.app.clock.advance(DAY / 24);
        office.finished(run).await?;

        assert_eq!(office.of_contact(&ann, "source").await?, "yes");
        office.close().await;
        Ok(())
    }

    /// `RACES` says how often; a thousand in the long run.
    async fn of_an_answer_and_the_time_out_at_once_one_wins(backend: Backend) -> Result<()> {
        let wanted: usize = std::env::var("RACES").ok().and_then(|races| races.parse().ok()).unwrap_or(AT_ONCE);
        races(backend, wanted.div_ceil(AT_ONCE)).await
    }
}
