//! Runs that need nothing but the database.

use anyhow::Result;
use pointsman_tests::world::{World, node, workflow};
use serde_json::json;

use crate::both;

both! {
    /// Contact change, condition, record update, history: the shortest whole way.
    async fn a_matching_change_runs_the_workflow_once(world: World) -> Result<World> {
        world.publish(workflow(
            vec![
                node("scored", "recordCreated", json!({ "object": "contact", "where": "record.score >= 50" })),
                node("hot", "if", json!({ "condition": "record.score > 70" })),
                node("promote", "updateRecord", json!({ "values": { "status": "ACTIVE", "score": "{{ record.score + 1 }}" } })),
                node("left", "set", json!({ "values": { "text": "'hello ' + record.name" } })),
                node("right", "set", json!({ "values": { "number": "record.score * 2" } })),
                node("both", "join", json!({ "policy": "all" })),
            ],
            &["scored -> hot", "hot.yes -> promote", "promote -> left", "promote -> right", "left -> both", "right -> both"],
        ))
        .await?;

        let contact = world.create("contact", json!({ "name": "Ann", "score": 75 })).await?;
        world.create("contact", json!({ "name": "Bob", "score": 5 })).await?;
        let run = world.run().await?;
        world.finished(run.id).await?;

        let contact = world.read(&contact).await?;
        assert_eq!(contact.get("status").as_text(), Some("ACTIVE"));
        assert_eq!(contact.get("score").as_integer(), Some(76));
        let steps = world.steps(run.id).await?;
        assert_eq!(steps["hot"].port.as_deref(), Some("yes"));
        assert_eq!(steps["left"].output.as_deref(), Some(r#"{"text":"hello Ann"}"#));
        assert_eq!(steps["right"].output.as_deref(), Some(r#"{"number":152}"#));
        assert_eq!(steps["both"].status, "SUCCEEDED");
        assert_eq!(world.run().await?.status, "SUCCEEDED");
        Ok(world)
    }
}
