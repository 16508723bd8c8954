//! Runs, and all that moves them forward.

use sea_orm_migration::prelude::*;

use crate::table::{self, Table};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0005_engine"
    }
}

fn tables() -> Vec<Table> {
    vec![
        Table::new("run")
            .key_uuid("id")
            .uuid("workflow_id")
            .uuid("version_id")
            .text("status")
            .text("trigger_node")
            .text("object")
            .null()
            .uuid("record_id")
            .null()
            .text("input")
            .text("state")
            .null()
            .uuid("owner")
            .null()
            .integer("epoch")
            .integer("seq")
            .integer("inbox")
            .integer("drained")
            .boolean("ready")
            .text("error")
            .null()
            .text("dedup_key")
            .null()
            .text("cause")
            .uuid("cause_run")
            .null()
            .integer("depth")
            .integer("created_at")
            .integer("started_at")
            .null()
            .integer("finished_at")
            .null()
            .integer("updated_at")
            .index("workflow", "workflow_id, id")
            .index_where("record", "record_id, id", "record_id IS NOT NULL")
            .index_where("ready", "id", "ready AND owner IS NULL")
            .index_where("owner", "owner", "owner IS NOT NULL")
            .index_where("cause", "cause_run", "cause_run IS NOT NULL")
            .unique_where("dedup", "workflow_id, dedup_key", "dedup_key IS NOT NULL")
            .index_where("finished", "finished_at", "finished_at IS NOT NULL"),
        Table::new("step")
            .key_uuid("run_id")
            .key_integer("number")
            .text("node")
            .text("step")
            .text("status")
            .integer("attempt")
            .text("port")
            .null()
            .text("input")
            .null()
            .text("output")
            .null()
            .text("error")
            .null()
            .integer("started_at")
            .integer("finished_at")
            .null()
            .clustered(),
        Table::new("run_event")
            .sequence("log_seq")
            .transaction("tx")
            .uuid("run_id")
            .integer("first_seq")
            .integer("last_seq")
            .integer("format")
            .integer("at")
            .text("events")
            .feed("tx, log_seq")
            .unique("run", "run_id, first_seq"),
        Table::new("run_inbox")
            .key_uuid("run_id")
            .key_integer("number")
            .integer("format")
            .text("fact")
            .integer("at")
            .clustered(),
        Table::new("timer")
            .key_uuid("id")
            .uuid("run_id")
            .text("step")
            .text("purpose")
            .integer("attempt")
            .integer("due_at")
            .index("due", "due_at, id")
            .index("run", "run_id, step"),
        Table::new("wait")
            .key_uuid("id")
            .uuid("run_id")
            .text("step")
            .integer("attempt")
            .integer("version")
            .integer("since")
            .text("object")
            .uuid("record_id")
            .null()
            .index("record", "object, record_id")
            .index("run", "run_id, step"),
        Table::new("effect")
            .key_uuid("id")
            .uuid("run_id")
            .text("step")
            .text("idempotency_key")
            .text("kind")
            .text("delivery")
            .text("payload")
            .text("state")
            .integer("attempts")
            .integer("attempt")
            .integer("next_at")
            .uuid("owner")
            .null()
            .integer("fence")
            .text("result")
            .null()
            .integer("created_at")
            .integer("updated_at")
            .unique("key", "idempotency_key")
            .index("run", "run_id, step")
            .index_where("due", "next_at", "state = 'PENDING'")
            .index_where("owner", "owner", "owner IS NOT NULL"),
        Table::new("blob")
            .key_uuid("id")
            .key_integer("part")
            .bytes("bytes")
            .clustered(),
        Table::new("member")
            .key_uuid("id")
            .text("name")
            .integer("started_at")
            .integer("heartbeat_at"),
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
