//! A stop that comes at a bad moment.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::pin_mut;
use pointsman::actions::egress;
use pointsman_tests::{
    servers::http::{Gate, Reply, Sink},
    world::{Backend, Outside, World, node, workflow},
};
use serde_json::json;
use tokio::time::timeout;

use crate::on_both;

async fn a_stop_waits_for_the_effect_under_way(backend: Backend) -> Result<()> {
    let gate = Gate::default();
    let sink = Sink::start([Reply::Held(gate.clone())]).await?;
    let outside = Outside {
        egress: egress::Settings {
            allow: vec!["127.0.0.0/8".parse()?],
            ca: None,
        },
        ..Outside::default()
    };
    let world = World::start_with(backend, outside).await?;
    world
        .publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                node("call", "httpRequest", json!({ "method": "POST", "url": sink.url("/") })),
                node("mark", "updateRecord", json!({ "values": { "source": "called" } })),
            ],
            &["new -> call", "call.done -> mark"],
        ))
        .await?;
    let contact = world.create("contact", json!({ "name": "Ann" })).await?;
    let run = world.run().await?;
    sink.received(1).await?;

    let restart = world.restart();
    pin_mut!(restart);
    // A stop that did not wait would end in a fraction of this.
    let early = timeout(Duration::from_millis(500), &mut restart).await;
    ensure!(early.is_err(), "the stop did not wait for the effect");
    gate.open();
    let world = restart.await?;
    world.finished(run.id).await?;

    let request = sink.recorded();
    assert_eq!(request.len(), 1, "{request:?}");
    assert_eq!(world.steps(run.id).await?.get("call").context("the step")?.attempt, 1);
    assert_eq!(world.read(&contact).await?.get("source").as_text(), Some("called"));
    world.stop().await;
    Ok(())
}

on_both!(a_stop_waits_for_the_effect_under_way);
