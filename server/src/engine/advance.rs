//! One run, moved as far as it goes: segment after segment, each decided in memory and committed whole.

use pointsman_entities::{ids::RunId, run, user};
use pointsman_graph::{decision::Decision::Finish, event::Outcome};
use sea_orm::{ActiveValue::Set, EntityTrait};

use super::{
    Engine, Error,
    history::{What, Writer},
    inbox,
    live::Live,
    segment::{Done, Segment},
};
use crate::{
    crm::{
        access::{Access, Role},
        cause::Actor,
        write::Enrolled,
    },
    store::{self, Row, Update, Write, WriteSet},
};

/// How often a segment is decided anew before it takes a turn of its own.
const ATTEMPTS: usize = 3;

/// Moves a run until it is over, waits, or belongs to somebody else.
pub async fn advance(engine: &Engine, run: RunId, enrolled: Option<Enrolled>) -> Result<(), Error> {
    let mut next = match enrolled {
        Some(enrolled) => Some(Live::fresh(engine, enrolled).await?),
        None => Live::load(engine, run).await?,
    };
    let mut refused = 0;
    let mut contended = Vec::new();
    while let Some(live) = next {
        let facts = if live.drained < live.inbox {
            inbox::pending(&engine.store, run).await?
        } else {
            Vec::new()
        };
        let Some(access) = principal(engine, &live).await? else {
            return refuse(engine, &live).await;
        };
        let turn = if refused < ATTEMPTS {
            None
        } else {
            Some(engine.store.turn(&contended).await?)
        };
        let mut segment = Segment::new(engine, live, &access);
        segment.advance(facts).await?;
        let (decision, done) = segment.close()?;
        contended = rows(&decision.set);
        match engine.crm.settle(decision, turn).await? {
            Ok(()) => {
                refused = 0;
                next = follow(engine, done);
            }
            Err(refusal) => {
                tracing::debug!(run = %run.0, %refusal, "a segment is decided again");
                refused += 1;
                next = Live::load(engine, run).await?;
            }
        }
    }
    Ok(())
}

/// What follows a commit. The run as it is, where it goes on at once.
fn follow(engine: &Engine, done: Done) -> Option<Live> {
    for effect in done.effects {
        engine.perform(effect);
    }
    if done.timers {
        engine.alarm.ring();
    }
    engine.hints.moved(done.live.id);
    done.goes_on.then_some(done.live)
}

/// In whose name the run acts: its version's publisher, with the role that user has now. None where the user may no
/// longer sign in.
async fn principal(engine: &Engine, live: &Live) -> Result<Option<Access>, Error> {
    let Some(publisher) = live.version.publisher else {
        return Ok(Some(Access::system()));
    };
    let user = user::Entity::find_by_id(publisher)
        .one(engine.store.reads())
        .await
        .map_err(store::Error::from)?;
    let user = user.filter(|user| user.deleted_at.is_none() && user.disabled_at.is_none());
    Ok(user.and_then(|user| Some(Access::new(Actor::User(publisher), Role::parse(&user.role)?))))
}

/// Ends a run whose publisher may no longer act.
async fn refuse(engine: &Engine, live: &Live) -> Result<(), Error> {
    let now = engine.source.now();
    let mut history = Writer::after(live.seq, now);
    history.note(What::Decision(Finish {
        outcome: Outcome::Failed,
    }));
    let row = run::ActiveModel {
        status: Set("FAILED".into()),
        seq: Set(history.last()),
        error: Set(Some(
            "PUBLISHER_DISABLED: whoever published the workflow may no longer sign in".into(),
        )),
        owner: Set(None),
        ready: Set(false),
        epoch: Set(live.lease.epoch + 1),
        finished_at: Set(Some(now)),
        updated_at: Set(now),
        ..Default::default()
    };
    let mut set = WriteSet::new();
    set.push(Write::Update(
        Update::of(vec![("id", live.id.0.into())], &row).guarded("epoch", live.lease.epoch),
    ));
    if let Some(row) = history.row(live.id) {
        set.insert(row);
    }
    let _fenced = engine.store.commit(set).await?;
    engine.hints.moved(live.id);
    Ok(())
}

/// The rows that a write set updates, to lock them where others are always quicker.
fn rows(set: &WriteSet) -> Vec<Row> {
    let row = |write: &Write| match write {
        Write::Update(Update { table, key, .. }) => match key.as_slice() {
            [("id", sea_orm::Value::Uuid(Some(id)))] => Some(Row { table, id: *id }),
            _ => None,
        },
        Write::Insert(_) | Write::Delete(_) | Write::Require(_) => None,
    };
    set.writes().iter().filter_map(row).collect()
}
