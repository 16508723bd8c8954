//! The workloads: the data they start from, the calls they make, and what must be true afterwards.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use pointsman_entities::{contact, run};
use pointsman_tests::{
    program::Settings,
    world::{installation, node, publish, workflow},
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value as Json, json};

use crate::{
    CLIENTS,
    client::Client,
    latency, limit,
    load::{self, Caller},
    report::{Figure, Latency},
    server::{Database, Server},
};

const COMPANIES: usize = 5_000;
const CONTACTS: usize = 50_000;
const STATUSES: [&str; 4] = ["LEAD", "ACTIVE", "CUSTOMER", "CHURNED"];
/// Records that one mutation may create.
const BULK: usize = 1_000;
/// How long calls go on before they are measured.
const WARM_UP: Duration = Duration::from_secs(2);
/// How often it is asked whether all runs are over.
const LOOK: Duration = Duration::from_millis(50);
/// How long runs may be under way behind the last call.
const PATIENCE: Duration = Duration::from_secs(120);

/// About as many rows as each of W1's two write sets leaves.
const RUN_ROWS: usize = 5;

/// What the workflow writes into a contact.
const REACHED: &str = "bench";

const CREATE: &str = "mutation ($input: ContactCreateInput!) {
    contactCreate(input: $input) { contact { id } userErrors { code message } } }";

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// W1: a contact is created, and a workflow of five steps reacts to it.
    EventToDone,
    /// W3: a contact is created, and nothing reacts to it.
    Create,
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EventToDone => "W1 event to done",
            Self::Create => "W3 create",
        })
    }
}

/// Runs the workload on a fresh server, then the machine's own limit for the rows that it left.
pub async fn measure(database: Database, workload: Workload, span: Duration) -> Result<Figure> {
    let server = Server::start(database, async |settings| workload.prepare(settings).await).await?;
    seed(&mut server.client().await?).await?;
    let next = Arc::new(AtomicUsize::new(CONTACTS));
    load::closed(creators(&server, &next).await?, WARM_UP).await?;
    workload.settle(&server, &next).await?;

    let (rows, cpu, start) = (server.rows().await?, server.cpu()?, Instant::now());
    let mut done = load::closed(creators(&server, &next).await?, span).await?;
    workload.settle(&server, &next).await?;
    done.span = start.elapsed();
    let used = server.cpu()?.saturating_sub(cpu);

    let rows = usize::try_from(server.rows().await? - rows)? / done.count().max(1);
    drop(server);
    Ok(Figure {
        workload,
        database,
        rows,
        used,
        limit: limit::commits(database, rows, CLIENTS, span).await?,
        done,
    })
}

/// How long it takes from the call that creates a contact until a subscriber sees W1's run done, ten times a second.
pub async fn latency(database: Database, span: Duration) -> Result<Latency> {
    let workload = Workload::EventToDone;
    let server = Server::start(database, async |settings| workload.prepare(settings).await).await?;
    seed(&mut server.client().await?).await?;
    let next = Arc::new(AtomicUsize::new(CONTACTS));
    let mut creator = creator(&server, &next).await?;
    latency::measure(&server, &mut creator, WARM_UP).await?;
    let done = latency::measure(&server, &mut creator, span).await?;
    workload.settle(&server, &next).await?;
    drop(server);
    Ok(Latency {
        database,
        done,
        request: limit::http(1, span).await?,
        commit: limit::commits(database, RUN_ROWS, 1, span).await?,
    })
}

impl Workload {
    async fn prepare(self, settings: &Settings) -> Result<()> {
        match self {
            Self::EventToDone => {
                let installation = installation(settings).await?;
                publish(&installation.workflows, reaction()).await?;
                Ok(())
            }
            Self::Create => Ok(()),
        }
    }

    /// Waits until all that was acknowledged is there and, for W1, done: once and completely.
    async fn settle(self, server: &Server, next: &AtomicUsize) -> Result<()> {
        let created = u64::try_from(next.load(Ordering::Relaxed) - CONTACTS)?;
        let reactions = match self {
            Self::EventToDone => created,
            Self::Create => 0,
        };
        let succeeded = run::Entity::find().filter(run::Column::Status.eq("SUCCEEDED"));
        let patience = Instant::now();
        while succeeded.clone().count(&server.reads).await? < reactions {
            ensure!(patience.elapsed() < PATIENCE, "the runs do not end");
            tokio::time::sleep(LOOK).await;
        }
        let contacts = contact::Entity::find().count(&server.reads).await?;
        let reached = contact::Entity::find().filter(contact::Column::Source.eq(REACHED));
        ensure!(
            contacts == CONTACTS as u64 + created,
            "{contacts} contacts after {created} more"
        );
        ensure!(
            reached.count(&server.reads).await? == reactions,
            "not {reactions} were reached"
        );
        Ok(())
    }
}

/// 5,000 companies and 50,000 contacts, by formula.
async fn seed(client: &mut Client) -> Result<()> {
    let companies = |i: usize| json!({ "name": format!("Company {i}"), "domain": format!("company{i}.example") });
    let mut ids = Vec::new();
    for start in (0..COMPANIES).step_by(BULK) {
        let inputs: Vec<_> = (start..start + BULK).map(companies).collect();
        let query = "mutation ($inputs: [CompanyCreateInput!]!) {
            companiesCreate(inputs: $inputs, automation: SUPPRESS) { companies { id } userErrors { code message } } }";
        let payload = client.change(query, json!({ "inputs": inputs })).await?;
        ids.extend(
            payload["companies"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|company| company["id"].clone()),
        );
    }
    for start in (0..CONTACTS).step_by(BULK) {
        let inputs: Vec<_> = (start..start + BULK).map(|i| contact(i, &ids)).collect();
        let query = "mutation ($inputs: [ContactCreateInput!]!) {
            contactsCreate(inputs: $inputs, automation: SUPPRESS) { userErrors { code message } } }";
        client.change(query, json!({ "inputs": inputs })).await?;
    }
    Ok(())
}

fn contact(i: usize, companies: &[Json]) -> Json {
    json!({
        "name": format!("Contact {i}"),
        "email": format!("contact{i}@example.test"),
        "status": STATUSES.get(i % STATUSES.len()),
        "score": i % 100,
        "companyId": companies.get(i * 7919 % COMPANIES),
    })
}

/// W1's workflow: a condition, an update, two parallel steps, and a join.
fn reaction() -> Json {
    let update = json!({ "values": { "source": REACHED, "score": "{{ record.score + 1 }}" } });
    workflow(
        vec![
            node("created", "recordCreated", json!({ "object": "contact" })),
            node("hot", "if", json!({ "condition": "record.score >= 50" })),
            node("update", "updateRecord", update),
            node("text", "set", json!({ "values": { "text": "'hello ' + record.name" } })),
            node("number", "set", json!({ "values": { "number": "record.score * 2" } })),
            node("both", "join", json!({ "policy": "all" })),
        ],
        &[
            "created -> hot",
            "hot.yes -> update",
            "update -> text",
            "update -> number",
            "text -> both",
            "number -> both",
        ],
    )
}

/// Creates contacts that the workflow finds worth its while.
pub struct Creator {
    client: Client,
    next: Arc<AtomicUsize>,
}

async fn creators(server: &Server, next: &Arc<AtomicUsize>) -> Result<Vec<Creator>> {
    let mut creators = Vec::new();
    for _ in 0..CLIENTS {
        creators.push(creator(server, next).await?);
    }
    Ok(creators)
}

async fn creator(server: &Server, next: &Arc<AtomicUsize>) -> Result<Creator> {
    Ok(Creator {
        client: server.client().await?,
        next: Arc::clone(next),
    })
}

impl Creator {
    /// The id of one more contact.
    pub async fn create(&mut self) -> Result<String> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let email = format!("contact{number}@example.test");
        let input = json!({ "name": format!("Contact {number}"), "email": email, "status": "LEAD", "score": 75 });
        let payload = self.client.change(CREATE, json!({ "input": input })).await?;
        let id = payload["contact"]["id"].as_str();
        Ok(id.with_context(|| format!("not created: {payload}"))?.to_owned())
    }
}

impl Caller for Creator {
    async fn call(&mut self) -> Result<()> {
        self.create().await.map(drop)
    }
}
