//! No acknowledgement precedes the sync of its batch: seen from outside, in the server's own system calls.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use pointsman_tests::program::{Program, Settings, client};
use serde_json::{Value as Json, json};

const REQUESTS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledgement_precedes_the_sync_of_its_batch() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let settings = Settings {
        data: folder.path().join("data"),
        database: None,
        allow: Vec::new(),
    };
    let key = settings.run(&["key", "create", "--name", "load", "--role", "admin"])?;
    let trace = folder.path().join("trace");
    let program = Program::serve(&settings).await?;
    let mut tracer = program.trace(&trace)?;

    let client = client();
    for number in 0..REQUESTS {
        let request = json!({ "query": format!(
            "mutation {{ contactCreate(input: {{name: \"sync-{number}-\"}}) {{ contact {{ name }} userErrors {{ message }} }} }}"
        ) });
        let url = format!("{}/graphql", program.url);
        let answer: Json = client
            .post(url)
            .bearer_auth(&key)
            .json(&request)
            .send()
            .await?
            .json()
            .await?;
        ensure!(
            answer["data"]["contactCreate"]["contact"]["name"].is_string(),
            "{answer}"
        );
    }
    tracer.signal("INT")?;
    let _interrupted = tracer.wait()?;
    program.terminate()?;

    let calls = calls(&trace)?;
    for number in 0..REQUESTS {
        let mark = format!("sync-{number}-");
        let written = position(&calls, 0, |call| call.starts_with("pwrite64(") && call.contains(&mark));
        let written = written.with_context(|| format!("{mark} was never written to the log"))?;
        let answered = position(&calls, 0, |call| {
            ["sendto(", "write(", "writev(", "sendmsg("]
                .iter()
                .any(|name| call.starts_with(name))
                && call.contains(&mark)
        });
        let answered = answered.with_context(|| format!("{mark} was never answered"))?;
        let synced = position(&calls, written, |call| {
            call.starts_with("fdatasync(") || call.starts_with("fsync(")
        });
        let synced = synced.with_context(|| format!("{mark} was never synced"))?;
        ensure!(
            written < synced && synced < answered,
            "{mark}: written {written}, synced {synced}, answered {answered}"
        );
    }
    Ok(())
}

/// The calls in the order in which they ended; a call that another thread interrupted counts where it resumed.
fn calls(trace: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(trace)?;
    let mut begun = std::collections::HashMap::new();
    let mut calls = Vec::new();
    for line in text.lines() {
        let Some((thread, call)) = line.trim_start().split_once(' ') else {
            continue;
        };
        let call = call.trim_start();
        if let Some(first) = call.strip_suffix("<unfinished ...>") {
            begun.insert(thread.to_owned(), first.to_owned());
        } else if call.starts_with("<... ") {
            calls.extend(begun.remove(thread));
        } else {
            calls.push(call.to_owned());
        }
    }
    Ok(calls)
}

fn position(calls: &[String], from: usize, wanted: impl Fn(&str) -> bool) -> Option<usize> {
    calls
        .iter()
        .enumerate()
        .skip(from)
        .find(|(_, call)| wanted(call))
        .map(|(position, _)| position)
}
