//! Unique values of custom fields: a row a value, written with the record that has it. The row's key refuses the second
//! record, whoever writes it and whenever; looking before only gives the refusal a name.

use std::collections::HashSet;

use pointsman_entities::{custom_key, ids::CustomFieldId};
use sea_orm::{ActiveValue::Set, EntityName, EntityTrait};

use super::stored;
use crate::{
    crm::{
        Record,
        validate::Code,
        write::{Decision, Problem},
    },
    store::{self, Delete, Write, WriteSet},
};

/// The keys that a decision takes and gives away.
#[derive(Debug, Default)]
pub struct Keys {
    taken: HashSet<(CustomFieldId, String)>,
    given: HashSet<(CustomFieldId, String)>,
}

/// A unique field whose key changes.
struct Passing {
    name: &'static str,
    id: CustomFieldId,
    from: Option<String>,
    to: Option<String>,
}

impl Keys {
    /// Adds the rows of a change.
    pub fn pass(&mut self, set: &mut WriteSet, before: Option<&Record>, after: &Record) {
        for Passing { id, from, to, .. } in passing(before, after) {
            if let Some(value) = from {
                self.taken.remove(&(id, value.clone()));
                self.given.insert((id, value.clone()));
                set.push(Write::Delete(Delete {
                    table: custom_key::Entity.table_name(),
                    key: vec![("field_id", id.0.into()), ("value", value.into())],
                    must_match: false,
                }));
            }
            if let Some(value) = to {
                self.given.remove(&(id, value.clone()));
                self.taken.insert((id, value.clone()));
                set.insert(custom_key::ActiveModel {
                    field_id: Set(id),
                    value: Set(value),
                    record_id: Set(after.id),
                });
            }
        }
    }
}

/// The unique fields whose value another record has.
///
/// # Errors
/// Where the database fails.
pub async fn taken(
    decision: &Decision<'_>,
    before: Option<&Record>,
    after: &Record,
) -> Result<Vec<Problem>, store::Error> {
    let mut problems = Vec::new();
    for Passing { name, id, to, .. } in passing(before, after) {
        let Some(value) = to else { continue };
        let key = (id, value);
        let known = decision.keys.taken.contains(&key);
        let free = decision.keys.given.contains(&key);
        let reads = decision.snapshot.store().reads();
        if known || (!free && custom_key::Entity::find_by_id(key).one(reads).await?.is_some()) {
            problems.push(Problem {
                code: Code::Taken,
                message: format!("`{name}` is taken already"),
                field: Some(name),
            });
        }
    }
    Ok(problems)
}

fn passing<'a>(before: Option<&'a Record>, after: &'a Record) -> impl Iterator<Item = Passing> {
    let held = |record: Option<&Record>, index: usize| {
        let value = record.filter(|record| !record.is_deleted())?.values.get(index)?;
        stored::key(value)
    };
    let fields = after.object.fields.iter().enumerate().filter(|(_, field)| field.unique);
    let keys = fields.filter_map(move |(index, field)| {
        Some(Passing {
            name: field.name,
            id: field.custom.as_ref()?.id,
            from: held(before, index),
            to: held(Some(after), index),
        })
    });
    keys.filter(|passing| passing.from != passing.to)
}
