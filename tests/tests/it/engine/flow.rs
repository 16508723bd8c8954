//! What people do to runs: retry, do again from a step, take to a newer version, say what became of an effect.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use pointsman::{
    crm::write::Problem,
    engine::{
        browse::Filter,
        control::{Act, Which},
        dashboard::{Buckets, Throughput},
        effect::Finding,
        migrate::Report,
    },
    workflow::manage::{Published, Save, State},
};
use pointsman_entities::{effect, ids::WorkflowId, run};
use pointsman_graph::definition::Definition;
use pointsman_tests::{
    servers::http::{Reply, Sink},
    world::{Backend, Outside, START, World, node, workflow},
};
use sea_orm::EntityTrait;
use serde_json::{Value as Json, json};

use crate::both;

const DAY: Duration = Duration::from_secs(86_400);

fn done<T>(answer: Result<T, Problem>) -> Result<T> {
    answer.map_err(|problem| anyhow!("{problem:?}"))
}

/// Waits a day; then a task, a division by the contact's score, another task.
fn sharing() -> Json {
    workflow(
        vec![
            node("new", "recordCreated", json!({ "object": "contact" })),
            node("first", "createTask", json!({ "title": "first {{ record.name }}" })),
            node("share", "set", json!({ "values": { "part": "100 / record.score" } })),
            node(
                "second",
                "createTask",
                json!({ "title": "{{ steps.share.output.part }} after {{ steps.first.output.title }}" }),
            ),
        ],
        &["new -> first", "first -> share", "share -> second"],
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

async fn republish(world: &World, id: WorkflowId, definition: Json) -> Result<()> {
    let save = Save {
        definition: Some(Definition::from_json(definition)?),
        ..Save::default()
    };
    done(world.workflows.save(&world.access, id, save).await?)?;
    match world.workflows.publish(&world.access, id, None).await? {
        Published::Version { .. } => Ok(()),
        other => Err(anyhow!("{other:?}")),
    }
}

async fn migrated(world: &World, id: WorkflowId) -> Result<Report> {
    done(world.engine.migrate(&world.access, id).await?)
}

both! {
    async fn a_failed_run_is_retried_from_what_failed(world: World) -> Result<World> {
        world.publish(sharing()).await?;
        let contact = world.create("contact", json!({ "name": "Ann", "score": 0 })).await?;
        let run = world.run().await?;
        world.finished(run.id).await?;
        assert_eq!(world.run().await?.status, "FAILED");

        world.update(&contact, json!({ "score": 4 })).await?;
        let told = done(world.engine.act(&world.access, Act::Retry, Which::One(run.id)).await?)?;
        world.finished(run.id).await?;

        assert_eq!(told.len(), 1);
        assert_eq!(world.run().await?.status, "SUCCEEDED");
        assert_eq!(titles(&world).await?, ["25 after first Ann", "first Ann"]);
        let again = world.engine.act(&world.access, Act::Retry, Which::One(run.id)).await?;
        assert!(again.is_err_and(|problem| problem.message.contains("only a run that failed")));
        Ok(world)
    }

    async fn a_run_that_a_stop_has_ended_is_not_retried(world: World) -> Result<World> {
        world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                node("end", "stop", json!({ "outcome": "failed", "message": "too cold" })),
            ],
            &["new -> end"],
        ))
        .await?;
        world.create("contact", json!({ "name": "Ann" })).await?;
        let run = world.run().await?;
        world.finished(run.id).await?;

        let refused = world.engine.act(&world.access, Act::Retry, Which::One(run.id)).await?;
        let many = done(world.engine.act(&world.access, Act::Retry, Which::All(&Filter::default())).await?)?;

        assert!(refused.is_err_and(|problem| problem.message.contains("replay")));
        assert!(many.is_empty());
        Ok(world)
    }

    async fn many_runs_are_retried_and_cancelled_at_once(world: World) -> Result<World> {
        let workflow = world.publish(sharing()).await?;
        let mut contacts = Vec::new();
        for number in 0..5 {
            contacts.push(world.create("contact", json!({ "name": format!("c{number}"), "score": 0 })).await?);
        }
        for run in world.runs().await? {
            world.finished(run.id).await?;
        }
        for contact in &contacts[1..] {
            world.update(contact, json!({ "score": 1 })).await?;
        }
        let filter = Filter { workflow: Some(workflow), ..Filter::default() };

        let retried = done(world.engine.act(&world.access, Act::Retry, Which::All(&filter)).await?)?;
        for run in world.runs().await? {
            world.finished(run.id).await?;
        }
        let cancelled = done(world.engine.act(&world.access, Act::Cancel, Which::All(&filter)).await?)?;

        assert_eq!((retried.len(), cancelled.len()), (5, 0));
        let statuses: Vec<_> = world.runs().await?.into_iter().map(|run| run.status).collect();
        assert_eq!(statuses, ["FAILED", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED"]);
        Ok(world)
    }

    async fn a_replay_keeps_what_came_before_the_step(world: World) -> Result<World> {
        world.publish(sharing()).await?;
        let contact = world.create("contact", json!({ "name": "Ann", "score": 10 })).await?;
        let run = world.run().await?;
        world.finished(run.id).await?;
        world.update(&contact, json!({ "score": 50 })).await?;

        let replayed = done(world.engine.replay(&world.access, run.id, Some("share")).await?)?;
        world.finished(replayed.id).await?;

        assert_eq!(titles(&world).await?, ["10 after first Ann", "2 after first Ann", "first Ann"]);
        let replayed = world.engine.run(replayed.id).await?.context("the replay")?;
        assert_eq!((replayed.status.as_str(), replayed.replay_of), ("SUCCEEDED", Some(run.id)));
        let steps = world.steps(replayed.id).await?;
        assert_eq!(steps.len(), 3);
        assert_eq!(steps["first"].output, world.steps(run.id).await?["first"].output);

        let whole = done(world.engine.replay(&world.access, run.id, None).await?)?;
        world.finished(whole.id).await?;
        assert_eq!(titles(&world).await?.len(), 5);
        let nowhere = world.engine.replay(&world.access, run.id, Some("nowhere")).await?;
        assert!(nowhere.is_err_and(|problem| problem.field == Some("fromStep")));
        Ok(world)
    }

    async fn a_replay_from_an_item_does_that_item_again_and_what_is_behind_the_loop(world: World) -> Result<World> {
        world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                node("loop", "forEach", json!({ "items": "['a', 'b', 'c']" })),
                node("name", "set", json!({ "values": { "full": "item + record.name" } })),
                node("task", "createTask", json!({ "title": "{{ steps.name.output.full }}" })),
                node("end", "createTask", json!({ "title": "end of {{ steps.loop.output.count }}" })),
            ],
            &["new -> loop", "loop.each -> name", "name -> task", "loop.done -> end"],
        ))
        .await?;
        world.create("contact", json!({ "name": "Ann" })).await?;
        let run = world.run().await?;
        world.finished(run.id).await?;

        let replayed = done(world.engine.replay(&world.access, run.id, Some("loop[1]/task")).await?)?;
        world.finished(replayed.id).await?;

        assert_eq!(titles(&world).await?, ["aAnn", "bAnn", "bAnn", "cAnn", "end of 3", "end of 3"]);
        assert_eq!(world.engine.run(replayed.id).await?.context("run")?.status, "SUCCEEDED");
        Ok(world)
    }

    async fn waiting_runs_move_to_the_newest_version(world: World) -> Result<World> {
        let waiting = |title: &str, key: &str| {
            workflow(
                vec![
                    node("new", "recordCreated", json!({ "object": "contact" })),
                    node("hello", "createTask", json!({ "title": "hello" })),
                    node(key, "delay", json!({ "for": "P1D" })),
                    node("task", "createTask", json!({ "title": title })),
                ],
                &["new -> hello", &format!("hello -> {key}"), &format!("{key} -> task")],
            )
        };
        let id = world.publish(waiting("old", "pause")).await?;
        world.create("contact", json!({ "name": "Ann" })).await?;
        let run = world.run().await?;
        world.waiting(run.id, "pause").await?;

        republish(&world, id, waiting("other", "break")).await?;
        let first = migrated(&world, id).await?;
        republish(&world, id, waiting("new", "pause")).await?;
        let second = migrated(&world, id).await?;
        let third = migrated(&world, id).await?;
        world.clock.advance(DAY);
        world.finished(run.id).await?;

        assert!(first.migrated.is_empty());
        assert_eq!(first.stayed.iter().flat_map(|stayed| &stayed.steps).map(ToString::to_string).collect::<Vec<_>>(), ["pause"]);
        assert_eq!((second.migrated.len(), second.stayed.len()), (1, 0));
        assert_eq!((third.migrated.len(), third.stayed.len()), (0, 0));
        assert_eq!(titles(&world).await?, ["hello", "new"]);
        assert_ne!(world.run().await?.version_id, run.version_id);
        Ok(world)
    }

    async fn a_paused_workflow_starts_nothing_and_its_waiting_runs_go_on(world: World) -> Result<World> {
        let id = world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                node("pause", "delay", json!({ "for": "P1D" })),
                node("task", "createTask", json!({ "title": "{{ record.name }}" })),
            ],
            &["new -> pause", "pause -> task"],
        ))
        .await?;
        world.create("contact", json!({ "name": "Before" })).await?;
        let run = world.run().await?;
        world.waiting(run.id, "pause").await?;

        done(world.workflows.set_state(&world.access, id, State::Paused).await?)?;
        world.create("contact", json!({ "name": "Meanwhile" })).await?;
        world.clock.advance(DAY);
        world.finished(run.id).await?;
        done(world.workflows.set_state(&world.access, id, State::Active).await?)?;
        world.create("contact", json!({ "name": "After" })).await?;

        assert_eq!(titles(&world).await?, ["Before"]);
        assert_eq!(world.runs().await?.len(), 2);
        Ok(world)
    }

    async fn failures_that_are_alike_are_counted_together(world: World) -> Result<World> {
        let id = world.publish(sharing()).await?;
        let other = workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "note" })),
                node("end", "stop", json!({ "outcome": "failed", "message": "no. {{ record.title }}" })),
            ],
            &["new -> end"],
        );
        let other = world.publish(other).await?;
        for number in 0..3 {
            world.create("contact", json!({ "name": format!("c{number}"), "score": 0 })).await?;
            world.create("note", json!({ "title": format!("{number}"), "body": "x" })).await?;
            for run in world.runs().await? {
                world.finished(run.id).await?;
            }
            world.clock.advance(Duration::from_secs(60));
        }
        world.create("contact", json!({ "name": "fine", "score": 1 })).await?;
        for run in world.runs().await? {
            world.finished(run.id).await?;
        }

        let groups = world.engine.failure_groups(id, START).await?;
        let others = world.engine.failure_groups(other, START).await?;
        let late = world.engine.failure_groups(id, START.plus_micros(60_000_000)).await?;

        assert_eq!(groups.len(), 1);
        let group = &groups[0];
        assert_eq!((group.node.as_str(), group.code.as_str(), group.count), ("share", "DIVIDE_BY_ZERO", 3));
        assert_eq!(group.last_seen.micros() - group.first_seen.micros(), 120_000_000);
        assert_eq!((others[0].code.as_str(), others[0].pattern.as_str(), others[0].count), ("STOPPED", "no. #", 3));
        assert_eq!(late[0].count, 2);
        let sample = world.engine.run(group.sample).await?.context("a sample")?;
        assert_eq!(sample.status, "FAILED");
        Ok(world)
    }

    async fn runs_are_counted_by_when_they_began_and_ended(world: World) -> Result<World> {
        let id = world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                node("pause", "delay", json!({ "for": "PT90M" })),
                node("share", "set", json!({ "values": { "part": "1 / record.score" } })),
            ],
            &["new -> pause", "pause -> share"],
        ))
        .await?;
        for score in [0, 1, 2] {
            world.create("contact", json!({ "name": "Ann", "score": score })).await?;
        }
        for run in world.runs().await? {
            world.waiting(run.id, "pause").await?;
        }
        world.clock.advance(Duration::from_secs(90 * 60));
        for run in world.runs().await? {
            world.finished(run.id).await?;
        }
        let hour = 3_600_000_000;
        let buckets = Buckets { from: START, to: START.plus_micros(3 * hour), width: hour };

        let all = world.engine.throughput(None, buckets).await?;
        let one = world.engine.throughput(Some(id), buckets).await?;
        let none = world.engine.throughput(Some(WorkflowId(uuid::Uuid::nil())), buckets).await?;

        let part = |from: i64| Throughput { from: START.plus_micros(from * hour), ..Throughput::default() };
        let expected = [
            Throughput { started: 3, ..part(0) },
            Throughput { succeeded: 2, failed: 1, p95: Some(90 * 60_000_000), ..part(1) },
            part(2),
        ];
        assert_eq!(all, expected);
        assert_eq!(one, expected);
        assert_eq!(none, [part(0), part(1), part(2)]);
        Ok(world)
    }
}

/// A world with an HTTP server whose answers get lost, and a run whose request is in doubt.
async fn doubtful(backend: Backend) -> Result<(World, Sink, run::Model, effect::Model)> {
    let sink = Sink::start([Reply::Drop, Reply::answer(200, &[], "{\"ok\":true}")]).await?;
    let mut outside = Outside::default();
    outside.egress.allow = vec![format!("127.0.0.1:{}", sink.port()).parse()?];
    let world = World::start_with(backend, outside).await?;
    let mut call = node(
        "call",
        "httpRequest",
        json!({ "method": "POST", "url": sink.url("/hook"), "body": "once" }),
    );
    call["delivery"] = json!("atMostOnce");
    world
        .publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                call,
                node(
                    "mark",
                    "updateRecord",
                    json!({ "values": { "source": "status {{ steps.call.output.status }}" } }),
                ),
                node("sorry", "updateRecord", json!({ "values": { "source": "failed" } })),
            ],
            &["new -> call", "call.done -> mark", "call.error -> sorry"],
        ))
        .await?;
    world.create("contact", json!({ "name": "Ann" })).await?;
    let run = world.run().await?;
    world
        .until(run.id, |what| {
            matches!(what, pointsman::engine::history::What::Unknown { .. })
        })
        .await?;
    let effect = effect::Entity::find().one(world.reads()).await?.context("an effect")?;
    Ok((world, sink, run, effect))
}

async fn an_effect_in_doubt_is_left_to_a_person(backend: Backend) -> Result<()> {
    let (world, sink, run, effect) = doubtful(backend).await?;
    assert_eq!(effect.state, "UNKNOWN");
    assert_eq!(world.run().await?.status, "WAITING");
    world.clock.advance(DAY);

    let found = Finding::Done(json!({ "status": 201, "headers": {}, "body": null }));
    let resolved = done(world.engine.resolve(&world.access, effect.id, &found).await?)?;
    world.finished(run.id).await?;
    let again = world.engine.resolve(&world.access, effect.id, &Finding::GiveUp).await?;

    assert_eq!(resolved.state, "DONE");
    assert_eq!(world.only("contact").await?.get("source").as_text(), Some("status 201"));
    assert!(again.is_err());
    assert_eq!(sink.recorded().len(), 1, "it is sent at most once");
    world.stop().await;
    Ok(())
}

async fn an_effect_that_was_not_sent_is_sent_again_with_its_key(backend: Backend) -> Result<()> {
    let (world, sink, run, effect) = doubtful(backend).await?;

    done(
        world
            .engine
            .resolve(&world.access, effect.id, &Finding::SendAgain)
            .await?,
    )?;
    world.retrying(run.id, "call", 2).await?;
    world.clock.advance(DAY);
    world.finished(run.id).await?;

    assert_eq!(world.only("contact").await?.get("source").as_text(), Some("status 200"));
    let keys: Vec<_> = sink
        .recorded()
        .iter()
        .map(|request| request.headers["idempotency-key"].clone())
        .collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
    world.stop().await;
    Ok(())
}

async fn an_effect_that_is_given_up_leads_to_the_error_port(backend: Backend) -> Result<()> {
    let (world, _sink, run, effect) = doubtful(backend).await?;

    done(world.engine.resolve(&world.access, effect.id, &Finding::GiveUp).await?)?;
    world.finished(run.id).await?;

    assert_eq!(world.only("contact").await?.get("source").as_text(), Some("failed"));
    world.stop().await;
    Ok(())
}

macro_rules! on_both {
    ($($name:ident),+) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() -> Result<()> {
                super::$name(Backend::Sqlite).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() -> Result<()> {
                super::$name(Backend::Postgres).await
            }
        }
    )+};
}

on_both!(
    an_effect_in_doubt_is_left_to_a_person,
    an_effect_that_was_not_sent_is_sent_again_with_its_key,
    an_effect_that_is_given_up_leads_to_the_error_port
);
