//! Backtests: what a draft would have done with the changes of the past.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::TryStreamExt;
use pointsman::{
    engine::{backtest::Tally, dry_run::report::Act, housekeeping},
    store::{Assign, Update, Write, WriteSet},
    workflow::candidate::{Candidate, Subject},
};
use pointsman_entities::{blob, change, job, time::Timestamp};
use pointsman_graph::definition::Definition;
use pointsman_tests::world::{START, World, node, workflow};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Value};
use serde_json::{Value as Json, json};

use crate::both;

fn promotion() -> Json {
    workflow(
        vec![
            node(
                "scored",
                "recordUpdated",
                json!({
                    "object": "contact", "fields": ["score"], "where": "record.score > 70 && previous.score <= 70",
                }),
            ),
            node(
                "promote",
                "updateRecord",
                json!({ "values": { "source": "{{ record.name }} at {{ record.score }}" } }),
            ),
        ],
        &["scored -> promote"],
    )
}

/// Asks for a backtest and waits for its end.
async fn backtest(world: &World, definition: Json, since: Timestamp) -> Result<(job::Model, Tally)> {
    let subject = Subject::Drawn {
        definition: Definition::from_json(definition)?,
        time_zone: "Europe/Berlin".into(),
    };
    let Candidate::Sound {
        version, definition, ..
    } = world.workflows.candidate(&world.access, subject, None).await?
    else {
        bail!("the definition has errors");
    };
    let job = world
        .engine
        .backtest(&world.access, &version, &definition, since)
        .await?;
    let seen: Vec<_> = world.engine.watch_job(job.id).try_collect().await?;
    let last = seen.into_iter().next_back().context("a job")?;
    let found = world.engine.progress(&last).await?.context("what was found")?;
    Ok((last, serde_json::from_str(&found)?))
}

both! {
    async fn a_backtest_counts_the_runs_of_each_day_as_the_records_were_then(world: World) -> Result<World> {
        let ann = world.create("contact", json!({ "name": "Ann", "score": 10 })).await?;
        let ben = world.create("contact", json!({ "name": "Ben", "score": 80 })).await?;
        let ann = world.update(&ann, json!({ "score": 71 })).await?;
        world.clock.advance(Duration::from_secs(15 * 3_600));
        let ann = world.update(&ann, json!({ "score": 50, "name": "Anna" })).await?;
        let ann = world.update(&ann, json!({ "score": 90 })).await?;
        world.update(&ann, json!({ "score": 95 })).await?;
        world.update(&ben, json!({ "name": "Benno" })).await?;

        let (job, found) = backtest(&world, promotion(), Timestamp(0)).await?;

        assert_eq!((job.state.as_str(), job.done), ("DONE", job.total));
        assert_eq!((found.enrolled, found.not_evaluable), (2, 0));
        assert_eq!(found.evaluated, 7);
        let days: Vec<_> = found.days.into_iter().collect();
        assert_eq!(days, [("2026-01-05".to_owned(), 1), ("2026-01-06".to_owned(), 1)], "the days of Berlin");
        let mut written: Vec<_> = found.samples.iter().map(|sample| match &sample.effects[..] {
            [effect] => match &effect.act {
                Act::Change(diff) => diff.fields["source"][1].clone(),
                other => json!(other),
            },
            other => json!(other),
        }).collect();
        written.sort_by_key(ToString::to_string);
        assert_eq!(written, ["Ann at 71", "Anna at 90"], "with the names and scores of then");
        assert!(world.runs().await?.is_empty());
        Ok(world)
    }

    async fn a_finished_job_goes_with_time_and_all_that_it_has_found(world: World) -> Result<World> {
        for number in 0..30 {
            let contact = world.create("contact", json!({ "name": "x".repeat(200 + number), "score": 10 })).await?;
            world.update(&contact, json!({ "score": 71 })).await?;
        }
        let (job, _) = backtest(&world, promotion(), Timestamp(0)).await?;

        world.clock.advance(Duration::from_secs(89 * 86_400));
        housekeeping::tick(&world.engine).await?;
        let kept = (job::Entity::find().count(world.reads()).await?, blob::Entity::find().count(world.reads()).await?);
        world.clock.advance(Duration::from_secs(2 * 86_400));
        housekeeping::tick(&world.engine).await?;

        assert!(kept.0 == 1 && kept.1 > 0, "what it has found is kept out of line: {kept:?}");
        assert!(world.engine.job(job.id).await?.is_none());
        assert_eq!(blob::Entity::find().count(world.reads()).await?, 0);
        Ok(world)
    }

    async fn changes_before_the_time_asked_for_do_not_count(world: World) -> Result<World> {
        let ann = world.create("contact", json!({ "name": "Ann", "score": 10 })).await?;
        let ann = world.update(&ann, json!({ "score": 71 })).await?;
        world.clock.advance(Duration::from_secs(60));
        let since = Timestamp(START.micros() + 60_000_000);
        let ann = world.update(&ann, json!({ "score": 10 })).await?;
        world.update(&ann, json!({ "score": 72 })).await?;

        let (_, found) = backtest(&world, promotion(), since).await?;

        assert_eq!((found.evaluated, found.enrolled), (2, 1));
        Ok(world)
    }

    async fn an_erased_change_is_not_evaluable_nor_what_was_before_it(world: World) -> Result<World> {
        let ann = world.create("contact", json!({ "name": "Ann", "score": 10 })).await?;
        let ann = world.update(&ann, json!({ "score": 71 })).await?;
        let ann = world.update(&ann, json!({ "score": 10 })).await?;
        world.update(&ann, json!({ "score": 72 })).await?;
        let third = change::Entity::find()
            .filter(change::Column::RecordId.eq(ann.id))
            .filter(change::Column::RecordVersion.eq(3))
            .one(world.reads())
            .await?
            .context("change")?;
        let mut set = WriteSet::new();
        set.push(Write::Update(Update {
            table: "change",
            key: vec![("seq", third.seq.into())],
            set: vec![("payload", Assign::Value(Value::String(None))), ("salt", Assign::Value(Value::Bytes(None)))],
            guard: Vec::new(),
            returning: None,
            must_match: true,
        }));
        world.crm.store().commit(set).await?.map_err(|refusal| anyhow::anyhow!("{refusal}"))?;

        let (_, found) = backtest(&world, promotion(), Timestamp(0)).await?;

        assert_eq!((found.enrolled, found.evaluated, found.not_evaluable), (1, 1, 3));
        Ok(world)
    }

    async fn a_job_of_a_dead_server_node_goes_on_where_it_stood(world: World) -> Result<World> {
        for number in 0..130 {
            let contact = world.create("contact", json!({ "name": format!("c{number}"), "score": 10 })).await?;
            world.update(&contact, json!({ "score": 71 })).await?;
        }
        let subject = Subject::Drawn { definition: Definition::from_json(promotion())?, time_zone: "UTC".into() };
        let Candidate::Sound { version, definition, .. } = world.workflows.candidate(&world.access, subject, None).await? else {
            bail!("the definition has errors");
        };
        world.engine.stop().await;
        let job = world.engine.backtest(&world.access, &version, &definition, Timestamp(0)).await?;
        world.engine.work_on(job.id).await?;
        let half = world.engine.job(job.id).await?.context("job")?;

        let world = world.restart().await?;
        let seen: Vec<_> = world.engine.watch_job(job.id).try_collect().await?;
        let last = seen.last().context("job")?;
        let found: Tally = serde_json::from_str(&world.engine.progress(last).await?.context("found")?)?;

        assert_eq!((half.state.as_str(), half.done, half.total), ("RUNNING", 200, 260));
        assert_eq!((last.state.as_str(), last.done), ("DONE", 260));
        assert_eq!((found.enrolled, found.samples.len()), (130, 20), "nothing is counted twice");
        Ok(world)
    }
}
