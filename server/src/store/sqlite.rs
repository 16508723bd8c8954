//! Embedded SQLite: one thread owns the one write connection and commits whatever is queued in groups.
//!
//! A write set is acknowledged only after the commit that holds it has reached the disk (`synchronous=FULL`). Each set has
//! a savepoint of its own, so that a refused one doesn't disturb its neighbours.

use std::{path::Path, thread};

use rusqlite::{
    Connection, ErrorCode,
    ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE, SQLITE_IOERR},
    params_from_iter,
    types::ToSqlOutput,
};
use sea_orm::{DbBackend, Value};
use tokio::sync::{mpsc, oneshot};

use super::{
    Error,
    statement::{Parameter, RAISE, Statements, parameters},
    write_set::{Epoch, Refusal, Write, WriteSet},
};

/// Write sets that one commit may hold. More would only lengthen the wait of the first.
const GROUP: usize = 256;

/// Write sets that may be queued before callers wait.
const QUEUE: usize = 4096;

/// The exit code for an input or output error (sysexits.h).
const EX_IOERR: i32 = 74;

type Outcome = Result<Result<(), Refusal>, Error>;
type Reply = oneshot::Sender<Outcome>;

enum Order {
    Commit(WriteSet, Reply),
    /// Nobody else writes until the receiver of the turn has gone.
    Turn(oneshot::Sender<Turn>),
    /// A statement about an index.
    Arrange(String, oneshot::Sender<Result<(), Error>>),
}

/// The right to be the only writer. Ends when it is dropped.
pub struct Turn {
    orders: mpsc::Sender<(WriteSet, Reply)>,
}

/// A handle on the writer thread; the thread ends when the last handle is dropped.
#[derive(Clone)]
pub struct Writer {
    orders: mpsc::Sender<Order>,
}

impl Writer {
    /// Opens the database file, which must exist and be migrated, and starts the thread.
    ///
    /// # Errors
    /// `Open` where SQLite refuses the file or its settings.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let connection = connect(path).map_err(|source| Error::Open { source: source.into() })?;
        let (orders, queue) = mpsc::channel(QUEUE);
        thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || {
                Thread {
                    connection,
                    statements: Statements::new(DbBackend::Sqlite),
                }
                .run(queue)
            })
            .map_err(|source| Error::Open { source: source.into() })?;
        Ok(Self { orders })
    }

    /// Applies the set whole, on disk when this returns, or names the guard that failed.
    ///
    /// # Errors
    /// Where the database fails, or the writer has stopped.
    pub async fn commit(&self, set: WriteSet) -> Result<Result<(), Refusal>, Error> {
        let (reply, outcome) = oneshot::channel();
        self.orders
            .send(Order::Commit(set, reply))
            .await
            .map_err(|_| Error::Stopped)?;
        outcome.await.map_err(|_| Error::Stopped)?
    }

    /// Carries out a statement about an index.
    ///
    /// # Errors
    /// Where SQLite fails, or the writer has stopped.
    pub async fn arrange(&self, sql: &str) -> Result<(), Error> {
        let (reply, outcome) = oneshot::channel();
        self.orders
            .send(Order::Arrange(sql.to_owned(), reply))
            .await
            .map_err(|_| Error::Stopped)?;
        outcome.await.map_err(|_| Error::Stopped)?
    }

    /// Waits until this caller alone may write.
    ///
    /// # Errors
    /// Where the writer has stopped.
    pub async fn turn(&self) -> Result<Turn, Error> {
        let (grant, turn) = oneshot::channel();
        self.orders.send(Order::Turn(grant)).await.map_err(|_| Error::Stopped)?;
        turn.await.map_err(|_| Error::Stopped)
    }
}

impl Turn {
    /// As [`Writer::commit`].
    pub async fn commit(&self, set: WriteSet) -> Result<Result<(), Refusal>, Error> {
        let (reply, outcome) = oneshot::channel();
        self.orders.send((set, reply)).await.map_err(|_| Error::Stopped)?;
        outcome.await.map_err(|_| Error::Stopped)?
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "busy_timeout", 5_000)?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    connection.set_prepared_statement_cache_capacity(512);
    Ok(connection)
}

struct Thread {
    connection: Connection,
    statements: Statements,
}

impl Thread {
    fn run(mut self, mut queue: mpsc::Receiver<Order>) {
        while let Some(order) = queue.blocking_recv() {
            let mut group = Vec::new();
            let mut turn = None;
            let mut next = Some(order);
            while let Some(order) = next {
                match order {
                    Order::Commit(set, reply) => group.push((set, reply)),
                    Order::Turn(grant) => turn = Some(grant),
                    Order::Arrange(sql, reply) => {
                        let outcome = self.connection.execute_batch(&sql).map_err(|error| Error::from(&error));
                        let _caller_gone = reply.send(outcome);
                    }
                }
                next = if turn.is_none() && group.len() < GROUP {
                    queue.try_recv().ok()
                } else {
                    None
                };
            }
            self.commit(group);
            if let Some(grant) = turn {
                self.serve_turn(grant);
            }
        }
    }

    fn serve_turn(&mut self, grant: oneshot::Sender<Turn>) {
        let (orders, mut queue) = mpsc::channel(1);
        if grant.send(Turn { orders }).is_ok() {
            while let Some(order) = queue.blocking_recv() {
                self.commit(vec![order]);
            }
        }
    }

    fn commit(&mut self, group: Vec<(WriteSet, Reply)>) {
        if group.is_empty() {
            return;
        }
        let mut outcomes = match self.apply_group(group.iter().map(|(set, _)| set)) {
            Ok(outcomes) => outcomes,
            Err(source) => {
                tracing::error!(error = %source, sets = group.len(), "a group of write sets could not be committed");
                if is_broken_disk(&source) {
                    // After a failed sync nobody knows what the disk holds, and a second one could succeed without
                    // having written it (the fsync error of 2018). A restart reads what is there.
                    tracing::error!("the disk has failed: the server ends");
                    std::process::exit(EX_IOERR);
                }
                let _rolled_back_already = self.connection.execute_batch("ROLLBACK");
                group.iter().map(|_| Err(Error::from(&source))).collect()
            }
        }
        .into_iter();
        for (_, reply) in group {
            let outcome = outcomes.next().unwrap_or(Err(Error::Stopped));
            let _caller_gone = reply.send(outcome);
        }
    }

    /// The outer error is the whole group's: the disk is full or broken, and nothing of the group was kept.
    fn apply_group<'a>(&mut self, sets: impl Iterator<Item = &'a WriteSet>) -> rusqlite::Result<Vec<Outcome>> {
        self.execute("BEGIN IMMEDIATE")?;
        let outcomes = sets.map(|set| self.apply_alone(set)).collect::<Result<Vec<_>, _>>()?;
        self.execute("COMMIT")?;
        Ok(outcomes)
    }

    fn apply_alone(&mut self, set: &WriteSet) -> rusqlite::Result<Outcome> {
        self.execute("SAVEPOINT one")?;
        let outcome = match self.apply(set) {
            // SQLite has rolled everything back: the group goes with it, under this error and not the rollback's own.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DiskFull) => return Err(error),
            Err(error) => match taken(&error) {
                Some(refusal) => Ok(Err(refusal)),
                None => {
                    tracing::error!(%error, "a write set failed");
                    Err(Error::from(&error))
                }
            },
            Ok(outcome) => outcome,
        };
        if !matches!(outcome, Ok(Ok(()))) {
            // After a broken disk SQLite has rolled back everything and this fails, and so does the group.
            self.execute("ROLLBACK TO one")?;
        }
        self.execute("RELEASE one")?;
        Ok(outcome)
    }

    fn apply(&mut self, set: &WriteSet) -> rusqlite::Result<Outcome> {
        for epoch in set.epochs() {
            if !self.holds(epoch)? {
                return Ok(Ok(Err(Refusal::Epoch {
                    name: epoch.name.clone(),
                })));
            }
        }
        for name in set.raised() {
            self.connection.prepare_cached(RAISE)?.execute([name])?;
        }
        let mut slots = vec![0; set.slots()];
        for write in set.writes() {
            if !self.write(write, &mut slots)? {
                return Ok(Ok(Err(Refusal::Row { table: write.table() })));
            }
        }
        Ok(Ok(Ok(())))
    }

    fn holds(&self, epoch: &Epoch) -> rusqlite::Result<bool> {
        self.connection
            .prepare_cached("SELECT 1 FROM epoch WHERE name = ? AND value = ?")?
            .exists((&epoch.name, epoch.value))
    }

    /// Whether the write found the row it must find.
    fn write(&mut self, write: &Write, slots: &mut [i64]) -> rusqlite::Result<bool> {
        let sql = self.statements.sql(write);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let parameters = parameters(write);
        let bound = params_from_iter(parameters.iter().map(|parameter| Bound { parameter, slots }));
        match write {
            Write::Insert(_) => statement.execute(bound).map(|_| true),
            Write::Require(_) => statement.exists(bound),
            Write::Sweep(sweep) if sweep.forbids => statement.exists(bound).map(|found| !found),
            Write::Sweep(_) => statement.execute(bound).map(|_| true),
            Write::Delete(delete) => Ok(statement.execute(bound)? == 1 || !delete.must_match),
            Write::Update(update) => match update.returning {
                None => Ok(statement.execute(bound)? == 1 || !update.must_match),
                Some((_, slot)) => {
                    let value: Option<i64> = statement.query(bound)?.next()?.map(|row| row.get(0)).transpose()?;
                    if let (Some(value), Some(place)) = (value, slots.get_mut(slot.0)) {
                        *place = value;
                    }
                    Ok(value.is_some())
                }
            },
        }
    }

    fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(|_| ())
    }
}

/// An error of reading, writing or syncing; a full disk is none.
fn is_broken_disk(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqliteFailure(failure, _) if failure.extended_code & 0xff == SQLITE_IOERR)
}

/// The unique index that refused a row, if that is what the error says.
fn taken(error: &rusqlite::Error) -> Option<Refusal> {
    match error {
        rusqlite::Error::SqliteFailure(failure, message)
            if [SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY].contains(&failure.extended_code) =>
        {
            let index = message
                .as_deref()
                .unwrap_or_default()
                .trim_start_matches("UNIQUE constraint failed: ");
            Some(Refusal::Taken {
                index: index.to_owned(),
            })
        }
        _ => None,
    }
}

struct Bound<'a> {
    parameter: &'a Parameter<'a>,
    slots: &'a [i64],
}

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        use rusqlite::types::{Null, ValueRef};
        let value = match self.parameter {
            Parameter::Slot(slot) => return Ok(ToSqlOutput::from(self.slots.get(*slot).copied().unwrap_or_default())),
            Parameter::Value(value) => value,
        };
        Ok(match value {
            Value::Bool(Some(value)) => ToSqlOutput::from(*value),
            Value::BigInt(Some(value)) => ToSqlOutput::from(*value),
            Value::Int(Some(value)) => ToSqlOutput::from(*value),
            Value::Double(Some(value)) => ToSqlOutput::from(*value),
            Value::String(Some(value)) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Value::Bytes(Some(value)) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
            Value::Uuid(Some(value)) => ToSqlOutput::Borrowed(ValueRef::Blob(value.as_bytes())),
            value if **value == value.as_null() => ToSqlOutput::from(Null),
            value => {
                return Err(rusqlite::Error::ToSqlConversionFailure(
                    format!("no column holds {value:?}").into(),
                ));
            }
        })
    }
}
