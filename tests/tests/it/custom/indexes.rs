//! Indexes of custom fields: built by a job, used by filters and orders, gone when nobody wants them any more.

use anyhow::{Context, Result, bail, ensure};
use pointsman::crm::{
    Value,
    custom::{
        definition::Type,
        fields::{FieldChange, NewField},
    },
    filter::Filter,
    keyed::Request,
    query::{Page, Query, Sort},
};
use pointsman_entities::{custom_field, ids::CustomFieldId, job};
use pointsman_tests::world::{World, field};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, Statement};
use serde_json::json;

use crate::both;

both! {
    async fn a_job_builds_an_index_that_filters_and_orders_use(world: World) -> Result<World> {
        let seats = world.define(&field("seats", Type::Integer)).await?;
        for number in 0..50 {
            let seats = (number % 3 > 0).then_some(number);
            world.create("contact", json!({ "name": "Ann", "seats": seats })).await?;
        }
        let expression = world.crm.object("contact").context("object")?.field("seats").context("field")?.1.expr("contact");
        let indexed = FieldChange { indexed: Some(true), ..FieldChange::default() };
        let ordered = world.crm.update_field(Request::from(&world.access), seats.id, &indexed).await?.ok().context("ordered")?;
        ensure!(ordered.index_state == "BUILDING");

        until(&world, seats.id, "READY").await?;

        let filter = format!("SELECT id FROM contact WHERE {} = 7 AND deleted_at IS NULL", sql(&world, &expression));
        let order = format!(
            "SELECT id FROM contact WHERE deleted_at IS NULL ORDER BY {} ASC NULLS LAST, id LIMIT 5", sql(&world, &expression)
        );
        for question in [filter, order] {
            let plan = plan(&world, &question).await?;
            ensure!(plan.contains("custom_") && !plan.contains("Seq Scan"), "{question}\n{plan}");
        }
        for (descending, first) in [(false, 1), (true, 49)] {
            let found = ordered_by(&world, "seats", descending).await?;
            ensure!(found.first() == Some(&Value::Integer(first)) && found.last() == Some(&Value::Null), "{found:?}");
        }
        let dropped = FieldChange { indexed: Some(false), ..FieldChange::default() };
        world.crm.update_field(Request::from(&world.access), seats.id, &dropped).await?.ok().context("dropped")?;
        until(&world, seats.id, "NONE").await?;
        Ok(world)
    }

    async fn a_new_field_can_have_its_index_at_once(world: World) -> Result<World> {
        world.define_object("vehicle").await?;
        let plate = NewField { object: "vehicle".into(), indexed: true, unique: true, ..field("plate", Type::Text) };
        let plate = world.define(&plate).await?;

        until(&world, plate.id, "READY").await?;

        world.create("vehicle", json!({ "name": "Van", "plate": "B-1" })).await?;
        ensure!(world.create("vehicle", json!({ "name": "Car", "plate": "B-1" })).await.is_err(), "still unique");
        Ok(world)
    }
}

/// All values in the order of the field, as lists give them.
async fn ordered_by(world: &World, name: &str, descending: bool) -> Result<Vec<Value>> {
    let object = world.crm.object("contact").context("object")?;
    let (index, field) = object.field(name).context("field")?;
    ensure!(
        field.custom.as_ref().is_some_and(|custom| custom.indexed),
        "the order knows of the index"
    );
    let sort = Sort {
        field: index,
        descending,
        nulls_first: false,
    };
    let query = Query {
        object,
        filter: Filter::Always(true),
        order: vec![sort],
    };
    let page = Page {
        size: 100,
        backward: false,
        from: None,
    };
    let found = world.crm.find(&world.access, &query, &page).await?;
    Ok(found.records.iter().map(|record| record.get(name).clone()).collect())
}

fn sql(world: &World, expression: &sea_orm::sea_query::Expr) -> String {
    use sea_orm::sea_query::{PostgresQueryBuilder, Query, SqliteQueryBuilder};
    let select = Query::select().expr(expression.clone()).to_owned();
    let text = match world.reads().get_database_backend() {
        DbBackend::Postgres => select.to_string(PostgresQueryBuilder),
        _ => select.to_string(SqliteQueryBuilder),
    };
    text.trim_start_matches("SELECT ").to_owned()
}

/// How the database would answer; PostgreSQL is kept from reading the whole of so small a table.
async fn plan(world: &World, question: &str) -> Result<String> {
    let backend = world.reads().get_database_backend();
    if backend == DbBackend::Postgres {
        world.crm.store().reads().execute_unprepared("ANALYZE contact").await?;
        use sea_orm::TransactionTrait;
        let transaction = world.reads().begin().await?;
        transaction.execute_unprepared("SET LOCAL enable_seqscan = off").await?;
        transaction.execute_unprepared("SET LOCAL enable_sort = off").await?;
        let rows = transaction
            .query_all_raw(Statement::from_string(backend, format!("EXPLAIN {question}")))
            .await?;
        let lines = rows.iter().map(|row| row.try_get_by_index::<String>(0));
        return Ok(lines.collect::<Result<Vec<_>, _>>()?.join("\n"));
    }
    let rows = world
        .reads()
        .query_all_raw(Statement::from_string(
            backend,
            format!("EXPLAIN QUERY PLAN {question}"),
        ))
        .await?;
    let lines = rows.iter().map(|row| row.try_get_by_index::<String>(3));
    let plan = lines.collect::<Result<Vec<_>, _>>()?.join("\n");
    ensure!(!plan.contains("TEMP B-TREE"), "{plan}");
    Ok(plan)
}

/// Waits until the index is in that state and its job is over.
async fn until(world: &World, id: CustomFieldId, state: &str) -> Result<()> {
    for _ in 0..200_000 {
        let row = custom_field::Entity::find_by_id(id)
            .one(world.reads())
            .await?
            .context("field")?;
        let jobs = job::Entity::find().all(world.reads()).await?;
        if row.index_state == state && jobs.iter().all(|job| job.finished_at.is_some()) {
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
    bail!("the index is never {state}")
}
