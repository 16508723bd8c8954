//! What runs ask of people and of each other: signals, approvals, notifications, and the turnstiles of those who decide on a
//! count or an absence.

use sea_orm_migration::prelude::*;

use crate::table::{self, Table};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0008_people"
    }
}

fn tables() -> Vec<Table> {
    vec![
        Table::new("turnstile")
            .key_uuid("id")
            .integer("turn")
            .uuid("last")
            .null()
            .integer("updated_at")
            .index_where("idle", "updated_at", "last IS NULL"),
        Table::new("signal")
            .key_uuid("id")
            .text("name")
            .text("key")
            .text("payload")
            .text("sender")
            .integer("sent_at")
            .index("address", "name, key, id")
            .index("sent", "sent_at"),
        Table::new("signal_wait")
            .key_uuid("id")
            .uuid("run_id")
            .text("step")
            .integer("attempt")
            .text("name")
            .text("key")
            .index("address", "name, key")
            .index("run", "run_id, step"),
        Table::new("signal_taken")
            .key_uuid("run_id")
            .key_uuid("signal_id")
            .clustered(),
        Table::new("approval")
            .key_uuid("id")
            .uuid("run_id")
            .text("step")
            .integer("attempt")
            .text("title")
            .text("body")
            .null()
            .text("form")
            .text("object")
            .null()
            .uuid("record_id")
            .null()
            .text("status")
            .integer("requested_at")
            .integer("deadline")
            .null()
            .integer("decided_at")
            .null()
            .uuid("decided_by")
            .null()
            .text("comment")
            .null()
            .text("answers")
            .null()
            .index("run", "run_id, step")
            .index("requested", "requested_at, id")
            .index_where("pending", "requested_at, id", "status = 'PENDING'"),
        Table::new("approval_assignee")
            .key_uuid("approval_id")
            .key_uuid("user_id")
            .clustered()
            .index("user", "user_id"),
        Table::new("notification")
            .sequence("seq")
            .transaction("tx")
            .uuid("id")
            .uuid("user_id")
            .text("title")
            .text("body")
            .null()
            .text("link")
            .null()
            .text("object")
            .null()
            .uuid("record_id")
            .null()
            .uuid("run_id")
            .text("step")
            .uuid("approval_id")
            .null()
            .integer("created_at")
            .integer("read_at")
            .null()
            .feed("tx, seq")
            .unique("id", "id")
            .index("user", "user_id, created_at, id")
            .index_where("unread", "user_id, created_at, id", "read_at IS NULL")
            .index("created", "created_at"),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::create(manager, &tables()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::drop(manager, &tables()).await
    }
}
