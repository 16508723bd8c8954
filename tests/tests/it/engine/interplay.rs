//! The parts together: waits of every kind within the items of loops, called runs that ask people, and runs that are
//! cancelled, retried, done again or moved while they wait.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::{Context, Result, anyhow};
use pointsman::{
    crm::{Access, Record, access::Role, cause::Actor, id, keyed::Request, write::Problem},
    engine::{
        approvals::{Decision, Verdict},
        control::{Act, Which},
        history::What,
        signals::Address,
    },
    workflow::manage::{New, Published, Save},
};
use pointsman_entities::{
    approval,
    ids::{RunId, UserId, WorkflowId},
    notification, run, signal_wait, timer, wait,
};
use pointsman_graph::definition::Definition;
use pointsman_tests::world::{World, node, workflow};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Map, Value as Json, json};

use super::people::user;
use crate::both;

const HOUR: Duration = Duration::from_secs(3_600);

fn done<T>(answer: Result<T, Problem>) -> Result<T> {
    answer.map_err(|problem| anyhow!("{problem:?}"))
}

fn new() -> Json {
    node("new", "recordCreated", json!({ "object": "contact" }))
}

fn task(key: &str, title: &str) -> Json {
    node(key, "createTask", json!({ "title": title }))
}

/// Asks Ann.
fn ask(title: &str) -> Json {
    node(
        "ask",
        "approval",
        json!({ "users": ["ann@acme.example"], "title": title, "deadline": "P3D" }),
    )
}

fn paid(key: &str) -> Json {
    let config = json!({ "event": "signal", "name": "paid", "key": key, "timeout": "P3D" });
    node("paid", "waitFor", config)
}

/// For each letter: Ann is asked, then a signal is waited for, then an hour passes, then a task is made.
fn letters(config: Json) -> Json {
    workflow(
        vec![
            new(),
            node("loop", "forEach", config),
            ask("May {{ item }}?"),
            paid("item"),
            node("hour", "delay", json!({ "for": "PT1H" })),
            task("task", "{{ item }} of {{ steps.paid.output.of }}"),
            task("end", "all {{ steps.loop.output.count }}"),
        ],
        &[
            "new -> loop",
            "loop.each -> ask",
            "ask.approved -> paid",
            "paid.happened -> hour",
            "hour -> task",
            "loop.done -> end",
        ],
    )
}

async fn contact(world: &World) -> Result<(Arc<Record>, RunId)> {
    let contact = world.create("contact", json!({ "name": "Cy", "score": 0 })).await?;
    let runs = world.runs().await?;
    let own = runs.iter().find(|run| run.record_id == Some(contact.id));
    Ok((contact.clone(), own.context("a run")?.id))
}

/// Waits until a step waits, named with its item.
async fn waits(world: &World, run: RunId, name: &str) -> Result<()> {
    let wanted = |what: &What| matches!(what, What::Waiting { step, .. } if step.to_string() == name);
    world.until(run, wanted).await.map(|_| ())
}

async fn approvals(world: &World) -> Result<Vec<approval::Model>> {
    let all = approval::Entity::find().order_by_asc(approval::Column::Id);
    Ok(all.all(world.reads()).await?)
}

async fn statuses(world: &World) -> Result<Vec<String>> {
    Ok(approvals(world).await?.into_iter().map(|row| row.status).collect())
}

/// The user says yes to whoever is asked about under that title and waits for it.
async fn approve(world: &World, user: &Record, title: &str) -> Result<()> {
    let pending = approval::Entity::find()
        .filter(approval::Column::Title.eq(title))
        .filter(approval::Column::Status.eq("PENDING"));
    let asked = pending.one(world.reads()).await?.context("an approval")?;
    let access = Access::new(Actor::User(UserId(user.id.0)), Role::Member);
    let yes = Verdict {
        decision: Decision::Approve,
        answers: Map::new(),
        comment: None,
    };
    let decided = world.engine.decide(Request::from(&access), asked.id, yes).await?;
    decided.map(|_| ()).map_err(|refused| anyhow!("{refused:?}"))
}

async fn signal(world: &World, key: &str, payload: Json) -> Result<Vec<RunId>> {
    let address = Address {
        name: "paid".into(),
        key: key.into(),
    };
    Ok(done(world.engine.send_signal(&world.access, address, &payload).await?)?.told)
}

async fn act(world: &World, act: Act, run: RunId) -> Result<()> {
    done(world.engine.act(&world.access, act, Which::One(run)).await?).map(|_| ())
}

async fn replay(world: &World, run: RunId, from: &str) -> Result<run::Model> {
    done(world.engine.replay(&world.access, run, Some(from)).await?)
}

async fn status(world: &World, run: RunId) -> Result<String> {
    Ok(world.engine.run(run).await?.context("a run")?.status)
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

/// Rows that would bring a run its next fact.
async fn pending(world: &World) -> Result<u64> {
    let reads = world.reads();
    Ok(timer::Entity::find().count(reads).await?
        + wait::Entity::find().count(reads).await?
        + signal_wait::Entity::find().count(reads).await?)
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

both! {
    async fn each_item_waits_by_itself_for_people_signals_and_time(world: World) -> Result<World> {
        let ann = user(&world, "ann").await?;
        world.publish(letters(json!({ "items": "['a', 'b', 'c']", "concurrency": 2 }))).await?;
        let (_, run) = contact(&world).await?;
        waits(&world, run, "loop[1]/ask").await?;
        assert_eq!(approvals(&world).await?.len(), 2, "the third waits for its turn");

        approve(&world, &ann, "May b?").await?;
        waits(&world, run, "loop[1]/paid").await?;
        let world = world.restart().await?;
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(signal(&world, "a", json!({ "of": 1 })).await?, [], "a has not come so far, and finds it later");
        assert_eq!(signal(&world, "b", json!({ "of": 2 })).await?, [run]);
        waits(&world, run, "loop[1]/hour").await?;
        world.clock.advance(HOUR);
        waits(&world, run, "loop[2]/ask").await?;
        approve(&world, &ann, "May a?").await?;
        waits(&world, run, "loop[0]/hour").await?;
        let world = world.restart().await?;
        approve(&world, &ann, "May c?").await?;
        waits(&world, run, "loop[2]/paid").await?;
        signal(&world, "c", json!({ "of": 3 })).await?;
        waits(&world, run, "loop[2]/hour").await?;
        world.clock.advance(HOUR);
        world.finished(run).await?;

        assert_eq!(status(&world, run).await?, "SUCCEEDED");
        assert_eq!(titles(&world).await?, once_each(&["a of 1", "all 3", "b of 2", "c of 3"]));
        assert_eq!(statuses(&world).await?, ["APPROVED"; 3]);
        assert_eq!(pending(&world).await?, 0);
        Ok(world)
    }

    async fn a_run_cancelled_while_its_items_wait_leaves_nobody_anything_to_do(world: World) -> Result<World> {
        let ann = user(&world, "ann").await?;
        let mut definition = letters(json!({ "items": "['a', 'b', 'c', 'd']", "concurrency": 4 }));
        let change = json!({ "event": "recordChanged", "where": "record.score > 5", "timeout": "P3D" });
        definition["nodes"].as_array_mut().context("nodes")?.push(node("change", "waitFor", change));
        definition["edges"].as_array_mut().context("edges")?.push(json!({ "from": "hour", "to": "change" }));
        world.publish(definition).await?;
        let (_, run) = contact(&world).await?;
        waits(&world, run, "loop[3]/ask").await?;
        for letter in ["b", "c", "d"] {
            approve(&world, &ann, &format!("May {letter}?")).await?;
        }
        waits(&world, run, "loop[3]/paid").await?;
        signal(&world, "d", json!({ "of": 1 })).await?;
        waits(&world, run, "loop[3]/hour").await?;
        world.clock.advance(HOUR);
        waits(&world, run, "loop[3]/change").await?;
        signal(&world, "c", json!({ "of": 1 })).await?;
        waits(&world, run, "loop[2]/hour").await?;

        act(&world, Act::Cancel, run).await?;
        world.finished(run).await?;

        assert_eq!(status(&world, run).await?, "CANCELLED");
        assert_eq!(statuses(&world).await?, ["CANCELLED", "APPROVED", "APPROVED", "APPROVED"]);
        assert_eq!(pending(&world).await?, 0);
        let unread = notification::Entity::find().filter(notification::Column::ReadAt.is_null());
        assert_eq!(unread.count(world.reads()).await?, 0, "nobody need look at what is over");
        assert_eq!(signal(&world, "b", json!({})).await?, []);
        Ok(world)
    }

    async fn a_loop_that_stops_lets_the_items_that_wait_come_to_their_end(world: World) -> Result<World> {
        let ann = user(&world, "ann").await?;
        world.publish(workflow(
            vec![
                new(),
                node("loop", "forEach", json!({ "items": "[0, 1, 2]", "concurrency": 2, "onError": "stop" })),
                node("first", "if", json!({ "condition": "item == 0" })),
                node("share", "set", json!({ "values": { "part": "100 / record.score" } })),
                ask("May {{ item }}?"),
                task("task", "{{ item }}"),
                task("end", "all"),
            ],
            &["new -> loop", "loop.each -> first", "first.yes -> share", "first.no -> ask", "ask.approved -> task",
              "loop.done -> end"],
        ))
        .await?;
        let (contact, run) = contact(&world).await?;
        waits(&world, run, "loop[1]/ask").await?;

        let world = world.restart().await?;
        let waiting = status(&world, run).await?;
        approve(&world, &ann, "May 1?").await?;
        world.finished(run).await?;
        let failed = (status(&world, run).await?, titles(&world).await?, approvals(&world).await?.len());
        world.update(&contact, json!({ "score": 5 })).await?;
        act(&world, Act::Retry, run).await?;
        waits(&world, run, "loop[2]/ask").await?;
        approve(&world, &ann, "May 2?").await?;
        world.finished(run).await?;

        assert_eq!(waiting, "WAITING", "one item has failed, another waits for Ann");
        assert_eq!(failed, ("FAILED".to_owned(), once_each(&["1"]), 1));
        assert_eq!(status(&world, run).await?, "SUCCEEDED");
        assert_eq!(titles(&world).await?, once_each(&["1", "2", "all"]));
        assert_eq!(statuses(&world).await?, ["APPROVED", "APPROVED"], "nobody is asked twice");
        Ok(world)
    }

    async fn called_runs_of_items_that_ask_people_are_cancelled_with_their_caller(world: World) -> Result<World> {
        user(&world, "ann").await?;
        let parameter = json!({ "name": "n", "type": "integer", "required": true });
        let callee = world.publish(workflow(
            vec![node("called", "called", json!({ "parameters": [parameter] })), ask("May {{ trigger.inputs.n }}?")],
            &["called -> ask"],
        ))
        .await?;
        let call = json!({ "workflow": id::format("workflow", callee), "inputs": { "n": "{{ item }}" } });
        world.publish(workflow(
            vec![
                new(),
                node("loop", "forEach", json!({ "items": "[1, 2, 3]", "concurrency": 2 })),
                node("call", "callWorkflow", call),
            ],
            &["new -> loop", "loop.each -> call"],
        ))
        .await?;
        let (_, caller) = contact(&world).await?;
        waits(&world, caller, "loop[1]/call").await?;
        let called: Vec<_> = world.runs().await?.into_iter().filter(|run| run.parent_run == Some(caller)).collect();
        for run in &called {
            world.waiting(run.id, "ask").await?;
        }

        let world = world.restart().await?;
        act(&world, Act::Cancel, caller).await?;
        for run in world.runs().await? {
            world.finished(run.id).await?;
        }

        let ended: Vec<_> = world.runs().await?.into_iter().map(|run| run.status).collect();
        assert_eq!(ended, ["CANCELLED"; 3]);
        assert_eq!(statuses(&world).await?, ["CANCELLED"; 2]);
        assert_eq!(pending(&world).await?, 0);
        let told = notification::Entity::find().all(world.reads()).await?;
        assert!(told.len() == 2 && told.iter().all(|row| row.read_at.is_some()), "{told:#?}");
        Ok(world)
    }

    async fn a_retried_run_asks_nobody_again(world: World) -> Result<World> {
        let ann = user(&world, "ann").await?;
        world.publish(workflow(
            vec![
                new(),
                ask("May I?"),
                paid("record.id"),
                node("share", "set", json!({ "values": { "part": "100 / record.score" } })),
                task("task", "{{ steps.share.output.part }} by {{ steps.ask.output.by.name }} for {{ steps.paid.output.of }}"),
            ],
            &["new -> ask", "ask.approved -> paid", "paid.happened -> share", "share -> task"],
        ))
        .await?;
        let (contact, run) = contact(&world).await?;
        world.waiting(run, "ask").await?;
        approve(&world, &ann, "May I?").await?;
        world.waiting(run, "paid").await?;
        signal(&world, &contact.global_id(), json!({ "of": 7 })).await?;
        world.finished(run).await?;
        assert_eq!(status(&world, run).await?, "FAILED");

        world.update(&contact, json!({ "score": 20 })).await?;
        act(&world, Act::Retry, run).await?;
        world.finished(run).await?;

        assert_eq!(titles(&world).await?, once_each(&["5 by ann for 7"]));
        assert_eq!(statuses(&world).await?, ["APPROVED"]);
        Ok(world)
    }

    async fn a_replay_asks_and_listens_anew_and_leaves_the_first_run_alone(world: World) -> Result<World> {
        let ann = user(&world, "ann").await?;
        world.publish(workflow(
            vec![
                new(),
                task("before", "before"),
                ask("May I?"),
                paid("record.id"),
                task("task", "{{ steps.before.output.title }} {{ steps.paid.output.of }}"),
            ],
            &["new -> before", "before -> ask", "ask.approved -> paid", "paid.happened -> task"],
        ))
        .await?;
        let (contact, first) = contact(&world).await?;
        world.waiting(first, "ask").await?;
        approve(&world, &ann, "May I?").await?;
        world.waiting(first, "paid").await?;
        let under_way = world.engine.replay(&world.access, first, Some("ask")).await?;
        signal(&world, &contact.global_id(), json!({ "of": 1 })).await?;
        world.finished(first).await?;

        let asking = replay(&world, first, "ask").await?.id;
        world.waiting(asking, "ask").await?;
        let listening = replay(&world, first, "paid").await?.id;
        world.waiting(listening, "paid").await?;
        act(&world, Act::Cancel, asking).await?;
        world.finished(asking).await?;
        let told = signal(&world, &contact.global_id(), json!({ "of": 2 })).await?;
        world.finished(listening).await?;

        assert!(under_way.is_err_and(|problem| problem.message.contains("under way")));
        assert_eq!(statuses(&world).await?, ["APPROVED", "CANCELLED"]);
        assert_eq!(told, [listening], "the signal that the first run took is no longer there to be heard");
        assert_eq!(titles(&world).await?, once_each(&["before", "before 1", "before 2"]));
        Ok(world)
    }

    async fn a_run_moves_to_the_newest_version_while_it_waits_for_people_and_signals(world: World) -> Result<World> {
        let ann = user(&world, "ann").await?;
        let waiting = |title: &str| workflow(
            vec![new(), ask("May I?"), paid("record.id"), task("asked", title), task("heard", title)],
            &["new -> ask", "new -> paid", "ask.approved -> asked", "paid.happened -> heard"],
        );
        let id = world.publish(waiting("old")).await?;
        let (contact, run) = contact(&world).await?;
        world.waiting(run, "paid").await?;

        republish(&world, id, waiting("new")).await?;
        let report = done(world.engine.migrate(&world.access, id).await?)?;
        approve(&world, &ann, "May I?").await?;
        signal(&world, &contact.global_id(), json!({})).await?;
        world.finished(run).await?;

        assert_eq!((report.migrated.len(), report.stayed.len()), (1, 0));
        assert_eq!(titles(&world).await?, BTreeMap::from([("new".to_owned(), 2)]));
        assert_eq!(pending(&world).await?, 0);
        Ok(world)
    }

    async fn a_run_whose_publisher_may_no_longer_act_asks_nobody_and_is_replayed(world: World) -> Result<World> {
        let (ann, boss) = (user(&world, "ann").await?, user(&world, "boss").await?);
        let publisher = Access::new(Actor::User(UserId(boss.id.0)), Role::Admin);
        let definition = workflow(
            vec![new(), ask("May I?"), node("hour", "delay", json!({ "for": "PT1H" })), task("task", "asked")],
            &["new -> ask", "new -> hour", "ask.approved -> task"],
        );
        let (name, time_zone) = ("Test".into(), "UTC".into());
        let draft = New { name, description: None, time_zone, definition: Definition::from_json(definition)? };
        let id = done(world.workflows.create(&publisher, draft).await?)?.id;
        world.workflows.publish(&publisher, id, None).await?;
        let (_, run) = contact(&world).await?;
        waits(&world, run, "hour").await?;
        waits(&world, run, "ask").await?;

        world.delete(&boss).await?;
        world.clock.advance(HOUR);
        world.finished(run).await?;
        let failed = world.engine.run(run).await?.context("a run")?;
        let (asked, left) = (statuses(&world).await?, pending(&world).await?);
        let unread = notification::Entity::find().filter(notification::Column::ReadAt.is_null());
        let unread = unread.count(world.reads()).await?;
        world.restore(&boss).await?;
        let retried = world.engine.act(&world.access, Act::Retry, Which::One(run)).await?;
        let again = replay(&world, run, "ask").await?.id;
        world.waiting(again, "ask").await?;
        approve(&world, &ann, "May I?").await?;
        world.clock.advance(HOUR);
        world.finished(again).await?;

        assert_eq!(failed.status, "FAILED");
        assert!(failed.error.is_some_and(|error| error.starts_with("PUBLISHER_DISABLED")));
        assert_eq!((asked, left, unread), (vec!["CANCELLED".to_owned()], 0, 0));
        assert!(retried.is_err_and(|problem| problem.message.contains("replay")));
        assert_eq!(titles(&world).await?, once_each(&["asked"]));
        Ok(world)
    }

    async fn a_change_that_came_in_time_counts_however_late_it_is_told(world: World) -> Result<World> {
        let wait = json!({ "event": "recordChanged", "where": "record.score > 5", "timeout": "PT1H" });
        world.publish(workflow(
            vec![new(), node("wait", "waitFor", wait), task("task", "in time"), task("late", "late")],
            &["new -> wait", "wait.happened -> task", "wait.timedOut -> late"],
        ))
        .await?;
        let mut contacts = Vec::new();
        for _ in 0..20 {
            let (contact, run) = contact(&world).await?;
            world.waiting(run, "wait").await?;
            contacts.push(contact);
        }

        for contact in &contacts {
            world.update(contact, json!({ "score": 6 })).await?;
        }
        world.clock.advance(HOUR);
        for run in world.runs().await? {
            world.finished(run.id).await?;
        }

        assert_eq!(titles(&world).await?, BTreeMap::from([("in time".to_owned(), 20)]));
        Ok(world)
    }

    async fn a_run_stays_on_its_version_where_the_newest_waits_for_something_else(world: World) -> Result<World> {
        let waiting = |config: Json| workflow(vec![new(), node("wait", "waitFor", config), task("task", "heard")],
            &["new -> wait", "wait.happened -> task"]);
        let id = world.publish(waiting(json!({ "event": "recordChanged", "where": "record.score > 5" }))).await?;
        let (contact, run) = contact(&world).await?;
        world.waiting(run, "wait").await?;

        republish(&world, id, waiting(json!({ "event": "signal", "name": "paid" }))).await?;
        let report = done(world.engine.migrate(&world.access, id).await?)?;
        world.update(&contact, json!({ "score": 6 })).await?;
        world.finished(run).await?;

        let stayed: Vec<_> = report.stayed.iter().flat_map(|stayed| &stayed.steps).map(ToString::to_string).collect();
        assert_eq!((report.migrated.len(), stayed), (0, vec!["wait".to_owned()]));
        assert_eq!(titles(&world).await?, once_each(&["heard"]));
        Ok(world)
    }
}
