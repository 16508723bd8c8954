//! Loops' items; runs that are called by, or made from, other runs; failures that can be counted.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::table::{self, Table};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0007_flow"
    }
}

fn tables() -> Vec<Table> {
    vec![
        Table::new("run_item")
            .key_uuid("run_id")
            .key_text("step")
            .key_integer("number")
            .text("value")
            .clustered(),
    ]
}

/// The new columns of `run`, with their types on SQLite and on PostgreSQL.
const COLUMNS: [(&str, &str, &str); 5] = [
    ("parent_run", "BLOB", "uuid"),
    ("parent_step", "TEXT", "text COLLATE \"C\""),
    ("parent_attempt", "INTEGER", "bigint"),
    ("replay_of", "BLOB", "uuid"),
    ("fingerprint", "TEXT", "text COLLATE \"C\""),
];

const INDEXES: [(&str, &str); 2] = [
    ("run_parent", "(parent_run) WHERE parent_run IS NOT NULL"),
    (
        "run_fingerprint",
        "(workflow_id, finished_at, fingerprint) WHERE fingerprint IS NOT NULL",
    ),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::create(manager, &tables()).await?;
        let connection = manager.get_connection();
        for (name, sqlite, postgres) in COLUMNS {
            let kind = match connection.get_database_backend() {
                DbBackend::Postgres => postgres,
                _ => sqlite,
            };
            let statement = format!("ALTER TABLE run ADD COLUMN {name} {kind}");
            connection.execute_unprepared(&statement).await?;
        }
        for (name, on) in INDEXES {
            let statement = format!("CREATE INDEX {name} ON run {on}");
            connection.execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for (name, _) in INDEXES {
            connection.execute_unprepared(&format!("DROP INDEX {name}")).await?;
        }
        for (name, ..) in COLUMNS {
            let statement = format!("ALTER TABLE run DROP COLUMN {name}");
            connection.execute_unprepared(&statement).await?;
        }
        table::drop(manager, &tables()).await
    }
}
