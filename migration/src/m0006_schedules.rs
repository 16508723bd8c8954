//! What active workflows listen to besides changes: times, and calls from outside.

use sea_orm_migration::prelude::*;

use crate::table::{self, Table};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0006_schedules"
    }
}

fn tables() -> Vec<Table> {
    vec![
        Table::new("schedule")
            .key_uuid("id")
            .uuid("workflow_id")
            .uuid("version_id")
            .text("node")
            .text("zone")
            .integer("next_at")
            .integer("since")
            .uuid("after")
            .null()
            .index("due", "next_at, id")
            .unique("node", "workflow_id, node"),
        Table::new("hook")
            .key_text("path")
            .uuid("workflow_id")
            .uuid("version_id")
            .text("node")
            .index("workflow", "workflow_id")
            .clustered(),
        Table::new("hook_delivery")
            .key_uuid("workflow_id")
            .key_text("delivery")
            .uuid("run_id")
            .integer("at")
            .index("at", "at")
            .clustered(),
    ]
}

/// The dates that people most often have workflows wait for.
fn dates() -> Vec<Table> {
    vec![
        Table::new("deal").index_where("close_date", "close_date", "close_date IS NOT NULL"),
        Table::new("task").index_where("due_at", "due_at", "due_at IS NOT NULL"),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::create(manager, &tables()).await?;
        table::extend(manager, &dates()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::shrink(manager, &dates()).await?;
        table::drop(manager, &tables()).await
    }
}
