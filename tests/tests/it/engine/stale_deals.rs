//! A ladder for deals that nobody touches: each morning at eight in New York, a task for every full day of standing still,
//! one a level. It goes over the day on which clocks change, and any change of a deal starts its ladder anew.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use pointsman_entities::{schedule, task};
use pointsman_tests::world::{World, node, workflow};
use sea_orm::EntityTrait;
use serde_json::{Value as Json, json};

use crate::both;

/// More than two pages of records.
const DEALS: usize = 450;

fn ladder() -> Json {
    workflow(
        vec![
            node(
                "morning",
                "schedule",
                json!({
                    "cron": "0 8 * * *", "zone": "America/New_York",
                    "object": "deal", "where": "record.status == 'OPEN' && record.updatedAt <= now - duration('24h')",
                }),
            ),
            node(
                "stale",
                "set",
                json!({ "values": { "days": "(trigger.at - record.updatedAt).getHours() / 24" } }),
            ),
            node(
                "earlier",
                "findRecords",
                json!({
                    "object": "task", "limit": 1,
                    "where": "record.deal.id == trigger.record.id && record.createdAt > trigger.record.updatedAt
                        && record.title == 'Stale ' + string(steps.stale.output.days)",
                }),
            ),
            node("new", "if", json!({ "condition": "steps.earlier.output.count == 0" })),
            node(
                "task",
                "createTask",
                json!({ "title": "Stale {{ steps.stale.output.days }}", "about": "record" }),
            ),
        ],
        &[
            "morning -> stale",
            "stale -> earlier",
            "earlier -> new",
            "new.yes -> task",
        ],
    )
}

/// How many tasks each deal has of each title.
async fn levels(world: &World) -> Result<BTreeMap<(String, String), usize>> {
    let mut found = BTreeMap::new();
    for task in task::Entity::find().all(world.reads()).await? {
        let deal = task.deal_id.context("a deal")?.0.to_string();
        *found.entry((deal, task.title)).or_default() += 1;
    }
    Ok(found)
}

async fn mornings(world: &World) -> Result<String> {
    let row = schedule::Entity::find()
        .one(world.reads())
        .await?
        .context("a schedule")?;
    Ok(pointsman_graph::value::Timestamp::from_micros(row.next_at.micros())?.to_string())
}

both! {
    async fn stale_deals_climb_a_level_a_day_over_the_change_of_clocks(world: World) -> Result<World> {
        // 24.5 hours before the first morning, 47.5 before the one on which clocks have changed.
        world.clock.advance_to("2026-03-06T12:30:00Z")?;
        let mut deals = Vec::new();
        for number in 0..DEALS {
            deals.push(world.create("deal", json!({ "name": format!("Deal {number}") })).await?);
        }
        world.publish(ladder()).await?;

        // The day before: 13:00 UTC is still eight.
        world.clock.advance_to("2026-03-06T13:00:00Z")?;
        world.caught_up().await?;
        assert_eq!(world.runs().await?.len(), 0, "nothing is stale yet");
        world.clock.advance_to("2026-03-07T13:00:00Z")?;
        world.ended(DEALS).await?;
        assert!(levels(&world).await?.values().all(|count| *count == 1));
        assert_eq!(mornings(&world).await?, "2026-03-08T12:00:00Z", "eight is an hour earlier now");

        // The day itself: one morning, and no new level after 47.5 hours.
        world.clock.advance_to("2026-03-08T12:00:00Z")?;
        world.ended(2 * DEALS).await?;
        let world = world.restart().await?;
        world.clock.advance_to("2026-03-08T13:00:00Z")?;
        world.caught_up().await?;
        assert_eq!(world.runs().await?.len(), 2 * DEALS, "the day fires once");
        assert_eq!(levels(&world).await?.len(), DEALS, "one task each, of the first level");
        let touched = deals.first().context("a deal")?;
        world.update(touched, json!({ "description": "called" })).await?;

        // The day after: the second level for all but the deal that was touched.
        world.clock.advance_to("2026-03-09T12:00:00Z")?;
        world.ended(3 * DEALS - 1).await?;
        let counts = levels(&world).await?;
        assert_eq!(counts.len(), 2 * DEALS - 1);
        assert!(counts.values().all(|count| *count == 1), "once a level");

        // And it begins with the first level again.
        world.clock.advance_to("2026-03-10T12:00:00Z")?;
        world.ended(4 * DEALS - 1).await?;
        let first = (touched.id.0.to_string(), "Stale 1".to_owned());
        assert_eq!(levels(&world).await?.get(&first), Some(&2));
        Ok(world)
    }
}
