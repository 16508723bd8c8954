//! The indexes of custom fields: built and dropped by jobs, for it takes a while where there are many records. Doing it twice
//! does nothing more, so a job that was cut off begins anew.

use pointsman_entities::{custom_field, ids::CustomFieldId};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbBackend, Statement};

use super::{EPOCH, definition::Definitions, sql};
use crate::{
    crm::{Crm, object},
    store::{self, Update, Write, WriteSet},
};

impl Crm {
    /// Makes the field's index what its definition asks for, and says so in the definition.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn arrange_index(&self, id: CustomFieldId) -> Result<(), store::Error> {
        loop {
            let known = self.definitions().await?;
            let Some(row) = known.fields.iter().find(|row| row.id == id) else {
                return Ok(());
            };
            let name = sql::index(id);
            let concurrently = if known.backend == DbBackend::Postgres {
                "CONCURRENTLY "
            } else {
                ""
            };
            if !row.indexed || self.is_broken(&known, &name).await? {
                self.store
                    .arrange(&format!("DROP INDEX {concurrently}IF EXISTS \"{name}\""))
                    .await?;
            }
            if row.indexed {
                self.store.arrange(&creation(&known, row, &name, concurrently)?).await?;
            }
            if self.arranged(&known, row).await? {
                return Ok(());
            }
        }
    }

    /// Whether the definition could be told: nobody has changed any meanwhile.
    async fn arranged(&self, known: &Definitions, row: &custom_field::Model) -> Result<bool, store::Error> {
        let told = custom_field::ActiveModel {
            index_state: Set(if row.indexed { "READY" } else { "NONE" }.into()),
            ..Default::default()
        };
        let mut set = WriteSet::new();
        set.require_epoch(EPOCH, known.epoch);
        set.raise_epoch(EPOCH);
        let update = Update::of(vec![("id", row.id.0.into())], &told).guarded("version", row.version);
        set.push(Write::Update(update));
        let told = self.store.commit(set).await?.is_ok();
        self.catalogues.refresh().await?;
        Ok(told)
    }

    /// Whether PostgreSQL has kept what is left of an index whose building was cut off.
    async fn is_broken(&self, known: &Definitions, name: &str) -> Result<bool, store::Error> {
        if known.backend != DbBackend::Postgres {
            return Ok(false);
        }
        let sql = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass($1) AND NOT indisvalid";
        let question = Statement::from_sql_and_values(known.backend, sql, [format!("\"{name}\"").into()]);
        Ok(self.store.reads().query_one_raw(question).await?.is_some())
    }
}

/// In the order of the values, then of the ids, as lists are ordered; of the records that aren't in the bin.
fn creation(
    known: &Definitions,
    row: &custom_field::Model,
    name: &str,
    concurrently: &str,
) -> Result<String, store::Error> {
    let is_custom = known.objects.iter().any(|object| object.key == row.object);
    let table = if is_custom {
        object::RECORDS
    } else {
        object::name(&row.object)
    };
    let field = super::definition::field(row, known.backend, table)?;
    let value = field.custom.map(|custom| custom.sql).unwrap_or_default();
    // In an index the columns have no table before them.
    let value = value.replace(&format!("\"{table}\"."), "");
    let first = if is_custom { "object_id, " } else { "" };
    Ok(format!(
        "CREATE INDEX {concurrently}IF NOT EXISTS \"{name}\" ON \"{table}\" ({first}({value}), id) WHERE deleted_at IS NULL"
    ))
}
