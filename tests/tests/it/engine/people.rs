//! Runs that turn to people: who gets a record, who is told, and what happens to records on the way.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use pointsman::crm::Record;
use pointsman_entities::notification;
use pointsman_tests::world::{World, node, workflow};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value as Json, json};

use crate::both;

/// A user who may sign in, by a name that is the address too.
pub async fn user(world: &World, name: &str) -> Result<Arc<Record>> {
    let email = format!("{name}@acme.example");
    world.create("user", json!({ "name": name, "email": email })).await
}

/// Contacts that are created at the same time, their runs over.
async fn contacts(world: &World, count: usize) -> Result<Vec<Arc<Record>>> {
    let creates = (0..count).map(|number| async move {
        let name = format!("Lead {number}");
        world.create("contact", json!({ "name": name, "source": "fair" })).await
    });
    let contacts = try_join_all(creates).await?;
    for run in world.runs().await? {
        world.finished(run.id).await?;
    }
    Ok(contacts)
}

/// How many of the records each user owns.
async fn owned(world: &World, records: &[Arc<Record>]) -> Result<BTreeMap<String, usize>> {
    let mut counts = BTreeMap::new();
    for record in records {
        let owner = world.read(record).await?.owner().context("an owner")?;
        *counts.entry(owner.0.to_string()).or_default() += 1;
    }
    Ok(counts)
}

/// New contacts go to one of the users; whoever gets one is to call it.
fn routing(config: Json) -> Json {
    workflow(
        vec![
            node("new", "recordCreated", json!({ "object": "contact" })),
            node("route", "assign", config),
            node(
                "call",
                "createTask",
                json!({ "title": "Call {{ record.name }}", "about": "record", "assignee": "steps.route.output.assignee" }),
            ),
        ],
        &["new -> route", "route -> call"],
    )
}

both! {
    /// Scenario A.
    async fn ninety_leads_at_once_are_thirty_for_each_of_three_and_a_second_save_does_nothing(world: World) -> Result<World> {
        let team = world.create("team", json!({ "name": "Sales" })).await?;
        for name in ["ann", "bob", "cy"] {
            let user = user(&world, name).await?;
            world.update(&user, json!({ "team": team.global_id() })).await?;
        }
        world.publish(routing(json!({ "strategy": "roundRobin", "team": "Sales" }))).await?;

        let contacts = contacts(&world, 90).await?;

        assert_eq!(owned(&world, &contacts).await?.into_values().collect::<Vec<_>>(), [30, 30, 30]);
        let tasks = world.all("task").await?;
        assert_eq!(tasks.len(), 90);
        for contact in &contacts {
            let about = |task: &&Arc<Record>| task.get("contact").as_id() == Some(contact.id);
            let [task] = tasks.iter().filter(about).collect::<Vec<_>>()[..] else {
                panic!("one task for each")
            };
            assert_eq!(task.get("assignee").as_id(), world.read(contact).await?.get("owner").as_id());
        }
        try_join_all(contacts.iter().map(|contact| world.update(contact, json!({ "jobTitle": "CTO" })))).await?;
        assert_eq!(world.runs().await?.len(), 90);
        assert_eq!(world.all("task").await?.len(), 90);
        Ok(world)
    }

    async fn who_may_not_sign_in_gets_nothing(world: World) -> Result<World> {
        let (ann, bob) = (user(&world, "ann").await?, user(&world, "bob").await?);
        world.publish(routing(json!({ "strategy": "roundRobin", "users": ["ann@acme.example", bob.global_id()] }))).await?;
        world.update(&ann, json!({ "disabledAt": "2026-01-01T00:00:00Z" })).await?;

        let contacts = contacts(&world, 4).await?;

        assert_eq!(owned(&world, &contacts).await?, [(bob.id.0.to_string(), 4)].into());
        Ok(world)
    }

    async fn the_least_busy_catch_up_with_the_others_also_at_once(world: World) -> Result<World> {
        let (ann, bob) = (user(&world, "ann").await?, user(&world, "bob").await?);
        let busy = (0..6).map(|number| world.create("contact", json!({ "name": format!("Old {number}"), "owner": ann.global_id() })));
        try_join_all(busy).await?;
        world.publish(routing(json!({ "strategy": "leastBusy", "users": "{{ ['ann@acme.example', 'bob@acme.example'] }}" }))).await?;

        let contacts = contacts(&world, 10).await?;

        let expected = [(ann.id.0.to_string(), 2), (bob.id.0.to_string(), 8)];
        assert_eq!(owned(&world, &contacts).await?, expected.into());
        Ok(world)
    }

    async fn the_least_busy_by_tasks_are_those_with_the_fewest_open_ones(world: World) -> Result<World> {
        let (ann, bob) = (user(&world, "ann").await?, user(&world, "bob").await?);
        for (status, assignee) in [("OPEN", &ann), ("DONE", &bob), ("DONE", &bob)] {
            world.create("task", json!({ "title": "t", "status": status, "assignee": assignee.global_id() })).await?;
        }
        let users = json!([ann.global_id(), bob.global_id()]);
        world.publish(routing(json!({ "strategy": "leastBusy", "busyWith": "tasks", "users": users }))).await?;

        let contacts = contacts(&world, 3).await?;

        // Each gets a task with the contact: bob, then either, then the other.
        let counts = owned(&world, &contacts).await?;
        assert_eq!(counts.values().sum::<usize>(), 3);
        assert_eq!(counts.get(&bob.id.0.to_string()).max(counts.get(&ann.id.0.to_string())), Some(&2));
        Ok(world)
    }

    async fn a_user_is_the_first_of_those_named_who_may_sign_in(world: World) -> Result<World> {
        let (ann, bob) = (user(&world, "ann").await?, user(&world, "bob").await?);
        world.update(&bob, json!({ "disabledAt": "2026-01-01T00:00:00Z" })).await?;
        world.publish(routing(json!({ "strategy": "user", "users": ["bob@acme.example", "Ann@acme.example"] }))).await?;

        let contacts = contacts(&world, 2).await?;

        assert_eq!(owned(&world, &contacts).await?, [(ann.id.0.to_string(), 2)].into());
        Ok(world)
    }

    async fn a_name_that_is_nobodys_fails_the_step(world: World) -> Result<World> {
        world.publish(routing(json!({ "strategy": "user", "users": "nobody@acme.example" }))).await?;

        contacts(&world, 1).await?;

        let run = world.run().await?;
        assert_eq!((run.status.as_str(), run.error.as_deref()), ("FAILED", Some("NOT_FOUND: there is no user `nobody@acme.example`")));
        Ok(world)
    }

    async fn twenty_upserts_at_once_make_one_record(world: World) -> Result<World> {
        let values = json!({ "name": "Fair of {{ record.source }}", "domain": "{{ record.source + '.example' }}", "description": "{{ record.name }}" });
        world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                node("company", "upsertRecord", json!({ "object": "company", "match": ["domain"], "values": values })),
                node("link", "updateRecord", json!({ "values": { "company": "{{ steps.company.output.id }}" } })),
            ],
            &["new -> company", "company -> link"],
        ))
        .await?;

        let contacts = contacts(&world, 20).await?;

        let company = world.only("company").await?;
        assert_eq!(company.version(), 20);
        for contact in &contacts {
            assert_eq!(world.read(contact).await?.get("company").as_id(), Some(company.id));
        }
        assert!(world.runs().await?.iter().all(|run| run.status == "SUCCEEDED"));
        Ok(world)
    }

    async fn an_upsert_finds_what_its_own_run_has_written_and_not_what_is_deleted(world: World) -> Result<World> {
        let old = world.create("company", json!({ "name": "Old", "domain": "acme.example" })).await?;
        let upsert = |name: &str| json!({ "object": "company", "match": ["domain"], "values": { "name": name, "domain": "ACME.example" } });
        world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                node("gone", "deleteRecord", json!({ "object": "company", "record": format!("'{}'", old.global_id()) })),
                node("first", "upsertRecord", upsert("First")),
                node("second", "upsertRecord", upsert("Second")),
            ],
            &["new -> gone", "gone -> first", "first -> second"],
        ))
        .await?;

        contacts(&world, 1).await?;

        let company = world.only("company").await?;
        assert_eq!((company.get("name").as_text(), company.version()), (Some("Second"), 2));
        assert_ne!(company.id, old.id);
        Ok(world)
    }

    async fn a_note_is_about_the_runs_record_and_users_are_told(world: World) -> Result<World> {
        let ann = user(&world, "ann").await?;
        world.publish(workflow(
            vec![
                node("new", "recordCreated", json!({ "object": "contact" })),
                node("write", "addNote", json!({ "title": "Came", "body": "From the {{ record.source }}" })),
                node("tell", "notify", json!({
                    "users": ["ann@acme.example", "{{ record.owner }}"], "title": "{{ record.name }} came",
                    "link": "https://crm.example/{{ record.id }}",
                })),
            ],
            &["new -> write", "write -> tell"],
        ))
        .await?;

        let contacts = contacts(&world, 1).await?;

        let note = world.only("note").await?;
        assert_eq!((note.get("title").as_text(), note.get("body").as_text()), (Some("Came"), Some("From the fair")));
        assert_eq!(note.get("contact").as_id(), Some(contacts[0].id));
        let told = notification::Entity::find().order_by_asc(notification::Column::Seq).all(world.reads()).await?;
        let [told] = &told[..] else { panic!("{told:?}") };
        assert_eq!((told.user_id.0, told.title.as_str()), (ann.id.0, "Lead 0 came"));
        assert_eq!(told.link, Some(format!("https://crm.example/{}", contacts[0].global_id())));
        Ok(world)
    }
}
