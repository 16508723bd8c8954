//! Loops: items with waits, failures, loops within loops, restarts in the middle.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result};
use pointsman::engine::{
    control::{Act, Which},
    history::What,
};
use pointsman_entities::{run, run_item, timer};
use pointsman_tests::world::{World, node, workflow};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value as Json, json};

use crate::both;

const DAY: Duration = Duration::from_secs(86_400);

/// A new contact starts a loop; `each` and `done` lead to the nodes given.
fn looping(config: Json, each: Json, done: Json) -> Json {
    let (first, last) = (each["key"].clone(), done["key"].clone());
    let edges = [
        "new -> loop".to_owned(),
        format!("loop.each -> {}", first.as_str().unwrap_or_default()),
        format!("loop.done -> {}", last.as_str().unwrap_or_default()),
    ];
    workflow(
        vec![
            node("new", "recordCreated", json!({ "object": "contact" })),
            node("loop", "forEach", config),
            each,
            done,
        ],
        &edges.each_ref().map(String::as_str),
    )
}

/// How often each task's title occurs.
async fn titles(world: &World) -> Result<BTreeMap<String, usize>> {
    let mut titles = BTreeMap::new();
    for task in world.all("task").await? {
        let title = task.get("title").as_text().context("a title")?.to_owned();
        *titles.entry(title).or_default() += 1;
    }
    Ok(titles)
}

fn once_each(titles: &[&str]) -> BTreeMap<String, usize> {
    titles.iter().map(|title| ((*title).to_owned(), 1)).collect()
}

async fn output(world: &World, run: &run::Model, step: &str) -> Result<Json> {
    let steps = world.steps(run.id).await?;
    let text = steps
        .get(step)
        .and_then(|step| step.output.clone())
        .context("an output")?;
    Ok(serde_json::from_str(&text)?)
}

/// Waits until a step waits.
async fn waits(world: &World, run: &run::Model, name: &str) -> Result<()> {
    let wanted = |what: &What| matches!(what, What::Waiting { step, .. } if step.to_string() == name);
    world.until(run.id, wanted).await.map(|_| ())
}

fn count() -> Json {
    node(
        "count",
        "set",
        json!({ "values": { "all": "steps.loop.output.count", "bad": "steps.loop.output.failed" } }),
    )
}

both! {
    async fn what_is_behind_each_runs_once_for_every_item(world: World) -> Result<World> {
        world.publish(looping(
            json!({ "items": "['a', 'b', 'c']" }),
            node("task", "createTask", json!({ "title": "{{ index }} {{ item }} {{ record.name }}" })),
            count(),
        ))
        .await?;

        world.create("contact", json!({ "name": "Ann" })).await?;
        let run = world.run().await?;
        world.finished(run.id).await?;

        assert_eq!(titles(&world).await?, once_each(&["0 a Ann", "1 b Ann", "2 c Ann"]));
        assert_eq!(output(&world, &run, "count").await?, json!({ "all": 3, "bad": 0 }));
        assert_eq!(world.run().await?.status, "SUCCEEDED");
        // The enrolment, and one write set for all that needs nothing but the database.
        assert_eq!(world.run().await?.epoch, 2);
        Ok(world)
    }

    async fn a_won_deal_gets_its_four_follow_up_tasks(world: World) -> Result<World> {
        world.publish(workflow(
            vec![
                node("won", "recordUpdated", json!({
                    "object": "deal", "fields": ["stage"], "where": "record.status == 'WON' && previous.status != 'WON'",
                })),
                node("customer", "updateRecord", json!({ "record": "record.company", "values": { "lifecycle": "CUSTOMER" } })),
                node("follow", "forEach", json!({ "items": "['contract', 'kick-off', 'invoice', 'reference']", "concurrency": 4 })),
                node("pause", "delay", json!({ "for": "P1D" })),
                node("task", "createTask", json!({ "title": "{{ item }}", "about": "record", "dueIn": "P7D" })),
                node("end", "updateRecord", json!({ "values": { "description": "{{ steps.follow.output.count }} tasks" } })),
            ],
            &["won -> customer", "customer -> follow", "follow.each -> pause", "pause -> task", "follow.done -> end"],
        ))
        .await?;
        let company = world.create("company", json!({ "name": "Acme" })).await?;
        let deal = world.create("deal", json!({ "name": "Ovens", "company": company.global_id() })).await?;

        let won = world.stage("Won").await?;
        world.update(&deal, json!({ "stage": won.global_id() })).await?;
        let run = world.run().await?;
        world.waiting(run.id, "pause").await?;
        let world = world.restart().await?;
        world.clock.advance(DAY);
        world.finished(run.id).await?;

        assert_eq!(titles(&world).await?, once_each(&["contract", "kick-off", "invoice", "reference"]));
        assert!(world.all("task").await?.iter().all(|task| task.get("deal").as_id() == Some(deal.id)));
        assert_eq!(world.read(&deal).await?.get("description").as_text(), Some("4 tasks"));
        assert_eq!(world.read(&company).await?.get("lifecycle").as_text(), Some("CUSTOMER"));
        Ok(world)
    }

    async fn a_loop_within_a_loop_sees_the_inner_item_and_the_steps_around(world: World) -> Result<World> {
        world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                node("outer", "forEach", json!({ "items": "[[1, 2], [3]]", "concurrency": 2 })),
                node("name", "set", json!({ "values": { "outer": "index" } })),
                node("inner", "forEach", json!({ "items": "item" })),
                node("task", "createTask", json!({ "title": "{{ steps.name.output.outer }}.{{ index }}: {{ item }}" })),
            ],
            &["new -> outer", "outer.each -> name", "name -> inner", "inner.each -> task"],
        ))
        .await?;

        world.create("contact", json!({ "name": "Ann" })).await?;
        let run = world.run().await?;
        world.finished(run.id).await?;

        assert_eq!(titles(&world).await?, once_each(&["0.0: 1", "0.1: 2", "1.0: 3"]));
        let steps = world.steps(run.id).await?;
        assert_eq!(steps["outer[0]/inner[1]/task"].status, "SUCCEEDED");
        assert_eq!(steps["outer[1]/inner"].status, "SUCCEEDED");
        Ok(world)
    }

    async fn records_found_are_items_as_they_are_when_their_turn_comes(world: World) -> Result<World> {
        world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "note" })),
                node("loop", "forEach", json!({ "find": {
                    "object": "contact", "where": "record.score > 5", "orderBy": [{ "field": "score" }] } })),
                node("pause", "delay", json!({ "for": "P1D" })),
                node("mark", "updateRecord", json!({ "record": "item", "values": { "source": "{{ item.name }} {{ item.score }}" } })),
            ],
            &["new -> loop", "loop.each -> pause", "pause -> mark"],
        ))
        .await?;
        let low = world.create("contact", json!({ "name": "Low", "score": 1 })).await?;
        let high = world.create("contact", json!({ "name": "High", "score": 9 })).await?;
        let middle = world.create("contact", json!({ "name": "Middle", "score": 6 })).await?;

        world.create("note", json!({ "body": "go" })).await?;
        let run = world.run().await?;
        world.waiting(run.id, "pause").await?;
        world.update(&high, json!({ "score": 10 })).await?;
        world.clock.advance(DAY);
        waits(&world, &run, "loop[1]/pause").await?;
        world.clock.advance(DAY);
        world.finished(run.id).await?;

        assert_eq!(world.read(&low).await?.get("source").as_text(), None);
        assert_eq!(world.read(&middle).await?.get("source").as_text(), Some("Middle 6"));
        assert_eq!(world.read(&high).await?.get("source").as_text(), Some("High 10"));
        Ok(world)
    }

    async fn a_failed_item_is_counted_where_the_loop_continues(world: World) -> Result<World> {
        world.publish(looping(
            json!({ "items": "[1, 0, 2]", "onError": "continue", "concurrency": 2 }),
            node("share", "set", json!({ "values": { "part": "10 / item" } })),
            count(),
        ))
        .await?;

        world.create("contact", json!({ "name": "Ann" })).await?;
        let run = world.run().await?;
        world.finished(run.id).await?;

        assert_eq!(world.run().await?.status, "SUCCEEDED");
        assert_eq!(output(&world, &run, "count").await?, json!({ "all": 3, "bad": 1 }));
        assert_eq!(world.steps(run.id).await?["loop[1]/share"].status, "FAILED");
        Ok(world)
    }

    async fn a_stopped_loop_is_retried_from_the_item_that_failed(world: World) -> Result<World> {
        let mut definition = looping(
            json!({ "items": "[1, 2, 3]" }),
            node("task", "createTask", json!({ "title": "{{ item }}" })),
            count(),
        );
        definition["nodes"].as_array_mut().context("nodes")?.push(
            node("share", "set", json!({ "values": { "part": "item == 2 ? 10 / record.score : 1" } })));
        definition["edges"].as_array_mut().context("edges")?.push(json!({ "from": "task", "to": "share" }));
        world.publish(definition).await?;
        let contact = world.create("contact", json!({ "name": "Ann", "score": 0 })).await?;
        let run = world.run().await?;
        world.finished(run.id).await?;
        assert_eq!(world.run().await?.status, "FAILED");
        assert_eq!(titles(&world).await?, once_each(&["1", "2"]));

        world.update(&contact, json!({ "score": 5 })).await?;
        world.engine.act(&world.access, Act::Retry, Which::One(run.id)).await?.map_err(|problem| anyhow::anyhow!("{problem:?}"))?;
        world.finished(run.id).await?;

        let run = world.run().await?;
        assert_eq!((run.status.as_str(), run.error, run.fingerprint), ("SUCCEEDED", None, None));
        assert_eq!(titles(&world).await?, once_each(&["1", "2", "3"]));
        assert_eq!(output(&world, &world.run().await?, "count").await?, json!({ "all": 3, "bad": 0 }));
        assert_eq!(world.steps(run.id).await?["loop[1]/share"].attempt, 2);
        Ok(world)
    }

    async fn no_more_items_are_open_than_the_loop_allows(world: World) -> Result<World> {
        world.publish(looping(
            json!({ "items": "[1, 2, 3, 4, 5]", "concurrency": 2 }),
            node("pause", "delay", json!({ "for": "P1D" })),
            count(),
        ))
        .await?;
        world.create("contact", json!({ "name": "Ann" })).await?;
        let run = world.run().await?;

        for (last, open) in [("loop[1]/pause", 2), ("loop[3]/pause", 2), ("loop[4]/pause", 1)] {
            waits(&world, &run, last).await?;
            assert_eq!(timer::Entity::find().count(world.reads()).await?, open);
            world.clock.advance(DAY);
        }
        world.finished(run.id).await?;

        assert_eq!(output(&world, &run, "count").await?, json!({ "all": 5, "bad": 0 }));
        Ok(world)
    }

    async fn a_loop_of_more_than_ten_thousand_items_fails_with_a_code(world: World) -> Result<World> {
        world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "note" })),
                node("loop", "forEach", json!({ "items": "record.body.split(',')" })),
                node("never", "set", json!({ "values": { "x": "item" } })),
            ],
            &["new -> loop", "loop.each -> never"],
        ))
        .await?;

        world.create("note", json!({ "body": ",".repeat(10_000) })).await?;
        let run = world.run().await?;
        world.finished(run.id).await?;

        let error = world.run().await?.error.context("an error")?;
        assert!(error.starts_with("TOO_MANY_ITEMS"), "{error}");
        assert_eq!(run_item::Entity::find().count(world.reads()).await?, 0);
        Ok(world)
    }

    async fn a_run_cancelled_in_its_loop_leaves_nothing_behind(world: World) -> Result<World> {
        world.publish(looping(
            json!({ "items": "[1, 2, 3]", "concurrency": 3 }),
            node("pause", "delay", json!({ "for": "P1D" })),
            count(),
        ))
        .await?;
        world.create("contact", json!({ "name": "Ann" })).await?;
        let run = world.run().await?;
        world.waiting(run.id, "pause").await?;

        world.engine.act(&world.access, Act::Cancel, Which::One(run.id)).await?.map_err(|problem| anyhow::anyhow!("{problem:?}"))?;
        world.finished(run.id).await?;

        assert_eq!(world.run().await?.status, "CANCELLED");
        assert_eq!(timer::Entity::find().count(world.reads()).await?, 0);
        let steps = world.steps(run.id).await?;
        assert_eq!((steps["loop"].status.as_str(), steps["loop[2]/pause"].status.as_str()), ("CANCELLED", "CANCELLED"));
        Ok(world)
    }
}
