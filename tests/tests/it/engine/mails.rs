//! Mails that life overtakes: an opt-out between two attempts, an end of the run before the first.

use std::time::Duration;

use anyhow::{Context, Result};
use pointsman::{
    actions::email::{Security, SmtpConfig},
    engine::control::{Act, Which},
};
use pointsman_entities::effect;
use pointsman_tests::{
    servers::smtp::{Fault, Options, Smtp, Stage, Times},
    world::{Backend, Outside, World, node, workflow},
};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value as Json, json};

use crate::on_both;

async fn world(backend: Backend, smtp: &Smtp) -> Result<World> {
    let smtp = SmtpConfig {
        host: "127.0.0.1".into(),
        port: smtp.port(),
        security: Security::Plain,
        username: None,
        password: String::new().into(),
        from: "crm@acme.example".into(),
        ca: None,
        timeout: Duration::from_secs(5),
    };
    let outside = Outside {
        smtp: Some(smtp),
        ..Outside::default()
    };
    World::start_with(backend, outside).await
}

fn newsletter() -> Json {
    let mail = json!({ "to": "{{ record.email }}", "subject": "News", "text": "News", "kind": "MARKETING" });
    node("mail", "sendEmail", mail)
}

async fn who_opts_out_between_two_attempts_gets_no_marketing_mail(backend: Backend) -> Result<()> {
    let smtp = Smtp::start(&Options {
        fault: Some((Stage::Connect, Fault::Drop, Times::Once)),
        ..Options::default()
    })?;
    let world = world(backend, &smtp).await?;
    world
        .publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                newsletter(),
            ],
            &["new -> mail"],
        ))
        .await?;
    let contact = json!({ "name": "Ann", "email": "ann@example.com" });
    let contact = world.create("contact", contact).await?;
    let run = world.run().await?;
    world.retrying(run.id, "mail", 2).await?;

    world.update(&contact, json!({ "emailOptOut": true })).await?;
    world.clock.advance(Duration::from_secs(3_600));
    world.finished(run.id).await?;

    let steps = world.steps(run.id).await?;
    let error = steps
        .get("mail")
        .and_then(|step| step.error.as_deref())
        .context("an error")?;
    assert!(error.contains("OPTED_OUT"), "{error}");
    assert_eq!(smtp.mails()?, []);
    assert_eq!(world.only("message").await?.get("state").as_text(), Some("FAILED"));
    world.stop().await;
    Ok(())
}

/// Both begin in one segment: the mail is ordered, then the run ends, and the order goes with it.
async fn a_stop_takes_the_mail_beside_it_back(backend: Backend) -> Result<()> {
    let smtp = Smtp::start(&Options::default())?;
    let world = world(backend, &smtp).await?;
    world
        .publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                newsletter(),
                node("end", "stop", json!({})),
            ],
            &["new -> mail", "new -> end"],
        ))
        .await?;

    let contact = json!({ "name": "Ann", "email": "ann@example.com" });
    world.create("contact", contact).await?;
    let run = world.run().await?;
    world.finished(run.id).await?;
    let world = world.restart().await?;

    assert_eq!(world.run().await?.status, "SUCCEEDED");
    assert_eq!(
        world.steps(run.id).await?.get("mail").context("the step")?.status,
        "CANCELLED"
    );
    assert_eq!(effect::Entity::find().count(world.reads()).await?, 0);
    assert_eq!(world.only("message").await?.get("state").as_text(), Some("CANCELLED"));
    world.stop().await;
    assert_eq!(smtp.mails()?, []);
    Ok(())
}

async fn a_cancelled_run_takes_back_the_mail_that_it_would_have_sent_again(backend: Backend) -> Result<()> {
    let smtp = Smtp::start(&Options {
        fault: Some((Stage::Connect, Fault::Drop, Times::Once)),
        ..Options::default()
    })?;
    let world = world(backend, &smtp).await?;
    world
        .publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                newsletter(),
            ],
            &["new -> mail"],
        ))
        .await?;
    let contact = json!({ "name": "Ann", "email": "ann@example.com" });
    world.create("contact", contact).await?;
    let run = world.run().await?;
    world.retrying(run.id, "mail", 2).await?;
    assert_eq!(world.only("message").await?.get("state").as_text(), Some("QUEUED"));

    let cancelled = world.engine.act(&world.access, Act::Cancel, Which::One(run.id)).await?;
    assert!(cancelled.is_ok());
    world.finished(run.id).await?;
    world.clock.advance(Duration::from_secs(3_600));
    let world = world.restart().await?;

    assert_eq!(world.only("message").await?.get("state").as_text(), Some("CANCELLED"));
    world.stop().await;
    assert_eq!(smtp.mails()?, []);
    Ok(())
}

on_both!(
    who_opts_out_between_two_attempts_gets_no_marketing_mail,
    a_stop_takes_the_mail_beside_it_back,
    a_cancelled_run_takes_back_the_mail_that_it_would_have_sent_again,
);
