//! Runs that dates of records start: when they come, where they have moved to, and no others.

use std::time::Duration;

use anyhow::Result;
use pointsman_tests::world::{World, node, workflow};
use serde_json::{Value as Json, json};

use crate::both;

const DAY: Duration = Duration::from_secs(86_400);

/// Notes deals three days before they are to close, at eight in New York.
fn before_closing() -> Json {
    workflow(
        vec![
            node(
                "soon",
                "dateReached",
                json!({
                    "object": "deal", "dateField": "closeDate", "offset": "-P3D", "at": "08:00", "zone": "America/New_York",
                    "where": "record.status == 'OPEN'",
                }),
            ),
            node(
                "note",
                "createTask",
                json!({ "title": "{{ record.name }} {{ trigger.at }}" }),
            ),
        ],
        &["soon -> note"],
    )
}

async fn deal(world: &World, name: &str, closes: &str) -> Result<std::sync::Arc<pointsman::crm::Record>> {
    world.create("deal", json!({ "name": name, "closeDate": closes })).await
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

both! {
    async fn a_date_starts_a_run_when_it_comes_for_records_old_and_new(world: World) -> Result<World> {
        deal(&world, "old", "2026-01-09").await?;
        world.publish(before_closing()).await?;
        deal(&world, "new", "2026-01-09").await?;
        deal(&world, "later", "2026-01-10").await?;

        world.clock.advance_to("2026-01-06T13:00:00Z")?;
        world.ended(2).await?;

        assert_eq!(titles(&world).await?, ["new 2026-01-06T13:00:00Z", "old 2026-01-06T13:00:00Z"]);
        Ok(world)
    }

    async fn a_run_moves_with_its_date_and_comes_once_for_each(world: World) -> Result<World> {
        world.publish(before_closing()).await?;
        let moved = deal(&world, "moved", "2026-01-09").await?;
        let cleared = deal(&world, "cleared", "2026-01-09").await?;
        world.update(&moved, json!({ "closeDate": "2026-01-12" })).await?;
        world.update(&cleared, json!({ "closeDate": null })).await?;

        world.clock.advance_to("2026-01-06T13:00:00Z")?;
        world.caught_up().await?;
        assert_eq!(world.runs().await?.len(), 0);
        world.clock.advance_to("2026-01-09T13:00:00Z")?;
        world.ended(1).await?;
        // Back and forth again: the date has been reached before.
        let moved = world.update(&moved, json!({ "closeDate": "2026-02-12" })).await?;
        world.update(&moved, json!({ "closeDate": "2026-01-12" })).await?;
        world.clock.advance_to("2026-03-01T13:00:00Z")?;
        world.caught_up().await?;

        assert_eq!(titles(&world).await?, ["moved 2026-01-09T13:00:00Z"]);
        Ok(world)
    }

    async fn a_date_that_is_past_when_it_is_written_starts_nothing(world: World) -> Result<World> {
        deal(&world, "past at the publication", "2026-01-06").await?;
        world.publish(before_closing()).await?;
        deal(&world, "past at its creation", "2026-01-07").await?;
        let gone = deal(&world, "in the bin", "2026-01-09").await?;
        world.delete(&gone).await?;
        let won = deal(&world, "won", "2026-01-09").await?;
        world.update(&won, json!({ "stage": world.stage("Won").await?.global_id() })).await?;
        let late = deal(&world, "given its date late", "2026-05-01").await?;
        let touched = deal(&world, "changed otherwise", "2026-01-09").await?;
        let restored = deal(&world, "restored late", "2026-01-09").await?;
        world.delete(&restored).await?;

        // The engine stands still over the moment, so that what is written after it is written before anybody looks.
        let clock = world.clock.clone();
        world.engine.stop().await;
        clock.advance_to("2026-01-06T13:30:00Z")?;
        world.update(&late, json!({ "closeDate": "2026-01-09" })).await?;
        world.update(&touched, json!({ "description": "changed" })).await?;
        world.restore(&restored).await?;
        let world = world.restart().await?;
        world.caught_up().await?;
        world.ended(1).await?;

        assert_eq!(titles(&world).await?, ["changed otherwise 2026-01-06T13:00:00Z"]);
        Ok(world)
    }

    async fn an_instant_comes_at_its_own_time_to_the_minute(world: World) -> Result<World> {
        world.publish(workflow(
            vec![
                node("due", "dateReached", json!({ "object": "task", "dateField": "dueAt", "offset": "-PT1H" })),
                node("mark", "updateRecord", json!({ "values": { "priority": "HIGH" } })),
            ],
            &["due -> mark"],
        ))
        .await?;
        let due = json!({ "title": "Call", "dueAt": "2026-01-05T10:30:30Z" });
        let task = world.create("task", due).await?;

        world.clock.advance_to("2026-01-05T09:30:00Z")?;
        world.caught_up().await?;
        assert_eq!(world.runs().await?.len(), 0);
        world.clock.advance_to("2026-01-05T09:31:00Z")?;
        world.ended(1).await?;

        assert_eq!(world.read(&task).await?.get("priority").as_text(), Some("HIGH"));
        world.clock.advance(DAY);
        world.caught_up().await?;
        assert_eq!(world.runs().await?.len(), 1);
        Ok(world)
    }
}
