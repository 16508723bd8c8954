//! The SQL of a write, built by sea-query once for each shape of write and then kept.

use std::{collections::HashMap, sync::Arc};

use sea_orm::{
    DbBackend, Value,
    sea_query::{
        DeleteStatement, Expr, ExprTrait, InsertStatement, IntoColumnRef, OnConflict, PostgresQueryBuilder, Query,
        QueryStatementWriter, SelectStatement, SqliteQueryBuilder, UpdateStatement,
    },
};

use super::write_set::{Assign, Cell, Delete, Insert, Require, Update, Write};

/// Raises an epoch, which begins at 0 when it is first asked for.
pub const RAISE: &str =
    "INSERT INTO epoch (name, value) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET value = epoch.value + 1";

/// What makes two writes share their SQL.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Shape {
    table: &'static str,
    verb: u8,
    columns: Vec<(&'static str, bool)>,
}

/// SQL by shape, for one database.
pub struct Statements {
    backend: DbBackend,
    known: HashMap<Shape, Arc<str>>,
}

impl Statements {
    pub fn new(backend: DbBackend) -> Self {
        Self {
            backend,
            known: HashMap::new(),
        }
    }

    /// The SQL of a write; its parameters are those of [`parameters`], in that order.
    pub fn sql(&mut self, write: &Write) -> Arc<str> {
        let backend = self.backend;
        if let Write::Sweep(sweep) = write {
            return Arc::from(sweep.sql.as_str());
        }
        Arc::clone(
            self.known
                .entry(shape(write))
                .or_insert_with(|| build(backend, write).into()),
        )
    }
}

/// A parameter of a statement.
pub enum Parameter<'a> {
    Value(&'a Value),
    Slot(usize),
}

/// The parameters of a write in the order in which its SQL names them.
pub fn parameters(write: &Write) -> Vec<Parameter<'_>> {
    match write {
        Write::Insert(insert) => insert.cells.iter().map(cell).collect(),
        Write::Update(update) => {
            let assigned = update.set.iter().filter_map(|(_, assign)| match assign {
                Assign::Value(value) => Some(value),
                Assign::Increment => None,
            });
            assigned
                .chain(conditions(&update.key))
                .chain(conditions(&update.guard))
                .map(Parameter::Value)
                .collect()
        }
        Write::Delete(delete) => conditions(&delete.key).map(Parameter::Value).collect(),
        Write::Require(require) => conditions(&require.key)
            .chain(conditions(&require.guard))
            .map(Parameter::Value)
            .collect(),
        Write::Sweep(sweep) => sweep.values.iter().map(Parameter::Value).collect(),
    }
}

fn cell(cell: &Cell) -> Parameter<'_> {
    match cell {
        Cell::Value(value) => Parameter::Value(value),
        Cell::Slot(slot) => Parameter::Slot(slot.0),
    }
}

fn conditions<'a>(columns: &'a [(&'static str, Value)]) -> impl Iterator<Item = &'a Value> {
    columns.iter().map(|(_, value)| value).filter(|value| !is_null(value))
}

fn is_null(value: &Value) -> bool {
    *value == value.as_null()
}

fn shape(write: &Write) -> Shape {
    let columns = match write {
        Write::Insert(insert) => insert
            .columns
            .iter()
            .map(|name| (*name, insert.unless_present))
            .collect(),
        Write::Update(update) => {
            let set = update
                .set
                .iter()
                .map(|(name, assign)| (*name, matches!(assign, Assign::Increment)));
            let matched = update
                .key
                .iter()
                .chain(&update.guard)
                .map(|(name, value)| (*name, is_null(value)));
            set.chain([("|", update.returning.is_some())]).chain(matched).collect()
        }
        Write::Delete(delete) => delete.key.iter().map(|(name, value)| (*name, is_null(value))).collect(),
        Write::Require(require) => require
            .key
            .iter()
            .chain(&require.guard)
            .map(|(name, value)| (*name, is_null(value)))
            .collect(),
        Write::Sweep(_) => Vec::new(),
    };
    Shape {
        table: write.table(),
        verb: verb(write),
        columns,
    }
}

fn verb(write: &Write) -> u8 {
    match write {
        Write::Insert(_) => 0,
        Write::Update(_) => 1,
        Write::Delete(_) => 2,
        Write::Require(_) => 3,
        Write::Sweep(_) => 4,
    }
}

fn build(backend: DbBackend, write: &Write) -> String {
    match write {
        Write::Insert(write) => render(backend, &insert(write)),
        Write::Update(write) => render(backend, &update(write)),
        Write::Delete(write) => render(backend, &delete(write)),
        Write::Require(write) => render(backend, &require(backend, write)),
        Write::Sweep(write) => write.sql.clone(),
    }
}

fn insert(write: &Insert) -> InsertStatement {
    // The values only shape the SQL: each becomes a placeholder, and a slot's placeholder is an integer like any other.
    let cells = write.cells.iter().map(|cell| match cell {
        Cell::Value(value) => Expr::val(value.clone()),
        Cell::Slot(_) => Expr::val(0_i64),
    });
    let mut statement = Query::insert();
    statement
        .into_table(write.table)
        .columns(write.columns.iter().copied())
        .values_panic(cells);
    if write.unless_present {
        statement.on_conflict(OnConflict::new().do_nothing().to_owned());
    }
    statement
}

fn update(write: &Update) -> UpdateStatement {
    let mut statement = Query::update();
    statement.table(write.table);
    for (name, assign) in &write.set {
        match assign {
            Assign::Value(value) => statement.value(*name, value.clone()),
            Assign::Increment => statement.value(*name, Expr::col(*name).add(Expr::cust("1"))),
        };
    }
    for (name, value) in write.key.iter().chain(&write.guard) {
        statement.and_where(matched(name, value));
    }
    if let Some((name, _)) = write.returning {
        statement.returning_col(name);
    }
    statement
}

fn delete(write: &Delete) -> DeleteStatement {
    let mut statement = Query::delete();
    statement.from_table(write.table);
    for (name, value) in &write.key {
        statement.and_where(matched(name, value));
    }
    statement
}

/// On PostgreSQL the row is locked against change until the commit; SQLite has but one writer.
fn require(backend: DbBackend, write: &Require) -> SelectStatement {
    let mut statement = Query::select();
    statement.expr(Expr::cust("1")).from(write.table);
    for (name, value) in write.key.iter().chain(&write.guard) {
        statement.and_where(matched(name, value));
    }
    if backend == DbBackend::Postgres {
        statement.lock_shared();
    }
    statement
}

fn matched(name: &'static str, value: &Value) -> Expr {
    let column = Expr::col(name.into_column_ref());
    if is_null(value) {
        column.is_null()
    } else {
        column.eq(value.clone())
    }
}

fn render(backend: DbBackend, statement: &impl QueryStatementWriter) -> String {
    match backend {
        DbBackend::Postgres => statement.build(PostgresQueryBuilder).0,
        _ => statement.build(SqliteQueryBuilder).0,
    }
}
