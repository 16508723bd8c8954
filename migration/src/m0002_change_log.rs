//! The append-only log of changes, guarded by triggers, and the cursors of its consumers.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::table::{self, Table};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0002_change_log"
    }
}

fn tables() -> Vec<Table> {
    vec![
        Table::new("change")
            .sequence("seq")
            .transaction("tx")
            .integer("format")
            .integer("at")
            .text("object")
            .uuid("record_id")
            .integer("record_version")
            .text("operation")
            .text("fields")
            .text("payload")
            .null()
            .bytes("salt")
            .null()
            .bytes("digest")
            .text("actor")
            .text("cause")
            .uuid("cause_run")
            .null()
            .integer("depth")
            .feed("tx, seq")
            .index("record", "record_id, seq")
            .index_where("run", "cause_run", "cause_run IS NOT NULL"),
        Table::new("cursor")
            .key_text("name")
            .integer("tx")
            .integer("seq")
            .uuid("owner")
            .null()
            .integer("until")
            .clustered(),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::create(manager, &tables()).await?;
        let connection = manager.get_connection();
        for statement in append_only(connection.get_database_backend()) {
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::drop(manager, &tables()).await?;
        let connection = manager.get_connection();
        if connection.get_database_backend() == DbBackend::Postgres {
            connection
                .execute_unprepared("DROP FUNCTION change_is_append_only")
                .await?;
        }
        Ok(())
    }
}

/// Triggers that let nobody rewrite or delete a change. An erase may set its payload and salt to null.
fn append_only(backend: DbBackend) -> &'static [&'static str] {
    match backend {
        DbBackend::Postgres => &[
            "CREATE FUNCTION change_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
               IF TG_OP = 'UPDATE' AND NEW.payload IS NULL AND NEW.salt IS NULL THEN
                 OLD.payload := NULL; OLD.salt := NULL;
                 IF NEW IS NOT DISTINCT FROM OLD THEN RETURN NEW; END IF;
               END IF;
               RAISE EXCEPTION 'the change log is append-only';
             END $$",
            "CREATE TRIGGER change_is_append_only BEFORE UPDATE OR DELETE ON change
             FOR EACH ROW EXECUTE FUNCTION change_is_append_only()",
        ],
        _ => &[
            "CREATE TRIGGER change_is_never_deleted BEFORE DELETE ON change
             BEGIN SELECT RAISE(ABORT, 'the change log is append-only'); END",
            "CREATE TRIGGER change_is_never_rewritten BEFORE UPDATE OF seq, tx, format, at, object, record_id,
               record_version, operation, fields, digest, actor, cause, cause_run, depth ON change
             BEGIN SELECT RAISE(ABORT, 'the change log is append-only'); END",
            "CREATE TRIGGER change_is_only_erased BEFORE UPDATE OF payload, salt ON change
             WHEN NEW.payload IS NOT NULL OR NEW.salt IS NOT NULL
             BEGIN SELECT RAISE(ABORT, 'the change log is append-only'); END",
        ],
    }
}
