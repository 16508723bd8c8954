//! Texts that may be too large for their row: short ones stand where they are, long ones in the `blob` table, written in the
//! same write set as the row that refers to them.

use pointsman_entities::{blob, ids::BlobId};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityName, EntityTrait, QueryFilter, QueryOrder, Value};
use uuid::Uuid;

use super::{Cell, Delete, Error, Store, Write, WriteSet};

/// Bytes that a row may hold itself.
const INLINE: usize = 8 * 1024;

/// Bytes of one part.
const PART: usize = 64 * 1024;

/// What stands in the row of a text that is kept out of line. No JSON text begins so.
const MARK: &str = "blob:";

/// The text for the row; a long one goes into the write set under the id.
pub fn put(set: &mut WriteSet, id: impl FnOnce() -> BlobId, text: String) -> String {
    if text.len() <= INLINE {
        return text;
    }
    let id = id();
    for (part, bytes) in text.as_bytes().chunks(PART).enumerate() {
        set.insert(blob::ActiveModel {
            id: Set(id),
            part: Set(i64::try_from(part).unwrap_or(i64::MAX)),
            bytes: Set(bytes.to_vec()),
        });
    }
    format!("{MARK}{}", id.0)
}

/// The text that [`put`] was given.
///
/// # Errors
/// Where the database fails, or the parts are no text.
pub async fn get(store: &Store, text: String) -> Result<String, Error> {
    let Some(id) = reference(&text) else { return Ok(text) };
    let parts = blob::Entity::find()
        .filter(blob::Column::Id.eq(id))
        .order_by_asc(blob::Column::Part)
        .all(store.reads())
        .await?;
    let bytes = parts.into_iter().flat_map(|part| part.bytes).collect();
    String::from_utf8(bytes).map_err(|_| Error::Blob { id: id.0 })
}

/// The text that [`put`] was given, where its parts are still in the write set.
#[must_use]
pub fn peek(set: &WriteSet, text: &str) -> String {
    let Some(BlobId(id)) = reference(text) else {
        return text.to_owned();
    };
    let part = |write: &Write| match write {
        Write::Insert(insert) if insert.table == blob::Entity.table_name() => {
            match (insert.get("id"), insert.get("bytes")) {
                (Some(Cell::Value(Value::Uuid(Some(found)))), Some(Cell::Value(Value::Bytes(Some(bytes)))))
                    if *found == id =>
                {
                    Some(bytes.clone())
                }
                _ => None,
            }
        }
        Write::Insert(_) | Write::Update(_) | Write::Delete(_) | Write::Require(_) | Write::Sweep(_) => None,
    };
    let bytes: Vec<u8> = set.writes().iter().filter_map(part).flatten().collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Adds the removal of what a row's text keeps out of line.
pub async fn remove(store: &Store, set: &mut WriteSet, text: &str) -> Result<(), Error> {
    let Some(id) = reference(text) else { return Ok(()) };
    let parts = blob::Entity::find()
        .filter(blob::Column::Id.eq(id))
        .all(store.reads())
        .await?;
    for part in parts {
        let key = vec![("id", id.0.into()), ("part", part.part.into())];
        set.push(Write::Delete(Delete {
            table: blob::Entity.table_name(),
            key,
            must_match: false,
        }));
    }
    Ok(())
}

fn reference(text: &str) -> Option<BlobId> {
    text.strip_prefix(MARK)?.parse::<Uuid>().ok().map(BlobId)
}
