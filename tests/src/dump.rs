//! All that a database holds, as text that can be compared. Leaves out what moves without anybody's doing: which server
//! nodes are alive, how far the log was read, when a key was used last.

use std::collections::BTreeMap;

use anyhow::Result;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

/// The rows of each table, in the order of their texts.
pub type Dump = BTreeMap<String, Vec<String>>;

const TABLES: &[&str] = &["member", "cursor"];
const COLUMNS: &[&str] = &["last_used_at"];

/// Everything that can be read there now.
pub async fn dump(reads: &DatabaseConnection) -> Result<Dump> {
    let mut dump = Dump::new();
    for table in names(reads, tables(reads)).await? {
        if !TABLES.contains(&table.as_str()) {
            let rows = rows(reads, &table).await?;
            dump.insert(table, rows);
        }
    }
    Ok(dump)
}

/// The rows that only one of two dumps has, each behind its table.
#[must_use]
pub fn difference(one: &Dump, other: &Dump) -> Vec<String> {
    let lacks = |dump: &Dump, table: &String, row: &String| !dump.get(table).is_some_and(|rows| rows.contains(row));
    let only = |one: &Dump, other: &Dump| -> Vec<String> {
        let rows = one
            .iter()
            .flat_map(|(table, rows)| rows.iter().map(move |row| (table, row)));
        rows.filter(|(table, row)| lacks(other, table, row))
            .map(|(table, row)| format!("{table}: {row}"))
            .collect()
    };
    [only(one, other), only(other, one)].concat()
}

fn tables(reads: &DatabaseConnection) -> String {
    match reads.get_database_backend() {
        DbBackend::Postgres => "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'",
        _ => "SELECT name FROM sqlite_master WHERE type = 'table'",
    }
    .to_owned()
}

async fn rows(reads: &DatabaseConnection, table: &str) -> Result<Vec<String>> {
    let is_postgres = reads.get_database_backend() == DbBackend::Postgres;
    let columns = if is_postgres {
        format!("SELECT column_name::text FROM information_schema.columns WHERE table_name = '{table}' ORDER BY 1")
    } else {
        format!("SELECT name FROM pragma_table_info('{table}') ORDER BY 1")
    };
    let columns = names(reads, columns).await?;
    let quoted: Vec<String> = columns
        .iter()
        .filter(|column| !COLUMNS.contains(&column.as_str()))
        .map(|column| match is_postgres {
            true => format!("quote_nullable(\"{column}\"::text)"),
            false => format!("quote(\"{column}\")"),
        })
        .collect();
    names(
        reads,
        format!("SELECT {} FROM \"{table}\" ORDER BY 1", quoted.join(" || ' ' || ")),
    )
    .await
}

/// The first column, as text.
async fn names(reads: &DatabaseConnection, sql: String) -> Result<Vec<String>> {
    let rows = reads
        .query_all_raw(Statement::from_string(reads.get_database_backend(), sql))
        .await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?)
}
