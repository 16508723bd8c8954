//! One run, moved as far as it goes: segment after segment, each decided in memory and committed whole.

use std::time::Duration;

use pointsman_entities::ids::RunId;
use pointsman_graph::{decision::Decision::Finish, event::Outcome};

use super::{
    Engine, Error,
    end::{Ending, end},
    failures::Fault,
    held::hold,
    history::What,
    live::Live,
    segment::{Done, Segment},
};
use crate::{
    crm::{access::Access, cause::Actor, write::Enrolled},
    workflow::{admission::MAX_DEPTH, versions::Version},
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
        let access = match course(engine, &live).await? {
            Course::Move(access) => access,
            // These make write sets of their own, which would wait for the turn.
            Course::Hold => {
                drop(turn);
                if hold(engine, &live).await? {
                    return Ok(());
                }
                refused += 1;
                continue;
            }
            Course::End(ending) => {
                drop(turn);
                if end(engine, &live, *ending).await? {
                    return Ok(());
                }
                refused += 1;
                continue;
            }
        };
        let mut segment = Segment::new(engine, live, &access);
        segment.advance().await?;
        let next = segment.give_back().await?;
        let (mut decision, done) = segment.close()?;
        decision.close();
        contended = decision.set.updated();
        match engine.crm.settle(decision, turn).await? {
            Ok(()) => {
                refused = 0;
                next.into_iter().for_each(|run| engine.wake(run));
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

/// What is to be done with a run.
enum Course {
    /// It moves, in somebody's name.
    Move(Access),
    /// It may not start yet.
    Hold,
    End(Box<Ending>),
}

async fn course(engine: &Engine, live: &Live) -> Result<Course, Error> {
    Ok(match principal(engine, &live.version).await? {
        None => Course::End(Box::new(disabled())),
        Some(_) if live.depth >= MAX_DEPTH && !live.run.is_started() => Course::End(Box::new(cut())),
        Some(_) if live.is_held(engine.source.now()) => Course::Hold,
        Some(access) => Course::Move(access),
    })
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
    engine.hints.moved(done.live.id);
    done.told.into_iter().for_each(|run| engine.wake(run));
    done.goes_on.then_some(done.live)
}

/// In whose name the run acts: its version's publisher, with the role that user has now. None where the user may no
/// longer sign in.
pub async fn principal(engine: &Engine, version: &Version) -> Result<Option<Access>, Error> {
    let Some(publisher) = version.publisher else {
        return Ok(Some(Access::system()));
    };
    let standing = engine.crm.standing(publisher).await?;
    let standing = standing.filter(|standing| standing.disabled_at.is_none());
    Ok(standing.map(|standing| Access::of(Actor::User(publisher), &standing)))
}

/// The end of a run whose publisher may no longer act.
fn disabled() -> Ending {
    Ending {
        status: "FAILED",
        outcome: Outcome::Failed,
        error: Some("PUBLISHER_DISABLED: whoever published the workflow may no longer sign in".into()),
        fault: Some(Fault {
            node: String::new(),
            code: "PUBLISHER_DISABLED".into(),
            pattern: String::new(),
        }),
        told: What::Decision(Finish {
            outcome: Outcome::Failed,
        }),
    }
}

/// The end of a run that workflows have set off by way of each other too often. It never begins.
fn cut() -> Ending {
    let reason = format!("DEPTH_LIMIT: cut after {MAX_DEPTH} changes that workflows made of each other");
    Ending {
        status: "REFUSED",
        outcome: Outcome::Failed,
        fault: None,
        error: Some(reason.clone()),
        told: What::Refused { reason },
    }
}
