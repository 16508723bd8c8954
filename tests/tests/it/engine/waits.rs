//! Runs that wait: for time, for records, across restarts.

use std::time::Duration;

use anyhow::Result;
use pointsman_tests::world::{World, node, workflow};
use serde_json::json;

use crate::both;

const DAY: Duration = Duration::from_secs(86_400);

both! {
    async fn a_delay_ends_at_its_time_and_not_before(world: World) -> Result<World> {
        world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                node("week", "delay", json!({ "for": "P7D" })),
                node("mark", "updateRecord", json!({ "values": { "source": "a week later" } })),
            ],
            &["new -> week", "week -> mark"],
        ))
        .await?;
        let contact = world.create("contact", json!({ "name": "Ann" })).await?;
        let run = world.run().await?;
        world.waiting(run.id, "week").await?;

        world.clock.advance(6 * DAY);
        let world = world.restart().await?;
        assert_eq!(world.run().await?.status, "WAITING");
        world.clock.advance(DAY);
        world.finished(run.id).await?;

        assert_eq!(world.read(&contact).await?.get("source").as_text(), Some("a week later"));
        Ok(world)
    }

    async fn a_wait_ends_with_the_change_it_waits_for(world: World) -> Result<World> {
        world.publish(conversion()).await?;
        let contact = world.create("contact", json!({ "name": "Ann" })).await?;
        let run = world.run().await?;
        world.waiting(run.id, "converted").await?;

        let world = world.restart().await?;
        world.update(&contact, json!({ "jobTitle": "CTO" })).await?;
        world.update(&contact, json!({ "lifecycle": "CUSTOMER" })).await?;
        world.finished(run.id).await?;

        assert_eq!(world.read(&contact).await?.get("source").as_text(), Some("converted"));
        world.clock.advance(8 * DAY);
        assert_eq!(world.steps(run.id).await?["converted"].port.as_deref(), Some("happened"));
        Ok(world)
    }

    async fn a_wait_ends_with_its_time_out(world: World) -> Result<World> {
        world.publish(conversion()).await?;
        let contact = world.create("contact", json!({ "name": "Ann" })).await?;
        let run = world.run().await?;
        world.waiting(run.id, "converted").await?;

        world.clock.advance(7 * DAY);
        world.finished(run.id).await?;

        assert_eq!(world.read(&contact).await?.get("source").as_text(), Some("timed out"));
        Ok(world)
    }
}

fn conversion() -> serde_json::Value {
    workflow(
        vec![
            node("new", "recordCreated", json!({ "object": "contact" })),
            node(
                "converted",
                "waitFor",
                json!({
                    "event": "recordChanged", "where": "record.lifecycle == 'CUSTOMER'",
                    "timeout": "P7D",
                }),
            ),
            node("yes", "updateRecord", json!({ "values": { "source": "converted" } })),
            node("no", "updateRecord", json!({ "values": { "source": "timed out" } })),
        ],
        &[
            "new -> converted",
            "converted.happened -> yes",
            "converted.timedOut -> no",
        ],
    )
}
