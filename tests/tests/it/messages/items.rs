//! Answers to mails that the items of a loop have sent: each ends the wait of its own item.

use anyhow::Result;
use pointsman_tests::world::{Backend, node, workflow};
use serde_json::{Value as Json, json};

use super::{DAY, Office, offices};

/// Asks three addresses at once, and notes what each says.
fn survey() -> Json {
    let wait = json!({
        "event": "messageReceived", "replyTo": "steps.mail.output.message",
        "where": "message.text.contains('yes')", "timeout": "PT24H",
    });
    let mail = json!({ "to": "{{ item }}@example.com", "subject": "Shall we?", "text": "Yes or no?" });
    let task = |key: &str, title: &str| node(key, "createTask", json!({ "title": title }));
    workflow(
        vec![
            node("new", "recordCreated", json!({ "object": "contact" })),
            node(
                "loop",
                "forEach",
                json!({ "items": "['ann', 'bob', 'cy']", "concurrency": 3 }),
            ),
            node("mail", "sendEmail", mail),
            node("answer", "waitFor", wait),
            task("agreed", "{{ item }}: {{ steps.answer.output.message.text }}"),
            task("late", "{{ item }} is silent"),
        ],
        &[
            "new -> loop",
            "loop.each -> mail",
            "mail -> answer",
            "answer.happened -> agreed",
            "answer.timedOut -> late",
        ],
    )
}

fn answer(office: &Office, name: &str, text: &str) -> Result<String> {
    let address = format!("{name}@example.com");
    let id = office.header(&address, "Message-ID")?;
    Ok(format!(
        "From: {address}\nTo: crm@acme.example\nSubject: Re: Shall we?\nMessage-ID: <{name}-{}@example.com>\n\
         In-Reply-To: {id}\nContent-Type: text/plain\n\n{text}",
        text.len()
    ))
}

async fn titles(office: &Office) -> Result<Json> {
    let query = "{ tasks(orderBy: [{field: TITLE}]) { nodes { title } } }";
    Ok(office.app.data(query, json!({})).await?["tasks"]["nodes"].clone())
}

offices! {
    async fn each_answer_ends_the_wait_of_the_item_that_asked(backend: Backend) -> Result<()> {
        let office = Office::open(backend).await?;
        office.publish(survey()).await?;
        office.contact("eve", None).await?;
        let run = office.run().await?.id;
        for item in 0..3 {
            office.step_waits(run, &format!("loop[{item}]/answer")).await?;
        }

        office.bring(&answer(&office, "bob", "no")?).await?;
        office.bring(&answer(&office, "cy", "oh yes")?).await?;
        office.bring(&answer(&office, "ann", "yes")?).await?;
        office.app.clock.advance(DAY);
        office.finished(run).await?;

        let expected = ["ann: yes", "bob is silent", "cy: oh yes"].map(|title| json!({ "title": title }));
        assert_eq!(titles(&office).await?, json!(expected));
        office.close().await;
        Ok(())
    }
}
