//! The workloads: the data they start from, the calls they make, and what must be true afterwards.

use std::{
    fmt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use serde_json::{Value as Json, json};

use crate::{
    CLIENTS,
    client::Client,
    limit,
    load::{self, Caller},
    report::Figure,
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
pub async fn measure(program: &Path, database: Database, workload: Workload, span: Duration) -> Result<Figure> {
    let server = Server::start(program, database).await?;
    let mut client = server.client().await?;
    seed(&mut client).await?;
    if workload == Workload::EventToDone {
        publish(&mut client).await?;
    }
    let next = Arc::new(AtomicUsize::new(CONTACTS));
    load::closed(creators(&server, &next).await?, WARM_UP).await?;
    workload.settle(&mut client, &next).await?;

    let (rows, cpu, start) = (server.rows()?, server.cpu()?, Instant::now());
    let mut done = load::closed(creators(&server, &next).await?, span).await?;
    workload.settle(&mut client, &next).await?;
    done.span = start.elapsed();
    let used = server.cpu()?.saturating_sub(cpu);

    let rows = (server.rows()? - rows) as usize / done.count().max(1);
    drop(server);
    Ok(Figure {
        workload,
        database,
        rows,
        used,
        limit: limit::commits(database, rows, span).await?,
        done,
    })
}

impl Workload {
    /// Waits until all that was acknowledged is there, and, for W1, done; then nothing is left to be measured.
    async fn settle(self, client: &mut Client, next: &AtomicUsize) -> Result<()> {
        let created = next.load(Ordering::Relaxed) - CONTACTS;
        let found = count(client, "contacts", json!({})).await?;
        ensure!(
            found == CONTACTS + created,
            "{found} contacts, not {}",
            CONTACTS + created
        );
        if self == Self::Create {
            return Ok(());
        }
        let patience = Instant::now();
        while count(client, "runs", json!({ "status": { "eq": "SUCCEEDED" } })).await? < created {
            ensure!(patience.elapsed() < PATIENCE, "the runs do not end");
            tokio::time::sleep(LOOK).await;
        }
        let reached = count(client, "contacts", json!({ "source": { "eq": "bench" } })).await?;
        ensure!(reached == created, "{reached} contacts were updated, not {created}");
        Ok(())
    }
}

async fn count(client: &mut Client, list: &str, filter: Json) -> Result<usize> {
    let kind = if list == "runs" { "RunFilter" } else { "ContactFilter" };
    let query = format!("query ($filter: {kind}) {{ {list}(filter: $filter, first: 1) {{ totalCount }} }}");
    let data = client.ask(&query, json!({ "filter": filter })).await?;
    Ok(usize::try_from(data[list]["totalCount"].as_u64().unwrap_or_default())?)
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
async fn publish(client: &mut Client) -> Result<()> {
    let node = |key: &str, kind: &str, config: Json| json!({ "key": key, "kind": kind, "config": config });
    let edge = |from: &str, port: Option<&str>, to: &str| json!({ "from": from, "port": port, "to": to });
    let definition = json!({
        "format": 1,
        "nodes": [
            node("created", "recordCreated", json!({ "object": "contact" })),
            node("hot", "if", json!({ "condition": "record.score >= 50" })),
            node("update", "updateRecord", json!({ "values": { "source": "bench", "score": "{{ record.score + 1 }}" } })),
            node("text", "set", json!({ "values": { "text": "'hello ' + record.name" } })),
            node("number", "set", json!({ "values": { "number": "record.score * 2" } })),
            node("both", "join", json!({ "policy": "all" })),
        ],
        "edges": [
            edge("created", None, "hot"), edge("hot", Some("yes"), "update"), edge("update", None, "text"),
            edge("update", None, "number"), edge("text", None, "both"), edge("number", None, "both"),
        ],
    });
    let create = "mutation ($input: WorkflowCreateInput!) {
        workflowCreate(input: $input) { workflow { id } userErrors { code message } } }";
    let input = json!({ "name": "W1", "json": definition });
    let created = client.change(create, json!({ "input": input })).await?;
    let publish = "mutation ($input: WorkflowPublishInput!) {
        workflowPublish(input: $input) { version { id } problems { message } userErrors { code message } } }";
    let input = json!({ "id": created["workflow"]["id"] });
    let published = client.change(publish, json!({ "input": input })).await?;
    ensure!(published["version"]["id"].is_string(), "not published: {published}");
    Ok(())
}

/// Creates contacts that the workflow finds worth its while.
struct Creator {
    client: Client,
    next: Arc<AtomicUsize>,
}

async fn creators(server: &Server, next: &Arc<AtomicUsize>) -> Result<Vec<Creator>> {
    let mut creators = Vec::new();
    for _ in 0..CLIENTS {
        let client = server.client().await?;
        creators.push(Creator {
            client,
            next: Arc::clone(next),
        });
    }
    Ok(creators)
}

impl Caller for Creator {
    async fn call(&mut self) -> Result<()> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let email = format!("contact{number}@example.test");
        let input = json!({ "name": format!("Contact {number}"), "email": email, "status": "LEAD", "score": 75 });
        let payload = self.client.change(CREATE, json!({ "input": input })).await?;
        ensure!(payload["contact"]["id"].is_string(), "not created: {payload}");
        Ok(())
    }
}
