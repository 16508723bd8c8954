//! Runs that times start: once each, on one node of several, over stops and pauses.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context, Result};
use pointsman::workflow::manage::State;
use pointsman_entities::ids::WorkflowId;
use pointsman_tests::world::{Backend, World, node, workflow};
use serde_json::{Value as Json, json};

use crate::both;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// A workflow that notes at 10:00 when it was to run.
fn daily(config: Json) -> Json {
    let mut schedule = json!({ "cron": "0 10 * * *" });
    if let (Some(all), Some(more)) = (schedule.as_object_mut(), config.as_object()) {
        all.extend(more.clone());
    }
    workflow(
        vec![
            node("ten", "schedule", schedule),
            node("note", "createTask", json!({ "title": "{{ trigger.at }}" })),
        ],
        &["ten -> note"],
    )
}

async fn titles(world: &World) -> Result<Vec<String>> {
    let tasks = world.all("task").await?;
    let mut titles: Vec<_> = tasks
        .iter()
        .filter_map(|task| task.get("title").as_text().map(str::to_owned))
        .collect();
    titles.sort();
    Ok(titles)
}

async fn switch(world: &World, workflow: WorkflowId, state: State) -> Result<()> {
    let changed = world.workflows.set_state(&world.access, workflow, state).await?;
    changed.map(|_| ()).map_err(|problem| anyhow::anyhow!("{problem:?}"))
}

both! {
    async fn a_time_starts_one_run_and_the_next_time_another(world: World) -> Result<World> {
        world.publish(daily(json!({}))).await?;

        world.clock.advance(HOUR);
        world.ended(1).await?;
        world.clock.advance(DAY);
        world.ended(2).await?;

        assert_eq!(titles(&world).await?, ["2026-01-05T10:00:00Z", "2026-01-06T10:00:00Z"]);
        Ok(world)
    }

    async fn a_zone_says_whose_ten_it_is(world: World) -> Result<World> {
        world.publish(daily(json!({ "zone": "Asia/Kathmandu" }))).await?;

        world.clock.advance_to("2026-01-06T04:15:00Z")?;
        world.ended(1).await?;

        assert_eq!(titles(&world).await?, ["2026-01-06T04:15:00Z"]);
        Ok(world)
    }

    async fn what_was_missed_is_left_out_unless_the_workflow_says_otherwise(world: World) -> Result<World> {
        for catch_up in ["skip", "latest", "all"] {
            world.publish(daily(json!({ "catchUp": catch_up }))).await?;
        }

        world.clock.advance(3 * DAY);
        world.caught_up().await?;
        world.ended(4).await?;
        let world = world.restart().await?;

        let made_up: Vec<_> = ["05", "06", "07", "07"].iter().map(|day| format!("2026-01-{day}T10:00:00Z")).collect();
        assert_eq!(titles(&world).await?, made_up, "none, the last, and all three");
        Ok(world)
    }

    async fn a_time_that_passed_while_no_server_ran_is_acted_on_at_the_start(world: World) -> Result<World> {
        world.publish(daily(json!({ "catchUp": "latest" }))).await?;
        let clock = world.clock.clone();

        world.engine.stop().await;
        clock.advance(2 * DAY);
        let world = world.restart().await?;
        world.ended(1).await?;

        assert_eq!(titles(&world).await?, ["2026-01-06T10:00:00Z"]);
        Ok(world)
    }

    async fn a_paused_workflow_has_no_times_and_a_resumed_one_only_those_to_come(world: World) -> Result<World> {
        let id = world.publish(daily(json!({ "catchUp": "all" }))).await?;

        switch(&world, id, State::Paused).await?;
        world.clock.advance(2 * DAY);
        switch(&world, id, State::Active).await?;
        world.clock.advance(DAY);
        world.ended(1).await?;

        assert_eq!(titles(&world).await?, ["2026-01-07T10:00:00Z"]);
        Ok(world)
    }

    async fn publishing_anew_keeps_what_is_due_unless_the_times_change(world: World) -> Result<World> {
        let id = world.publish(daily(json!({ "catchUp": "latest" }))).await?;
        let clock = world.clock.clone();

        world.engine.stop().await;
        clock.advance(DAY);
        // The engine stands still: the time is due, and nobody acts on it before the publication.
        world.workflows.publish(&world.access, id, None).await?;
        let world = world.restart().await?;
        world.ended(1).await?;

        assert_eq!(titles(&world).await?, ["2026-01-05T10:00:00Z"]);
        Ok(world)
    }

    async fn each_record_that_a_condition_holds_for_gets_a_run(world: World) -> Result<World> {
        world.publish(workflow(
            vec![
                node("ten", "schedule", json!({
                    "cron": "0 10 * * *", "object": "contact", "where": "record.company.name == 'Acme'",
                })),
                node("mark", "updateRecord", json!({ "values": { "source": "seen" } })),
            ],
            &["ten -> mark"],
        ))
        .await?;
        let acme = world.create("company", json!({ "name": "Acme" })).await?;
        let works_there = json!({ "name": "Ann", "company": acme.global_id() });
        let ann = world.create("contact", works_there.clone()).await?;
        let gone = world.create("contact", works_there).await?;
        world.delete(&gone).await?;
        for _ in 0..250 {
            world.create("contact", json!({ "name": "Somebody" })).await?;
        }

        world.clock.advance(HOUR);
        world.caught_up().await?;
        let runs = world.ended(1).await?;

        assert_eq!(runs.len(), 1, "the condition is not one that the database can tell");
        assert_eq!(world.read(&ann).await?.get("source").as_text(), Some("seen"));
        Ok(world)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_record_gets_one_run_whichever_nodes_come_and_go_meanwhile() -> Result<()> {
    const RECORDS: usize = 900;
    let one = World::start(Backend::Postgres).await?;
    let inputs = (0..RECORDS).map(|_| one.create("contact", json!({ "name": "Ann" })));
    futures_util::future::try_join_all(inputs).await?;
    let id = one
        .publish(workflow(
            vec![
                node("ten", "schedule", json!({ "cron": "0 10 * * *", "object": "contact" })),
                node("end", "stop", json!({})),
            ],
            &["ten -> end"],
        ))
        .await?;
    let other = one.neighbour().await?.context("another server node")?;
    other.workflows.publish(&other.access, id, None).await?;

    one.clock.advance(HOUR);
    while one.runs().await?.is_empty() {
        tokio::task::yield_now().await;
    }
    other.stop().await;
    one.caught_up().await?;
    let runs = one.ended(RECORDS).await?;

    let records: BTreeSet<_> = runs.iter().map(|run| run.record_id).collect();
    assert_eq!((runs.len(), records.len()), (RECORDS, RECORDS));
    one.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_nodes_one_acts_on_a_time() -> Result<()> {
    const MINUTES: usize = 30;
    let one = World::start(Backend::Postgres).await?;
    let other = one.neighbour().await?.context("another server node")?;
    let minutes = one
        .publish(workflow(
            vec![
                node("minute", "schedule", json!({ "cron": "* * * * *" })),
                node("end", "stop", json!({})),
            ],
            &["minute -> end"],
        ))
        .await?;
    // Lets the other node know of the times to come.
    other.workflows.publish(&other.access, minutes, None).await?;

    for _ in 0..MINUTES {
        one.clock.advance(Duration::from_secs(60));
        one.caught_up().await?;
    }
    let runs = one.ended(MINUTES).await?;

    assert_eq!(runs.len(), MINUTES);
    let keys: BTreeSet<_> = runs
        .iter()
        .map(|run| run.dedup_key.as_deref().context("a key"))
        .collect::<Result<_>>()?;
    assert_eq!(keys.len(), MINUTES);
    other.stop().await;
    one.stop().await;
    Ok(())
}
