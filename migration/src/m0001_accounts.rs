//! People, their credentials, and installation-wide values.

use sea_orm_migration::prelude::*;

use crate::table::{self, Table};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0001_accounts"
    }
}

fn tables() -> Vec<Table> {
    vec![
        Table::new("user")
            .record()
            .text("email")
            .text("name")
            .text("role")
            .text("time_zone")
            .null()
            .text("locale")
            .null()
            .integer("disabled_at")
            .null()
            .unique_where("email_live", "email", "deleted_at IS NULL"),
        Table::new("team").record().text("name").uuid("parent").null(),
        Table::new("credential")
            .key_uuid("user_id")
            .text("password_hash")
            .integer("updated_at")
            .clustered(),
        Table::new("session")
            .key_bytes("token_hash")
            .uuid("user_id")
            .integer("created_at")
            .integer("expires_at")
            .text("user_agent")
            .null()
            .clustered()
            .index("user", "user_id")
            .index("expiry", "expires_at"),
        Table::new("api_key")
            .key_uuid("id")
            .text("name")
            .text("role")
            .uuid("user_id")
            .null()
            .bytes("secret_hash")
            .integer("created_at")
            .uuid("created_by")
            .null()
            .integer("expires_at")
            .null()
            .integer("revoked_at")
            .null()
            .integer("last_used_at")
            .null(),
        Table::new("setting").key_text("name").text("value").clustered(),
        Table::new("epoch").key_text("name").integer("value").clustered(),
        Table::new("idempotency")
            .key_text("principal")
            .key_text("key")
            .bytes("request_hash")
            .text("outcome")
            .integer("created_at")
            .clustered()
            .index("age", "created_at"),
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
