//! kill -9 at random moments under load: nothing acknowledged is lost, no database effect happens twice, nobody's turn is
//! passed over, and HTTP effects repeat only with the same idempotency key.
//!
//! `SOAK_KILLS` says how often; the acceptance figures are 200 on SQLite, 50 on PostgreSQL, and 20 of one of two nodes.

mod disk;
mod loops;
mod migration;
mod sync;

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use pointsman::crm::id;
use pointsman_entities::{contact, run, task, timer};
use pointsman_tests::{
    program::{Program, Settings, client},
    servers::{
        http::{Reply, Sink},
        postgres::Database,
    },
    socket::Subscription,
    world::{create, installation, node, publish, workflow},
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::sync::{Mutex, RwLock};

const CLIENTS: usize = 6;

/// Who gets the contacts, one after the other.
const REPRESENTATIVES: [&str; 3] = ["ann@acme.example", "bob@acme.example", "cy@acme.example"];

/// How long the last runs may take once the killing has ended: a dead PostgreSQL node's lease, and the retries.
const DRAIN: Duration = Duration::from_secs(120);

fn kills(usual: usize) -> usize {
    figure("SOAK_KILLS", usual)
}

/// A number of the environment.
fn figure(name: &str, usual: usize) -> usize {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Each kill in mid-call costs an attempt, so there are many, soon one after the other.
fn call(sink: &str, body: &str) -> Json {
    let config = json!({ "method": "POST", "url": sink, "body": body });
    let mut node = node("call", "httpRequest", config);
    node["retry"] = json!({ "maxAttempts": 100, "initial": "PT1S", "factor": 1, "max": "PT1S" });
    node
}

/// Counts, a representative in turn, a task, an order to the outside world, a timer, another count.
fn counting(sink: &str) -> Json {
    workflow(
        vec![
            node("new", "recordCreated", json!({ "object": "contact" })),
            node(
                "one",
                "updateRecord",
                json!({ "values": { "score": "{{ record.score + 1 }}" } }),
            ),
            node(
                "route",
                "assign",
                json!({ "strategy": "roundRobin", "users": REPRESENTATIVES }),
            ),
            node(
                "task",
                "createTask",
                json!({ "title": "{{ record.name }}", "about": "record" }),
            ),
            call(sink, "{{ record.name }}"),
            node("pause", "delay", json!({ "for": "PT1S" })),
            node(
                "two",
                "updateRecord",
                json!({ "values": { "score": "{{ record.score + 1 }}" } }),
            ),
        ],
        &[
            "new -> one",
            "one -> route",
            "route -> task",
            "task -> call",
            "call -> pause",
            "pause -> two",
        ],
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_on_sqlite() -> Result<()> {
    Trial::prepare(None).await?.survive(kills(8), 1).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_on_postgres() -> Result<()> {
    let database = Database::empty()?;
    Trial::prepare(Some(database.url())).await?.survive(kills(4), 1).await
}

/// Two server nodes on one database, either of them killed in turn: the other carries on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_by_two_nodes() -> Result<()> {
    let database = Database::empty()?;
    Trial::prepare(Some(database.url())).await?.survive(kills(4), 2).await
}

/// An installation that counts, and the outside world that it calls.
struct Trial {
    settings: Settings,
    sink: Sink,
    key: String,
    _folder: TempDir,
}

impl Trial {
    async fn prepare(database: Option<String>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let sink = Sink::start([Reply::answer(200, &[], "{}")]).await?;
        let settings = Settings {
            data: folder.path().to_owned(),
            database,
            allow: vec![format!("127.0.0.1:{}", sink.port())],
        };
        {
            let installation = installation(&settings).await?;
            for email in REPRESENTATIVES {
                create(&installation.crm, "user", json!({ "name": email, "email": email })).await?;
            }
            publish(&installation.workflows, counting(&sink.url("/hook"))).await?;
        }
        let key = settings.run(&["key", "create", "--name", "load", "--role", "admin"])?;
        Ok(Self {
            settings,
            sink,
            key,
            _folder: folder,
        })
    }

    /// Keeps so many server nodes under load and kills one of them again and again.
    async fn survive(self, kills: usize, nodes: usize) -> Result<()> {
        let load = Load::start(&self.key);
        let mut programs = Vec::new();
        for round in 0..kills {
            while programs.len() < nodes {
                programs.push(self.serve(programs.len()).await?);
            }
            load.aim(&programs).await;
            // From none to many acknowledgements: the moment of the kill wanders through all that the server does.
            load.acknowledged(round * 7 % 60).await?;
            programs.remove(0).kill()?;
        }
        let acknowledged = load.stop().await;
        let last = self.serve(0).await?;
        drained(&self.settings, &self.key, &last).await?;
        last.terminate()?;
        programs.into_iter().try_for_each(Program::terminate)?;
        self.verify(&acknowledged).await
    }

    /// A server node; on PostgreSQL each has a data folder of its own.
    async fn serve(&self, number: usize) -> Result<Program> {
        let mut settings = self.settings.clone();
        if settings.database.is_some() {
            settings.data = self
                .settings
                .data
                .join(format!("node-{number}-{}", uuid::Uuid::now_v7()));
        }
        Program::serve(&settings).await
    }

    async fn verify(&self, acknowledged: &BTreeSet<String>) -> Result<()> {
        let installation = installation(&self.settings).await?;
        let reads = installation.crm.store().reads();
        let contacts = contact::Entity::find().all(reads).await?;
        let names: BTreeSet<String> = contacts.iter().map(|contact| contact.name.clone()).collect();
        ensure!(names.len() == contacts.len(), "a contact was created twice");
        let lost: Vec<_> = acknowledged.difference(&names).collect();
        ensure!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        let runs = run::Entity::find().all(reads).await?;
        ensure!(
            runs.len() == contacts.len(),
            "{} runs for {} contacts",
            runs.len(),
            contacts.len()
        );
        let unfinished: Vec<_> = runs.iter().filter(|run| run.status != "SUCCEEDED").collect();
        ensure!(unfinished.is_empty(), "{unfinished:#?}");
        for contact in &contacts {
            ensure!(
                contact.score == Some(2),
                "{}: counted to {:?}",
                contact.name,
                contact.score
            );
            let tasks = task::Entity::find()
                .filter(task::Column::ContactId.eq(contact.id))
                .count(reads)
                .await?;
            ensure!(tasks == 1, "{}: {tasks} tasks", contact.name);
        }
        ensure!(timer::Entity::find().count(reads).await? == 0, "timers are left");
        let mut owned: BTreeMap<_, usize> = BTreeMap::new();
        for contact in &contacts {
            *owned
                .entry(contact.owner_id.context("a contact without an owner")?.0)
                .or_default() += 1;
        }
        let (most, least) = (owned.values().max().copied(), owned.values().min().copied());
        let in_turn =
            contacts.len() < 3 || (owned.len() == 3 && most.zip(least).is_some_and(|(most, least)| most - least <= 1));
        ensure!(in_turn, "not one after the other: {owned:?}");
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for request in self.sink.recorded() {
            let name = String::from_utf8(request.body)?;
            let key = request.headers.get("idempotency-key").cloned().unwrap_or_default();
            keys.entry(name).or_default().insert(key);
        }
        let called: BTreeSet<String> = keys.keys().cloned().collect();
        let difference: Vec<_> = called.symmetric_difference(&names).collect();
        ensure!(
            difference.is_empty(),
            "HTTP effects that were lost or invented: {difference:?}"
        );
        ensure!(
            keys.values().all(|keys| keys.len() == 1),
            "an HTTP effect was repeated under another key"
        );
        Ok(())
    }
}

/// Waits until no run is open: a reader of its own beside the server finds them, their histories say when they end.
async fn drained(settings: &Settings, key: &str, server: &Program) -> Result<()> {
    let file = settings.data.join("pointsman.db");
    let file = format!("sqlite://{}?mode=ro", file.display());
    let reads = sea_orm::Database::connect(settings.database.clone().unwrap_or(file)).await?;
    let empty = async {
        let open = run::Column::Status.is_in(["QUEUED", "RUNNING", "WAITING"]);
        while let Some(run) = run::Entity::find().filter(open.clone()).one(&reads).await? {
            let run = json!({ "run": id::format("run", run.id) });
            let query = "subscription($run: ID!) { runEvents(runId: $run) { seq } }";
            let mut events = Subscription::open(server.address, key, query, run).await?;
            events.rest("runEvents").await?;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(DRAIN, empty).await.context("runs stay open")?
}

/// Clients that create contacts as fast as they are answered, wherever the server is just now.
struct Load {
    shared: Arc<Shared>,
    clients: Vec<tokio::task::JoinHandle<()>>,
}

struct Shared {
    key: String,
    urls: RwLock<Vec<String>>,
    next: AtomicUsize,
    stop: AtomicBool,
    acknowledged: Mutex<BTreeSet<String>>,
    count: tokio::sync::watch::Sender<usize>,
}

impl Load {
    fn start(key: &str) -> Self {
        let shared = Arc::new(Shared {
            key: key.to_owned(),
            urls: RwLock::default(),
            next: AtomicUsize::default(),
            stop: AtomicBool::default(),
            acknowledged: Mutex::default(),
            count: tokio::sync::watch::Sender::new(0),
        });
        let clients = (0..CLIENTS)
            .map(|_| tokio::spawn(create_contacts(Arc::clone(&shared))))
            .collect();
        Self { shared, clients }
    }

    async fn aim(&self, programs: &[Program]) {
        *self.shared.urls.write().await = programs.iter().map(|program| program.url.clone()).collect();
    }

    /// Waits for so many more acknowledgements.
    async fn acknowledged(&self, more: usize) -> Result<()> {
        let mut count = self.shared.count.subscribe();
        let goal = *count.borrow() + more;
        tokio::time::timeout(Duration::from_secs(60), count.wait_for(|count| *count >= goal)).await??;
        Ok(())
    }

    async fn stop(self) -> BTreeSet<String> {
        self.shared.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            let _ended = client.await;
        }
        self.shared.acknowledged.lock().await.clone()
    }
}

async fn create_contacts(shared: Arc<Shared>) {
    let client = client();
    while !shared.stop.load(Ordering::Relaxed) {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        let urls = shared.urls.read().await.clone();
        let Some(url) = urls.get(number % urls.len().max(1)) else {
            tokio::task::yield_now().await;
            continue;
        };
        let name = format!("k{number}");
        let request = json!({
            "query": "mutation($name: String!) { contactCreate(input: {name: $name, score: 0}) { contact { id } userErrors { message } } }",
            "variables": { "name": name },
        });
        let sent = client
            .post(format!("{url}/graphql"))
            .bearer_auth(&shared.key)
            .json(&request)
            .send()
            .await;
        let Ok(answer) = sent else {
            tokio::task::yield_now().await;
            continue;
        };
        let Ok(answer) = answer.json::<Json>().await else {
            continue;
        };
        if answer["data"]["contactCreate"]["contact"]["id"].is_string() {
            shared.acknowledged.lock().await.insert(name);
            shared.count.send_modify(|count| *count += 1);
        }
    }
}

/// The data folder is the program's alone: a second one says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_server_on_the_same_folder_is_refused() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let settings = Settings {
        data: Path::to_owned(folder.path()),
        database: None,
        allow: Vec::new(),
    };
    let program = Program::serve(&settings).await?;

    let refused = settings.run(&["serve"]);

    ensure!(refused.is_err_and(|error| error.to_string().contains("in use by another process")));
    program.terminate()
}
