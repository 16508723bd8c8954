//! Turnstiles: who decides on a count or on an absence passes one in the same write set, and of two who saw it alike the second
//! is refused and decides again. So one after the other is chosen, and what is missing is made once.
//!
//! A turnstile keeps no order and knows nothing of what is decided behind it.

use pointsman_entities::{ids::TurnstileId, time::Timestamp, turnstile};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityName, EntityTrait, Value,
};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::store::{self, Assign, Cell, Row, Store, Update, Write, WriteSet};

/// A turnstile as a decision has found it. What is decided on must be read after this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turnstile {
    id: TurnstileId,
    /// None where nobody has passed it yet.
    turn: Option<i64>,
    /// Whom the one before has chosen.
    pub last: Option<Uuid>,
}

impl Turnstile {
    /// The turnstile of that name, as it stands behind what the write set does already.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn look(store: &Store, set: &WriteSet, name: &str) -> Result<Self, store::Error> {
        let id = id(name);
        if let Some(passed) = set.writes().iter().rev().find_map(|write| passed(write, id)) {
            return Ok(passed);
        }
        let row = turnstile::Entity::find_by_id(id).one(store.reads()).await?;
        Ok(Self {
            id,
            turn: row.as_ref().map(|row| row.turn),
            last: row.and_then(|row| row.last),
        })
    }

    /// Adds the passing to the write set, and whom it is for where that is a choice.
    pub fn pass(self, set: &mut WriteSet, chosen: Option<Uuid>, now: Timestamp) {
        let last = chosen.map_or(NotSet, |chosen| Set(Some(chosen)));
        let row = turnstile::ActiveModel {
            id: NotSet,
            turn: Set(self.turn.unwrap_or_default() + 1),
            last,
            updated_at: Set(now),
        };
        match self.turn {
            None => set.insert(turnstile::ActiveModel {
                id: Set(self.id),
                ..row
            }),
            Some(turn) => {
                let key = vec![("id", self.id.0.into())];
                set.push(Write::Update(Update::of(key, &row).guarded("turn", turn)));
            }
        }
    }

    /// The turnstile's row, to wait for one's turn at it.
    #[must_use]
    pub fn row(self) -> Row {
        Row {
            table: turnstile::Entity.table_name(),
            id: self.id.0,
        }
    }
}

/// Names can hold what people have written: only their digest is kept.
fn id(name: &str) -> TurnstileId {
    let digest: [u8; 32] = Sha256::digest(name).into();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, part)| *byte = part);
    TurnstileId(Builder::from_custom_bytes(bytes).into_uuid())
}

/// The turnstile as this write leaves it.
fn passed(write: &Write, id: TurnstileId) -> Option<Turnstile> {
    let cells = written(write)?;
    let cell = |column: &str| cells.iter().find(|(name, _)| *name == column).map(|(_, value)| *value);
    let turn = match cell("turn") {
        Some(Value::BigInt(turn)) => *turn,
        _ => None,
    };
    let last = match cell("last") {
        Some(Value::Uuid(last)) => *last,
        _ => None,
    };
    (cell("id") == Some(&id.0.into())).then_some(Turnstile { id, turn, last })
}

/// The values that a write gives to a turnstile, its id among them.
fn written(write: &Write) -> Option<Vec<(&str, &Value)>> {
    match write {
        Write::Insert(insert) if insert.table == turnstile::Entity.table_name() => {
            let cells = insert.columns.iter().zip(&insert.cells);
            let values = cells.filter_map(|(name, cell)| match cell {
                Cell::Value(value) => Some((*name, value)),
                Cell::Slot(_) => None,
            });
            Some(values.collect())
        }
        Write::Update(update) if update.table == turnstile::Entity.table_name() => {
            let key = update.key.iter().map(|(name, value)| (*name, value));
            let set = update.set.iter().filter_map(|(name, assign)| match assign {
                Assign::Value(value) => Some((*name, value)),
                Assign::Increment => None,
            });
            Some(key.chain(set).collect())
        }
        Write::Insert(_) | Write::Update(_) | Write::Delete(_) | Write::Require(_) | Write::Sweep(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_passes_twice_in_one_write_set_stands_behind_its_first_passing() {
        let turnstile = Turnstile {
            id: id("here"),
            turn: None,
            last: None,
        };
        let (mut set, chosen) = (WriteSet::new(), Uuid::from_u128(7));

        turnstile.pass(&mut set, Some(chosen), Timestamp(0));
        let second = passed(&set.writes()[0], id("here")).unwrap();
        second.pass(&mut set, Some(chosen), Timestamp(0));
        let third = passed(&set.writes()[1], id("here")).unwrap();

        assert_eq!((second.turn, second.last), (Some(1), Some(chosen)));
        assert_eq!((third.turn, third.last), (Some(2), Some(chosen)));
        assert_eq!(passed(&set.writes()[1], id("elsewhere")), None);
    }
}
