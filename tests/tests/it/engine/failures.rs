//! Steps that fail: error ports, siblings that go on, causes, and workflows that trigger themselves.

use anyhow::{Context, Result};
use futures_util::StreamExt;
use pointsman::engine::{history::What, tail::Position};
use pointsman_tests::{
    dump::difference,
    world::{World, node, workflow},
};
use serde_json::json;

use crate::both;

both! {
    async fn a_failed_step_leaves_by_its_error_port(world: World) -> Result<World> {
        world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                node("bad", "updateRecord", json!({ "values": { "email": "{{ record.name }}" } })),
                node("never", "updateRecord", json!({ "values": { "source": "fine" } })),
                node("mended", "updateRecord", json!({ "values": { "source": "mended" } })),
            ],
            &["new -> bad", "bad.done -> never", "bad.error -> mended"],
        ))
        .await?;

        let contact = world.create("contact", json!({ "name": "not an address" })).await?;
        let run = world.run().await?;
        world.finished(run.id).await?;

        assert_eq!(world.read(&contact).await?.get("source").as_text(), Some("mended"));
        let steps = world.steps(run.id).await?;
        assert_eq!(steps["bad"].status, "FAILED");
        assert_eq!(steps["bad"].port.as_deref(), Some("error"));
        assert!(steps["bad"].error.as_deref().is_some_and(|error| error.contains("INVALID") && error.contains("email")));
        assert_eq!(steps["never"].status, "SKIPPED");
        assert_eq!(world.run().await?.status, "SUCCEEDED");
        Ok(world)
    }

    async fn a_failed_branch_does_not_stop_its_siblings(world: World) -> Result<World> {
        world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                node("bad", "set", json!({ "values": { "x": "1 / record.score" } })),
                node("good", "updateRecord", json!({ "values": { "source": "done" } })),
                node("behind", "set", json!({ "values": { "y": "1" } })),
            ],
            &["new -> bad", "new -> good", "bad -> behind"],
        ))
        .await?;

        let contact = world.create("contact", json!({ "name": "Ann", "score": 0 })).await?;
        let run = world.run().await?;
        world.finished(run.id).await?;

        assert_eq!(world.read(&contact).await?.get("source").as_text(), Some("done"));
        let run = world.run().await?;
        assert_eq!(run.status, "FAILED");
        assert!(run.error.as_deref().is_some_and(|error| error.contains("DIVIDE_BY_ZERO")), "{:?}", run.error);
        assert!(!world.steps(run.id).await?.contains_key("behind"));
        Ok(world)
    }

    async fn a_workflow_that_triggers_itself_is_cut_at_sixteen(world: World) -> Result<World> {
        world.publish(workflow(
            vec![
                node("changed", "recordUpdated", json!({ "object": "contact", "fields": ["score"] })),
                node("again", "updateRecord", json!({ "values": { "score": "{{ record.score + 1 }}" } })),
            ],
            &["changed -> again"],
        ))
        .await?;
        let contact = world.create("contact", json!({ "name": "Ann", "score": 0 })).await?;

        world.update(&contact, json!({ "score": 1 })).await?;
        let refused = world.refused().await?;
        let told = world.finished(refused.id).await?;
        let mut moves = Box::pin(world.engine.moves().watch(Some(Position::default())));
        while moves.next().await.context("a move")??.1.id != refused.id {}

        assert!(matches!(&told[..], [entry] if matches!(&entry.what, What::Refused { reason } if reason.starts_with("DEPTH_LIMIT"))));

        let before = world.dump().await?;
        let world = world.restart().await?;

        assert_eq!(difference(&before, &world.dump().await?), Vec::<String>::new());
        assert!(refused.error.as_deref().is_some_and(|error| error.starts_with("DEPTH_LIMIT")));
        assert_eq!(refused.depth, 16);
        let runs = world.runs().await?;
        assert_eq!(runs.len(), 17);
        assert!(runs.windows(2).all(|pair| pair[1].cause_run == Some(pair[0].id)));
        assert_eq!(world.read(&contact).await?.get("score").as_integer(), Some(17));
        Ok(world)
    }

    async fn two_workflows_on_one_change_both_get_their_way(world: World) -> Result<World> {
        for field in ["source", "jobTitle"] {
            world.publish(workflow(
                vec![
                    node("new", "recordCreated", json!({ "object": "contact" })),
                    node("mark", "updateRecord", json!({ "values": { field: "done" } })),
                ],
                &["new -> mark"],
            ))
            .await?;
        }

        let contact = world.create("contact", json!({ "name": "Ann" })).await?;
        for run in world.runs().await? {
            world.finished(run.id).await?;
        }

        let contact = world.read(&contact).await?;
        assert_eq!(contact.get("source").as_text(), Some("done"));
        assert_eq!(contact.get("jobTitle").as_text(), Some("done"));
        Ok(world)
    }

    async fn a_chain_longer_than_the_budget_goes_on(world: World) -> Result<World> {
        let keys: Vec<String> = (0..600).map(|number| format!("n{number}")).collect();
        let mut nodes = vec![node("new", "recordCreated", json!({ "object": "contact" }))];
        nodes.extend(keys.iter().map(|key| node(key, "set", json!({ "values": { "x": "1" } }))));
        let names: Vec<&str> = ["new"].into_iter().chain(keys.iter().map(String::as_str)).collect();
        let edges: Vec<String> = names.windows(2).map(|pair| format!("{} -> {}", pair[0], pair[1])).collect();
        let edges: Vec<&str> = edges.iter().map(String::as_str).collect();
        world.publish(workflow(nodes, &edges)).await?;

        world.create("contact", json!({ "name": "Ann" })).await?;
        let run = world.run().await?;
        world.finished(run.id).await?;

        assert_eq!(world.run().await?.status, "SUCCEEDED");
        Ok(world)
    }

    async fn a_run_without_outside_effects_is_two_write_sets(world: World) -> Result<World> {
        world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                node("a", "set", json!({ "values": { "x": "1" } })),
                node("b", "updateRecord", json!({ "values": { "source": "b" } })),
                node("c", "if", json!({ "condition": "steps.a.output.x == 1" })),
                node("d", "createTask", json!({ "title": "call", "about": "record" })),
                node("e", "updateRecord", json!({ "values": { "jobTitle": "e" } })),
            ],
            &["new -> a", "a -> b", "b -> c", "c.yes -> d", "d -> e"],
        ))
        .await?;

        world.create("contact", json!({ "name": "Ann" })).await?;
        let run = world.run().await?;
        world.finished(run.id).await?;

        assert_eq!(world.run().await?.status, "SUCCEEDED");
        // The enrolment's write set leaves the epoch at 1, and each of the run's own counts it up.
        assert_eq!(world.run().await?.epoch, 2);
        Ok(world)
    }
}
