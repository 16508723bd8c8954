//! Jobs: long work that is done in parts, such as backtests.

use sea_orm_migration::prelude::*;

use crate::table::{self, Table};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0011_backtest"
    }
}

fn tables() -> Vec<Table> {
    vec![
        Table::new("job")
            .key_uuid("id")
            .text("kind")
            .text("state")
            .text("input")
            .integer("done")
            .integer("total")
            .text("progress")
            .null()
            .text("error")
            .null()
            .uuid("owner")
            .null()
            .integer("fence")
            .uuid("created_by")
            .null()
            .integer("created_at")
            .integer("updated_at")
            .integer("finished_at")
            .null()
            .index_where("open", "id", "finished_at IS NULL"),
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
