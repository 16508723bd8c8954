//! A drip campaign: a mail, a week's patience for a conversion, one of two branches, a join, a last mail; a restart in
//! each wait loses and doubles nothing.

use std::time::Duration;

use anyhow::Result;
use pointsman::actions::email::{Security, SmtpConfig};
use pointsman_tests::{
    servers::smtp::{Options, Smtp},
    world::{Backend, Outside, World, node, workflow},
};
use serde_json::json;

const DAY: Duration = Duration::from_secs(86_400);

fn drip() -> serde_json::Value {
    let mail = |key: &str, subject: &str| {
        node(
            key,
            "sendEmail",
            json!({ "to": "{{ record.email }}", "subject": subject, "text": "Hello {{ record.name }}" }),
        )
    };
    workflow(
        vec![
            node("new", "recordCreated", json!({ "object": "contact" })),
            mail("welcome", "Welcome"),
            node(
                "converted",
                "waitFor",
                json!({
                    "event": "recordChanged", "where": "record.lifecycle == 'CUSTOMER'", "timeout": "P7D",
                }),
            ),
            mail("thanks", "Thank you"),
            mail("reminder", "Still there?"),
            node("both", "join", json!({ "policy": "any" })),
            node("pause", "delay", json!({ "for": "P1D" })),
            mail("last", "Good bye"),
        ],
        &[
            "new -> welcome",
            "welcome -> converted",
            "converted.happened -> thanks",
            "converted.timedOut -> reminder",
            "thanks.done -> both",
            "reminder.done -> both",
            "both -> pause",
            "pause -> last",
        ],
    )
}

async fn a_drip_takes_the_branch_that_life_takes(backend: Backend) -> Result<()> {
    let smtp = Smtp::start(&Options::default())?;
    let outside = Outside {
        smtp: Some(SmtpConfig {
            host: "127.0.0.1".into(),
            port: smtp.port(),
            security: Security::Plain,
            username: None,
            password: String::new().into(),
            from: "crm@acme.example".into(),
            ca: None,
            timeout: Duration::from_secs(5),
        }),
        ..Outside::default()
    };
    let world = World::start_with(backend, outside).await?;
    world.publish(drip()).await?;
    let ann = world
        .create("contact", json!({ "name": "Ann", "email": "ann@example.com" }))
        .await?;
    world
        .create("contact", json!({ "name": "Bob", "email": "bob@example.com" }))
        .await?;
    let runs = world.runs().await?;
    for run in &runs {
        world.waiting(run.id, "converted").await?;
    }

    let world = world.restart().await?;
    world.clock.advance(3 * DAY);
    world.update(&ann, json!({ "lifecycle": "CUSTOMER" })).await?;
    world.waiting(runs[0].id, "pause").await?;
    let world = world.restart().await?;
    world.clock.advance(4 * DAY);
    world.finished(runs[0].id).await?;
    world.waiting(runs[1].id, "pause").await?;
    let world = world.restart().await?;
    world.clock.advance(DAY);
    world.finished(runs[1].id).await?;

    let subjects = |address: &str| -> Result<Vec<String>> {
        let mails = smtp
            .mails()?
            .into_iter()
            .filter(|mail| mail.envelope.recipients == [address]);
        let subject = |raw: &[u8]| {
            mail_parser::MessageParser::default()
                .parse(raw)
                .and_then(|mail| mail.subject().map(str::to_owned))
        };
        let mut subjects: Vec<String> = mails.filter_map(|mail| subject(&mail.raw)).collect();
        subjects.sort();
        Ok(subjects)
    };
    assert_eq!(subjects("ann@example.com")?, ["Good bye", "Thank you", "Welcome"]);
    assert_eq!(subjects("bob@example.com")?, ["Good bye", "Still there?", "Welcome"]);
    assert!(world.runs().await?.iter().all(|run| run.status == "SUCCEEDED"));
    world.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() -> Result<()> {
    a_drip_takes_the_branch_that_life_takes(Backend::Sqlite).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() -> Result<()> {
    a_drip_takes_the_branch_that_life_takes(Backend::Postgres).await
}
