//! The rows that bring a run its next fact: timers, waits, effects.

use pointsman_entities::{
    approval, approval_assignee, effect,
    ids::{EffectId, MemberId, RunId, TimerId},
    notification, run as row, signal_wait,
    time::Timestamp,
    timer, wait,
};
use pointsman_graph::step::StepId;
use sea_orm::{ActiveValue::Set, EntityName, Value};
use uuid::Uuid;

use super::{approvals::Status, inbox::Purpose};
use crate::store::{Assign, Cell, Delete, Insert, Update, Write, WriteSet};

#[must_use]
pub fn timer(
    id: TimerId,
    run: RunId,
    step: &StepId,
    purpose: Purpose,
    attempt: u32,
    due_at: Timestamp,
) -> timer::ActiveModel {
    timer::ActiveModel {
        id: Set(id),
        run_id: Set(run),
        step: Set(step.to_string()),
        purpose: Set(purpose.text().into()),
        attempt: Set(i64::from(attempt)),
        due_at: Set(due_at),
    }
}

/// Deletes the timers and waits of a step, and withdraws what it has asked where nobody has begun to answer: its effect and
/// its approval.
pub fn drop(set: &mut WriteSet, run: RunId, step: &StepId) {
    let key = || vec![("run_id", run.0.into()), ("step", step.to_string().into())];
    let waits = [
        timer::Entity.table_name(),
        wait::Entity.table_name(),
        signal_wait::Entity.table_name(),
    ];
    for table in waits {
        set.push(Write::Delete(Delete {
            table,
            key: key(),
            must_match: false,
        }));
    }
    let questions = [
        (effect::Entity.table_name(), "state", "PENDING", "CANCELLED"),
        (
            approval::Entity.table_name(),
            "status",
            Status::Pending.text(),
            Status::Cancelled.text(),
        ),
    ];
    for (table, column, pending, cancelled) in questions {
        set.push(Write::Update(Update {
            table,
            key: key(),
            set: vec![(column, Assign::Value(cancelled.into()))],
            guard: vec![(column, pending.into())],
            returning: None,
            must_match: false,
        }));
    }
}

/// Takes back what a write set was about to order for a step, or the run that it was about to call. The rows' ids.
pub fn withdraw(set: &mut WriteSet, run: RunId, step: &StepId) -> Vec<Uuid> {
    let tables = [
        timer::Entity.table_name(),
        wait::Entity.table_name(),
        signal_wait::Entity.table_name(),
        approval::Entity.table_name(),
        notification::Entity.table_name(),
        effect::Entity.table_name(),
    ];
    let step = step.to_string();
    let mut withdrawn = Vec::new();
    let is = |insert: &Insert, column, value: &Value| matches!(insert.get(column), Some(Cell::Value(found)) if found == value);
    set.retain(|write| {
        let Write::Insert(insert) = write else { return true };
        let is = |column, value: &Value| is(insert, column, value);
        let ours = match insert.table == row::Entity.table_name() {
            true => is("parent_run", &run.0.into()) && is("parent_step", &step.as_str().into()),
            false => tables.contains(&insert.table) && is("run_id", &run.0.into()) && is("step", &step.as_str().into()),
        };
        if let (true, Some(Cell::Value(Value::Uuid(Some(id))))) = (ours, insert.get("id")) {
            withdrawn.push(*id);
        }
        !ours
    });
    // Nobody is to decide what nobody asks.
    set.retain(|write| match write {
        Write::Insert(insert) if insert.table == approval_assignee::Entity.table_name() => {
            !withdrawn.iter().any(|id| is(insert, "approval_id", &(*id).into()))
        }
        Write::Insert(_) | Write::Update(_) | Write::Delete(_) | Write::Require(_) | Write::Sweep(_) => true,
    });
    withdrawn
}

/// Marks what users were told of a step's question as read: there is nothing left for them to do.
pub fn unask(set: &mut WriteSet, run: RunId, step: &StepId, now: Timestamp) {
    set.push(Write::Update(Update {
        table: notification::Entity.table_name(),
        key: vec![("run_id", run.0.into()), ("step", step.to_string().into())],
        set: vec![("read_at", Assign::Value(now.micros().into()))],
        guard: vec![("read_at", Value::BigInt(None))],
        returning: None,
        must_match: false,
    }));
}

/// Takes back what [`again`] has added.
pub fn never_again(set: &mut WriteSet, effect: EffectId) {
    let key = vec![("id", effect.0.into())];
    set.retain(|write| match write {
        Write::Update(update) => update.table != effect::Entity.table_name() || update.key != key,
        Write::Insert(_) | Write::Delete(_) | Write::Require(_) | Write::Sweep(_) => true,
    });
}

/// Hands an effect that failed before to its server node again.
pub fn again(set: &mut WriteSet, effect: EffectId, attempt: u32, member: MemberId, now: Timestamp) {
    let value = |value: Value| Assign::Value(value);
    set.push(Write::Update(Update {
        table: effect::Entity.table_name(),
        key: vec![("id", effect.0.into())],
        set: vec![
            ("state", value("PENDING".into())),
            ("attempt", value(i64::from(attempt).into())),
            ("owner", value(member.0.into())),
            ("next_at", value(now.micros().into())),
            ("updated_at", value(now.micros().into())),
        ],
        guard: vec![("state", "FAILED".into())],
        returning: None,
        must_match: true,
    }));
}
