//! What a stricter definition would find among the records that are there: asked before, to say which they are; required at
//! the commit, for somebody may have written meanwhile.

use pointsman_entities::custom_key;
use sea_orm::{
    ConnectionTrait, EntityName, QueryResult,
    sea_query::{Expr, ExprTrait, Order, Query, SelectStatement},
};

use super::sql;
use crate::{
    crm::{
        id,
        object::{Field, Object},
        snapshot::of,
        validate::Code,
        write::Problem,
    },
    store::{self, Store, Sweep, Write},
};

/// Records that a refusal names.
const EXAMPLES: u64 = 3;

/// The records that lack a value.
///
/// # Errors
/// Where the database fails.
pub async fn lacking(store: &Store, object: &Object, field: &Field) -> Result<Option<Problem>, store::Error> {
    let rows = lacks(object, field);
    let told = |count: i64, names: String| format!("{count} of the records have no value, such as {names}");
    problem(store, object, rows, (Code::Required, "required"), told).await
}

/// The records that share a value with others.
///
/// # Errors
/// Where the database fails.
pub async fn shared(store: &Store, object: &Object, field: &Field) -> Result<Option<Problem>, store::Error> {
    let key = key(store, object, field);
    let twice = live(object)
        .expr(key.clone())
        .and_where(field.expr(object.table).is_not_null())
        .add_group_by([key.clone()])
        .and_having(Expr::cust("count(*)").gt(1_i64))
        .to_owned();
    let rows = live(object).and_where(key.in_subquery(twice)).to_owned();
    let told = |count: i64, names: String| format!("{count} of the records share a value with others, such as {names}");
    problem(store, object, rows, (Code::Taken, "unique"), told).await
}

/// Refuses the set where a record lacks a value.
#[must_use]
pub fn require_all(store: &Store, object: &Object, field: &Field) -> Write {
    let rows = lacks(object, field).expr(Expr::cust("1")).to_owned();
    let statement = store.reads().get_database_backend().build(&rows);
    Write::Sweep(Sweep {
        table: object.table,
        sql: statement.sql,
        values: statement.values.map(|values| values.0).unwrap_or_default(),
        forbids: true,
    })
}

/// Takes the keys of all records; refuses the set where two records have the same.
#[must_use]
pub fn take_all(store: &Store, object: &Object, field: &Field) -> Option<Write> {
    let id = field.custom.as_ref()?.id;
    let rows = live(object)
        .expr(Expr::val(id.0))
        .expr(key(store, object, field))
        .expr(Expr::col((object.table, "id")))
        .and_where(field.expr(object.table).is_not_null())
        .to_owned();
    let table = custom_key::Entity.table_name();
    let mut insert = Query::insert();
    insert.into_table(table).columns(["field_id", "value", "record_id"]);
    let insert = insert.select_from(rows).ok()?;
    let statement = store.reads().get_database_backend().build(&*insert);
    Some(Write::Sweep(Sweep {
        table,
        sql: statement.sql,
        values: statement.values.map(|values| values.0).unwrap_or_default(),
        forbids: false,
    }))
}

/// The object's records that aren't in the bin.
fn live(object: &Object) -> SelectStatement {
    Query::select()
        .from(object.table)
        .cond_where(of(object))
        .and_where(Expr::col((object.table, "deleted_at")).is_null())
        .to_owned()
}

fn lacks(object: &Object, field: &Field) -> SelectStatement {
    live(object).and_where(field.expr(object.table).is_null()).to_owned()
}

fn key(store: &Store, object: &Object, field: &Field) -> Expr {
    let backend = store.reads().get_database_backend();
    Expr::cust(sql::key(backend, object.table, field.name))
}

async fn problem(
    store: &Store,
    object: &Object,
    rows: SelectStatement,
    (code, argument): (Code, &'static str),
    told: impl FnOnce(i64, String) -> String,
) -> Result<Option<Problem>, store::Error> {
    let count = rows.clone().expr(Expr::cust("count(*)")).to_owned();
    let row = store.reads().query_one(&count).await?;
    let count = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
    if count == 0 {
        return Ok(None);
    }
    let column = Expr::col((object.table, "id"));
    let examples = rows
        .clone()
        .expr(column.clone())
        .order_by_expr(column, Order::Asc)
        .limit(EXAMPLES)
        .to_owned();
    let examples = store.reads().query_all(&examples).await?;
    let name = |row: &QueryResult| {
        let id = row.try_get_by_index(0).map(pointsman_entities::ids::RecordId)?;
        Ok(id::format(object.name, id))
    };
    let names: Vec<String> = examples.iter().map(name).collect::<Result<_, sea_orm::DbErr>>()?;
    Ok(Some(Problem {
        code,
        message: told(count, names.join(", ")),
        field: Some(argument),
    }))
}
