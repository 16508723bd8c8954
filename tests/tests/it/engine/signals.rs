//! Signals: to runs that wait, to runs that will, to nobody else, and once.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use pointsman::{
    crm::Record,
    engine::signals::{Address, Sent},
};
use pointsman_entities::{run, signal, signal_taken, signal_wait, timer};
use pointsman_tests::world::{World, node, workflow};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value as Json, json};

use crate::both;

const HOUR: Duration = Duration::from_secs(3_600);

async fn send(world: &World, name: &str, key: &str, payload: Json) -> Result<Sent> {
    let address = Address {
        name: name.into(),
        key: key.into(),
    };
    let sent = world.engine.send_signal(&world.access, address, &payload).await?;
    sent.map_err(|problem| anyhow::anyhow!("{problem:?}"))
}

fn wait(key: &str) -> Json {
    node(
        key,
        "waitFor",
        json!({ "event": "signal", "name": "paid", "key": "record.id", "timeout": "PT1H" }),
    )
}

/// Notes on the contact what came of it, and makes a task for each way that was gone.
fn paying() -> Json {
    let task = |key: &str| node(key, "createTask", json!({ "title": key, "about": "record" }));
    workflow(
        vec![
            node("new", "recordCreated", json!({ "object": "contact" })),
            wait("payment"),
            node(
                "note",
                "updateRecord",
                json!({ "values": { "source": "{{ string(steps.payment.output.amount) }}" } }),
            ),
            task("yes"),
            task("no"),
        ],
        &[
            "new -> payment",
            "payment.happened -> note",
            "note -> yes",
            "payment.timedOut -> no",
        ],
    )
}

async fn contact(world: &World, name: &str) -> Result<Arc<Record>> {
    world.create("contact", json!({ "name": name })).await
}

async fn run_of(world: &World, record: &Record) -> Result<run::Model> {
    let runs = world.runs().await?;
    let found = runs.into_iter().find(|run| run.record_id == Some(record.id));
    found.context("a run")
}

both! {
    async fn a_signal_reaches_the_run_that_its_key_names_and_no_other(world: World) -> Result<World> {
        world.publish(paying()).await?;
        let (ann, bob) = (contact(&world, "Ann").await?, contact(&world, "Bob").await?);
        for contact in [&ann, &bob] {
            world.waiting(run_of(&world, contact).await?.id, "payment").await?;
        }

        let world = world.restart().await?;
        let sent = send(&world, "paid", &ann.global_id(), json!({ "amount": 12 })).await?;
        let wrong = send(&world, "refunded", &bob.global_id(), json!({})).await?;
        world.finished(run_of(&world, &ann).await?.id).await?;

        assert_eq!(sent.told, [run_of(&world, &ann).await?.id]);
        assert_eq!(wrong.told, []);
        assert_eq!(world.read(&ann).await?.get("source").as_text(), Some("12"));
        assert_eq!(run_of(&world, &bob).await?.status, "WAITING");
        // What the other still waits for, and nothing of the first.
        assert_eq!(timer::Entity::find().count(world.reads()).await?, 1);
        assert_eq!(signal_wait::Entity::find().count(world.reads()).await?, 1);
        Ok(world)
    }

    async fn a_signal_that_comes_early_is_kept_for_the_runs_that_were_open(world: World) -> Result<World> {
        let delay = node("pause", "delay", json!({ "for": "PT1M" }));
        let mut definition = paying();
        definition["nodes"].as_array_mut().context("nodes")?.push(delay);
        definition["edges"][0] = json!({ "from": "new", "to": "pause" });
        definition["edges"].as_array_mut().context("edges")?.push(json!({ "from": "pause", "to": "payment" }));
        for node in definition["nodes"].as_array_mut().context("nodes")? {
            if node["key"] == "payment" {
                node["config"]["key"] = json!("'everybody'");
            }
        }
        world.publish(definition).await?;
        let before = contact(&world, "Before").await?;
        world.waiting(run_of(&world, &before).await?.id, "pause").await?;

        let sent = send(&world, "paid", "everybody", json!({ "amount": 5 })).await?;
        let after = contact(&world, "After").await?;
        world.waiting(run_of(&world, &after).await?.id, "pause").await?;
        world.clock.advance(Duration::from_secs(60));
        world.finished(run_of(&world, &before).await?.id).await?;
        world.waiting(run_of(&world, &after).await?.id, "payment").await?;

        assert_eq!(sent.told, []);
        assert_eq!(world.read(&before).await?.get("source").as_text(), Some("5"));
        assert_eq!(run_of(&world, &after).await?.status, "WAITING");
        Ok(world)
    }

    async fn each_wait_of_a_run_takes_a_signal_of_its_own(world: World) -> Result<World> {
        world.publish(workflow(
            vec![node("new", "recordCreated", json!({ "object": "contact" })), wait("one"), wait("two"), wait("three"),
                 node("both", "join", json!({ "policy": "all" }))],
            &["new -> one", "new -> two", "one.happened -> both", "two.happened -> both", "both -> three"],
        )).await?;
        let ann = contact(&world, "Ann").await?;
        let run = world.run().await?.id;
        world.waiting(run, "two").await?;

        for amount in 1..=3 {
            send(&world, "paid", &ann.global_id(), json!(amount)).await?;
        }
        world.finished(run).await?;

        let steps = world.steps(run).await?;
        let outputs = ["one", "two", "three"].map(|step| steps[step].output.clone().unwrap_or_default());
        assert_eq!(outputs, ["1", "2", "3"]);
        assert_eq!(signal_taken::Entity::find().count(world.reads()).await?, 3);
        Ok(world)
    }

    async fn a_run_can_signal_another_and_itself(world: World) -> Result<World> {
        let listen = json!({ "event": "signal", "name": "hello", "timeout": "PT1H" });
        let listener = node("hear", "waitFor", listen);
        world.publish(workflow(
            vec![node("new", "recordCreated", json!({ "object": "company" })), listener.clone()],
            &["new -> hear"],
        )).await?;
        world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                listener,
                node("say", "emitSignal", json!({ "name": "hello", "payload": { "who": "{{ record.name }}" } })),
            ],
            &["new -> hear", "new -> say"],
        )).await?;
        let company = world.create("company", json!({ "name": "Acme" })).await?;
        world.waiting(run_of(&world, &company).await?.id, "hear").await?;

        let ann = contact(&world, "Ann").await?;
        for record in [&company, &ann] {
            let run = run_of(&world, record).await?.id;
            world.finished(run).await?;
            let heard = world.steps(run).await?.remove("hear").context("hear")?;
            assert_eq!((heard.port.as_deref(), heard.output.as_deref()), (Some("happened"), Some(r#"{"who":"Ann"}"#)));
        }
        Ok(world)
    }

    async fn a_run_that_says_it_before_it_listens_hears_itself_too(world: World) -> Result<World> {
        world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                node("say", "emitSignal", json!({ "name": "hello", "key": "record.id", "payload": "{{ record.name }}" })),
                node("hear", "waitFor", json!({ "event": "signal", "name": "hello", "key": "record.id", "timeout": "PT1H" })),
                node("again", "waitFor", json!({ "event": "signal", "name": "hello", "key": "record", "timeout": "PT1H" })),
            ],
            &["new -> say", "say -> hear", "hear.happened -> again"],
        )).await?;
        contact(&world, "Ann").await?;
        let run = world.run().await?.id;
        world.waiting(run, "again").await?;
        world.clock.advance(HOUR);
        world.finished(run).await?;

        let steps = world.steps(run).await?;
        assert_eq!(steps["hear"].output.as_deref(), Some(r#""Ann""#));
        assert_eq!(steps["again"].port.as_deref(), Some("timedOut"));
        Ok(world)
    }

    async fn of_a_signal_and_a_time_out_that_come_at_once_exactly_one_counts_a_hundred_times(world: World) -> Result<World> {
        world.publish(paying()).await?;
        let names: Vec<String> = (0..100).map(|number| format!("Contact {number}")).collect();
        let contacts = try_join_all(names.iter().map(|name| contact(&world, name))).await?;
        let runs = world.runs().await?;
        for run in &runs {
            world.waiting(run.id, "payment").await?;
        }

        // The timers go off while the signals are on their way.
        let (first, second) = contacts.split_at(10);
        let paid = async |contact: &Arc<Record>| send(&world, "paid", &contact.global_id(), json!({ "amount": 1 })).await;
        try_join_all(first.iter().map(paid)).await?;
        world.clock.advance(HOUR);
        try_join_all(second.iter().map(paid)).await?;
        for run in &runs {
            world.finished(run.id).await?;
        }

        let tasks = world.all("task").await?;
        assert_eq!(tasks.len(), 100);
        for run in &runs {
            let steps = world.steps(run.id).await?;
            let gone = ["yes", "no"].map(|step| steps[step].status == "SUCCEEDED");
            let port = steps["payment"].port.as_deref();
            assert_eq!(gone, [port == Some("happened"), port == Some("timedOut")]);
        }
        assert_eq!(timer::Entity::find().count(world.reads()).await?, 0);
        assert_eq!(signal_wait::Entity::find().count(world.reads()).await?, 0);
        Ok(world)
    }

    async fn a_signal_and_the_beginning_of_its_wait_never_miss_each_other(world: World) -> Result<World> {
        world.publish(paying()).await?;
        for round in 0..30 {
            let name = format!("Contact {round}");
            let ann = contact(&world, &name).await?;
            let key = ann.global_id();
            send(&world, "paid", &key, json!({ "amount": round })).await?;
            world.finished(run_of(&world, &ann).await?.id).await?;
            assert_eq!(world.read(&ann).await?.get("source").as_text(), Some(round.to_string().as_str()));
        }
        Ok(world)
    }

    async fn signals_are_cleared_once_no_open_run_is_older(world: World) -> Result<World> {
        world.publish(paying()).await?;
        let ann = contact(&world, "Ann").await?;
        world.waiting(world.run().await?.id, "payment").await?;
        send(&world, "paid", "nobody", json!({ "text": "x".repeat(20_000) })).await?;
        let count = async || anyhow::Ok(signal::Entity::find().count(world.reads()).await?);

        world.clock.advance(Duration::from_secs(3_599));
        pointsman::engine::housekeeping::tick(&world.engine).await?;
        let while_open = count().await?;
        send(&world, "paid", &ann.global_id(), json!({ "amount": 1 })).await?;
        world.finished(world.run().await?.id).await?;
        world.clock.advance(2 * HOUR);
        pointsman::engine::housekeeping::tick(&world.engine).await?;

        assert_eq!((while_open, count().await?), (1, 0));
        assert_eq!(pointsman_entities::blob::Entity::find().count(world.reads()).await?, 0);
        Ok(world)
    }
}
