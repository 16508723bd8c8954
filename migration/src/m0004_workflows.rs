//! Workflows and their published versions.

use sea_orm_migration::prelude::*;

use crate::table::{self, Table};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0004_workflows"
    }
}

fn tables() -> Vec<Table> {
    vec![
        Table::new("workflow")
            .key_uuid("id")
            .text("name")
            .text("description")
            .null()
            .text("state")
            .text("draft")
            .integer("draft_version")
            .uuid("active_version")
            .null()
            .integer("latest_number")
            .text("time_zone")
            .integer("version")
            .integer("created_at")
            .uuid("created_by")
            .null()
            .integer("updated_at")
            .uuid("updated_by")
            .null(),
        Table::new("workflow_version")
            .key_uuid("id")
            .uuid("workflow_id")
            .integer("number")
            .text("definition")
            .integer("published_at")
            .uuid("published_by")
            .null()
            .unique("number", "workflow_id, number"),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::create(manager, &tables()).await?;
        // Writers of records rely on this epoch from the first record on.
        let epoch = "INSERT INTO epoch (name, value) VALUES ('triggers', 0)";
        manager.get_connection().execute_unprepared(epoch).await.map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared("DELETE FROM epoch WHERE name = 'triggers'")
            .await?;
        table::drop(manager, &tables()).await
    }
}
