//! Every row of every table as text, to be compared: what must not have been written is not there.

use std::collections::BTreeMap;

use anyhow::Result;
use sea_orm::{DatabaseConnection, DbBackend, FromQueryResult, JsonValue, Statement};

/// What server nodes write by themselves: their heartbeat, and how far they have followed the change log.
const OWN: [&str; 2] = ["member", "cursor"];

/// The rows of each table, in an order of their own, without those that server nodes write by themselves.
pub async fn dump(reads: &DatabaseConnection) -> Result<BTreeMap<String, Vec<String>>> {
    let backend = reads.get_database_backend();
    let names = match backend {
        DbBackend::Postgres => "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
        _ => "SELECT name FROM sqlite_master WHERE type = 'table'",
    };
    let mut tables = BTreeMap::new();
    for row in rows(reads, names).await? {
        let name = row["name"].as_str().unwrap_or_default().to_owned();
        if OWN.contains(&name.as_str()) {
            continue;
        }
        let mut texts: Vec<String> = rows(reads, &format!("SELECT * FROM \"{name}\""))
            .await?
            .iter()
            .map(ToString::to_string)
            .collect();
        texts.sort();
        tables.insert(name, texts);
    }
    Ok(tables)
}

async fn rows(reads: &DatabaseConnection, sql: &str) -> Result<Vec<JsonValue>> {
    let statement = Statement::from_string(reads.get_database_backend(), sql);
    Ok(JsonValue::find_by_statement(statement).all(reads).await?)
}
