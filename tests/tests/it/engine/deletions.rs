//! Runs that a deletion starts.

use anyhow::Result;
use pointsman_tests::world::{World, node, workflow};
use serde_json::json;

use crate::both;

both! {
    async fn a_deletion_starts_a_run_that_sees_the_record_as_it_was(world: World) -> Result<World> {
        world.publish(workflow(
            vec![
                node("gone", "recordDeleted", json!({ "object": "contact", "where": "record.score > 10" })),
                node("note", "createTask", json!({
                    "title": "{{ record.name }} had {{ trigger.record.score }}, {{ record.deletedAt == null }}",
                })),
            ],
            &["gone -> note"],
        ))
        .await?;
        let kept = world.create("contact", json!({ "name": "Ann", "score": 5 })).await?;
        let gone = world.create("contact", json!({ "name": "Bob", "score": 50 })).await?;

        world.delete(&kept).await?;
        world.delete(&gone).await?;
        world.ended(1).await?;
        let world = world.restart().await?;

        let run = world.run().await?;
        assert_eq!((run.status.as_str(), run.record_id), ("SUCCEEDED", Some(gone.id)));
        assert_eq!(world.only("task").await?.get("title").as_text(), Some("Bob had 50, true"));
        Ok(world)
    }

    async fn a_run_about_a_deleted_record_remembers_it_after_a_wait(world: World) -> Result<World> {
        world.publish(workflow(
            vec![
                node("gone", "recordDeleted", json!({ "object": "contact" })),
                node("day", "delay", json!({ "for": "P1D" })),
                node("note", "createTask", json!({ "title": "{{ record.name }}" })),
            ],
            &["gone -> day", "day -> note"],
        ))
        .await?;
        let contact = world.create("contact", json!({ "name": "Ann" })).await?;
        world.delete(&contact).await?;
        let run = world.run().await?;
        world.waiting(run.id, "day").await?;

        let world = world.restart().await?;
        let restored = world.restore(&contact).await?;
        world.update(&restored, json!({ "name": "Anna" })).await?;
        world.clock.advance(std::time::Duration::from_secs(86_400));
        world.finished(run.id).await?;

        assert_eq!(world.only("task").await?.get("title").as_text(), Some("Ann"));
        Ok(world)
    }
}
