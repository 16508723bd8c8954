//! Who enters a workflow: re-enrolment, the same start twice, starts by hand.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, anyhow};
use futures_util::future::try_join_all;
use pointsman::{
    crm::{
        Record,
        keyed::Request,
        mutate::{Key, Mutation, Outcome},
        validate::Code,
        write::{Automation, Command, Problem, Verb},
    },
    workflow::{
        manage::{Save, State},
        start::Start,
    },
};
use pointsman_entities::{ids::RunId, turned_away};
use pointsman_tests::world::{World, node, workflow};
use sea_orm::EntityTrait;
use serde_json::{Value as Json, json};

use crate::both;

const DAY: Duration = Duration::from_secs(86_400);

/// A run of a day for each won deal that the settings let in.
fn won(settings: Json) -> Json {
    let mut definition = workflow(
        vec![
            node(
                "won",
                "recordUpdated",
                json!({ "object": "deal", "where": "record.status == 'WON'" }),
            ),
            node("day", "delay", json!({ "for": "PT24H" })),
        ],
        &["won -> day"],
    );
    definition["settings"] = settings;
    definition
}

/// A run for each new contact that the settings let in.
fn made(settings: Json) -> Json {
    let mut definition = workflow(
        vec![
            node("made", "recordCreated", json!({ "object": "contact" })),
            node("done", "set", json!({ "values": { "x": "1" } })),
        ],
        &["made -> done"],
    );
    definition["settings"] = settings;
    definition
}

/// A deal is won, saved while it is won, lost, and won again.
async fn won_lost_won(world: &World, rule: &str) -> Result<Arc<Record>> {
    world.publish(won(json!({ "reenrolment": rule }))).await?;
    let deal = world.create("deal", json!({ "name": "Ovens" })).await?;
    move_to(world, &deal, "Won").await?;
    world.update(&deal, json!({ "description": "paid" })).await?;
    move_to(world, &deal, "Lost").await?;
    move_to(world, &deal, "Won").await?;
    Ok(deal)
}

async fn move_to(world: &World, deal: &Record, stage: &str) -> Result<()> {
    let stage = world.stage(stage).await?;
    world.update(deal, json!({ "stage": stage.global_id() })).await?;
    Ok(())
}

/// Why changes that matched started nothing, oldest first.
pub async fn turned_away(world: &World) -> Result<Vec<String>> {
    let mut rows = turned_away::Entity::find().all(world.reads()).await?;
    rows.sort_by_key(|row| row.id);
    Ok(rows.into_iter().map(|row| row.reason).collect())
}

async fn finish_all(world: &World) -> Result<()> {
    for run in world.runs().await? {
        world.waiting(run.id, "day").await?;
    }
    world.clock.advance(DAY);
    for run in world.runs().await? {
        world.finished(run.id).await?;
    }
    Ok(())
}

both! {
    async fn always_enrols_at_each_change_that_matches(world: World) -> Result<World> {
        won_lost_won(&world, "always").await?;

        assert_eq!(world.runs().await?.len(), 3);
        assert_eq!(turned_away(&world).await?, Vec::<String>::new());
        Ok(world)
    }

    async fn once_per_record_enrols_a_record_once_in_its_life(world: World) -> Result<World> {
        let deal = won_lost_won(&world, "oncePerRecord").await?;
        finish_all(&world).await?;
        move_to(&world, &deal, "Lost").await?;
        move_to(&world, &deal, "Won").await?;

        assert_eq!(world.runs().await?.len(), 1);
        assert_eq!(turned_away(&world).await?, ["ENROLLED_BEFORE"; 3]);
        Ok(world)
    }

    async fn not_while_running_enrols_again_when_the_run_is_over(world: World) -> Result<World> {
        let deal = won_lost_won(&world, "notWhileRunning").await?;
        assert_eq!(world.runs().await?.len(), 1);
        finish_all(&world).await?;
        move_to(&world, &deal, "Lost").await?;
        move_to(&world, &deal, "Won").await?;

        assert_eq!(world.runs().await?.len(), 2);
        assert_eq!(turned_away(&world).await?, ["STILL_RUNNING"; 2]);
        Ok(world)
    }

    async fn when_turns_true_enrols_as_often_as_the_condition_begins_to_hold(world: World) -> Result<World> {
        won_lost_won(&world, "whenTurnsTrue").await?;

        assert_eq!(world.runs().await?.len(), 2);
        Ok(world)
    }

    async fn a_rule_that_is_published_later_knows_the_runs_from_before(world: World) -> Result<World> {
        let id = world.publish(won(json!({}))).await?;
        let deal = world.create("deal", json!({ "name": "Ovens" })).await?;
        move_to(&world, &deal, "Won").await?;
        let definition = pointsman_graph::definition::Definition::from_json(won(json!({ "reenrolment": "oncePerRecord" })))?;
        let save = Save { definition: Some(definition), ..Save::default() };
        world.workflows.save(&world.access, id, save).await?.map_err(|problem| anyhow!("{problem:?}"))?;
        world.workflows.publish(&world.access, id, None).await?;

        world.update(&deal, json!({ "description": "paid" })).await?;

        assert_eq!(world.runs().await?.len(), 1);
        assert_eq!(turned_away(&world).await?, ["ENROLLED_BEFORE"]);
        Ok(world)
    }

    /// On PostgreSQL half of them come by another server node.
    async fn twenty_updates_at_a_time_enrol_a_record_once(world: World) -> Result<World> {
        let neighbour = world.neighbour().await?;
        world.publish(won(json!({ "reenrolment": "oncePerRecord" }))).await?;
        let deal = world.create("deal", json!({ "name": "Ovens", "stage": world.stage("Won").await?.global_id() })).await?;

        let update = |number: usize| {
            let by = neighbour.as_ref().filter(|_| number % 2 == 1).unwrap_or(&world);
            by.update(&deal, json!({ "description": format!("{number}") }))
        };
        try_join_all((0..20).map(update)).await?;

        assert_eq!(world.runs().await?.len(), 1);
        assert_eq!(turned_away(&world).await?.len(), 19);
        assert_eq!(world.read(&deal).await?.version(), 21);
        if let Some(neighbour) = neighbour {
            neighbour.stop().await;
        }
        Ok(world)
    }

    async fn the_same_start_is_let_in_once_within_its_window(world: World) -> Result<World> {
        world.publish(made(json!({ "deduplication": { "key": "record.email", "window": "PT24H" } }))).await?;
        let contact = json!({ "name": "Ann", "email": "ann@example.com" });

        world.create("contact", contact.clone()).await?;
        world.create("contact", contact.clone()).await?;
        world.clock.advance(DAY);
        world.create("contact", contact.clone()).await?;
        world.create("contact", json!({ "name": "Bob" })).await?;
        world.create("contact", json!({ "name": "Bea" })).await?;

        assert_eq!(world.runs().await?.len(), 4, "two of Ann's, and those without a key");
        assert_eq!(turned_away(&world).await?, ["DUPLICATE"]);
        Ok(world)
    }

    async fn the_starts_of_one_transaction_see_each_other(world: World) -> Result<World> {
        let settings = json!({
            "deduplication": { "key": "record.jobTitle" },
            "concurrency": { "key": "record.source", "limit": 2, "overflow": "queue" },
        });
        world.publish(made(settings)).await?;
        let object = world.crm.object("contact").context("object")?;
        let index = |name: &str| object.field(name).map(|(index, _)| index).context("field");
        let (name, title, source) = (index("name")?, index("jobTitle")?, index("source")?);
        let command = |number: usize| Command {
            object: Arc::clone(&object),
            verb: Verb::Create {
                values: vec![
                    (name, pointsman::crm::Value::text("Ann")),
                    (title, pointsman::crm::Value::text(format!("{}", number / 2))),
                    (source, pointsman::crm::Value::text("fair")),
                ],
            },
        };
        let mutation = Mutation {
            access: &world.access,
            commands: (0..20).map(command).collect(),
            automation: Automation::Run,
            key: None,
            beside: None,
        };

        let outcome = world.crm.mutate(&mutation).await?;

        assert!(matches!(outcome, Outcome::Written(_)));
        let runs = world.runs().await?;
        assert_eq!(runs.len(), 10);
        for run in &runs {
            world.finished(run.id).await?;
        }
        assert_eq!(turned_away(&world).await?, vec!["DUPLICATE"; 10]);
        Ok(world)
    }

    async fn a_start_by_hand_keeps_to_the_settings(world: World) -> Result<World> {
        let mut definition = workflow(
            vec![node("by", "manual", json!({ "object": "contact" })), node("day", "delay", json!({ "for": "P1D" }))],
            &["by -> day"],
        );
        definition["settings"] = json!({ "reenrolment": "notWhileRunning" });
        let id = world.publish(definition).await?;
        let contact = world.create("contact", json!({ "name": "Ann" })).await?;
        let start = || async {
            let start = Start { record: Some(contact.global_id()), form: Json::Null };
            world.workflows.start(&world.crm, world.engine.member(), &world.access, id, start).await
        };

        let first = start().await?;
        let second = start().await?;

        assert!(first.is_ok());
        assert!(second.is_err_and(|problem| problem.message.contains("under way")));
        Ok(world)
    }

    async fn a_time_lets_in_as_many_as_the_settings_allow(world: World) -> Result<World> {
        let mut definition = workflow(
            vec![
                node("ten", "schedule", json!({ "cron": "0 10 * * *", "object": "contact" })),
                node("day", "delay", json!({ "for": "P2D" })),
            ],
            &["ten -> day"],
        );
        definition["settings"] = json!({
            "reenrolment": "notWhileRunning",
            "concurrency": { "key": "record.source", "limit": 1, "overflow": "skip" },
        });
        world.publish(definition).await?;
        for source in ["fair", "fair", "web"] {
            world.create("contact", json!({ "name": "Ann", "source": source })).await?;
        }

        world.clock.advance_to("2026-01-05T10:00:00Z")?;
        world.caught_up().await?;
        let first = world.runs().await?.len();
        for run in world.runs().await? {
            world.waiting(run.id, "day").await?;
        }
        world.clock.advance_to("2026-01-06T10:00:00Z")?;
        world.caught_up().await?;

        assert_eq!(first, 2, "one from the fair and one from the web");
        assert_eq!(world.runs().await?.len(), 2, "both are still under way");
        Ok(world)
    }

    async fn a_date_that_moves_lets_a_record_in_once_where_the_settings_say_so(world: World) -> Result<World> {
        let mut definition = workflow(
            vec![
                node("soon", "dateReached", json!({ "object": "deal", "dateField": "closeDate", "at": "08:00" })),
                node("note", "createTask", json!({ "title": "{{ record.name }}" })),
            ],
            &["soon -> note"],
        );
        definition["settings"] = json!({ "reenrolment": "oncePerRecord" });
        world.publish(definition).await?;
        let deal = world.create("deal", json!({ "name": "Big", "closeDate": "2026-01-06" })).await?;

        world.clock.advance_to("2026-01-06T08:00:00Z")?;
        world.ended(1).await?;
        world.update(&deal, json!({ "closeDate": "2026-01-08" })).await?;
        world.clock.advance_to("2026-01-08T08:00:00Z")?;
        world.caught_up().await?;

        assert_eq!(world.runs().await?.len(), 1);
        Ok(world)
    }

    async fn a_start_by_hand_takes_the_answers_that_its_form_asks_for(world: World) -> Result<World> {
        let form = json!([
            { "name": "discount", "input": "number", "required": true },
            { "name": "until", "input": "date" },
        ]);
        let id = world.publish(workflow(
            vec![
                node("by", "manual", json!({ "cardinality": "none", "form": form })),
                node("note", "createTask", json!({
                    "title": "{{ trigger.form.discount > 12 }} {{ trigger.form.until == null }}",
                })),
            ],
            &["by -> note"],
        ))
        .await?;
        let start = async |form: Json| {
            let start = Start { record: None, form };
            world.workflows.start(&world.crm, world.engine.member(), &world.access, id, start).await
        };

        let missing = start(Json::Null).await?;
        let wrong = start(json!({ "discount": "much", "colour": "red" })).await?;
        let run = start(json!({ "discount": 12.5 })).await?.map_err(|problem| anyhow::anyhow!("{problem:?}"))?;
        world.finished(run).await?;

        let code = |refused: &Result<RunId, Problem>| refused.as_ref().err().map(|problem| (problem.code, problem.field));
        assert_eq!(code(&missing), Some((Code::Required, Some("form"))));
        assert_eq!(code(&wrong), Some((Code::Invalid, Some("form"))));
        assert!(wrong.is_err_and(|problem| problem.message.contains("colour") && problem.message.contains("discount")));
        assert_eq!(world.only("task").await?.get("title").as_text(), Some("true true"));
        Ok(world)
    }

    async fn a_workflow_that_others_call_is_not_started_by_hand(world: World) -> Result<World> {
        let id = world.publish(workflow(
            vec![node("called", "called", json!({})), node("day", "delay", json!({ "for": "P1D" }))],
            &["called -> day"],
        ))
        .await?;

        let start = world.workflows.start(&world.crm, world.engine.member(), &world.access, id, Start::default());
        let refused = start.await?.err().context("a problem")?;

        assert_eq!(refused.code, Code::Invalid);
        assert!(refused.message.contains("other workflows call it"), "{}", refused.message);
        Ok(world)
    }

    async fn a_repeated_start_by_hand_is_answered_alike_after_a_pause(world: World) -> Result<World> {
        let definition = workflow(
            vec![node("by", "manual", json!({ "cardinality": "none" })), node("end", "stop", json!({}))],
            &["by -> end"],
        );
        let id = world.publish(definition).await?;
        let key = Key { key: "once".into(), hash: vec![1] };
        let start = |key| {
            let request = Request { access: &world.access, key };
            world.workflows.start(&world.crm, world.engine.member(), request, id, Start::default())
        };

        let first = start(Some(&key)).await?;
        let paused = world.workflows.set_state(&world.access, id, State::Paused).await?;
        let again = start(Some(&key)).await?;
        let other = start(None).await?;

        assert!(paused.is_ok());
        assert_eq!(first.map_err(|problem| anyhow!("{problem:?}"))?, again.map_err(|problem| anyhow!("{problem:?}"))?);
        assert!(other.is_err());
        assert_eq!(world.runs().await?.len(), 1);
        Ok(world)
    }

    async fn no_start_by_hand_slips_past_a_pause(world: World) -> Result<World> {
        let definition = workflow(
            vec![node("by", "manual", json!({ "cardinality": "none" })), node("end", "stop", json!({}))],
            &["by -> end"],
        );
        let id = world.publish(definition).await?;
        let start = || world.workflows.start(&world.crm, world.engine.member(), &world.access, id, Start::default());
        let starts = try_join_all((0..30).map(|_| start()));
        let pause = async {
            let paused = world.workflows.set_state(&world.access, id, State::Paused).await;
            paused.map(|_| ()).map_err(anyhow::Error::from)?;
            Ok::<_, anyhow::Error>(world.runs().await?.len())
        };

        let (starts, then) = tokio::join!(starts, pause);

        assert_eq!(starts?.iter().filter(|start| start.is_ok()).count(), then?, "what started had started by the pause");
        Ok(world)
    }

    async fn a_version_keeps_the_name_and_zone_that_it_was_published_with(world: World) -> Result<World> {
        let definition = workflow(
            vec![
                node("made", "recordCreated", json!({ "object": "contact" })),
                node("mark", "updateRecord", json!({ "values": { "source": "{{ workflow.name }}" } })),
            ],
            &["made -> mark"],
        );
        let id = world.publish(definition).await?;
        let save = Save { name: Some("Renamed".into()), time_zone: Some("Asia/Tokyo".into()), ..Save::default() };
        world.workflows.save(&world.access, id, save).await?.map_err(|problem| anyhow!("{problem:?}"))?;
        let world = world.restart().await?;

        let contact = world.create("contact", json!({ "name": "Ann" })).await?;
        let run = world.run().await?;
        world.finished(run.id).await?;

        assert_eq!(world.read(&contact).await?.get("source").as_text(), Some("Test"));
        Ok(world)
    }
}
