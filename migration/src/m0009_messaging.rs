//! Secrets, and what two-way messages need: threads, deliveries that are taken once, receipts, suppressed addresses.

use sea_orm_migration::prelude::*;

use crate::table::{self, Table};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0009_messaging"
    }
}

fn tables() -> Vec<Table> {
    vec![
        Table::new("secret")
            .key_uuid("id")
            .text("name")
            .text("hosts")
            .text("key_id")
            .bytes("sealed")
            .integer("version")
            .integer("created_at")
            .uuid("created_by")
            .null()
            .integer("updated_at")
            .integer("last_used_at")
            .null()
            .unique("name", "name"),
        Table::new("suppression")
            .key_text("channel")
            .key_text("address")
            .text("reason")
            .text("detail")
            .null()
            .uuid("message_id")
            .null()
            .integer("created_at")
            .index("created", "created_at"),
        Table::new("inbound")
            .key_text("channel")
            .key_text("external_id")
            .uuid("message_id")
            .null()
            .integer("received_at")
            .clustered(),
        Table::new("receipt")
            .key_uuid("effect_id")
            .text("provider_id")
            .null()
            .text("status")
            .integer("updated_at"),
    ]
}

/// What the records of messages and contacts gain.
fn additions() -> Vec<Table> {
    vec![
        Table::new("message")
            .uuid("answers_id")
            .null()
            .integer("answered_at")
            .null()
            .boolean("automatic")
            .text("provider_id")
            .null()
            .index_where("answers", "answers_id", "answers_id IS NOT NULL")
            .index("recipient", "recipient, channel"),
        Table::new("contact").index("phone", "phone"),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::create(manager, &tables()).await?;
        table::extend(manager, &additions()).await?;
        // Whoever sends relies on this epoch from the first message on.
        let epoch = "INSERT INTO epoch (name, value) VALUES ('suppression', 0)";
        manager.get_connection().execute_unprepared(epoch).await.map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let epoch = "DELETE FROM epoch WHERE name = 'suppression'";
        manager.get_connection().execute_unprepared(epoch).await?;
        table::shrink(manager, &additions()).await?;
        table::drop(manager, &tables()).await
    }
}
