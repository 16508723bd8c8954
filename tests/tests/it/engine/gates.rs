//! How many runs are under way at a time, and how fast they start.

use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::{StreamExt, future::try_join_all};
use pointsman::engine::{history::What, tail::Position};
use pointsman_entities::{gate, ids::RunId, run};
use pointsman_tests::world::{World, node, workflow};
use sea_orm::EntityTrait;
use serde_json::{Value as Json, json};

use super::enrolment::turned_away;
use crate::both;

const HOUR: Duration = Duration::from_secs(3_600);

/// An hour for each new contact.
fn hourly(settings: Json) -> Json {
    let mut definition = workflow(
        vec![
            node("made", "recordCreated", json!({ "object": "contact" })),
            node("hour", "delay", json!({ "for": "PT1H" })),
            node("done", "updateRecord", json!({ "values": { "jobTitle": "done" } })),
        ],
        &["made -> hour", "hour -> done"],
    );
    definition["settings"] = settings;
    definition
}

async fn contacts(world: &World, sources: &[&str]) -> Result<()> {
    for source in sources {
        world
            .create("contact", json!({ "name": "Ann", "source": source }))
            .await?;
    }
    Ok(())
}

fn holders(runs: &[run::Model]) -> Vec<RunId> {
    let open = runs
        .iter()
        .filter(|run| run.finished_at.is_none() && run.place.is_none());
    open.map(|run| run.id).collect()
}

async fn statuses(world: &World) -> Result<Vec<String>> {
    Ok(world.runs().await?.into_iter().map(|run| run.status).collect())
}

/// Waits until the run has moved to where it waits, and lets its hour pass.
async fn pass(world: &World, run: RunId) -> Result<()> {
    world.waiting(run, "hour").await?;
    world.clock.advance(HOUR);
    world.finished(run).await?;
    Ok(())
}

both! {
    /// On PostgreSQL half of the changes come by another server node, and both move the runs.
    async fn fifty_runs_through_a_gate_of_one_pass_one_by_one_in_the_order_they_came(world: World) -> Result<World> {
        let neighbour = world.neighbour().await?;
        world.publish(hourly(json!({ "concurrency": { "limit": 1 } }))).await?;
        let create = |number: usize| {
            let by = neighbour.as_ref().filter(|_| number % 2 == 1).unwrap_or(&world);
            by.create("contact", json!({ "name": format!("{number}") }))
        };

        try_join_all((0..50).map(create)).await?;
        let mut runs = world.runs().await?;
        runs.sort_by_key(|run| run.place);
        let places: Vec<_> = runs.iter().map(|run| run.place).collect();
        assert_eq!(places, [None].into_iter().chain((1..50).map(Some)).collect::<Vec<_>>());
        for run in &runs {
            world.waiting(run.id, "hour").await?;
            assert_eq!(holders(&world.runs().await?), [run.id]);
            world.clock.advance(HOUR);
            world.finished(run.id).await?;
        }

        assert!(statuses(&world).await?.iter().all(|status| status == "SUCCEEDED"));
        assert_eq!(gate::Entity::find().all(world.reads()).await?, []);
        if let Some(neighbour) = neighbour {
            neighbour.stop().await;
        }
        Ok(world)
    }

    async fn each_key_has_a_gate_of_its_own_and_no_key_has_none(world: World) -> Result<World> {
        let neighbours = json!({ "concurrency": { "key": "record.source", "limit": 2, "overflow": "skip" } });
        world.publish(hourly(neighbours)).await?;

        contacts(&world, &["fair", "fair", "fair", "web"]).await?;
        for _ in 0..3 {
            world.create("contact", json!({ "name": "Bob" })).await?;
        }

        assert_eq!(holders(&world.runs().await?).len(), 6);
        assert_eq!(turned_away(&world).await?, ["LIMIT_REACHED"]);
        Ok(world)
    }

    async fn a_gate_opens_again_when_a_run_fails_or_is_cancelled(world: World) -> Result<World> {
        world.publish(hourly(json!({ "concurrency": { "limit": 1 } }))).await?;
        contacts(&world, &["a", "b", "c"]).await?;
        let mut runs = world.runs().await?;
        runs.sort_by_key(|run| run.place);
        let [first, second, third] = &runs[..] else { anyhow::bail!("{runs:#?}") };

        world.until(second.id, |what| matches!(what, What::Queued { until: None })).await?;
        let cancelled = world.engine.cancel(&world.access, second.id).await?;
        assert!(cancelled.is_ok());
        world.finished(second.id).await?;
        world.waiting(first.id, "hour").await?;
        assert!(world.engine.cancel(&world.access, first.id).await?.is_ok());
        world.finished(first.id).await?;
        pass(&world, third.id).await?;

        let ended: Vec<_> = [first, second, third].map(|run| run.id).into();
        let runs = world.runs().await?;
        let status = |id: &RunId| runs.iter().find(|run| run.id == *id).map(|run| run.status.as_str());
        assert_eq!(ended.iter().filter_map(status).collect::<Vec<_>>(), ["CANCELLED", "CANCELLED", "SUCCEEDED"]);
        Ok(world)
    }

    async fn a_restart_cancels_the_older_runs_of_its_key(world: World) -> Result<World> {
        world.publish(hourly(json!({ "concurrency": { "key": "record.source", "overflow": "restart" } }))).await?;

        contacts(&world, &["fair", "fair", "fair", "web"]).await?;
        let runs = world.runs().await?;
        for run in &runs[..2] {
            world.finished(run.id).await?;
        }
        pass(&world, runs[2].id).await?;
        world.finished(runs[3].id).await?;

        assert_eq!(statuses(&world).await?, ["CANCELLED", "CANCELLED", "SUCCEEDED", "SUCCEEDED"]);
        Ok(world)
    }

    async fn a_gate_whose_limit_is_not_enforced_holds_nobody(world: World) -> Result<World> {
        world.publish(hourly(json!({ "concurrency": { "limit": 1, "overflow": "parallel" } }))).await?;

        contacts(&world, &["a", "b", "c"]).await?;

        assert_eq!(holders(&world.runs().await?).len(), 3);
        assert_eq!(gate::Entity::find().all(world.reads()).await?, []);
        Ok(world)
    }

    async fn no_more_runs_start_in_a_stretch_than_the_rate_allows(world: World) -> Result<World> {
        let mut definition = workflow(
            vec![node("made", "recordCreated", json!({ "object": "contact" })), node("end", "stop", json!({}))],
            &["made -> end"],
        );
        definition["settings"] = json!({ "rate": { "limit": 2, "per": "PT1H" } });
        world.publish(definition).await?;

        contacts(&world, &["a", "b", "c", "d", "e"]).await?;
        let runs = world.runs().await?;
        for expected in [2, 4, 5] {
            for run in &runs[..expected] {
                world.finished(run.id).await?;
            }
            let over = world.runs().await?.iter().filter(|run| run.finished_at.is_some()).count();
            assert_eq!(over, expected);
            world.clock.advance(HOUR);
        }

        let start = |run: &run::Model| run.start_at.map(|start| start.micros() - run.created_at.micros());
        let hour = i64::try_from(HOUR.as_micros())?;
        let starts: Vec<_> = runs.iter().map(start).collect();
        assert_eq!(starts, [None, None, Some(hour), Some(hour), Some(2 * hour)]);
        Ok(world)
    }

    async fn those_who_watch_are_told_of_runs_that_queue(world: World) -> Result<World> {
        world.publish(hourly(json!({ "concurrency": { "limit": 1 } }))).await?;
        let mut moves = Box::pin(world.engine.moves().watch(Some(Position::default())));

        contacts(&world, &["a", "b"]).await?;
        let mut seen = Vec::new();
        while seen.len() < 2 {
            let (_, run) = moves.next().await.context("a move")??;
            if !seen.contains(&run.status) {
                seen.push(run.status.clone());
            }
        }
        seen.sort();

        assert_eq!(seen, ["QUEUED", "WAITING"]);
        Ok(world)
    }

    /// The increments are decided on a record that others change meanwhile: each is decided again until it counts.
    async fn runs_on_one_record_never_lose_each_others_updates(world: World) -> Result<World> {
        let neighbour = world.neighbour().await?;
        for _ in 0..4 {
            world.publish(workflow(
                vec![
                    node("new", "recordCreated", json!({ "object": "note" })),
                    node("count", "updateRecord", json!({
                        "record": "record.contact", "object": "contact",
                        "values": { "score": "{{ record.contact.score + 1 }}" },
                    })),
                ],
                &["new -> count"],
            ))
            .await?;
        }
        let contact = world.create("contact", json!({ "name": "Ann", "score": 0 })).await?;
        let note = |number: usize| {
            let by = neighbour.as_ref().filter(|_| number % 2 == 1).unwrap_or(&world);
            by.create("note", json!({ "body": "again", "contact": contact.global_id() }))
        };

        try_join_all((0..5).map(note)).await?;
        for run in world.runs().await? {
            world.finished(run.id).await?;
        }

        assert_eq!(world.runs().await?.len(), 20);
        assert_eq!(world.read(&contact).await?.get("score").as_integer(), Some(20));
        if let Some(neighbour) = neighbour {
            neighbour.stop().await;
        }
        Ok(world)
    }
}
