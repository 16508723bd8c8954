//! One run, moved as far as it goes: segment after segment, each decided in memory and committed whole.

use std::time::Duration;

use pointsman_entities::{ids::RunId, run, user};
use pointsman_graph::{decision::Decision::Finish, event::Outcome};
use sea_orm::{ActiveValue::Set, EntityTrait};

use super::{
    Engine, Error,
    history::{What, Writer},
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
const ATTEMPTS: u32 = 3;

/// How often at most before the run is left alone for a while.
const PATIENCE: u32 = 20;

/// Moves a run until it is over, waits, or belongs to somebody else.
pub async fn advance(engine: &Engine, run: RunId, enrolled: Option<Enrolled>) -> Result<(), Error> {
    let mut known = match enrolled {
        Some(enrolled) => Some(Live::fresh(engine, enrolled).await?),
        None => None,
    };
    let (mut refused, mut contended) = (0, Vec::new());
    loop {
        let turn = match refused {
            0..ATTEMPTS => None,
            ATTEMPTS..PATIENCE => {
                tokio::time::sleep(pause(engine, refused)).await;
                Some(engine.store.turn(&contended).await?)
            }
            _ => return Err(Error::Contended { run }),
        };
        // Read after the turn is had, so that what is decided on stays as it is.
        let live = match known.take().filter(|_| turn.is_none()) {
            Some(live) => live,
            None => match Live::load(engine, run).await? {
                Some(live) => live,
                None => return Ok(()),
            },
        };
        let Some(access) = principal(engine, &live).await? else {
            return refuse(engine, &live).await;
        };
        let mut segment = Segment::new(engine, live, &access);
        segment.advance().await?;
        let (decision, done) = segment.close()?;
        contended = rows(&decision.set);
        match engine.crm.settle(decision, turn).await? {
            Ok(()) => {
                refused = 0;
                known = follow(engine, done);
                if known.is_none() {
                    return Ok(());
                }
            }
            Err(refusal) => {
                tracing::debug!(run = %run.0, %refusal, "a segment is decided again");
                refused += 1;
            }
        }
    }
}

/// Longer with each refusal, and never quite the same.
fn pause(engine: &Engine, refused: u32) -> Duration {
    Duration::from_millis(5)
        .saturating_mul(refused * refused)
        .mul_f64(0.5 + engine.source.chance())
}

/// What follows a commit. The run as it is, where it goes on at once.
fn follow(engine: &Engine, done: Done) -> Option<Live> {
    for effect in done.effects {
        engine.perform(effect);
    }
    if done.timers {
        engine.alarm.ring();
    }
    if done.notifies {
        engine.hints.notified();
    }
    done.told.into_iter().for_each(|run| engine.wake(run));
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
