//! Loops' items; runs that are called by, or made from, other runs; failures that can be counted.

use sea_orm_migration::prelude::*;

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

/// New columns of older tables.
fn columns() -> Vec<Table> {
    vec![
        Table::new("run")
            .uuid("parent_run")
            .null()
            .text("parent_step")
            .null()
            .integer("parent_attempt")
            .null()
            .uuid("replay_of")
            .null()
            .text("fingerprint")
            .null()
            .index_where("parent", "parent_run", "parent_run IS NOT NULL")
            .index_where(
                "fingerprint",
                "workflow_id, finished_at, fingerprint",
                "fingerprint IS NOT NULL",
            ),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::create(manager, &tables()).await?;
        table::extend(manager, &columns()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::shrink(manager, &columns()).await?;
        table::drop(manager, &tables()).await
    }
}
