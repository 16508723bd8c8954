//! A transaction as data: rows to insert, update and delete, and the guards that must hold when it commits.
//!
//! Whoever decides builds one from what it has read; the store applies it whole or names the guard that failed, and then
//! the decision is made again. Nothing here talks to a database.

use std::fmt;

use sea_orm::{ActiveModelTrait, ActiveValue, EntityName, EntityTrait, IdenStatic, Iterable, Value};
use uuid::Uuid;

use super::Row;

/// What must be written, all or nothing.
#[derive(Clone, Debug, Default)]
pub struct WriteSet {
    epochs: Vec<Epoch>,
    raised: Vec<String>,
    writes: Vec<Write>,
    slots: usize,
}

/// A counter that must still have this value at the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    pub name: String,
    pub value: i64,
}

/// One statement on one row.
#[derive(Clone, Debug)]
pub enum Write {
    Insert(Insert),
    Update(Update),
    Delete(Delete),
    Require(Require),
    Sweep(Sweep),
}

/// A statement on any number of rows, in the SQL of the database: for what must hold of all rows at the commit. Meant for
/// sets that raise the epoch which all writers of these rows require, so that nobody writes beside it.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The table that it writes to or looks at.
    pub table: &'static str,
    pub sql: String,
    pub values: Vec<Value>,
    /// Where true, a row that the statement gives refuses the write set.
    pub forbids: bool,
}

/// A row that must be there, with these values, until the commit.
#[derive(Clone, Debug)]
pub struct Require {
    pub table: &'static str,
    pub key: Vec<(&'static str, Value)>,
    pub guard: Vec<(&'static str, Value)>,
}

/// A row to insert. A row with the same key, or one that a unique index forbids, refuses the write set.
#[derive(Clone, Debug)]
pub struct Insert {
    pub table: &'static str,
    pub columns: Vec<&'static str>,
    pub cells: Vec<Cell>,
    /// The row is left out where its key exists, instead of refusing the write set.
    pub unless_present: bool,
}

/// A row to update, found by its key; where the guard's columns don't have the guard's values the write set is refused.
#[derive(Clone, Debug)]
pub struct Update {
    pub table: &'static str,
    pub key: Vec<(&'static str, Value)>,
    pub set: Vec<(&'static str, Assign)>,
    pub guard: Vec<(&'static str, Value)>,
    /// Puts the new value of a column into a slot that later rows of the set can refer to.
    pub returning: Option<(&'static str, Slot)>,
    /// Where false, a missing row is no refusal.
    pub must_match: bool,
}

/// A row to delete; where it is gone already the write set is refused.
#[derive(Clone, Debug)]
pub struct Delete {
    pub table: &'static str,
    pub key: Vec<(&'static str, Value)>,
    /// Where false, a missing row is no refusal.
    pub must_match: bool,
}

/// A value of a row to insert.
#[derive(Clone, Debug)]
pub enum Cell {
    Value(Value),
    /// What an earlier update of the set put into the slot.
    Slot(Slot),
}

/// A new value of a column.
#[derive(Clone, Debug)]
pub enum Assign {
    Value(Value),
    /// One more than it was.
    Increment,
}

/// Names a value that is known only while the set is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(pub usize);

/// The guard that failed. Nothing of the set was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A row was changed or is gone.
    Row { table: &'static str },
    /// A unique index has the value already; `index` as the database names it.
    Taken { index: String },
    /// What was cached under the epoch has changed.
    Epoch { name: String },
    /// The database chose this transaction as the victim of a deadlock or a serialisation conflict.
    Conflict,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row { table } => write!(f, "a row of {table} was changed meanwhile"),
            Self::Taken { index } => write!(f, "a value is taken already ({index})"),
            Self::Epoch { name } => write!(f, "the settings of {name} were changed meanwhile"),
            Self::Conflict => f.write_str("another transaction was in the way"),
        }
    }
}

impl WriteSet {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing to write: committing it does nothing, whatever it requires.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.raised.is_empty()
    }

    /// Requires the epoch to be unchanged. Naming the same one twice is one guard.
    pub fn require_epoch(&mut self, name: &str, value: i64) {
        let epoch = Epoch {
            name: name.to_owned(),
            value,
        };
        if !self.epochs.contains(&epoch) {
            self.epochs.push(epoch);
        }
    }

    /// Raises an epoch: sets that were decided under the old one will be refused.
    pub fn raise_epoch(&mut self, name: &str) {
        self.raised.push(name.to_owned());
    }

    /// Inserts an entity's row; columns that are not set are left to the database.
    pub fn insert<A: ActiveModelTrait>(&mut self, row: A) {
        self.push_insert(row, false);
    }

    /// Inserts an entity's row unless its key is there.
    pub fn insert_unless_present<A: ActiveModelTrait>(&mut self, row: A) {
        self.push_insert(row, true);
    }

    /// Adds a statement as it is.
    pub fn push(&mut self, write: Write) {
        self.writes.push(write);
    }

    /// Keeps only the writes that are wanted.
    pub fn retain(&mut self, wanted: impl FnMut(&Write) -> bool) {
        self.writes.retain(wanted);
    }

    /// A new slot for [`Update::returning`].
    pub fn slot(&mut self) -> Slot {
        self.slots += 1;
        Slot(self.slots - 1)
    }

    /// How many slots the writes refer to.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots
    }

    #[must_use]
    pub fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    #[must_use]
    pub fn raised(&self) -> &[String] {
        &self.raised
    }

    #[must_use]
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// The rows that are updated by their id: what to take a turn on where others are always quicker.
    #[must_use]
    pub fn updated(&self) -> Vec<Row> {
        let row = |write: &Write| match write {
            Write::Update(Update { table, key, .. }) => match key.as_slice() {
                [("id", Value::Uuid(Some(id)))] => Some(Row { table, id: *id }),
                _ => None,
            },
            Write::Insert(_) | Write::Delete(_) | Write::Require(_) | Write::Sweep(_) => None,
        };
        self.writes.iter().filter_map(row).collect()
    }

    /// Puts the writes into the one order in which every set takes its row locks, so that two sets can't deadlock:
    /// updates that fill slots first, then by table and row; writes to one row as they were added.
    #[must_use]
    pub fn in_lock_order(mut self) -> Self {
        self.writes
            .sort_by_key(|write| (!write.fills_a_slot(), write.table(), write.row()));
        self
    }

    fn push_insert<A: ActiveModelTrait>(&mut self, row: A, unless_present: bool) {
        let (columns, cells) = set_columns(&row)
            .map(|(name, value)| (name, Cell::Value(value)))
            .unzip();
        self.writes.push(Write::Insert(Insert {
            table: table::<A::Entity>(),
            columns,
            cells,
            unless_present,
        }));
    }
}

impl Write {
    #[must_use]
    pub fn table(&self) -> &'static str {
        match self {
            Self::Insert(insert) => insert.table,
            Self::Update(update) => update.table,
            Self::Delete(delete) => delete.table,
            Self::Require(require) => require.table,
            Self::Sweep(sweep) => sweep.table,
        }
    }

    fn row(&self) -> Option<Uuid> {
        let first = match self {
            Self::Insert(insert) => insert.cells.iter().find_map(|cell| match cell {
                Cell::Value(value @ Value::Uuid(_)) => Some(value),
                Cell::Value(_) | Cell::Slot(_) => None,
            }),
            Self::Update(update) => update.key.first().map(|(_, value)| value),
            Self::Delete(delete) => delete.key.first().map(|(_, value)| value),
            Self::Require(require) => require.key.first().map(|(_, value)| value),
            Self::Sweep(_) => None,
        };
        match first {
            Some(Value::Uuid(id)) => *id,
            _ => None,
        }
    }

    fn fills_a_slot(&self) -> bool {
        matches!(self, Self::Update(Update { returning: Some(_), .. }))
    }
}

impl Insert {
    /// The value of a column.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&Cell> {
        let place = self.columns.iter().position(|known| *known == column)?;
        self.cells.get(place)
    }
}

impl Update {
    /// An update of the columns that are set on an entity's row; its key is found by `key`.
    pub fn of<A: ActiveModelTrait>(key: Vec<(&'static str, Value)>, row: &A) -> Self {
        let set = set_columns(row)
            .map(|(name, value)| (name, Assign::Value(value)))
            .collect();
        Self {
            table: table::<A::Entity>(),
            key,
            set,
            guard: Vec::new(),
            returning: None,
            must_match: true,
        }
    }

    #[must_use]
    pub fn guarded(mut self, column: &'static str, value: impl Into<Value>) -> Self {
        self.guard.push((column, value.into()));
        self
    }
}

fn table<E: EntityTrait>() -> &'static str {
    EntityName::table_name(&E::default())
}

fn set_columns<A: ActiveModelTrait>(row: &A) -> impl Iterator<Item = (&'static str, Value)> {
    <<A::Entity as EntityTrait>::Column as Iterable>::iter().filter_map(|column| match row.get(column) {
        ActiveValue::Set(value) | ActiveValue::Unchanged(value) => Some((column.as_str(), value)),
        ActiveValue::NotSet => None,
    })
}
