//! Workflows over custom fields and objects: triggers, typed conditions, searches and writes.

use anyhow::{Context, Result, ensure};
use pointsman::crm::{
    Value,
    custom::{definition::Type, fields::NewField},
};
use pointsman_tests::world::{World, field, node, options, workflow};
use serde_json::json;

use crate::both;

both! {
    async fn a_change_of_a_custom_field_starts_a_run_that_writes_others(world: World) -> Result<World> {
        custom(&world).await?;
        world.publish(workflow(
            vec![
                node("changed", "recordUpdated", json!({
                    "object": "vehicle", "fields": ["mileage"],
                    "where": "record.mileage > previous.mileage && record.fee >= 10.1 && 'NORTH' in record.regions",
                })),
                node("old", "findRecords", json!({ "object": "vehicle", "where": "record.mileage < 100 && 'SOUTH' in record.regions" })),
                node("mark", "updateRecord", json!({ "values": { "fee": "{{ record.fee + decimal('0.05') }}", "state": "USED" } })),
                node("note", "createRecord", json!({
                    "object": "contact", "values": { "firstName": "Driver", "drives": "{{ record.id }}", "found": "{{ steps.old.output.count }}" },
                })),
            ],
            &["changed -> old", "old -> mark", "mark -> note"],
        )).await?;
        let van = world.create("vehicle", json!({ "name": "Van", "mileage": 5, "fee": "10.10", "regions": ["NORTH"] })).await?;
        world.create("vehicle", json!({ "name": "Bike", "mileage": 1, "regions": ["SOUTH", "NORTH"] })).await?;
        world.update(&van, json!({ "fee": "10.11" })).await?;
        ensure!(world.runs().await?.is_empty(), "another field has changed");

        world.update(&van, json!({ "mileage": 6 })).await?;
        let run = world.run().await?;
        world.finished(run.id).await?;

        ensure!(world.run().await?.status == "SUCCEEDED", "{:#?}", world.steps(run.id).await?);
        let van = world.read(&van).await?;
        let fee = van.get("fee").to_json(van.object.field("fee").context("fee")?.1);
        ensure!(fee == json!("10.16") && van.get("state") == &Value::text("USED"), "{van:#?}");
        let driver = world.only("contact").await?;
        ensure!(driver.get("drives") == &Value::Id(van.id) && driver.get("found") == &Value::Integer(1), "{driver:#?}");
        Ok(world)
    }

    async fn a_custom_field_has_its_type_in_the_check(world: World) -> Result<World> {
        custom(&world).await?;
        for wrong in [
            "record.mileage == 'far'",
            "record.regions == 'NORTH'",
            "record.nothing == 1",
            "record.fee.startsWith('1')",
        ] {
            let definition = workflow(vec![node("made", "recordCreated", json!({ "object": "vehicle", "where": wrong }))], &[]);
            ensure!(world.publish(definition).await.is_err(), "{wrong}");
        }
        Ok(world)
    }
}

async fn custom(world: &World) -> Result<()> {
    world.define_object("vehicle").await?;
    let of = |key: &str, kind| NewField {
        object: "vehicle".into(),
        ..field(key, kind)
    };
    let regions = NewField {
        options: options(&["NORTH", "SOUTH"]),
        ..of("regions", Type::MultiSelect)
    };
    let state = NewField {
        options: options(&["NEW", "USED"]),
        default: Some("NEW".into()),
        ..of("state", Type::Select)
    };
    let fee = NewField {
        scale: Some(2),
        ..of("fee", Type::Decimal)
    };
    let drives = NewField {
        target: Some("vehicle".into()),
        ..field("drives", Type::Reference)
    };
    for new in [
        of("mileage", Type::Integer),
        fee,
        regions,
        state,
        drives,
        field("found", Type::Integer),
    ] {
        world.define(&new).await?;
    }
    Ok(())
}
