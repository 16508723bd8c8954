//! Who enters a workflow and when: what versions keep of their workflow, which were active when, keys that let a start in
//! once, the gates and the pace of runs, and why a change that matched started nothing.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::table::{self, Table};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0010_enrolment"
    }
}

fn tables() -> Vec<Table> {
    vec![
        Table::new("activation")
            .key_uuid("workflow_id")
            .key_integer("epoch")
            .uuid("version_id")
            .null()
            .integer("at")
            .clustered(),
        Table::new("enrolment_key")
            .key_uuid("id")
            .uuid("workflow_id")
            .text("kind")
            .uuid("run_id")
            .integer("until")
            .null()
            .index_where("until", "until", "until IS NOT NULL"),
        Table::new("gate")
            .key_uuid("id")
            .uuid("workflow_id")
            .integer("running")
            .integer("arrivals"),
        Table::new("pace").key_uuid("id").text("starts").integer("version"),
        Table::new("turned_away")
            .key_uuid("id")
            .uuid("workflow_id")
            .uuid("version_id")
            .text("node")
            .uuid("record_id")
            .integer("record_version")
            .text("reason")
            .integer("at")
            .index("record", "record_id, record_version")
            .index("at", "at"),
    ]
}

/// New columns of older tables.
fn columns() -> Vec<Table> {
    vec![
        Table::new("workflow_version")
            .text("name")
            .or("''")
            .text("time_zone")
            .or("'UTC'"),
        Table::new("change")
            .boolean("suppressed")
            .or("false")
            .integer("triggers")
            .null(),
        Table::new("run")
            .uuid("gate_id")
            .null()
            .integer("place")
            .null()
            .integer("start_at")
            .null()
            .integer("record_version")
            .null()
            .index_where("gate", "gate_id, place", "gate_id IS NOT NULL AND finished_at IS NULL"),
    ]
}

/// Versions that were published before take what their workflow says now; those that are active have been since then.
const BACKFILL: [&str; 2] = [
    "UPDATE workflow_version SET
       name = (SELECT name FROM workflow WHERE workflow.id = workflow_version.workflow_id),
       time_zone = (SELECT time_zone FROM workflow WHERE workflow.id = workflow_version.workflow_id)
     WHERE EXISTS (SELECT 1 FROM workflow WHERE workflow.id = workflow_version.workflow_id)",
    "INSERT INTO activation (workflow_id, epoch, version_id, at)
     SELECT workflow.id, epoch.value, workflow.active_version, workflow.updated_at FROM workflow, epoch
     WHERE workflow.state = 'ACTIVE' AND epoch.name = 'triggers'",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::create(manager, &tables()).await?;
        table::extend(manager, &columns()).await?;
        run(manager, &BACKFILL).await?;
        guard_columns(manager, "depth, suppressed, triggers").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        guard_columns(manager, "depth").await?;
        table::shrink(manager, &columns()).await?;
        table::drop(manager, &tables()).await
    }
}

/// On SQLite the log's guard names the columns that nobody may rewrite; on PostgreSQL it compares whole rows.
async fn guard_columns(manager: &SchemaManager<'_>, last: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Postgres {
        return Ok(());
    }
    let create = format!(
        "CREATE TRIGGER change_is_never_rewritten BEFORE UPDATE OF seq, tx, format, at, object, record_id,
           record_version, operation, fields, digest, actor, cause, cause_run, {last} ON change
         BEGIN SELECT RAISE(ABORT, 'the change log is append-only'); END"
    );
    run(manager, &["DROP TRIGGER change_is_never_rewritten", &create]).await
}

async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    for statement in statements {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}
