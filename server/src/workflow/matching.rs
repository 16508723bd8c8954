//! Whether a change is one that a trigger waits for, and if not, why not. Pure but for the records that conditions refer to.

use std::sync::Arc;

use pointsman_graph::{
    definition::Reenrolment,
    expression::{Budget, Expression, Fault},
    plan::{Operation as Listened, Trigger},
    value::Value,
};

use crate::{
    crm::{
        Catalogue,
        change::{Change, Operation},
        snapshot::Snapshot,
    },
    facts::{self, ChangeFacts},
    store,
};

/// What a change is to a trigger.
#[derive(Clone, Debug, PartialEq)]
pub enum Match {
    /// It starts a run, if the workflow's settings let it in.
    Matches,
    /// None of the fields that the trigger listens to was changed.
    OtherFields,
    /// The condition does not hold.
    ConditionFalse,
    /// The condition has no value.
    ConditionFailed(Fault),
    /// The condition held before the change already, and the workflow waits for it to turn true.
    HeldBefore,
}

/// What triggers listen to; none for what starts nothing.
#[must_use]
pub fn listened(operation: Operation) -> Option<Listened> {
    match operation {
        Operation::Created => Some(Listened::Created),
        Operation::Updated => Some(Listened::Updated),
        Operation::Deleted => Some(Listened::Deleted),
        Operation::Restored => None,
    }
}

/// What the change is to the trigger, which listens to its object and operation.
///
/// # Errors
/// Where the database fails.
pub async fn judge(
    trigger: &Trigger,
    reenrolment: Reenrolment,
    change: &Change,
    catalogue: &Catalogue,
    snapshot: &mut Snapshot<'_>,
) -> Result<Match, store::Error> {
    if !trigger.fields.is_empty() && !trigger.fields.iter().any(|field| change.fields.contains(&&**field)) {
        return Ok(Match::OtherFields);
    }
    let Some(condition) = &trigger.condition else {
        return Ok(match (reenrolment, change.previous()) {
            (Reenrolment::WhenTurnsTrue, Some(_)) => Match::HeldBefore,
            (_, _) => Match::Matches,
        });
    };
    match value(condition, change, catalogue, snapshot).await? {
        Ok(Value::Bool(true)) => {}
        Ok(_) => return Ok(Match::ConditionFalse),
        Err(fault) => return Ok(Match::ConditionFailed(fault)),
    }
    let before = unchanged(change).filter(|_| reenrolment == Reenrolment::WhenTurnsTrue);
    let held = match before {
        Some(before) => value(condition, &before, catalogue, snapshot).await? == Ok(Value::Bool(true)),
        None => false,
    };
    Ok(if held { Match::HeldBefore } else { Match::Matches })
}

/// The record as if it had not been changed: what a condition saw before. None for a new record.
#[must_use]
pub fn unchanged(change: &Change) -> Option<Change> {
    let before = change.previous()?;
    Some(Change {
        after: Arc::clone(before),
        ..change.clone()
    })
}

async fn value(
    condition: &Expression,
    change: &Change,
    catalogue: &Catalogue,
    snapshot: &mut Snapshot<'_>,
) -> Result<Result<Value, Fault>, store::Error> {
    loop {
        let facts = ChangeFacts {
            change,
            snapshot,
            catalogue,
        };
        match condition.evaluate(&facts, &mut Budget::default()) {
            Err(Fault::Unloaded(reference)) => facts::load(catalogue, snapshot, &reference).await?,
            outcome => return Ok(outcome),
        }
    }
}
