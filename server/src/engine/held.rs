//! Runs that may not start yet: they queue at a gate, or their workflow's rate puts them off. Such a run is looked at once,
//! to be told of and to set its timer, and then sleeps until it is let in, its time comes, or somebody cancels it.

use pointsman_entities::{ids::RunId, run, time::Timestamp};
use pointsman_graph::{decision::Decision::Finish, definition::Overflow, event::Outcome, step::StepId};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{
    Engine, Error,
    end::{Ending, end},
    history::{What, Writer},
    inbox::{self, Fact, Purpose},
    live::Live,
    pending,
};
use crate::store::{self, Update, Write, WriteSet};

/// Writes down that the run waits, or ends it where it was cancelled. False where that must be decided again.
pub async fn hold(engine: &Engine, live: &Live) -> Result<bool, Error> {
    let facts = match live.drained < live.inbox {
        true => inbox::pending(&engine.store, live.id).await?,
        false => Vec::new(),
    };
    if facts.iter().any(|(_, fact)| *fact == Fact::CancelRequested) {
        let cancelled = Ending {
            status: "CANCELLED",
            error: None,
            told: What::Decision(Finish {
                outcome: Outcome::Cancelled,
            }),
        };
        return end(engine, live, cancelled).await;
    }
    let now = engine.source.now();
    let mut set = WriteSet::new();
    let mut history = Writer::after(live.seq, now);
    let is_new = live.seq == 0;
    let mut overtaken = Vec::new();
    if is_new {
        history.note(What::Queued {
            until: live.hold.start_at,
        });
        set_timer(engine, live, &mut set);
        overtaken = overtakes(engine, live).await?;
        for run in &overtaken {
            inbox::deliver(&mut set, *run, &Fact::CancelRequested, now);
        }
    }
    let last = facts.last().map_or(live.drained, |(number, _)| *number);
    inbox::remove(&mut set, live.id, facts.into_iter().map(|(number, _)| number));
    set.push(Write::Update(sleep(live, last, &history, now)));
    if let Some(row) = history.row(live.id) {
        set.insert(row);
    }
    if engine.store.commit(set).await?.is_err() {
        return Ok(false);
    }
    engine.hints.moved(live.id);
    engine.alarm.ring();
    overtaken.into_iter().for_each(|run| engine.wake(run));
    Ok(true)
}

/// The run is nobody's until something happens; what was delivered meanwhile must not be slept over.
fn sleep(live: &Live, drained: i64, history: &Writer, now: Timestamp) -> Update {
    let row = run::ActiveModel {
        owner: Set(None),
        ready: Set(false),
        epoch: Set(live.lease.epoch + 1),
        seq: Set(history.last()),
        drained: Set(drained),
        updated_at: Set(now),
        ..Default::default()
    };
    Update::of(vec![("id", live.id.0.into())], &row)
        .guarded("epoch", live.lease.epoch)
        .guarded("owner", live.lease.owner.map(|owner| owner.0))
        .guarded("inbox", live.inbox)
}

fn set_timer(engine: &Engine, live: &Live, set: &mut WriteSet) {
    if let (Some(start), Ok(trigger)) = (live.hold.start_at, live.trigger.parse::<StepId>()) {
        let id = engine.source.id();
        set.insert(pending::timer(id, live.id, &trigger, Purpose::Start, 1, start));
    }
}

/// The older runs at the gate whose place the run takes, where its workflow restarts: all but as many as there may be
/// beside it, the youngest.
async fn overtakes(engine: &Engine, live: &Live) -> Result<Vec<RunId>, Error> {
    let rule = live.version.plan.enrolment().concurrency.as_ref();
    let rule = rule.filter(|rule| rule.overflow == Overflow::Restart);
    let (Some(rule), Some(gate), Some(place)) = (rule, live.hold.gate, live.hold.place) else {
        return Ok(Vec::new());
    };
    let mut older = run::Entity::find()
        .filter(run::Column::GateId.eq(gate))
        .filter(run::Column::FinishedAt.is_null())
        .filter(run::Column::Id.ne(live.id))
        .all(engine.store.reads())
        .await
        .map_err(store::Error::from)?;
    older.retain(|other| other.place.is_none_or(|other| other < place));
    older.sort_by_key(|other| std::cmp::Reverse((other.place, other.created_at, other.id)));
    let kept = usize::try_from(rule.limit - 1).unwrap_or(usize::MAX);
    Ok(older.into_iter().skip(kept).map(|run| run.id).collect())
}
