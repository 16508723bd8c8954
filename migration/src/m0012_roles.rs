//! Roles that an installation makes itself, and what makes the records of a team quick to find.

use sea_orm_migration::prelude::*;

use crate::table::{self, Table};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0012_roles"
    }
}

fn tables() -> Vec<Table> {
    vec![
        Table::new("role")
            .key_uuid("id")
            .text("name")
            .text("description")
            .text("rights")
            .integer("version")
            .integer("created_at")
            .integer("updated_at")
            .unique("name", "name"),
    ]
}

/// The tables of records that belong to teams.
fn indexes() -> Vec<Table> {
    ["company", "contact", "deal", "task", "note", "message"]
        .map(|name| Table::new(name).index("team", "team_id"))
        .into()
}

/// Guards on an epoch hold only where it is there. What was counted before counts on.
const EPOCH: &str = "INSERT INTO epoch (name, value) VALUES ('access', 1) ON CONFLICT (name) DO NOTHING";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(EPOCH).await?;
        table::create(manager, &tables()).await?;
        table::extend(manager, &indexes()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table::shrink(manager, &indexes()).await?;
        table::drop(manager, &tables()).await
    }
}
