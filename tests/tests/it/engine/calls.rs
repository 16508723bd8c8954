//! Workflows that call workflows: what is handed over and given back, and how their runs end together.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use pointsman::{
    crm::id,
    engine::control::{Act, Which},
    workflow::manage::{New, Published, Save},
};
use pointsman_entities::{ids::WorkflowId, run};
use pointsman_graph::definition::Definition;
use pointsman_tests::world::{World, node, workflow};
use serde_json::{Value as Json, json};

use crate::both;

const DAY: Duration = Duration::from_secs(86_400);

/// Takes a number, waits where it says so, gives twice the number back; fails for 0.
fn doubling(pause: Option<&str>) -> Json {
    let mut nodes = vec![
        node(
            "called",
            "called",
            json!({
                "parameters": [{ "name": "n", "type": "integer", "required": true }],
                "results": [{ "name": "double", "type": "integer" }, { "name": "at", "type": "dateTime" }],
            }),
        ),
        node("share", "set", json!({ "values": { "part": "10 / trigger.inputs.n" } })),
        node(
            "end",
            "stop",
            json!({ "outputs": { "double": "{{ trigger.inputs.n * 2 }}", "at": "{{ now }}" } }),
        ),
    ];
    match pause {
        Some(span) => {
            nodes.push(node("pause", "delay", json!({ "for": span })));
            workflow(nodes, &["called -> share", "share -> pause", "pause -> end"])
        }
        None => workflow(nodes, &["called -> share", "share -> end"]),
    }
}

/// A new contact's score is doubled by another workflow, or becomes -1 where that fails.
fn calling(callee: WorkflowId, more: Json) -> Json {
    let mut config = json!({ "workflow": id::format("workflow", callee), "inputs": { "n": "{{ record.score }}" } });
    if let (Some(config), Json::Object(more)) = (config.as_object_mut(), more) {
        config.extend(more);
    }
    workflow(
        vec![
            node(
                "new",
                "recordCreated",
                json!({ "object": "contact", "where": "record.score != null" }),
            ),
            node("call", "callWorkflow", config),
            node(
                "good",
                "updateRecord",
                json!({ "values": { "score": "{{ steps.call.output.outputs.double }}",
                                    "source": "{{ steps.call.output.outputs.at < now + duration('1h') ? 'typed' : 'late' }}" } }),
            ),
            node("bad", "updateRecord", json!({ "values": { "score": -1 } })),
        ],
        &["new -> call", "call.done -> good", "call.error -> bad"],
    )
}

/// The run that called, and the one that was called.
async fn pair(world: &World) -> Result<(run::Model, run::Model)> {
    let runs = world.runs().await?;
    let callee = runs
        .iter()
        .find(|run| run.parent_run.is_some())
        .context("a called run")?
        .clone();
    let caller = runs
        .into_iter()
        .find(|run| Some(run.id) == callee.parent_run)
        .context("a caller")?;
    Ok((caller, callee))
}

async fn cancel(world: &World, run: &run::Model) -> Result<()> {
    let done = world.engine.act(&world.access, Act::Cancel, Which::One(run.id)).await?;
    done.map(|_| ()).map_err(|problem| anyhow!("{problem:?}"))
}

both! {
    async fn a_called_workflow_gives_typed_values_back(world: World) -> Result<World> {
        let callee = world.publish(doubling(None)).await?;
        world.publish(calling(callee, json!({}))).await?;

        let contact = world.create("contact", json!({ "name": "Ann", "score": 21 })).await?;
        let caller = world.runs().await?.remove(0);
        world.finished(caller.id).await?;

        let contact = world.read(&contact).await?;
        assert_eq!(contact.get("score").as_integer(), Some(42));
        assert_eq!(contact.get("source").as_text(), Some("typed"));
        let (caller, called) = pair(&world).await?;
        assert_eq!((caller.status.as_str(), called.status.as_str()), ("SUCCEEDED", "SUCCEEDED"));
        assert_eq!((called.depth, called.cause_run, called.parent_step.as_deref()), (1, Some(caller.id), Some("call")));
        Ok(world)
    }

    async fn the_caller_waits_as_long_as_the_called_run_does(world: World) -> Result<World> {
        let callee = world.publish(doubling(Some("P1D"))).await?;
        world.publish(calling(callee, json!({}))).await?;
        let contact = world.create("contact", json!({ "name": "Ann", "score": 4 })).await?;
        let caller = world.runs().await?.remove(0);
        world.waiting(caller.id, "call").await?;
        let (caller, called) = pair(&world).await?;
        world.waiting(called.id, "pause").await?;

        let world = world.restart().await?;
        world.clock.advance(DAY);
        world.finished(caller.id).await?;

        assert_eq!(world.read(&contact).await?.get("score").as_integer(), Some(8));
        Ok(world)
    }

    async fn a_called_run_that_fails_leads_to_the_error_port(world: World) -> Result<World> {
        let callee = world.publish(doubling(None)).await?;
        world.publish(calling(callee, json!({}))).await?;

        let contact = world.create("contact", json!({ "name": "Ann", "score": 0 })).await?;
        let caller = world.runs().await?.remove(0);
        world.finished(caller.id).await?;

        assert_eq!(world.read(&contact).await?.get("score").as_integer(), Some(-1));
        let (caller, called) = pair(&world).await?;
        assert_eq!((caller.status.as_str(), called.status.as_str()), ("SUCCEEDED", "FAILED"));
        let error = world.steps(caller.id).await?["call"].error.clone().context("an error")?;
        assert!(error.contains("CALL_FAILED") && error.contains("DIVIDE_BY_ZERO"), "{error}");
        Ok(world)
    }

    async fn who_is_cancelled_takes_along_the_runs_it_has_called(world: World) -> Result<World> {
        for wait in [true, false] {
            let callee = world.publish(doubling(Some("P1D"))).await?;
            let caller = world.publish(workflow(
                vec![
                    node("new", "recordCreated", json!({ "object": "contact" })),
                    node("call", "callWorkflow", json!({ "workflow": id::format("workflow", callee), "inputs": { "n": 1 }, "wait": wait })),
                    node("pause", "delay", json!({ "for": "P7D" })),
                ],
                &["new -> call", "call -> pause"],
            ))
            .await?;
            world.create("contact", json!({ "name": "Ann" })).await?;
            let run = world.runs().await?.into_iter().find(|run| run.workflow_id == caller).context("a run")?;
            world.waiting(run.id, if wait { "call" } else { "pause" }).await?;
            let called = world.runs().await?.into_iter().find(|one| one.parent_run == Some(run.id)).context("a called run")?;
            world.waiting(called.id, "pause").await?;

            cancel(&world, &run).await?;
            world.finished(run.id).await?;
            world.finished(called.id).await?;

            let called = world.engine.run(called.id).await?.context("the called run")?;
            assert_eq!(called.status, "CANCELLED");
            world.workflows.set_state(&world.access, caller, pointsman::workflow::manage::State::Paused).await?.map_err(|problem| anyhow!("{problem:?}"))?;
        }
        Ok(world)
    }

    async fn a_call_that_does_not_wait_goes_on_at_once(world: World) -> Result<World> {
        let callee = world.publish(doubling(Some("P1D"))).await?;
        world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                node("call", "callWorkflow", json!({ "workflow": id::format("workflow", callee), "inputs": { "n": 1 }, "wait": false })),
                node("mark", "updateRecord", json!({ "values": { "source": "{{ steps.call.output.run }}" } })),
            ],
            &["new -> call", "call -> mark"],
        ))
        .await?;

        let contact = world.create("contact", json!({ "name": "Ann" })).await?;
        let caller = world.runs().await?.remove(0);
        world.finished(caller.id).await?;
        let (_, called) = pair(&world).await?;
        world.waiting(called.id, "pause").await?;

        assert_eq!(world.read(&contact).await?.get("source").as_text(), Some(id::format("run", called.id).as_str()));
        world.clock.advance(DAY);
        world.finished(called.id).await?;
        assert_eq!(world.engine.run(called.id).await?.context("run")?.status, "SUCCEEDED");
        Ok(world)
    }

    async fn the_record_is_handed_on_unless_another_is_named(world: World) -> Result<World> {
        let callee = world.publish(workflow(
            vec![
                node("called", "called", json!({ "object": "contact", "parameters": [{ "name": "mark" }] })),
                node("mark", "updateRecord", json!({ "values": { "source": "{{ trigger.inputs.mark }}" } })),
            ],
            &["called -> mark"],
        ))
        .await?;
        world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                node("call", "callWorkflow", json!({ "workflow": id::format("workflow", callee), "inputs": { "mark": "for {{ record.name }}" } })),
            ],
            &["new -> call"],
        ))
        .await?;

        let contact = world.create("contact", json!({ "name": "Ann" })).await?;
        let caller = world.runs().await?.remove(0);
        world.finished(caller.id).await?;

        assert_eq!(world.read(&contact).await?.get("source").as_text(), Some("for Ann"));
        Ok(world)
    }

    async fn a_workflow_that_calls_itself_is_cut_at_sixteen(world: World) -> Result<World> {
        let new = New { name: "Again".into(), description: None, time_zone: "UTC".into(), definition: Definition::default() };
        let own = world.workflows.create(&world.access, new).await?.map_err(|problem| anyhow!("{problem:?}"))?;
        let definition = workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                node("called", "called", json!({})),
                node("again", "callWorkflow", json!({ "workflow": id::format("workflow", own.id) })),
            ],
            &["new -> again", "called -> again"],
        );
        let save = Save { definition: Some(Definition::from_json(definition)?), ..Save::default() };
        world.workflows.save(&world.access, own.id, save).await?.map_err(|problem| anyhow!("{problem:?}"))?;
        let published = world.workflows.publish(&world.access, own.id, None).await?;
        assert!(matches!(published, Published::Version { .. }), "{published:?}");

        world.create("contact", json!({ "name": "Ann" })).await?;
        let first = world.runs().await?.remove(0);
        world.finished(first.id).await?;
        for run in world.runs().await? {
            world.finished(run.id).await?;
        }

        let runs = world.runs().await?;
        assert_eq!(runs.len(), 17);
        let refused: Vec<_> = runs.iter().filter(|run| run.status == "REFUSED").collect();
        assert_eq!((refused.len(), refused[0].depth), (1, 16));
        assert!(runs.iter().all(|run| ["REFUSED", "FAILED"].contains(&run.status.as_str())));
        Ok(world)
    }

    async fn what_does_not_fit_is_found_before_and_while_it_runs(world: World) -> Result<World> {
        let callee = world.publish(doubling(None)).await?;
        let check = async |config: Json| -> Result<Vec<String>> {
            let definition = workflow(
                vec![node("new", "recordCreated", json!({ "object": "contact" })), node("call", "callWorkflow", config)],
                &["new -> call"],
            );
            let checked = world.workflows.check(&world.access, &Definition::from_json(definition)?, None).await?;
            Ok(checked.problems.iter().map(|problem| format!("{} {}", problem.field.as_deref().unwrap_or_default(), problem.code.as_str())).collect())
        };
        let name = id::format("workflow", callee);

        assert_eq!(check(json!({ "workflow": name, "inputs": { "n": 1 } })).await?, Vec::<String>::new());
        assert_eq!(check(json!({ "workflow": name, "inputs": { "n": "x", "m": 1 } })).await?, ["inputs.n INVALID_VALUE", "inputs.m UNKNOWN_PARAMETER"]);
        assert_eq!(check(json!({ "workflow": name })).await?, ["inputs.n REQUIRED"]);
        assert_eq!(check(json!({ "workflow": "workflow_nonsense" })).await?, ["workflow NOT_CALLABLE"]);

        world.publish(calling(callee, json!({}))).await?;
        world.workflows.set_state(&world.access, callee, pointsman::workflow::manage::State::Paused).await?.map_err(|problem| anyhow!("{problem:?}"))?;
        let contact = world.create("contact", json!({ "name": "Ann", "score": 1 })).await?;
        let run = world.run().await?;
        world.finished(run.id).await?;
        assert_eq!(world.read(&contact).await?.get("score").as_integer(), Some(-1));
        assert!(world.steps(run.id).await?["call"].error.as_deref().is_some_and(|error| error.contains("NOT_CALLABLE")));
        Ok(world)
    }
}
