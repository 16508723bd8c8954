//! What clearing away and taking back looks things up by; the format of the ledger's orders.

use sea_orm_migration::prelude::*;

use crate::table::{self, Table};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0014_tidying"
    }
}

fn additions() -> Vec<Table> {
    vec![
        Table::new("notification").index_where("told", "run_id, step", "read_at IS NULL"),
        Table::new("job").index_where("over", "finished_at", "finished_at IS NOT NULL"),
        Table::new("inbound").index("received", "received_at"),
        Table::new("effect").integer("format"),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::extend(manager, &additions()).await?;
        // They were left behind by the orders that they are about.
        let orphans = "DELETE FROM receipt WHERE effect_id NOT IN (SELECT id FROM effect)";
        manager.get_connection().execute_unprepared(orphans).await.map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::shrink(manager, &additions()).await
    }
}
