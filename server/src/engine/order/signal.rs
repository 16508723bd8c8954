//! `waitFor` a signal, and `emitSignal`: what a run hears, what it says, and what it has said to itself.

use std::collections::HashSet;

use pointsman_entities::{ids::SignalId, signal, signal_taken, signal_wait, time::Timestamp};
use pointsman_graph::{
    key::Port,
    resolve::{Signal, SignalWait},
    step::StepId,
    value::Value,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde_json::{Value as Json, json};

use crate::{
    engine::{
        Error,
        inbox::Purpose,
        segment::Segment,
        signals::{self, Address, Message},
        turnstile::Turnstile,
    },
    store::{self, payload},
};

/// What a segment has said, heard and begun to wait for, and not yet committed.
#[derive(Default)]
pub struct Signals {
    sent: Vec<Heard>,
    taken: HashSet<SignalId>,
    waits: Vec<(Address, StepId, u32)>,
}

/// A signal that a wait can take.
#[derive(Clone)]
struct Heard {
    id: SignalId,
    address: Address,
    payload: Json,
}

impl Segment<'_> {
    pub(super) async fn wait_for_signal(&mut self, step: &StepId, attempt: u32, wait: SignalWait) -> Result<(), Error> {
        let address = Address {
            name: wait.name.to_string(),
            key: wait.key,
        };
        self.set_input(step, &json!({ "name": address.name, "key": address.key }));
        let turnstile = Turnstile::look(&self.engine.store, &self.decision.set, &address.turnstile()).await?;
        if let Some(signal) = self.kept(&address).await? {
            self.hear(step, attempt, &signal);
            return Ok(());
        }
        turnstile.pass(&mut self.decision.set, None, self.now);
        self.decision.set.insert(signal_wait::ActiveModel {
            id: Set(self.engine.source.id()),
            run_id: Set(self.live.id),
            step: Set(step.to_string()),
            attempt: Set(i64::from(attempt)),
            name: Set(address.name.clone()),
            key: Set(address.key.clone()),
        });
        self.signals.waits.push((address, step.clone(), attempt));
        let deadline = wait.deadline.map(|deadline| Timestamp(deadline.micros()));
        if let Some(deadline) = deadline {
            self.set_timer(step, Purpose::Timeout, attempt, deadline);
        }
        self.wait(step, deadline);
        Ok(())
    }

    pub(super) async fn emit_signal(&mut self, step: &StepId, attempt: u32, signal: Signal) -> Result<(), Error> {
        let address = Address {
            name: signal.name.to_string(),
            key: signal.key,
        };
        self.set_input(
            step,
            &json!({ "name": address.name, "key": address.key, "payload": signal.payload }),
        );
        let message = Message {
            address: address.clone(),
            payload: self.stored(signal.payload.to_string()),
            sender: self.decision.cause.text(),
        };
        let own = Some(self.live.id);
        let sent = signals::send(self.engine, &mut self.decision.set, message, own, self.now).await?;
        self.told.extend(sent.told);
        self.succeed(step, attempt, Port::DONE, Value::Null);
        let heard = Heard {
            id: sent.id,
            address,
            payload: signal.payload,
        };
        match self.listening(&heard.address).await? {
            Some((step, attempt)) => self.hear(&step, attempt, &heard),
            None => self.signals.sent.push(heard),
        }
        Ok(())
    }

    /// A signal has come for one of the run's waits. Where they have gone on without it, it is kept for a later one.
    pub(super) async fn signalled(&mut self, id: SignalId) -> Result<(), Error> {
        let reads = self.engine.store.reads();
        let taken = signal_taken::Entity::find_by_id((self.live.id, id)).one(reads).await;
        if taken.map_err(store::Error::from)?.is_some() || self.signals.taken.contains(&id) {
            return Ok(());
        }
        let row = signal::Entity::find_by_id(id).one(reads).await;
        let Some(row) = row.map_err(store::Error::from)? else {
            return Ok(());
        };
        let signal = self.read_signal(row).await?;
        if let Some((step, attempt)) = self.listening(&signal.address).await? {
            self.hear(&step, attempt, &signal);
        }
        Ok(())
    }

    /// The run's oldest open wait for a signal of this address.
    async fn listening(&self, address: &Address) -> Result<Option<(StepId, u32)>, Error> {
        let rows = signal_wait::Entity::find()
            .filter(signal_wait::Column::RunId.eq(self.live.id))
            .filter(signal_wait::Column::Name.eq(&address.name))
            .filter(signal_wait::Column::Key.eq(&address.key))
            .order_by_asc(signal_wait::Column::Id)
            .all(self.engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        let stored = rows
            .iter()
            .filter_map(|row| Some((row.step.parse().ok()?, u32::try_from(row.attempt).ok()?)));
        let own = self.signals.waits.iter().filter(|(known, _, _)| known == address);
        let own = own.map(|(_, step, attempt)| (step.clone(), *attempt));
        let mut waits = stored.chain(own);
        Ok(waits.find(|(step, attempt)| self.expects(step, *attempt)))
    }

    /// The oldest signal of this address that was sent while the run was open and that none of its waits has taken.
    async fn kept(&self, address: &Address) -> Result<Option<Heard>, Error> {
        let taken = signal_taken::Entity::find()
            .select_only()
            .column(signal_taken::Column::SignalId)
            .filter(signal_taken::Column::RunId.eq(self.live.id))
            .into_query();
        // Ids grow with time, also within one tick of the clock.
        let rows = signal::Entity::find()
            .filter(signal::Column::Name.eq(&address.name))
            .filter(signal::Column::Key.eq(&address.key))
            .filter(signal::Column::Id.gt(SignalId(self.live.id.0)))
            .filter(signal::Column::Id.not_in_subquery(taken))
            .order_by_asc(signal::Column::Id)
            .limit(self.signals.taken.len() as u64 + 1)
            .all(self.engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        let is_free = |id| !self.signals.taken.contains(&id);
        if let Some(row) = rows.into_iter().find(|row| is_free(row.id)) {
            return Ok(Some(self.read_signal(row).await?));
        }
        let mut own = self.signals.sent.iter();
        Ok(own.find(|sent| sent.address == *address && is_free(sent.id)).cloned())
    }

    async fn read_signal(&self, row: signal::Model) -> Result<Heard, Error> {
        let text = payload::get(&self.engine.store, row.payload).await?;
        let payload = serde_json::from_str(&text).map_err(|source| Error::Corrupt {
            table: "signal",
            id: row.id.0.to_string(),
            source,
        })?;
        let address = Address {
            name: row.name,
            key: row.key,
        };
        Ok(Heard {
            id: row.id,
            address,
            payload,
        })
    }

    /// The wait takes the signal: no other wait of the run will.
    fn hear(&mut self, step: &StepId, attempt: u32, signal: &Heard) {
        self.drop_orders(step);
        self.decision.set.insert(signal_taken::ActiveModel {
            run_id: Set(self.live.id),
            signal_id: Set(signal.id),
        });
        self.signals.taken.insert(signal.id);
        self.succeed(step, attempt, Port::HAPPENED, Value::from_json(&signal.payload));
    }
}
