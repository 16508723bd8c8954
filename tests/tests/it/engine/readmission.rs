//! Runs that are called, retried or done again keep to their workflow's settings, as every other start does.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use pointsman::{
    crm::{id, validate::Code, write::Problem},
    engine::{
        browse::Filter,
        control::{Act, Which},
    },
};
use pointsman_entities::{enrolment_key, gate, ids::RunId, run};
use pointsman_tests::world::{World, node, workflow};
use sea_orm::EntityTrait;
use serde_json::{Value as Json, json};

use super::enrolment::turned_away;
use crate::both;

const HOUR: Duration = Duration::from_secs(3_600);

/// Divides by the contact's score, which fails for 0, and waits an hour.
fn hourly(trigger: Json, settings: Json) -> Json {
    let mut definition = workflow(
        vec![
            trigger,
            node("share", "set", json!({ "values": { "part": "100 / record.score" } })),
            node("hour", "delay", json!({ "for": "PT1H" })),
        ],
        &["start -> share", "share -> hour"],
    );
    definition["settings"] = settings;
    definition
}

/// Waits an hour, and gives the number back.
fn called(settings: Json) -> Json {
    let parameter = json!({ "name": "n", "type": "integer", "required": true });
    let mut definition = workflow(
        vec![
            node("called", "called", json!({ "parameters": [parameter] })),
            node("hour", "delay", json!({ "for": "PT1H" })),
        ],
        &["called -> hour"],
    );
    definition["settings"] = settings;
    definition
}

/// Calls a workflow for each new contact.
fn caller(callee: &str) -> Json {
    workflow(
        vec![
            node("new", "recordCreated", json!({ "object": "contact" })),
            node(
                "call",
                "callWorkflow",
                json!({ "workflow": callee, "inputs": { "n": "{{ record.score }}" } }),
            ),
        ],
        &["new -> call"],
    )
}

/// The run of a new contact.
async fn contact(world: &World, score: i64) -> Result<RunId> {
    let contact = world
        .create("contact", json!({ "name": "Ann", "score": score }))
        .await?;
    let runs = world.runs().await?;
    let own = |run: &&run::Model| run.record_id == Some(contact.id) && run.parent_run.is_none();
    runs.iter().find(own).map(|run| run.id).context("a run")
}

/// The run that a new contact's run calls and waits for.
async fn call(world: &World, score: i64) -> Result<run::Model> {
    let caller = contact(world, score).await?;
    world.waiting(caller, "call").await?;
    let runs = world.runs().await?;
    let called = runs.into_iter().find(|run| run.parent_run == Some(caller));
    called.context("a called run")
}

async fn retry(world: &World, run: RunId) -> Result<Result<Vec<run::Model>, Problem>> {
    Ok(world.engine.act(&world.access, Act::Retry, Which::One(run)).await?)
}

fn refusal<T>(answer: Result<T, Problem>) -> Option<Code> {
    answer.err().map(|problem| problem.code)
}

/// Waits until the run has moved to where it waits, and lets its hour pass.
async fn pass(world: &World, run: RunId) -> Result<()> {
    world.waiting(run, "hour").await?;
    world.clock.advance(HOUR);
    world.finished(run).await?;
    Ok(())
}

both! {
    async fn a_call_that_finds_no_room_fails_with_the_reason(world: World) -> Result<World> {
        let settings = json!({ "concurrency": { "key": "trigger.inputs.n", "limit": 1, "overflow": "skip" } });
        let callee = world.publish(called(settings)).await?;
        world.publish(caller(&id::format("workflow", callee))).await?;

        let first = call(&world, 1).await?;
        world.waiting(first.id, "hour").await?;
        let turned_away = contact(&world, 1).await?;
        world.finished(turned_away).await?;
        let other = call(&world, 2).await?;

        let turned_away = world.engine.run(turned_away).await?.context("a run")?;
        assert_eq!(turned_away.status, "FAILED");
        assert!(turned_away.error.is_some_and(|error| error.starts_with("LIMIT_REACHED")));
        world.waiting(other.id, "hour").await?;
        Ok(world)
    }

    async fn a_called_run_queues_and_its_caller_waits_for_it(world: World) -> Result<World> {
        let callee = world.publish(called(json!({ "concurrency": { "limit": 1 } }))).await?;
        world.publish(caller(&id::format("workflow", callee))).await?;

        let (first, second) = (call(&world, 1).await?, call(&world, 1).await?);
        assert_eq!((first.place.is_some(), second.place.is_some()), (false, true));
        pass(&world, first.id).await?;
        pass(&world, second.id).await?;
        for run in world.runs().await? {
            world.finished(run.id).await?;
        }

        assert!(world.runs().await?.iter().all(|run| run.status == "SUCCEEDED"));
        assert_eq!(gate::Entity::find().all(world.reads()).await?, []);
        Ok(world)
    }

    async fn who_is_cancelled_takes_along_a_called_run_that_queues(world: World) -> Result<World> {
        let callee = world.publish(called(json!({ "concurrency": { "limit": 1 } }))).await?;
        world.publish(caller(&id::format("workflow", callee))).await?;
        call(&world, 1).await?;
        let queued = call(&world, 1).await?;
        assert!(queued.place.is_some());

        let caller = queued.parent_run.context("a caller")?;
        let cancelled = world.engine.act(&world.access, Act::Cancel, Which::One(caller)).await?;
        assert!(cancelled.is_ok());
        world.finished(caller).await?;
        world.finished(queued.id).await?;

        let queued = world.engine.run(queued.id).await?.context("the called run")?;
        assert_eq!(queued.status, "CANCELLED");
        let gates = gate::Entity::find().all(world.reads()).await?;
        assert_eq!(gates.iter().map(|gate| gate.running).collect::<Vec<_>>(), [1]);
        Ok(world)
    }

    async fn who_is_retried_takes_a_slot_again_or_is_refused(world: World) -> Result<World> {
        let trigger = node("start", "recordCreated", json!({ "object": "contact" }));
        world.publish(hourly(trigger, json!({ "concurrency": { "limit": 1 } }))).await?;
        let failed = contact(&world, 0).await?;
        world.finished(failed).await?;
        let beside = contact(&world, 4).await?;
        world.waiting(beside, "hour").await?;
        let broken = world.all("contact").await?;
        let broken = broken.iter().find(|contact| contact.get("score").as_integer() == Some(0));
        world.update(broken.context("a contact")?, json!({ "score": 5 })).await?;

        let refused = retry(&world, failed).await?;
        let many = world.engine.act(&world.access, Act::Retry, Which::All(&Filter::default())).await?;
        pass(&world, beside).await?;
        let retried = retry(&world, failed).await?;
        world.waiting(failed, "hour").await?;
        let next = contact(&world, 4).await?;
        let place = world.engine.run(next).await?.context("a run")?.place;
        let again = world.engine.replay(&world.access, beside, None).await?;
        pass(&world, failed).await?;
        pass(&world, next).await?;
        let replayed = world.engine.replay(&world.access, beside, None).await?;
        let replayed = replayed.map_err(|problem| anyhow!("{problem:?}"))?;
        world.waiting(replayed.id, "hour").await?;

        assert_eq!(refusal(refused), Some(Code::Conflict));
        assert!(many.is_ok_and(|many| many.is_empty()));
        assert!(retried.is_ok());
        assert!(place.is_some());
        assert_eq!(refusal(again), Some(Code::Conflict));
        let gates = gate::Entity::find().all(world.reads()).await?;
        assert_eq!(gates.iter().map(|gate| gate.running).collect::<Vec<_>>(), [1]);
        pass(&world, replayed.id).await?;
        assert_eq!(gate::Entity::find().all(world.reads()).await?, []);
        Ok(world)
    }

    async fn who_is_retried_holds_its_record_again(world: World) -> Result<World> {
        let trigger = node("start", "recordUpdated", json!({ "object": "contact", "fields": ["source"] }));
        world.publish(hourly(trigger, json!({ "reenrolment": "notWhileRunning" }))).await?;
        let ann = world.create("contact", json!({ "name": "Ann", "score": 0 })).await?;
        world.update(&ann, json!({ "source": "a" })).await?;
        let failed = world.run().await?.id;
        world.finished(failed).await?;
        let now = world.read(&ann).await?;
        world.update(&now, json!({ "score": 4, "source": "b" })).await?;
        let runs = world.runs().await?;
        let beside = runs.iter().find(|run| run.id != failed).context("another run")?.id;
        world.waiting(beside, "hour").await?;

        let refused = retry(&world, failed).await?;
        pass(&world, beside).await?;
        let retried = retry(&world, failed).await?;
        world.waiting(failed, "hour").await?;
        let now = world.read(&ann).await?;
        world.update(&now, json!({ "source": "c" })).await?;
        pass(&world, failed).await?;

        assert_eq!(refusal(refused), Some(Code::Conflict));
        assert!(retried.is_ok());
        assert_eq!(turned_away(&world).await?, ["STILL_RUNNING"]);
        assert_eq!(enrolment_key::Entity::find().all(world.reads()).await?, []);
        Ok(world)
    }
}
