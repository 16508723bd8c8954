//! PostgreSQL: a transaction a write set, over a pool that readers share.
//!
//! The reply to a commit can be lost while the commit itself went through. So each transaction learns its id first, and
//! after a lost reply the server is asked what became of it.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr,
    Statement, TransactionTrait, Value, sqlx,
};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    Error, Row,
    statement::{Parameter, RAISE, Statements, parameters},
    write_set::{Epoch, Refusal, Write, WriteSet},
};

/// How often the server is asked what became of a commit whose reply was lost, and how long between two questions.
const INQUIRIES: u32 = 50;
const INQUIRY_PAUSE: Duration = Duration::from_millis(200);

/// A pool of connections that write and read.
pub struct Postgres {
    pool: DatabaseConnection,
    statements: Mutex<Statements>,
    /// Transactions at a time: fewer than connections, for whoever holds a lock that the others wait for must still read.
    writers: Semaphore,
}

/// A transaction that holds row locks. Rolled back when dropped.
pub struct Turn<'a> {
    store: &'a Postgres,
    transaction: DatabaseTransaction,
    _permit: SemaphorePermit<'a>,
}

/// Why a write set was not committed.
enum Stop {
    Refused(Refusal),
    Failed(DbErr),
}

impl From<DbErr> for Stop {
    fn from(error: DbErr) -> Self {
        refusal(&error).map_or(Self::Failed(error), Self::Refused)
    }
}

impl Postgres {
    /// Connects and checks that a commit will mean that the data is on disk.
    ///
    /// # Errors
    /// `Open` where the server can't be reached; `NotDurable` where it runs with `fsync` or `synchronous_commit` off.
    pub async fn open(url: &str, connections: u32, statements: &Arc<AtomicU64>) -> Result<Self, Error> {
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(connections)
            .sqlx_logging(false)
            .acquire_timeout(Duration::from_secs(10));
        options.map_sqlx_postgres_opts(|options| {
            options.options([
                ("idle_in_transaction_session_timeout", "30s"),
                ("statement_timeout", "30s"),
            ])
        });
        let mut pool = Database::connect(options)
            .await
            .map_err(|source| Error::Open { source: source.into() })?;
        super::count(&mut pool, statements);
        let store = Self {
            pool,
            statements: Mutex::new(Statements::new(DbBackend::Postgres)),
            writers: Semaphore::new(writers(connections)),
        };
        for setting in ["fsync", "synchronous_commit"] {
            store.require_on(setting).await?;
        }
        Ok(store)
    }

    /// The pool, for readers.
    pub fn reads(&self) -> &DatabaseConnection {
        &self.pool
    }

    /// Applies the set whole, committed when this returns, or names the guard that failed.
    ///
    /// # Errors
    /// Where the database fails, or what became of the commit can't be learnt.
    pub async fn commit(&self, set: WriteSet) -> Result<Result<(), Refusal>, Error> {
        let _permit = self.writers.acquire().await.map_err(|_| Error::Stopped)?;
        let transaction = self.pool.begin().await.map_err(Error::from)?;
        self.finish(transaction, set).await
    }

    /// Carries out a statement that can't be part of a transaction, on a connection of its own that may take its time.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn arrange(&self, sql: &str) -> Result<(), Error> {
        let failed = |error: sqlx::Error| Error::from(DbErr::Exec(RuntimeErr::SqlxError(error.into())));
        let connection = self
            .pool
            .get_postgres_connection_pool()
            .acquire()
            .await
            .map_err(failed)?;
        // Never given back: the settings of its session are no other's.
        let mut connection = connection.detach();
        for sql in ["SET statement_timeout = 0", sql] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
                .execute(&mut connection)
                .await
                .map_err(failed)?;
        }
        Ok(())
    }

    /// Starts a transaction that holds the rows' locks.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn turn(&self, rows: &[Row]) -> Result<Turn<'_>, Error> {
        let permit = self.writers.acquire().await.map_err(|_| Error::Stopped)?;
        let transaction = self.pool.begin().await.map_err(Error::from)?;
        let mut rows = rows.to_vec();
        rows.sort_unstable();
        for Row { table, id } in rows {
            let lock = format!("SELECT 1 FROM \"{table}\" WHERE id = $1 FOR UPDATE");
            transaction
                .query_one_raw(statement(&lock, vec![id.into()]))
                .await
                .map_err(Error::from)?;
        }
        Ok(Turn {
            store: self,
            transaction,
            _permit: permit,
        })
    }

    async fn finish(&self, transaction: DatabaseTransaction, set: WriteSet) -> Result<Result<(), Refusal>, Error> {
        let id = match self.apply(&transaction, set.in_lock_order()).await {
            Ok(id) => id,
            Err(Stop::Refused(refusal)) => return Ok(Err(refusal)),
            Err(Stop::Failed(error)) => return Err(error.into()),
        };
        match transaction.commit().await {
            Ok(()) => Ok(Ok(())),
            Err(error) => match Stop::from(error) {
                Stop::Refused(refusal) => Ok(Err(refusal)),
                Stop::Failed(error) => self.inquire(&id, error).await,
            },
        }
    }

    async fn apply(&self, transaction: &DatabaseTransaction, set: WriteSet) -> Result<String, Stop> {
        let id = begin(transaction, &set).await?;
        let mut slots = vec![0; set.slots()];
        for write in set.writes() {
            if !self.write(transaction, write, &mut slots).await? {
                return Err(Stop::Refused(Refusal::Row { table: write.table() }));
            }
        }
        Ok(id)
    }

    /// Whether the write found the row it must find.
    async fn write(&self, transaction: &DatabaseTransaction, write: &Write, slots: &mut [i64]) -> Result<bool, DbErr> {
        let sql = match self.statements.lock() {
            Ok(mut statements) => statements.sql(write),
            Err(poisoned) => poisoned.into_inner().sql(write),
        };
        let values = parameters(write).into_iter().map(|parameter| match parameter {
            Parameter::Value(value) => value.clone(),
            Parameter::Slot(slot) => slots.get(slot).copied().unwrap_or_default().into(),
        });
        let statement = statement(&sql, values.collect());
        match write {
            Write::Insert(_) => transaction.execute_raw(statement).await.map(|_| true),
            Write::Require(_) => transaction.query_one_raw(statement).await.map(|row| row.is_some()),
            Write::Sweep(sweep) if sweep.forbids => transaction.query_one_raw(statement).await.map(|row| row.is_none()),
            Write::Sweep(_) => transaction.execute_raw(statement).await.map(|_| true),
            Write::Delete(delete) => {
                Ok(transaction.execute_raw(statement).await?.rows_affected() == 1 || !delete.must_match)
            }
            Write::Update(update) => match update.returning {
                None => Ok(transaction.execute_raw(statement).await?.rows_affected() == 1 || !update.must_match),
                Some((_, slot)) => {
                    let row = transaction.query_one_raw(statement).await?;
                    let value = row.map(|row| row.try_get_by_index::<i64>(0)).transpose()?;
                    if let (Some(value), Some(place)) = (value, slots.get_mut(slot.0)) {
                        *place = value;
                    }
                    Ok(value.is_some())
                }
            },
        }
    }

    /// What became of a transaction whose commit was not answered.
    async fn inquire(&self, id: &str, lost: DbErr) -> Result<Result<(), Refusal>, Error> {
        tracing::warn!(transaction = id, error = %lost, "the reply to a commit was lost, asking what became of it");
        for _ in 0..INQUIRIES {
            let question = statement("SELECT pg_xact_status($1::text::xid8)", vec![id.into()]);
            let row = self.pool.query_one_raw(question).await;
            match row
                .ok()
                .flatten()
                .and_then(|row| row.try_get_by_index::<Option<String>>(0).ok().flatten())
                .as_deref()
            {
                Some("committed") => return Ok(Ok(())),
                Some("aborted") => return Ok(Err(Refusal::Conflict)),
                _ => tokio::time::sleep(INQUIRY_PAUSE).await,
            }
        }
        Err(Error::OutcomeUnknown { source: lost })
    }

    async fn require_on(&self, setting: &'static str) -> Result<(), Error> {
        let row = self
            .pool
            .query_one_raw(statement(&format!("SHOW {setting}"), vec![]))
            .await
            .map_err(Error::from)?;
        let value = row
            .and_then(|row| row.try_get_by_index::<String>(0).ok())
            .unwrap_or_default();
        if value == "off" {
            Err(Error::NotDurable { setting })
        } else {
            Ok(())
        }
    }
}

impl Turn<'_> {
    /// As [`Postgres::commit`], in the transaction that holds the locks.
    pub async fn commit(self, set: WriteSet) -> Result<Result<(), Refusal>, Error> {
        self.store.finish(self.transaction, set).await
    }
}

/// Learns the transaction's id, and checks and raises epochs. Whoever relies on one holds its lock with others, whoever
/// raises it holds it alone.
async fn begin(transaction: &DatabaseTransaction, set: &WriteSet) -> Result<String, Stop> {
    let mut sql = "SELECT pg_current_xact_id()::text".to_owned();
    // Whoever relies on one and raises it holds it alone from the start: two such would wait for each other for ever.
    let relied = set.epochs().iter().filter(|epoch| !set.raised().contains(&epoch.name));
    let shared = relied.map(|epoch| (&epoch.name, "_shared"));
    let mut locks: Vec<_> = shared.chain(set.raised().iter().map(|name| (name, ""))).collect();
    // In one order everywhere, as rows: else two sets that raise what the other relies on would wait for each other.
    locks.sort_unstable();
    locks.dedup();
    for (index, (_, mode)) in locks.iter().enumerate() {
        let _infallible = write!(sql, ", pg_advisory_xact_lock{mode}(hashtext(${}))", index + 1);
    }
    let names = locks.iter().map(|(name, _)| Value::from(name.as_str())).collect();
    let row = transaction.query_one_raw(statement(&sql, names)).await?;
    if let Some(name) = outdated(transaction, set).await? {
        return Err(Stop::Refused(Refusal::Epoch { name }));
    }
    for name in set.raised() {
        transaction
            .execute_raw(statement(RAISE, vec![name.as_str().into()]))
            .await?;
    }
    let row = row.ok_or_else(|| DbErr::RecordNotFound("the transaction's id".into()))?;
    Ok(row.try_get_by_index(0)?)
}

/// The first epoch that is no longer as the set requires it, in one statement.
async fn outdated(transaction: &DatabaseTransaction, set: &WriteSet) -> Result<Option<String>, DbErr> {
    let places: Vec<String> = (1..=set.epochs().len()).map(|place| format!("${place}")).collect();
    if places.is_empty() {
        return Ok(None);
    }
    let sql = format!("SELECT name, value FROM epoch WHERE name IN ({})", places.join(", "));
    let names = set.epochs().iter().map(|epoch| epoch.name.as_str().into());
    let rows = transaction.query_all_raw(statement(&sql, names.collect())).await?;
    let current: Vec<(String, i64)> = rows
        .iter()
        .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
        .collect::<Result<_, DbErr>>()?;
    let holds = |epoch: &&Epoch| {
        current
            .iter()
            .any(|(name, value)| *name == epoch.name && *value == epoch.value)
    };
    let outdated = set.epochs().iter().find(|epoch| !holds(epoch));
    Ok(outdated.map(|epoch| epoch.name.clone()))
}

/// A quarter of the connections is left to those who read.
fn writers(connections: u32) -> usize {
    let left = (connections / 4).max(1);
    usize::try_from(connections.saturating_sub(left).max(1)).unwrap_or(1)
}

fn statement(sql: &str, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(DbBackend::Postgres, sql, values)
}

/// Database errors that mean "decide again": SQLSTATE 23505, 40001, 40P01.
fn refusal(error: &DbErr) -> Option<Refusal> {
    let (DbErr::Exec(RuntimeErr::SqlxError(source)) | DbErr::Query(RuntimeErr::SqlxError(source))) = error else {
        return None;
    };
    let sqlx::Error::Database(source) = source.as_ref() else {
        return None;
    };
    match source.code()?.as_ref() {
        "23505" => Some(Refusal::Taken {
            index: source.constraint().unwrap_or_default().to_owned(),
        }),
        "40001" | "40P01" => Some(Refusal::Conflict),
        _ => None,
    }
}
