//! Approvals: one decision for each, whoever clicks, and none against the run.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, anyhow};
use futures_util::future::join_all;
use pointsman::{
    crm::{Access, Record, access::Role, cause::Actor, keyed::Request},
    engine::{
        approvals::{Decision, Refused, Status, Verdict},
        control::{Act, Which},
    },
};
use pointsman_entities::{
    approval, approval_assignee,
    ids::{ApprovalId, UserId},
    notification, timer,
};
use pointsman_tests::world::{World, node, workflow};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value as Json, json};

use super::people::user;
use crate::both;

const DAY: Duration = Duration::from_secs(86_400);

fn discount() -> Json {
    let form = json!([
        { "name": "limit", "input": "number", "required": true },
        { "name": "until", "input": "date" },
    ]);
    let mark = |key: &str, text: &str| node(key, "updateRecord", json!({ "values": { "source": text } }));
    workflow(
        vec![
            node("new", "recordCreated", json!({ "object": "contact" })),
            node(
                "boss",
                "approval",
                json!({ "users": ["ann@acme.example", "bob@acme.example"], "title": "A discount for {{ record.name }}?",
                        "form": form, "deadline": "P3D" }),
            ),
            mark(
                "yes",
                "{{ string(steps.boss.output.form.limit) }} by {{ steps.boss.output.by.name }}",
            ),
            mark("no", "no: {{ steps.boss.output.comment }}"),
            mark("late", "too late"),
        ],
        &[
            "new -> boss",
            "boss.approved -> yes",
            "boss.rejected -> no",
            "boss.timedOut -> late",
        ],
    )
}

fn access(user: &Record) -> Access {
    Access::new(Actor::User(UserId(user.id.0)), Role::Member)
}

fn yes(answers: Json) -> Verdict {
    Verdict {
        decision: Decision::Approve,
        answers: answers.as_object().cloned().unwrap_or_default(),
        comment: None,
    }
}

fn no(comment: &str) -> Verdict {
    Verdict {
        decision: Decision::Reject,
        answers: serde_json::Map::new(),
        comment: Some(comment.into()),
    }
}

async fn decide(
    world: &World,
    user: &Record,
    id: ApprovalId,
    verdict: Verdict,
) -> Result<Result<approval::Model, Refused>> {
    let access = access(user);
    Ok(world.engine.decide(Request::from(&access), id, verdict).await?)
}

async fn only(world: &World) -> Result<approval::Model> {
    approval::Entity::find()
        .one(world.reads())
        .await?
        .context("an approval")
}

/// Ann and Bob are asked about a contact.
async fn asked(world: &World) -> Result<(Arc<Record>, Arc<Record>, Arc<Record>)> {
    let (ann, bob) = (user(world, "ann").await?, user(world, "bob").await?);
    world.publish(discount()).await?;
    let contact = world.create("contact", json!({ "name": "Cy" })).await?;
    world.waiting(world.run().await?.id, "boss").await?;
    Ok((ann, bob, contact))
}

both! {
    async fn who_approves_answers_the_form_and_the_run_goes_on(world: World) -> Result<World> {
        let (ann, _, contact) = asked(&world).await?;
        let id = only(&world).await?.id;

        let refused = decide(&world, &ann, id, yes(json!({ "until": "soon" }))).await?;
        let world = world.restart().await?;
        let decided = decide(&world, &ann, id, yes(json!({ "limit": "12.5", "until": "2026-02-01" }))).await?;
        world.finished(world.run().await?.id).await?;

        let Err(Refused::Unfit(unfit)) = refused else { panic!("{refused:?}") };
        let named: Vec<_> = unfit.iter().map(|one| (one.name.as_str(), one.missing)).collect();
        assert_eq!(named, [("limit", true), ("until", false)]);
        assert!(decided.is_ok(), "{decided:?}");
        assert_eq!(world.read(&contact).await?.get("source").as_text(), Some("12.5 by ann"));
        assert_eq!(timer::Entity::find().count(world.reads()).await?, 0);
        Ok(world)
    }

    async fn everybody_who_is_asked_is_told(world: World) -> Result<World> {
        let (ann, bob, _) = asked(&world).await?;

        let told = notification::Entity::find().all(world.reads()).await?;

        let mut users: Vec<_> = told.iter().map(|row| row.user_id.0).collect();
        users.sort();
        assert_eq!(users, [ann.id.0, bob.id.0]);
        assert!(told.iter().all(|row| row.title == "A discount for Cy?" && row.approval_id.is_some()));
        Ok(world)
    }

    async fn of_many_who_decide_at_once_the_first_counts(world: World) -> Result<World> {
        let (ann, bob, contact) = asked(&world).await?;
        let id = only(&world).await?.id;

        let decisions = (0..20).map(|number| match number % 2 {
            0 => decide(&world, &ann, id, yes(json!({ "limit": number }))),
            _ => decide(&world, &bob, id, no("never")),
        });
        let outcomes = join_all(decisions).await.into_iter().collect::<Result<Vec<_>>>()?;
        world.finished(world.run().await?.id).await?;

        let taken: Vec<_> = outcomes.iter().flatten().collect();
        let [taken] = taken[..] else { panic!("{} decisions", taken.len()) };
        let row = only(&world).await?;
        assert_eq!((&row.status, row.decided_by), (&taken.status, taken.decided_by));
        let over = Status::parse(&row.status).map(Refused::Over).context("a status")?;
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Err(over.clone())).count(), 19);
        let source = world.read(&contact).await?.get("source").as_text().map(str::to_owned).context("a mark")?;
        assert_eq!(source.ends_with("by ann"), row.status == "APPROVED");
        Ok(world)
    }

    async fn who_is_not_asked_does_not_decide_and_does_not_see_it(world: World) -> Result<World> {
        asked(&world).await?;
        let eve = user(&world, "eve").await?;
        let id = only(&world).await?.id;

        let stranger = decide(&world, &eve, id, no("mine")).await?;
        let admin = Access::new(Actor::User(UserId(eve.id.0)), Role::Admin);
        let admin = world.engine.decide(Request::from(&admin), id, no("mine")).await?;

        assert_eq!((stranger, admin), (Err(Refused::NotFound), Err(Refused::NotAssigned)));
        Ok(world)
    }

    async fn without_a_decision_the_run_goes_on_at_the_deadline(world: World) -> Result<World> {
        let (ann, _, contact) = asked(&world).await?;
        let id = only(&world).await?.id;

        world.clock.advance(3 * DAY);
        world.finished(world.run().await?.id).await?;
        let late = decide(&world, &ann, id, yes(json!({ "limit": 1 }))).await?;

        assert_eq!(world.read(&contact).await?.get("source").as_text(), Some("too late"));
        assert_eq!(late, Err(Refused::Over(Status::TimedOut)));
        Ok(world)
    }

    async fn a_decision_and_a_deadline_that_come_at_once_agree(world: World) -> Result<World> {
        user(&world, "ann").await?;
        let bob = user(&world, "bob").await?;
        world.publish(discount()).await?;
        for number in 0..30 {
            world.create("contact", json!({ "name": format!("Contact {number}") })).await?;
        }
        let runs = world.runs().await?;
        for run in &runs {
            world.waiting(run.id, "boss").await?;
        }
        let approvals = approval::Entity::find().all(world.reads()).await?;

        world.clock.advance(3 * DAY);
        let decisions = approvals.iter().map(|row| decide(&world, &bob, row.id, no("never")));
        let outcomes = join_all(decisions).await.into_iter().collect::<Result<Vec<_>>>()?;
        for run in &runs {
            world.finished(run.id).await?;
        }

        for (before, outcome) in approvals.iter().zip(outcomes) {
            let row = approval::Entity::find_by_id(before.id).one(world.reads()).await?.context("a row")?;
            let port = world.steps(before.run_id).await?.remove("boss").and_then(|step| step.port);
            let expected = match outcome {
                Ok(_) => ("REJECTED", "rejected"),
                Err(Refused::Over(Status::TimedOut)) => ("TIMED_OUT", "timedOut"),
                Err(other) => panic!("{other:?}"),
            };
            assert_eq!((row.status.as_str(), port.as_deref()), (expected.0, Some(expected.1)));
        }
        Ok(world)
    }

    async fn a_cancelled_run_asks_nobody_any_more_and_takes_its_approvals_along(world: World) -> Result<World> {
        let (ann, _, _) = asked(&world).await?;
        let (id, run) = (only(&world).await?.id, world.run().await?.id);

        let cancelled = world.engine.act(&world.access, Act::Cancel, Which::One(run)).await?;
        cancelled.map_err(|problem| anyhow!("{problem:?}"))?;
        world.finished(run).await?;
        let late = decide(&world, &ann, id, no("never")).await?;
        world.clock.advance(200 * DAY);
        pointsman::engine::housekeeping::tick(&world.engine).await?;

        assert_eq!(late, Err(Refused::Over(Status::Cancelled)));
        assert_eq!(approval::Entity::find().count(world.reads()).await?, 0);
        assert_eq!(approval_assignee::Entity::find().count(world.reads()).await?, 0);
        assert_eq!(notification::Entity::find().count(world.reads()).await?, 0);
        Ok(world)
    }
}
