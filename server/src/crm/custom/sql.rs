//! Custom fields in SQL: their values as expressions that both databases compare and order alike, and that an index can hold.

use pointsman_entities::ids::CustomFieldId;
use sea_orm::DbBackend;

use crate::crm::object::Kind;

/// The value as an expression of the type that a core field's column would have. `key` is the key of a definition: letters
/// and digits.
#[must_use]
pub fn expression(backend: DbBackend, table: &str, key: &str, kind: &Kind) -> String {
    let text = extracted(backend, table, key);
    match (backend, kind) {
        (
            DbBackend::Postgres,
            Kind::Integer { .. } | Kind::Decimal { .. } | Kind::Date | Kind::DateTime | Kind::Money,
        ) => {
            format!("({text}::bigint)")
        }
        (DbBackend::Postgres, Kind::Boolean) => format!("({text}::boolean)"),
        (DbBackend::Postgres, Kind::Reference { .. }) => format!("({text}::uuid)"),
        (DbBackend::Postgres, _) => format!("({text} COLLATE \"C\")"),
        (_, Kind::Reference { .. }) => format!("unhex({text})"),
        (_, _) => text,
    }
}

/// The value as the text by which it is unique: what [`super::stored::key`] makes of it.
#[must_use]
pub fn key(backend: DbBackend, table: &str, key: &str) -> String {
    let text = extracted(backend, table, key);
    match backend {
        DbBackend::Postgres => text,
        _ => format!("CAST({text} AS TEXT)"),
    }
}

/// The name of the index that holds a field's values.
#[must_use]
pub fn index(field: CustomFieldId) -> String {
    format!("custom_{}", field.0.simple())
}

fn extracted(backend: DbBackend, table: &str, key: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("(\"{table}\".\"custom\"::jsonb ->> '{key}')"),
        _ => format!("json_extract(\"{table}\".\"custom\", '$.{key}')"),
    }
}
