//! Lets runs in again that were over: what a run gave back at its end it takes once more, or it stays out. So a run that is
//! taken up again never goes on beside more others than its workflow allows.

use pointsman_entities::{
    enrolment_key,
    ids::{RecordId, RunId},
    run,
    time::Timestamp,
};
use pointsman_graph::{definition::Reenrolment, plan::Enrolment};

use super::{
    gate::Gates,
    keys::{self, Found, Key, Kind, Taken},
    reason::Reason,
    versions::Version,
};
use crate::store::{self, Store, WriteSet};

/// The runs that one decision lets in again, which see each other.
#[derive(Default)]
pub struct Readmission {
    taken: Taken,
    gates: Gates,
}

impl Readmission {
    /// Adds what a run of the version takes again: for itself, or for the run that does it once more. Why not, where others
    /// have it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn readmit(
        &mut self,
        store: &Store,
        version: &Version,
        ended: &run::Model,
        holder: RunId,
        now: Timestamp,
        set: &mut WriteSet,
    ) -> Result<Result<(), Reason>, store::Error> {
        let rules = version.plan.enrolment();
        let key = of_record(rules, ended);
        let expired = match &key {
            Some((key, record)) => match self.free(store, key, *record, now).await? {
                Some(expired) => expired,
                None => return Ok(Err(Reason::StillRunning)),
            },
            None => None,
        };
        if let Some(gate) = ended.gate_id {
            let limit = rules.concurrency.as_ref().map_or(1, |rule| rule.limit);
            if !self.gates.has_room(store, gate, version.workflow, limit).await? {
                return Ok(Err(Reason::LimitReached));
            }
            self.gates.enter(gate, limit);
        }
        if let Some((key, _)) = key {
            self.taken.insert(key.id);
            key.take(expired.as_ref(), holder, set);
        }
        Ok(Ok(()))
    }

    /// Adds the rows of the gates. Doing so twice does nothing more.
    pub fn close(&mut self, set: &mut WriteSet) {
        self.gates.close(set);
    }

    /// Whether the key can be taken, with the expired row in its place.
    async fn free(
        &self,
        store: &Store,
        key: &Key,
        record: RecordId,
        now: Timestamp,
    ) -> Result<Option<Option<enrolment_key::Model>>, store::Error> {
        if self.taken.contains(&key.id) {
            return Ok(None);
        }
        Ok(match key.find(store, now).await? {
            Found::Taken(_) => None,
            Found::Expired(row) => Some(Some(row)),
            Found::Free if keys::has_earlier_runs(store, key, record).await? => None,
            Found::Free => Some(None),
        })
    }
}

/// The key that a run for a record holds while it is under way.
fn of_record(rules: &Enrolment, run: &run::Model) -> Option<(Key, RecordId)> {
    match rules.reenrolment {
        Reenrolment::NotWhileRunning => {
            let record = run.record_id?;
            Some((Key::of_record(run.workflow_id, Kind::Running, record), record))
        }
        Reenrolment::Always | Reenrolment::WhenTurnsTrue | Reenrolment::OncePerRecord => None,
    }
}
