//! The tour of the README: a deal is won, its company becomes a customer, a task is due, the owner gets a mail.

use std::time::Duration;

use anyhow::{Context, Result};
use mail_parser::MessageParser;
use pointsman::actions::email::{Security, SmtpConfig};
use pointsman_tests::{
    servers::smtp::{Fault, Options, Smtp, Stage, Times},
    world::{Backend, Outside, World, node, workflow},
};
use serde_json::json;

use crate::on_both;

const DAY: i64 = 86_400_000_000;

fn outside(smtp: &Smtp) -> Outside {
    let smtp = SmtpConfig {
        host: "127.0.0.1".into(),
        port: smtp.port(),
        security: Security::Plain,
        username: None,
        password: String::new().into(),
        from: "Acme <crm@acme.example>".into(),
        ca: None,
        timeout: Duration::from_secs(5),
    };
    Outside {
        smtp: Some(smtp),
        ..Outside::default()
    }
}

fn closed_won() -> serde_json::Value {
    workflow(
        vec![
            node(
                "won",
                "recordUpdated",
                json!({
                    "object": "deal", "fields": ["stage"],
                    "where": "record.status == 'WON' && previous.status != 'WON'",
                }),
            ),
            node(
                "customer",
                "updateRecord",
                json!({ "record": "record.company", "values": { "lifecycle": "CUSTOMER" } }),
            ),
            node(
                "task",
                "createTask",
                json!({
                    "title": "Welcome {{ record.company.name }}", "dueIn": "P3D", "about": "record", "assignee": "record.owner",
                }),
            ),
            node(
                "mail",
                "sendEmail",
                json!({
                    "to": "{{ record.owner.email }}", "subject": "{{ record.name }} is won – congratulations",
                    "text": "{{ record.amount }} {{ record.amountCurrency }} from {{ record.company.name }}.",
                }),
            ),
        ],
        &["won -> customer", "customer -> task", "task -> mail"],
    )
}

async fn win(
    world: &World,
) -> Result<(
    std::sync::Arc<pointsman::crm::Record>,
    std::sync::Arc<pointsman::crm::Record>,
)> {
    let owner = world
        .create("user", json!({ "name": "Olga", "email": "olga@acme.example" }))
        .await?;
    let company = world.create("company", json!({ "name": "Bäcker & Söhne" })).await?;
    let deal = json!({
        "name": "Ovens", "company": company.global_id(), "owner": owner.global_id(),
        "amount": { "amount": "12500.50", "currency": "EUR" },
    });
    let deal = world.create("deal", deal).await?;
    let won = world.stage("Won").await?;
    let deal = world.update(&deal, json!({ "stage": won.global_id() })).await?;
    Ok((deal, company))
}

async fn the_owner_hears_of_a_won_deal(backend: Backend) -> Result<()> {
    let smtp = Smtp::start(&Options::default())?;
    let world = World::start_with(backend, outside(&smtp)).await?;
    world.publish(closed_won()).await?;

    let (deal, company) = win(&world).await?;
    let run = world.run().await?;
    world.finished(run.id).await?;

    assert_eq!(world.read(&company).await?.get("lifecycle").as_text(), Some("CUSTOMER"));
    let task = world.only("task").await?;
    assert_eq!(task.get("title").as_text(), Some("Welcome Bäcker & Söhne"));
    assert_eq!(
        task.get("dueAt").as_time().context("due")?.micros(),
        run.created_at.micros() + 3 * DAY
    );
    assert_eq!(task.get("deal").as_id(), Some(deal.id));
    let mails = smtp.mails()?;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].envelope.recipients, ["olga@acme.example"]);
    let mail = MessageParser::default()
        .parse(&mails[0].raw)
        .context("a mail that a parser reads")?;
    assert_eq!(mail.subject(), Some("Ovens is won – congratulations"));
    assert_eq!(
        mail.body_text(0).as_deref().map(str::trim),
        Some("12500.50 EUR from Bäcker & Söhne.")
    );
    assert!(
        mail.message_id()
            .is_some_and(|id| id.starts_with("effect_") && id.ends_with("@acme.example"))
    );
    assert!(mail.date().is_some());
    let message = world.only("message").await?;
    assert_eq!(message.get("state").as_text(), Some("SENT"));
    assert_eq!(message.get("messageId").as_text(), mail.message_id());

    world.update(&deal, json!({ "description": "paid" })).await?;
    let won = world.stage("Won").await?;
    world.update(&deal, json!({ "stage": won.global_id() })).await?;
    assert_eq!(world.runs().await?.len(), 1, "saving the won deal again fires nothing");
    world.stop().await;
    Ok(())
}

async fn a_mail_server_that_is_down_is_tried_again_with_no_second_task(backend: Backend) -> Result<()> {
    let smtp = Smtp::start(&Options {
        fault: Some((Stage::Connect, Fault::Drop, Times::Once)),
        ..Options::default()
    })?;
    let world = World::start_with(backend, outside(&smtp)).await?;
    world.publish(closed_won()).await?;

    win(&world).await?;
    let run = world.run().await?;
    world.retrying(run.id, "mail", 2).await?;
    world.clock.advance(Duration::from_secs(3_600));
    world.finished(run.id).await?;

    assert_eq!(world.steps(run.id).await?["mail"].attempt, 2);
    assert_eq!(world.run().await?.status, "SUCCEEDED");
    assert_eq!(smtp.mails()?.len(), 1);
    world.only("task").await?;
    world.stop().await;
    Ok(())
}

on_both!(
    the_owner_hears_of_a_won_deal,
    a_mail_server_that_is_down_is_tried_again_with_no_second_task
);
