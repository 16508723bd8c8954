//! Required and unique fields: whoever writes, however many at once, on whichever server node.

use anyhow::{Context, Result, ensure};
use futures_util::future::join_all;
use pointsman::crm::{
    custom::{
        definition::Type,
        fields::{FieldChange, NewField},
    },
    keyed::Request,
    validate::Code,
};
use pointsman_tests::world::{World, create, field};
use serde_json::json;

use crate::both;

both! {
    async fn a_unique_value_has_one_record_however_many_write_at_once(world: World) -> Result<World> {
        world.define(&NewField { unique: true, ..field("badge", Type::Text) }).await?;

        let writers = (0..20).map(|number| create(&world.crm, "contact", json!({ "name": format!("{number}"), "badge": "A" })));
        let written = join_all(writers).await;

        ensure!(written.iter().filter(|written| written.is_ok()).count() == 1, "{written:#?}");
        let first = world.only("contact").await?;
        world.update(&first, json!({ "badge": "B" })).await?;
        let second = world.create("contact", json!({ "name": "second", "badge": "A" })).await?;
        ensure!(world.update(&second, json!({ "badge": "B" })).await.is_err(), "taken");
        world.delete(&first).await?;
        world.update(&second, json!({ "badge": "B" })).await?;
        ensure!(world.restore(&first).await.is_err(), "taken while it was in the bin");
        world.update(&second, json!({ "badge": null })).await?;
        world.restore(&first).await?;
        Ok(world)
    }

    async fn a_field_grows_stricter_only_over_records_that_fit(world: World) -> Result<World> {
        let badge = world.define(&field("badge", Type::Integer)).await?;
        let ann = world.create("contact", json!({ "name": "Ann", "badge": 7 })).await?;
        let bob = world.create("contact", json!({ "name": "Bob", "badge": 7 })).await?;
        let cid = world.create("contact", json!({ "name": "Cid" })).await?;
        let stricter = FieldChange { required: Some(true), unique: Some(true), ..FieldChange::default() };
        let before = world.dump().await?;

        let lacking = world.crm.update_field(Request::from(&world.access), badge.id, &stricter).await?.err().context("Cid")?;
        ensure!((lacking.code, lacking.field) == (Code::Required, Some("required")), "{lacking:?}");
        ensure!(lacking.message.starts_with("1 of") && lacking.message.contains(&cid.global_id()), "{lacking:?}");
        ensure!(world.dump().await? == before, "nothing is written");

        let cid = world.update(&cid, json!({ "badge": 8 })).await?;
        let shared = world.crm.update_field(Request::from(&world.access), badge.id, &stricter).await?.err().context("two 7")?;
        ensure!((shared.code, shared.field) == (Code::Taken, Some("unique")), "{shared:?}");
        ensure!(shared.message.starts_with("2 of") && shared.message.contains(&ann.global_id()), "{shared:?}");

        world.update(&bob, json!({ "badge": 9 })).await?;
        world.crm.update_field(Request::from(&world.access), badge.id, &stricter).await?.ok().context("stricter")?;
        let before = world.dump().await?;
        ensure!(world.create("contact", json!({ "name": "Dan" })).await.is_err(), "required");
        ensure!(world.create("contact", json!({ "name": "Dan", "badge": 9 })).await.is_err(), "unique");
        ensure!(world.update(&cid, json!({ "badge": null })).await.is_err(), "required");
        ensure!(world.dump().await? == before, "nothing is written");
        Ok(world)
    }

    async fn writers_never_outrun_a_field_that_is_made_unique(world: World) -> Result<World> {
        let badge = world.define(&field("badge", Type::Text)).await?;
        let unique = FieldChange { unique: Some(true), ..FieldChange::default() };

        let writers = join_all((0..40).map(|number| {
            create(&world.crm, "contact", json!({ "name": format!("{number}"), "badge": format!("{}", number % 30) }))
        }));
        let change = world.crm.update_field(Request::from(&world.access), badge.id, &unique);
        let (written, changed) = tokio::join!(writers, change);

        let written = written.iter().filter(|written| written.is_ok()).count();
        match changed? {
            Ok(_) => ensure!(written == 30, "{written}"),
            Err(problem) => ensure!(problem.code == Code::Taken && written == 40, "{problem:?} {written}"),
        }
        Ok(world)
    }

    async fn a_definition_made_on_one_node_is_enforced_on_the_other_at_once(world: World) -> Result<World> {
        let Some(other) = world.neighbour().await? else { return Ok(world) };

        world.define(&NewField { unique: true, ..field("badge", Type::Text) }).await?;
        other.create("contact", json!({ "name": "Ann" })).await?;
        ensure!(other.crm.object("contact").context("object")?.field("badge").is_some(), "learnt at the commit");
        other.create("contact", json!({ "name": "Bob", "badge": "A" })).await?;
        ensure!(world.create("contact", json!({ "name": "Cid", "badge": "A" })).await.is_err());
        other.stop().await;
        Ok(world)
    }

    async fn a_key_is_given_once_and_means_nothing_else(world: World) -> Result<World> {
        world.define(&field("badge", Type::Text)).await?;
        let before = world.dump().await?;

        for key in ["badge", "name", "id", "custom", "Badge", "a-b", "", "in"] {
            let refused = world.crm.create_field(Request::from(&world.access), &field(key, Type::Text)).await?;
            ensure!(refused.is_err_and(|problem| problem.field == Some("key")), "{key}");
        }
        for wrong in [
            NewField { object: "nothing".into(), ..field("more", Type::Text) },
            NewField { unique: true, ..field("more", Type::Boolean) },
            NewField { indexed: true, ..field("more", Type::LongText) },
            NewField { default: Some("x".into()), ..field("more", Type::Integer) },
            NewField { scale: Some(10), ..field("more", Type::Decimal) },
            NewField { required: true, unique: true, default: Some("x".into()), ..field("more", Type::Text) },
            field("more", Type::Select),
            field("more", Type::Reference),
        ] {
            let refused = world.crm.create_field(Request::from(&world.access), &wrong).await?;
            ensure!(refused.is_err(), "{wrong:?}");
        }
        for key in ["contact", "workflow", "A", "a_", "x1"] {
            ensure!(world.define_object(key).await.is_err(), "{key}");
        }
        ensure!(world.dump().await? == before, "nothing is written");
        Ok(world)
    }
}
