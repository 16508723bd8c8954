//! What the engine keeps, where, and for how long.

use std::time::Duration;

use anyhow::{Context, Result};
use pointsman::{crm::id, engine::housekeeping};
use pointsman_entities::{blob, run_event, run_item, step};
use pointsman_tests::world::{World, node, workflow};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;

use crate::both;

const DAY: Duration = Duration::from_secs(86_400);

both! {
    async fn a_large_output_is_kept_out_of_line_and_read_back(world: World) -> Result<World> {
        let text = "äöü".repeat(20_000);
        world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "note" })),
                node("big", "set", json!({ "values": { "text": "record.body + record.body" } })),
                node("pause", "delay", json!({ "for": "P1D" })),
                node("size", "updateRecord", json!({ "values": { "title": "{{ string(size(steps.big.output.text)) }}" } })),
            ],
            &["new -> big", "big -> pause", "pause -> size"],
        ))
        .await?;

        let note = world.create("note", json!({ "body": text })).await?;
        let run = world.run().await?;
        world.waiting(run.id, "pause").await?;
        let world = world.restart().await?;
        world.clock.advance(DAY);
        world.finished(run.id).await?;

        let in_row = world.steps(run.id).await?["big"].output.clone().context("an output")?;
        assert!(in_row.starts_with("blob:"), "{in_row}");
        assert_eq!(world.read(&note).await?.get("title").as_text(), Some("120000"));
        let shown = world.engine.steps(&[run.id]).await?;
        let big = shown[&run.id].iter().find(|step| step.node == "big").context("the step")?;
        assert!(big.output.as_ref().is_some_and(|output| output.len() > 200_000));
        Ok(world)
    }

    async fn old_runs_go_with_all_that_belongs_to_them(world: World) -> Result<World> {
        world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "note" })),
                node("big", "set", json!({ "values": { "text": "record.body" } })),
            ],
            &["new -> big"],
        ))
        .await?;
        world.create("note", json!({ "body": "x".repeat(10_000) })).await?;
        let run = world.run().await?;
        world.finished(run.id).await?;

        world.clock.advance(89 * DAY);
        housekeeping::tick(&world.engine).await?;
        assert_eq!(world.runs().await?.len(), 1);
        world.clock.advance(2 * DAY);
        housekeeping::tick(&world.engine).await?;

        assert_eq!(world.runs().await?.len(), 0);
        assert_eq!(step::Entity::find().count(world.reads()).await?, 0);
        assert_eq!(run_event::Entity::find().count(world.reads()).await?, 0);
        assert_eq!(blob::Entity::find().count(world.reads()).await?, 0);
        assert_eq!(world.all("note").await?.len(), 1);
        Ok(world)
    }

    async fn called_runs_replays_and_items_go_with_time_too(world: World) -> Result<World> {
        let callee = world.publish(workflow(
            vec![
                node("called", "called", json!({ "parameters": [{ "name": "text" }] })),
                node("loop", "forEach", json!({ "items": "[trigger.inputs.text, 'b']" })),
                node("keep", "set", json!({ "values": { "text": "item" } })),
            ],
            &["called -> loop", "loop.each -> keep"],
        ))
        .await?;
        world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "note" })),
                node("call", "callWorkflow", json!({ "workflow": id::format("workflow", callee), "inputs": { "text": "{{ record.body }}" } })),
            ],
            &["new -> call"],
        ))
        .await?;
        world.create("note", json!({ "body": "x".repeat(10_000) })).await?;
        let caller = world.runs().await?.remove(0);
        world.finished(caller.id).await?;
        let callee = world.runs().await?.into_iter().find(|run| run.parent_run == Some(caller.id)).context("a called run")?;
        let replay = world.engine.replay(&world.access, callee.id, Some("loop[1]/keep")).await?;
        let replay = replay.map_err(|problem| anyhow::anyhow!("{problem:?}"))?;
        world.finished(replay.id).await?;
        assert_eq!(world.runs().await?.len(), 3);
        assert_eq!(run_item::Entity::find().count(world.reads()).await?, 4);

        world.clock.advance(91 * DAY);
        housekeeping::tick(&world.engine).await?;

        assert_eq!(world.runs().await?.len(), 0);
        assert_eq!(run_item::Entity::find().count(world.reads()).await?, 0);
        assert_eq!(blob::Entity::find().count(world.reads()).await?, 0);
        Ok(world)
    }
}
