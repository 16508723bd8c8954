//! Fields and objects that administrators define, the values that must be unique, and the records of such objects.

use sea_orm_migration::prelude::*;

use crate::table::{self, Table};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0013_custom"
    }
}

fn tables() -> Vec<Table> {
    vec![
        Table::new("custom_object")
            .key_uuid("id")
            .text("key")
            .text("label")
            .text("description")
            .integer("position")
            .boolean("retired")
            .integer("version")
            .integer("created_at")
            .uuid("created_by")
            .null()
            .integer("updated_at")
            .uuid("updated_by")
            .null()
            .unique("key", "\"key\""),
        Table::new("custom_field")
            .key_uuid("id")
            .text("object")
            .text("key")
            .text("kind")
            .integer("scale")
            .null()
            .text("target")
            .null()
            .text("label")
            .text("description")
            .text("options")
            .text("initial")
            .null()
            .boolean("required")
            .boolean("distinct")
            .boolean("indexed")
            .text("index_state")
            .integer("position")
            .boolean("retired")
            .integer("version")
            .integer("created_at")
            .uuid("created_by")
            .null()
            .integer("updated_at")
            .uuid("updated_by")
            .null()
            .unique("key", "object, \"key\""),
        Table::new("custom_key")
            .key_uuid("field_id")
            .key_text("value")
            .uuid("record_id")
            .clustered(),
        Table::new("record")
            .record()
            .uuid("object_id")
            .text("name")
            .index("object", "object_id, created_at, id"),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::create(manager, &tables()).await?;
        // Writers of records rely on this epoch from the first record on.
        let epoch = "INSERT INTO epoch (name, value) VALUES ('catalogue', 0)";
        manager.get_connection().execute_unprepared(epoch).await.map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let epoch = "DELETE FROM epoch WHERE name = 'catalogue'";
        manager.get_connection().execute_unprepared(epoch).await?;
        table::drop(manager, &tables()).await
    }
}
