//! A whole installation in the test's own process, on either database and a clock that the test owns.

use std::{collections::HashMap, future::Future, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, Result, anyhow, bail};
use futures_util::StreamExt;
use pointsman::{
    actions::{egress, email::SmtpConfig, sms::SmsConfig},
    config::{Config, Log},
    crm::{
        Access, Crm, Record,
        custom::{
            definition::{Choice, Type},
            fields::NewField,
            objects::NewObject,
        },
        filter::Filter,
        keyed::Request,
        mutate::{Mutation, Outcome},
        query::{Page, Query},
        validate,
        write::{Automation, Command, Verb},
    },
    engine::{
        Engine,
        history::{Entry, What},
        housekeeping::Retention,
        tail::Position,
    },
    installation::{self, Installation},
    source::{Clock, Source},
    store::{self, Location},
    workflow::manage::{New, Published, Workflows},
};
use pointsman_entities::{
    custom_field, custom_object,
    ids::{RunId, WorkflowId},
    run, schedule, step,
    time::Timestamp,
};
use pointsman_graph::{decision::Decision, definition::Definition, value::Value};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::{
    clock::ManualClock,
    dump::{self, Dump},
    program::Settings,
    servers::postgres::Database,
};

/// How long a test waits for something that must happen, in real time.
const PATIENCE: Duration = Duration::from_secs(20);

/// The same for hundreds of runs.
const MANY: Duration = Duration::from_secs(120);

/// 2026-01-05T09:00:00Z, a Monday.
pub const START: Timestamp = Timestamp(1_767_603_600_000_000);

/// What the installations of tests seal their secrets with.
pub const SECRET_KEY: &str = "cG9pbnRzbWFuIHNlYWxzIHNlY3JldHMgaW4gdGVzdHM=";

/// What brings mails to the installations of tests.
pub const INBOUND_TOKEN: &str = "the-mail-server-shows-this";

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// Where the data lives; it outlives restarts.
enum Home {
    Folder(TempDir),
    Database(Database),
    /// A database that another world keeps.
    Neighbour(String),
}

/// An installation that runs.
pub struct World {
    home: Home,
    outside: Outside,
    pub clock: ManualClock,
    pub crm: Arc<Crm>,
    pub workflows: Arc<Workflows>,
    pub engine: Arc<Engine>,
    pub access: Access,
}

/// The outside world as the installation is configured to reach it.
#[derive(Clone, Default)]
pub struct Outside {
    pub egress: egress::Settings,
    pub smtp: Option<SmtpConfig>,
    pub sms: Option<SmsConfig>,
    /// A NATS server, by its URL.
    pub nats: Option<String>,
}

impl World {
    /// An empty installation.
    pub async fn start(backend: Backend) -> Result<Self> {
        Self::start_with(backend, Outside::default()).await
    }

    /// An empty installation that can reach the servers of a test.
    pub async fn start_with(backend: Backend, outside: Outside) -> Result<Self> {
        let home = match backend {
            Backend::Sqlite => Home::Folder(tempfile::tempdir()?),
            Backend::Postgres => Home::Database(Database::empty()?),
        };
        Self::open(home, ManualClock::at(START), outside).await
    }

    /// Stops the installation as a shutdown does, and starts it again on the same data.
    pub async fn restart(self) -> Result<Self> {
        let Self {
            home,
            outside,
            clock,
            engine,
            crm,
            workflows,
            ..
        } = self;
        engine.stop().await;
        drop((engine, crm, workflows));
        Self::open(home, clock, outside).await
    }

    /// Another server node on the same database and clock; none on SQLite, whose folder belongs to one process.
    pub async fn neighbour(&self) -> Result<Option<Self>> {
        let url = match &self.home {
            Home::Folder(_) => return Ok(None),
            Home::Database(database) => database.url(),
            Home::Neighbour(url) => url.clone(),
        };
        let (clock, outside) = (self.clock.clone(), self.outside.clone());
        Self::open(Home::Neighbour(url), clock, outside).await.map(Some)
    }

    async fn open(home: Home, clock: ManualClock, outside: Outside) -> Result<Self> {
        let (data, location) = match &home {
            Home::Folder(folder) => (folder.path().to_owned(), Location::Folder(folder.path().to_owned())),
            Home::Database(database) => (PathBuf::new(), postgres(database.url())),
            Home::Neighbour(url) => (PathBuf::new(), postgres(url.clone())),
        };
        let config = config(data, location, &outside);
        let Installation {
            crm, workflows, engine, ..
        } = open(&config, &clock).await?;
        engine.start().await?;
        Ok(Self {
            home,
            outside,
            clock,
            crm,
            workflows,
            engine,
            access: Access::system(),
        })
    }

    /// Creates a record.
    pub async fn create(&self, object: &str, values: Json) -> Result<Arc<Record>> {
        create(&self.crm, object, values).await
    }

    /// Changes a record.
    pub async fn update(&self, record: &Record, values: Json) -> Result<Arc<Record>> {
        let id = record.id;
        let update = |values| Verb::Update {
            id,
            expected: None,
            values,
        };
        write(&self.crm, record.object.name, update, values).await
    }

    /// The record as it is now.
    pub async fn read(&self, record: &Record) -> Result<Arc<Record>> {
        let object = self.crm.object(record.object.name).context("object")?;
        let mut found = self.crm.get(&self.access, &object, &[record.id]).await?;
        found.remove(&record.id).context("the record is gone")
    }

    /// Puts a record into the bin.
    pub async fn delete(&self, record: &Record) -> Result<Arc<Record>> {
        let (id, expected) = (record.id, None);
        let delete = |_| Verb::Delete { id, expected };
        write(&self.crm, record.object.name, delete, json!({})).await
    }

    /// Takes a record out of the bin.
    pub async fn restore(&self, record: &Record) -> Result<Arc<Record>> {
        let (id, expected) = (record.id, None);
        let restore = |_| Verb::Restore { id, expected };
        write(&self.crm, record.object.name, restore, json!({})).await
    }

    /// Creates and publishes a workflow.
    pub async fn publish(&self, definition: Json) -> Result<WorkflowId> {
        publish(&self.workflows, definition).await
    }

    /// Defines a field.
    pub async fn define(&self, new: &NewField) -> Result<custom_field::Model> {
        let made = self.crm.create_field(Request::from(&self.access), new).await?;
        made.map_err(|problem| anyhow!("{problem:?}"))
    }

    /// Defines an object.
    pub async fn define_object(&self, key: &str) -> Result<custom_object::Model> {
        let new = NewObject {
            key: key.into(),
            label: key.into(),
            description: String::new(),
            position: None,
        };
        let made = self.crm.create_object(Request::from(&self.access), &new).await?;
        made.map_err(|problem| anyhow!("{problem:?}"))
    }

    /// A connection that reads, for what the installation itself doesn't show.
    #[must_use]
    pub fn reads(&self) -> &DatabaseConnection {
        self.crm.store().reads()
    }

    /// All that the database holds.
    pub async fn dump(&self) -> Result<Dump> {
        dump::dump(self.reads()).await
    }

    /// All runs, oldest first.
    pub async fn runs(&self) -> Result<Vec<run::Model>> {
        Ok(run::Entity::find()
            .order_by_asc(run::Column::Id)
            .all(self.reads())
            .await?)
    }

    /// The one run there is.
    pub async fn run(&self) -> Result<run::Model> {
        let mut runs = self.runs().await?;
        match runs.len() {
            1 => runs.pop().context("run"),
            count => bail!("{count} runs: {runs:#?}"),
        }
    }

    /// The status and port of each step of a run, by node.
    pub async fn steps(&self, run: RunId) -> Result<HashMap<String, step::Model>> {
        let steps = step::Entity::find()
            .filter(step::Column::RunId.eq(run))
            .all(self.reads())
            .await?;
        Ok(steps.into_iter().map(|step| (step.step.clone(), step)).collect())
    }

    /// Waits until the run is over; its whole history.
    pub async fn finished(&self, run: RunId) -> Result<Vec<Arc<Entry>>> {
        let history = self.engine.watch(run, 0).collect::<Vec<_>>();
        let entries = patient(history)
            .await
            .with_context(|| format!("run {} does not end", run.0))?;
        entries.into_iter().map(|entry| Ok(entry?)).collect()
    }

    /// Waits until an entry of the run's history is as wanted.
    pub async fn until(&self, run: RunId, wanted: impl Fn(&What) -> bool) -> Result<Arc<Entry>> {
        let mut history = Box::pin(self.engine.watch(run, 0));
        let found = async {
            while let Some(entry) = history.next().await {
                match entry {
                    Ok(entry) if wanted(&entry.what) => return Ok(entry),
                    Ok(_) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            bail!("the run ended before")
        };
        patient(found).await?
    }

    /// The stage of that name.
    pub async fn stage(&self, name: &str) -> Result<Arc<Record>> {
        let stages = self.all("stage").await?;
        stages
            .into_iter()
            .find(|stage| stage.get("name").as_text() == Some(name))
            .context("stage")
    }

    /// The one record of an object.
    pub async fn only(&self, object: &str) -> Result<Arc<Record>> {
        let mut records = self.all(object).await?;
        match records.len() {
            1 => records.pop().context("record"),
            count => bail!("{count} records of {object}"),
        }
    }

    /// The records of an object, at most a hundred.
    pub async fn all(&self, object: &str) -> Result<Vec<Arc<Record>>> {
        let object = self.crm.object(object).context("object")?;
        let query = Query {
            object,
            filter: Filter::Always(true),
            order: Vec::new(),
        };
        let page = Page {
            size: 100,
            backward: false,
            from: None,
        };
        Ok(self.crm.find(&self.access, &query, &page).await?.records)
    }

    /// Waits until every time that has come was acted on.
    pub async fn caught_up(&self) -> Result<()> {
        let due = || {
            let now = self.clock.now();
            schedule::Entity::find()
                .filter(schedule::Column::NextAt.lte(now))
                .count(self.reads())
        };
        patient(async {
            while due().await? > 0 {
                tokio::task::yield_now().await;
            }
            Ok(())
        })
        .await?
    }

    /// Waits until there are so many runs and all are over, whichever node moves them.
    pub async fn ended(&self, count: usize) -> Result<Vec<run::Model>> {
        let mut moves = Box::pin(self.engine.moves().watch(Some(Position::default())).ready_chunks(1_000));
        let all = async || run::Entity::find().count(self.reads()).await;
        let open = async || {
            let open = run::Entity::find().filter(run::Column::FinishedAt.is_null());
            open.count(self.reads()).await
        };
        let ended = tokio::time::timeout(MANY, async {
            loop {
                if all().await? >= count as u64 && open().await? == 0 {
                    return Ok::<_, anyhow::Error>(());
                }
                moves.next().await.context("a move")?;
            }
        });
        match ended.await {
            Ok(ended) => ended?,
            Err(_) => bail!("{} of {count} runs, {} of them open", all().await?, open().await?),
        }
        self.runs().await
    }

    /// Waits until a run was refused.
    pub async fn refused(&self) -> Result<run::Model> {
        let mut hints = self.engine.hints().watch_runs();
        patient(async {
            loop {
                if let Some(run) = self.runs().await?.into_iter().find(|run| run.status == "REFUSED") {
                    return Ok(run);
                }
                hints.changed().await?;
            }
        })
        .await?
    }

    /// Waits until the run's step is to be tried again.
    pub async fn retrying(&self, run: RunId, node: &str, attempt: u32) -> Result<Arc<Entry>> {
        let wanted = |what: &What| match what {
            What::Decision(Decision::Retry {
                step, attempt: next, ..
            }) => step.node.as_str() == node && *next == attempt,
            _ => false,
        };
        self.until(run, wanted).await
    }

    /// Waits until the run's step waits.
    pub async fn waiting(&self, run: RunId, node: &str) -> Result<Arc<Entry>> {
        self.until(
            run,
            |what| matches!(what, What::Waiting { step, .. } if step.node.as_str() == node),
        )
        .await
    }

    /// Stops the installation; every queue must have drained.
    pub async fn stop(self) {
        self.engine.stop().await;
    }
}

fn postgres(url: String) -> Location {
    Location::Postgres { url, connections: 12 }
}

/// Creates a record as the system.
pub async fn create(crm: &Crm, object: &str, values: Json) -> Result<Arc<Record>> {
    write(crm, object, |values| Verb::Create { values }, values).await
}

async fn write(
    crm: &Crm,
    object: &str,
    verb: impl FnOnce(Vec<(usize, pointsman::crm::Value)>) -> Verb,
    values: Json,
) -> Result<Arc<Record>> {
    let object = crm.object(object).context("object")?;
    let mut typed = Vec::new();
    for (name, json) in values.as_object().context("values")? {
        let (index, field) = object.field(name).with_context(|| format!("field {name}"))?;
        let value = validate::from_expression(field, &Value::from_json(json), None);
        typed.push((index, value.map_err(|invalid| anyhow!("{name}: {}", invalid.message))?));
    }
    let command = Command {
        object: Arc::clone(&object),
        verb: verb(typed),
    };
    let mutation = Mutation {
        access: &Access::system(),
        commands: vec![command],
        automation: Automation::Run,
        key: None,
        beside: None,
    };
    match crm.mutate(&mutation).await? {
        Outcome::Written(records) => records.into_iter().next().context("a record"),
        other => bail!("{other:?}"),
    }
}

/// A text field of contacts, to be changed into the one that a test wants.
#[must_use]
pub fn field(key: &str, kind: Type) -> NewField {
    NewField {
        object: "contact".into(),
        key: key.into(),
        label: key.into(),
        description: String::new(),
        kind,
        scale: None,
        target: None,
        options: Vec::new(),
        required: false,
        unique: false,
        indexed: false,
        default: None,
        position: None,
    }
}

/// Options of a choice that are in use.
#[must_use]
pub fn options(keys: &[&str]) -> Vec<Choice> {
    let option = |key: &&str| Choice {
        key: (*key).into(),
        label: key.to_lowercase(),
        retired: false,
    };
    keys.iter().map(option).collect()
}

/// Creates and publishes a workflow as the system.
pub async fn publish(workflows: &Workflows, definition: Json) -> Result<WorkflowId> {
    let access = Access::system();
    let definition = Definition::from_json(definition)?;
    let new = New {
        name: "Test".into(),
        description: None,
        time_zone: "UTC".into(),
        definition,
    };
    let workflow = workflows
        .create(&access, new)
        .await?
        .map_err(|problem| anyhow!("{problem:?}"))?;
    match workflows.publish(&access, workflow.id, None).await? {
        Published::Version { workflow, .. } => Ok(workflow.id),
        other => bail!("{other:#?}"),
    }
}

/// The data of a program that does not run just now, opened in the test's own process.
pub async fn installation(settings: &Settings) -> Result<Installation> {
    let location = match &settings.database {
        None => Location::Folder(settings.data.clone()),
        Some(url) => Location::Postgres {
            url: url.clone(),
            connections: 4,
        },
    };
    let config = config(settings.data.clone(), location, &Outside::default());
    Ok(Installation::open(&config, Source::system()).await?)
}

/// The configuration of an installation of a test.
#[must_use]
pub fn config(data: PathBuf, location: Location, outside: &Outside) -> Config {
    Config {
        listen: ([127, 0, 0, 1], 0).into(),
        public_url: None,
        data,
        location,
        origins: Vec::new(),
        log: Log::Human,
        smtp: outside.smtp.clone(),
        sms: outside.sms.clone(),
        inbound_email_token: Some(INBOUND_TOKEN.into()),
        egress: outside.egress.clone(),
        retention: Retention::default(),
        nats_url: outside.nats.clone().map(Into::into),
        secret_keys: vec![SECRET_KEY.into()],
    }
}

/// A node of a definition.
#[must_use]
pub fn node(key: &str, kind: &str, config: Json) -> Json {
    json!({ "key": key, "kind": kind, "config": config })
}

/// A definition of nodes and of edges written `from -> to` or `from.port -> to`.
#[must_use]
pub fn workflow(nodes: Vec<Json>, edges: &[&str]) -> Json {
    let edge = |edge: &&str| {
        let (from, to) = edge.split_once(" -> ").unwrap_or((edge, ""));
        match from.split_once('.') {
            Some((from, port)) => json!({ "from": from, "port": port, "to": to }),
            None => json!({ "from": from, "to": to }),
        }
    };
    json!({ "format": 1, "nodes": nodes, "edges": edges.iter().map(edge).collect::<Vec<_>>() })
}

async fn patient<T>(future: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(PATIENCE, future)
        .await
        .context("it takes too long")
}

/// A folder's lock is freed a moment after its last user is gone.
async fn open(config: &Config, clock: &ManualClock) -> Result<Installation> {
    let in_use = |error: &installation::Error| matches!(error, installation::Error::Store(store::Error::InUse { .. }));
    let opened = async {
        loop {
            match Installation::open(config, Source::on(Box::new(clock.clone()))).await {
                Err(error) if in_use(&error) => tokio::task::yield_now().await,
                opened => return opened,
            }
        }
    };
    Ok(patient(opened).await??)
}
