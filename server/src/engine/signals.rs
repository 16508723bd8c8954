//! Signals: sent by people and runs to the runs that wait for them, or will.
//!
//! A signal is addressed by a name and a key. A run that waits for that address is told in the signal's own write set. The
//! signal is kept, too, for every run that was open when it was sent and waits for it later: each of them takes it once.
//! Who sends and who begins to wait pass the address's turnstile, so neither can overlook the other.

use pointsman_entities::{
    ids::{RunId, SignalId},
    run, signal, signal_wait,
    time::Timestamp,
};
use pointsman_graph::node::signal::LONGEST;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, JoinType, QueryFilter, QuerySelect};
use serde_json::Value as Json;

use super::{
    Engine, Error,
    inbox::{self, Fact},
    turnstile::Turnstile,
};
use crate::{
    crm::{
        access::Permission,
        keyed::{Request, Seen},
        validate::Code,
        write::Problem,
    },
    store::{self, WriteSet, payload},
};

/// How often a sending is decided anew before it takes a turn of its own.
const ATTEMPTS: usize = 3;

/// Where a signal goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub name: String,
    /// Tells signals of one name apart; may be empty.
    pub key: String,
}

/// A signal as somebody sends it.
#[derive(Clone, Debug)]
pub struct Message {
    pub address: Address,
    /// JSON as a row holds it.
    pub payload: String,
    /// Who sends it.
    pub sender: String,
}

/// A signal that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub id: SignalId,
    /// The runs that waited for it and were told.
    pub told: Vec<RunId>,
}

impl Address {
    /// The name of the turnstile that sender and waiter pass. A name has no NUL in it, so no two addresses share one.
    #[must_use]
    pub fn turnstile(&self) -> String {
        format!("signal\0{}\0{}", self.name, self.key)
    }

    fn check(&self) -> Result<(), Problem> {
        let wrong = |field, message: String| {
            Err(Problem {
                code: Code::Invalid,
                message,
                field: Some(field),
            })
        };
        let fits = |text: &str| text.len() <= LONGEST && !text.contains('\0');
        match (self.name.trim(), self.key.as_str()) {
            ("", _) => wrong("name", "a signal needs a name".into()),
            (name, _) if !fits(name) => wrong("name", format!("`name` has at most {LONGEST} bytes, none of them NUL")),
            (_, key) if !fits(key) => wrong("key", format!("`key` has at most {LONGEST} bytes, none of them NUL")),
            (_, _) => Ok(()),
        }
    }
}

/// Adds a signal to a write set, with a fact for each run that waits for it. `sender`, where it is a run, hears itself.
///
/// # Errors
/// Where the database fails.
pub async fn send(
    engine: &Engine,
    set: &mut WriteSet,
    message: Message,
    sender: Option<RunId>,
    now: Timestamp,
) -> Result<Sent, Error> {
    let turnstile = Turnstile::look(&engine.store, set, &message.address.turnstile()).await?;
    let mut told = waiting(engine, &message.address).await?;
    told.retain(|run| Some(*run) != sender);
    turnstile.pass(set, None, now);
    let id = engine.source.id();
    for run in &told {
        inbox::deliver(set, *run, &Fact::Signalled { signal: id }, now);
    }
    set.insert(signal::ActiveModel {
        id: Set(id),
        name: Set(message.address.name),
        key: Set(message.address.key),
        payload: Set(message.payload),
        sender: Set(message.sender),
        sent_at: Set(now),
    });
    Ok(Sent { id, told })
}

/// The open runs that wait for a signal of this address.
async fn waiting(engine: &Engine, address: &Address) -> Result<Vec<RunId>, Error> {
    let run = signal_wait::Entity::belongs_to(run::Entity)
        .from(signal_wait::Column::RunId)
        .to(run::Column::Id)
        .into();
    let runs = signal_wait::Entity::find()
        .select_only()
        .column(signal_wait::Column::RunId)
        .distinct()
        .join(JoinType::InnerJoin, run)
        .filter(signal_wait::Column::Name.eq(&address.name))
        .filter(signal_wait::Column::Key.eq(&address.key))
        .filter(run::Column::FinishedAt.is_null())
        .into_tuple()
        .all(engine.store.reads())
        .await;
    Ok(runs.map_err(store::Error::from)?)
}

impl Engine {
    /// Sends a signal for somebody who may start workflows. A payload is any JSON.
    ///
    /// # Errors
    /// Where the database fails, or the key was used for another request.
    pub async fn send_signal<'a>(
        &self,
        request: impl Into<Request<'a>>,
        address: Address,
        payload: &Json,
    ) -> Result<Result<Sent, Problem>, Error> {
        let request = request.into();
        if !request.access.has(Permission::RunWorkflows) {
            return Ok(Err(Problem {
                code: Code::Forbidden,
                message: "your role may not send signals".into(),
                field: None,
            }));
        }
        if let Err(problem) = address.check() {
            return Ok(Err(problem));
        }
        for attempt in 0.. {
            match request.seen(&self.store).await? {
                Some(Seen::Other) => return Err(Error::KeyReused),
                Some(Seen::Same(ids)) => return Ok(Ok(Sent::recall(&ids))),
                None => {}
            }
            let turnstile = Turnstile::look(&self.store, &WriteSet::new(), &address.turnstile()).await?;
            let turn = match attempt {
                0..ATTEMPTS => None,
                _ => Some(self.store.turn(&[turnstile.row()]).await?),
            };
            let (mut set, now) = (WriteSet::new(), self.source.now());
            let message = Message {
                address: address.clone(),
                payload: payload::put(&mut set, || self.source.id(), payload.to_string()),
                sender: request.access.actor().text(),
            };
            let sent = send(self, &mut set, message, None, now).await?;
            request.remember(&mut set, &sent.ids(), now);
            let outcome = match turn {
                Some(turn) => turn.commit(set).await?,
                None => self.store.commit(set).await?,
            };
            if outcome.is_ok() {
                sent.told.iter().for_each(|run| self.wake(*run));
                return Ok(Ok(sent));
            }
        }
        Err(store::Error::Stopped.into())
    }
}

impl Sent {
    /// What a repeated request is answered with: the signal, then the runs.
    fn ids(&self) -> Vec<uuid::Uuid> {
        [self.id.0]
            .into_iter()
            .chain(self.told.iter().map(|run| run.0))
            .collect()
    }

    fn recall(ids: &[uuid::Uuid]) -> Self {
        let mut ids = ids.iter().copied();
        Self {
            id: SignalId(ids.next().unwrap_or_default()),
            told: ids.map(RunId).collect(),
        }
    }
}
