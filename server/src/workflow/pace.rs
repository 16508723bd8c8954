//! The pace of a workflow: at most so many starts in any stretch of time. A start beyond that is put off until the oldest
//! of the last ones is far enough behind.

use std::collections::{HashMap, VecDeque, hash_map::Entry};

use chrono::TimeDelta;
use pointsman_entities::{ids::WorkflowId, pace, time::Timestamp};
use pointsman_graph::plan::Rate;
use sea_orm::{ActiveValue::Set, EntityTrait};

use crate::store::{self, Store, Update, Write, WriteSet};

/// The paces that one decision keeps.
#[derive(Default)]
pub struct Paces(HashMap<WorkflowId, Pace>);

struct Pace {
    /// The row's version; none: there is no row.
    read: Option<i64>,
    starts: VecDeque<i64>,
}

impl Paces {
    /// When a run that is enrolled now starts, which then counts as a start.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn next(
        &mut self,
        store: &Store,
        workflow: WorkflowId,
        rate: Rate,
        now: Timestamp,
    ) -> Result<Timestamp, store::Error> {
        let pace = match self.0.entry(workflow) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => free.insert(Pace::load(store, workflow).await?),
        };
        Ok(put(&mut pace.starts, rate, now))
    }

    /// Adds the rows of the paces, guarded by what was read.
    pub fn close(&mut self, set: &mut WriteSet) {
        for (workflow, pace) in std::mem::take(&mut self.0) {
            let row = pace::ActiveModel {
                id: Set(workflow),
                starts: Set(serde_json::to_string(&pace.starts).unwrap_or_default()),
                version: Set(pace.read.unwrap_or(0) + 1),
            };
            match pace.read {
                None => set.insert(row),
                Some(version) => {
                    let update = Update::of(vec![("id", workflow.0.into())], &row);
                    set.push(Write::Update(update.guarded("version", version)));
                }
            }
        }
    }
}

impl Pace {
    async fn load(store: &Store, workflow: WorkflowId) -> Result<Self, store::Error> {
        let row = pace::Entity::find_by_id(workflow).one(store.reads()).await?;
        Ok(Self {
            read: row.as_ref().map(|row| row.version),
            // What can't be read held somebody back at some time; nobody any more.
            starts: row
                .and_then(|row| serde_json::from_str(&row.starts).ok())
                .unwrap_or_default(),
        })
    }
}

/// Adds a start to the last ones, ascending, and forgets those that can hold nobody back.
fn put(starts: &mut VecDeque<i64>, rate: Rate, now: Timestamp) -> Timestamp {
    let limit = usize::try_from(rate.limit).unwrap_or(usize::MAX);
    let per = micros(rate.per);
    let oldest = starts.len().checked_sub(limit).and_then(|place| starts.get(place));
    let earliest = oldest.map_or(i64::MIN, |start| start.saturating_add(per));
    // Not before those who came first, even where the clock of another server node is ahead.
    let last = starts.back().copied().unwrap_or(i64::MIN);
    let start = now.micros().max(earliest).max(last);
    starts.push_back(start);
    while starts.len() > limit {
        starts.pop_front();
    }
    Timestamp(start)
}

fn micros(span: TimeDelta) -> i64 {
    span.num_microseconds().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        limit: 2,
        per: TimeDelta::microseconds(100),
    };

    fn all(arrivals: &[i64]) -> Vec<i64> {
        let mut starts = VecDeque::new();
        arrivals
            .iter()
            .map(|now| put(&mut starts, RATE, Timestamp(*now)).micros())
            .collect()
    }

    #[test]
    fn those_within_the_rate_start_at_once() {
        assert_eq!(all(&[0, 1, 100, 101, 300]), [0, 1, 100, 101, 300]);
    }

    #[test]
    fn those_beyond_the_rate_start_when_the_stretch_is_over() {
        assert_eq!(all(&[0, 10, 20, 20, 30]), [0, 10, 100, 110, 200]);
    }

    #[test]
    fn no_stretch_holds_more_starts_than_the_rate_allows() {
        let arrivals: Vec<i64> = (0..200).map(|number| number * number % 83 + number).collect();
        let mut sorted = arrivals;
        sorted.sort_unstable();

        let starts = all(&sorted);

        assert!(starts.windows(3).all(|three| three[2] - three[0] >= 100));
        assert!(starts.is_sorted());
    }
}
