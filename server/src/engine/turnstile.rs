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
    let (key, value): (_, Box<dyn Fn(&str) -> Option<Value>>) = match write {
        Write::Insert(insert) if insert.table == turnstile::Entity.table_name() => {
            let cell = |column: &str| match insert.get(column) {
                Some(Cell::Value(value)) => Some(value.clone()),
                Some(Cell::Slot(_)) | None => None,
            };
            (cell("id"), Box::new(cell))
        }
        Write::Update(update) if update.table == turnstile::Entity.table_name() => {
            let assigned = |column: &str| {
                update.set.iter().find_map(|(name, assign)| match assign {
                    Assign::Value(value) if *name == column => Some(value.clone()),
                    Assign::Value(_) | Assign::Increment => None,
                })
            };
            (update.key.first().map(|(_, id)| id.clone()), Box::new(assigned))
        }
        Write::Insert(_) | Write::Update(_) | Write::Delete(_) | Write::Require(_) => return None,
    };
    let number = |value| match value {
        Some(Value::BigInt(number)) => number,
        _ => None,
    };
    let uuid = |value| match value {
        Some(Value::Uuid(uuid)) => uuid,
        _ => None,
    };
    (key == Some(id.0.into())).then(|| Turnstile {
        id,
        turn: number(value("turn")),
        last: uuid(value("last")),
    })
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
