//! Fields that follow from others: what a deal's stage says of the deal, what a contact is called.

use std::sync::Arc;

use pointsman_entities::{ids::RecordId, time::Timestamp};
use sea_orm::{
    ConnectionTrait,
    sea_query::{Expr, ExprTrait, Order},
};

use super::{
    catalogue::Catalogue,
    object::Object,
    record::Record,
    snapshot::{Snapshot, select},
    value::Value,
};
use crate::store;

/// A record being written: its values so far, and which fields the caller gave.
pub struct Draft<'a> {
    pub object: &'a Object,
    pub before: Option<&'a Record>,
    pub values: Vec<Value>,
    pub given: Vec<usize>,
}

impl Draft<'_> {
    pub(super) fn get(&self, name: &str) -> &Value {
        self.object
            .field(name)
            .and_then(|(index, _)| self.values.get(index))
            .unwrap_or(&Value::Null)
    }

    fn set(&mut self, name: &str, value: Value) {
        let place = self
            .object
            .field(name)
            .and_then(|(index, _)| self.values.get_mut(index));
        if let Some(place) = place {
            *place = value;
        }
    }

    fn is_given(&self, name: &str) -> bool {
        self.object
            .field(name)
            .is_some_and(|(index, _)| self.given.contains(&index))
    }

    pub(super) fn changes(&self, name: &str) -> bool {
        self.before.is_none_or(|before| before.get(name) != self.get(name))
    }
}

/// Fills the fields that follow from others.
///
/// # Errors
/// Where the database fails.
pub async fn derive(
    draft: &mut Draft<'_>,
    catalogue: &Catalogue,
    snapshot: &mut Snapshot<'_>,
    now: Timestamp,
) -> Result<(), store::Error> {
    match draft.object.name {
        "contact" => name_contact(draft),
        "task" => complete_task(draft, now),
        "deal" => follow_stage(draft, catalogue, snapshot, now).await?,
        _ => {}
    }
    Ok(())
}

fn name_contact(draft: &mut Draft<'_>) {
    if !draft.get("name").is_null() {
        return;
    }
    let parts = ["firstName", "lastName"].map(|field| draft.get(field).as_text().unwrap_or_default().to_owned());
    let name = parts.join(" ");
    let name = if name.trim().is_empty() {
        draft.get("email").clone()
    } else {
        Value::text(name.trim())
    };
    draft.set("name", name);
}

fn complete_task(draft: &mut Draft<'_>, now: Timestamp) {
    if draft.changes("status") {
        let done = draft.get("status").as_text() == Some("DONE");
        draft.set("completedAt", if done { Value::Time(now) } else { Value::Null });
    }
}

async fn follow_stage(
    draft: &mut Draft<'_>,
    catalogue: &Catalogue,
    snapshot: &mut Snapshot<'_>,
    now: Timestamp,
) -> Result<(), store::Error> {
    let Some(stages) = catalogue.object("stage") else {
        return Ok(());
    };
    if draft.get("stage").is_null() {
        let first = first_stage(catalogue, stages, snapshot).await?;
        draft.set("stage", first.map_or(Value::Null, Value::Id));
    }
    let Some(id) = draft.get("stage").as_id().filter(|_| draft.changes("stage")) else {
        return Ok(());
    };
    let Some(stage) = snapshot.load(stages, id).await? else {
        return Ok(());
    };
    draft.set("status", stage.get("kind").clone());
    draft.set("pipeline", stage.get("pipeline").clone());
    if !draft.is_given("probability") {
        draft.set("probability", stage.get("probability").clone());
    }
    if draft.changes("status") {
        let closed = draft.get("status").as_text() != Some("OPEN");
        draft.set("closedAt", if closed { Value::Time(now) } else { Value::Null });
    }
    Ok(())
}

/// The first stage of the first pipeline.
async fn first_stage(
    catalogue: &Catalogue,
    stages: &Arc<Object>,
    snapshot: &mut Snapshot<'_>,
) -> Result<Option<RecordId>, store::Error> {
    let Some(pipelines) = catalogue.object("pipeline") else {
        return Ok(None);
    };
    let Some(pipeline) = first(pipelines, None, snapshot).await? else {
        return Ok(None);
    };
    first(stages, Some(pipeline), snapshot).await
}

async fn first(
    object: &Arc<Object>,
    pipeline: Option<RecordId>,
    snapshot: &mut Snapshot<'_>,
) -> Result<Option<RecordId>, store::Error> {
    let mut statement = select(object);
    statement
        .and_where(Expr::col("deleted_at").is_null())
        .order_by("position", Order::Asc)
        .order_by("id", Order::Asc);
    if let Some(pipeline) = pipeline {
        statement.and_where(Expr::col("pipeline_id").eq(pipeline.0));
    }
    let row = snapshot
        .store()
        .reads()
        .query_one(&statement.limit(1).to_owned())
        .await?;
    Ok(row
        .map(|row| Record::from_row(object, &row))
        .transpose()?
        .map(|record| record.id))
}
