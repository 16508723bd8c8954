//! kill -9 in the middle of a loop: every item is done once.
//!
//! `SOAK_ITEMS` and `SOAK_KILLS` say how many; the acceptance figures are 1,000 items and 20 kills.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, ensure};
use pointsman_entities::{run, run_item, task};
use pointsman_tests::{
    program::{Program, Settings, client},
    servers::{
        http::{Reply, Sink},
        postgres::Database,
    },
    world::{installation, node, publish, workflow},
};
use sea_orm::EntityTrait;
use serde_json::{Value as Json, json};

use super::{call, drained, figure};

/// A task, a call and a pause for every line of a new note; ten at a time.
fn looping(sink: &str) -> Json {
    workflow(
        vec![
            node("new", "recordCreated", json!({ "object": "note" })),
            node(
                "loop",
                "forEach",
                json!({ "items": "record.body.split(',')", "concurrency": 10 }),
            ),
            node("task", "createTask", json!({ "title": "{{ item }}" })),
            call(sink, "{{ item }}"),
            node("pause", "delay", json!({ "until": "now + duration('50ms')" })),
            node(
                "end",
                "createTask",
                json!({ "title": "all {{ steps.loop.output.count }}" }),
            ),
        ],
        &[
            "new -> loop",
            "loop.each -> task",
            "task -> call",
            "call -> pause",
            "loop.done -> end",
        ],
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_item_is_done_once_on_sqlite() -> Result<()> {
    every_item_is_done_once(None).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_item_is_done_once_on_postgres() -> Result<()> {
    let database = Database::empty()?;
    every_item_is_done_once(Some(database.url())).await
}

async fn every_item_is_done_once(database: Option<String>) -> Result<()> {
    let (items, kills) = (figure("SOAK_ITEMS", 60), figure("SOAK_KILLS", 3));
    let folder = tempfile::tempdir()?;
    let sink = Sink::start([Reply::answer(200, &[], "{}")]).await?;
    let settings = Settings {
        data: folder.path().to_owned(),
        database,
        allow: vec![format!("127.0.0.1:{}", sink.port())],
    };
    {
        let installation = installation(&settings).await?;
        publish(&installation.workflows, looping(&sink.url("/hook"))).await?;
    }
    let key = settings.run(&["key", "create", "--name", "load", "--role", "admin"])?;
    let mut program = Program::serve(&settings).await?;
    begin(&program, &key, items).await?;
    for round in 1..=kills {
        called(&sink, items * round / (kills + 2)).await?;
        program.kill()?;
        program = Program::serve(&settings).await?;
    }
    drained(&settings, &key, &program).await?;
    program.terminate()?;
    verify(&settings, &sink, items).await
}

async fn begin(program: &Program, key: &str, items: usize) -> Result<()> {
    let numbers: Vec<String> = (0..items).map(|number| number.to_string()).collect();
    let request = json!({
        "query": "mutation($body: String!) { noteCreate(input: {body: $body}) { note { id } userErrors { message } } }",
        "variables": { "body": numbers.join(",") },
    });
    let sent = client()
        .post(format!("{}/graphql", program.url))
        .bearer_auth(key)
        .json(&request);
    let answer: Json = sent.send().await?.json().await?;
    ensure!(answer["data"]["noteCreate"]["note"]["id"].is_string(), "{answer}");
    Ok(())
}

/// Waits until so many calls have come.
async fn called(sink: &Sink, count: usize) -> Result<()> {
    let enough = async {
        while sink.recorded().len() < count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(super::DRAIN, enough)
        .await
        .context("the loop does not go on")
}

async fn verify(settings: &Settings, sink: &Sink, items: usize) -> Result<()> {
    let installation = installation(settings).await?;
    let reads = installation.crm.store().reads();
    let runs = run::Entity::find().all(reads).await?;
    ensure!(runs.len() == 1 && runs[0].status == "SUCCEEDED", "{runs:#?}");
    let mut titles: BTreeMap<String, usize> = BTreeMap::new();
    for task in task::Entity::find().all(reads).await? {
        *titles.entry(task.title).or_default() += 1;
    }
    ensure!(
        titles.remove(&format!("all {items}")) == Some(1),
        "the loop ended not once"
    );
    let doubled: Vec<_> = titles.iter().filter(|(_, count)| **count != 1).collect();
    ensure!(
        titles.len() == items && doubled.is_empty(),
        "{} items, {doubled:?} not once",
        titles.len()
    );
    let mut keys: BTreeMap<Vec<u8>, Vec<String>> = BTreeMap::new();
    for request in sink.recorded() {
        let key = request.headers.get("idempotency-key").cloned().unwrap_or_default();
        keys.entry(request.body).or_default().push(key);
    }
    let repeated = |known: &Vec<String>| known.windows(2).any(|pair| pair[0] != pair[1]);
    ensure!(
        keys.len() == items && !keys.values().any(repeated),
        "a call was repeated under another key"
    );
    let stored = run_item::Entity::find().all(reads).await?.len();
    ensure!(stored == items, "{stored} items are stored");
    Ok(())
}
