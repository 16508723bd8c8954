//! What the machine itself can do: clients against nothing but a web server, and against nothing but a database that is
//! given the same number of rows. Never more than the least that any such program must do.

use std::{
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use poem::{
    Server, get, handler,
    listener::{Acceptor, Listener, TcpListener},
};
use pointsman_tests::servers::{Process, postgres::Cluster};
use rusqlite::Connection;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::sync::oneshot;

use crate::{
    client::Client,
    load::{self, Caller, Done},
    server::Database,
};

/// Five columns and three indexes, as a typical table of records has.
const TABLE: &str = "CREATE TABLE record (id INTEGER PRIMARY KEY, name TEXT, email TEXT, score INTEGER, owner INTEGER);
    CREATE INDEX by_name ON record (name); CREATE INDEX by_email ON record (email); CREATE INDEX by_score ON record (score);";

/// What one commit of the raw SQLite may hold, as the server's may.
const GROUP: usize = 256;

#[handler]
fn hello() -> &'static str {
    "{\"data\":{\"hello\":\"world\"}}"
}

/// Serves a constant and prints where.
pub async fn serve_hello() -> Result<()> {
    let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await?;
    let address = acceptor.local_addr();
    let address = address
        .first()
        .and_then(|known| known.as_socket_addr())
        .context("it listens nowhere")?;
    println!("{address}");
    Ok(Server::new_with_acceptor(acceptor).run(get(hello).post(hello)).await?)
}

/// Requests of the size of a mutation, answered with a constant by a process of its own.
pub async fn http(clients: usize, span: Duration) -> Result<Done> {
    let mut server = Process::start(Process::command(std::env::current_exe()?).arg("hello"))?;
    let address = server.line()?.parse()?;
    let mut callers = Vec::new();
    for _ in 0..clients {
        callers.push(Hello(Client::connect(address, "none").await?));
    }
    load::closed(callers, span).await
}

struct Hello(Client);

impl Caller for Hello {
    async fn call(&mut self) -> Result<()> {
        self.0.post("/", "x".repeat(300)).await.map(drop)
    }
}

/// Commits of so many rows each.
pub async fn commits(database: Database, rows: usize, clients: usize, span: Duration) -> Result<Done> {
    match database {
        Database::Sqlite => sqlite(rows, clients, span).await,
        Database::Postgres => postgres(rows, clients, span).await,
    }
}

type Reply = oneshot::Sender<()>;

/// One thread writes; what has queued up meanwhile goes into one commit.
async fn sqlite(rows: usize, clients: usize, span: Duration) -> Result<Done> {
    let folder = tempfile::tempdir()?;
    let connection = Connection::open(folder.path().join("limit.db"))?;
    connection.execute_batch(&format!("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; {TABLE}"))?;
    let (orders, queue) = sync_channel(clients);
    let writer = thread::spawn(move || write(&connection, &queue, rows));
    let callers = (0..clients).map(|_| Queue(orders.clone())).collect();
    drop(orders);
    let done = load::closed(callers, span).await?;
    writer.join().map_err(|_| anyhow!("the writer panicked"))??;
    Ok(done)
}

fn write(connection: &Connection, queue: &Receiver<Reply>, rows: usize) -> rusqlite::Result<()> {
    let mut insert = connection.prepare("INSERT INTO record (name, email, score, owner) VALUES (?, ?, ?, ?)")?;
    let mut number = 0;
    while let Ok(first) = queue.recv() {
        let group: Vec<_> = std::iter::once(first).chain(queue.try_iter()).take(GROUP).collect();
        let transaction = connection.unchecked_transaction()?;
        for _ in 0..group.len() * rows {
            number += 1;
            insert.execute((
                format!("Contact {number}"),
                format!("c{number}@example.test"),
                number % 100,
                1,
            ))?;
        }
        transaction.commit()?;
        // A caller that has gone needs no reply.
        for reply in group {
            let _gone = reply.send(());
        }
    }
    Ok(())
}

struct Queue(SyncSender<Reply>);

impl Caller for Queue {
    async fn call(&mut self) -> Result<()> {
        let (reply, committed) = oneshot::channel();
        self.0.send(reply)?;
        Ok(committed.await?)
    }
}

/// Each client has a connection, and each call is one statement that commits by itself.
async fn postgres(rows: usize, clients: usize, span: Duration) -> Result<Done> {
    let cluster = Cluster::start()?;
    cluster.sql(&TABLE.replace("INTEGER PRIMARY KEY", "bigserial PRIMARY KEY"))?;
    let values = vec!["('Contact', 'contact@example.test', 75, 1)"; rows.max(1)].join(", ");
    let statement = format!("INSERT INTO record (name, email, score, owner) VALUES {values}");
    let mut callers = Vec::new();
    for _ in 0..clients {
        let mut options = sea_orm::ConnectOptions::new(cluster.url());
        options.max_connections(1).sqlx_logging(false);
        callers.push(Inserter(sea_orm::Database::connect(options).await?, statement.clone()));
    }
    load::closed(callers, span).await
}

struct Inserter(DatabaseConnection, String);

impl Caller for Inserter {
    async fn call(&mut self) -> Result<()> {
        self.0.execute_unprepared(&self.1).await?;
        Ok(())
    }
}
