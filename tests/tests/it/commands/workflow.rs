//! `pointsman workflow`, with a server and without one.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use pointsman_tests::program::{Program, Settings, client};
use serde_json::{Value as Json, json};

use super::{json, settings};

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("path")
}

/// A definition that can be published, with a manual start.
fn definition() -> Json {
    json!({
        "format": 1,
        "nodes": [
            { "key": "start", "kind": "manual", "config": { "cardinality": "none" } },
            { "key": "sum", "kind": "set", "config": { "values": { "two": "1 + 1" } } },
        ],
        "edges": [{ "id": "start:out:sum", "from": "start", "port": "out", "to": "sum" }],
    })
}

fn import_export_list(settings: &Settings, folder: &Path) -> Result<()> {
    let file = folder.join("Sums.json");
    fs::write(&file, definition().to_string())?;

    let (code, imported) = json(settings, &["workflow", "import", text(&file)?, "--json"])?;
    let (_, listed) = json(settings, &["workflow", "list", "--json"])?;
    let exported: Json = serde_json::from_str(&settings.run(&["workflow", "export", "Sums"])?)?;

    assert_eq!(
        (code, &imported[0]["name"], &imported[0]["problems"]),
        (0, &json!("Sums"), &json!([]))
    );
    assert_eq!(listed[0]["id"], imported[0]["id"]);
    assert_eq!(
        (&listed[0]["state"], &listed[0]["draftVersion"]),
        (&json!("DRAFT"), &json!(1))
    );
    assert_eq!(exported, definition());
    Ok(())
}

#[test]
fn a_workflow_goes_in_and_out_without_a_server() -> Result<()> {
    let folder = tempfile::tempdir()?;

    import_export_list(&settings(folder.path()), folder.path())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workflow_goes_in_and_out_beside_a_server_which_runs_it() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let settings = settings(folder.path());
    let program = Program::serve(&settings).await?;

    import_export_list(&settings, folder.path())?;
    let unpublished = settings.output(&["workflow", "run", "Sums"])?;
    let key = settings.run(&["key", "create", "--name", "test", "--role", "admin"])?;
    let (_, listed) = json(&settings, &["workflow", "list", "--json"])?;
    let publish = format!(
        "mutation {{ workflowPublish(input: {{id: {}}}) {{ version {{ number }} }} }}",
        listed[0]["id"]
    );
    graphql(&program, &key, &publish).await?;
    let run = settings.run(&["workflow", "run", "Sums"])?;
    let seen = graphql(
        &program,
        &key,
        &format!("{{ run(id: \"{run}\") {{ id workflow {{ name }} }} }}"),
    )
    .await?;

    assert_eq!(unpublished.status.code(), Some(3));
    assert_eq!(
        seen["data"]["run"],
        json!({ "id": run, "workflow": { "name": "Sums" } })
    );
    program.terminate()
}

async fn graphql(program: &Program, key: &str, query: &str) -> Result<Json> {
    let request = client().post(format!("{}/graphql", program.url)).bearer_auth(key);
    Ok(request.json(&json!({ "query": query })).send().await?.json().await?)
}

#[test]
fn problems_of_a_definition_are_named_and_decide_the_exit_code() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let settings = settings(folder.path());
    let (good, bad) = (folder.path().join("good.json"), folder.path().join("bad.json"));
    fs::write(&good, definition().to_string())?;
    fs::write(&bad, definition().to_string().replace("1 + 1", "1 + 'a'"))?;

    let fine = settings.output(&["workflow", "check", text(&good)?])?;
    let (code, found) = json(&settings, &["workflow", "check", text(&good)?, text(&bad)?, "--json"])?;

    assert_eq!((fine.status.code(), fine.stdout.trim_ascii()), (Some(0), &b""[..]));
    assert_eq!((code, &found[0]["problems"]), (3, &json!([])));
    let problem = &found[1]["problems"][0];
    assert_eq!(
        (&problem["node"], &problem["field"], &problem["error"]),
        (&json!("sum"), &json!("values.two"), &json!(true))
    );
    assert!(!settings.data.exists(), "checking needs no installation");
    Ok(())
}

#[test]
fn a_workflow_of_n8n_becomes_a_draft_and_is_accounted_for() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let settings = settings(folder.path());
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../graph/tests/foreign");
    let (mail, cycle) = (fixtures.join("mail.json"), fixtures.join("loop.json"));
    let files = [text(&mail)?, text(&cycle)?];
    let import = ["workflow", "import", "--from", "n8n", files[0], files[1], "--json"];

    let (code, dry) = json(&settings, &[&import[..], &["--dry-run"]].concat())?;
    let (_, before) = json(&settings, &["workflow", "list", "--json"])?;
    let (_, created) = json(&settings, &import)?;
    let (_, after) = json(&settings, &["workflow", "list", "--json"])?;
    let (_, exported) = json(&settings, &["workflow", "export", "Answer a form", "--json"])?;

    assert_eq!((code, before), (0, json!([])));
    assert_eq!(after.as_array().context("list")?.len(), 2);
    assert_eq!(dry[0]["definition"], exported["definition"]);
    assert_eq!(
        (&exported["timeZone"], &dry[0]["id"]),
        (&json!("Europe/Berlin"), &Json::Null)
    );
    assert_eq!(dry[1]["report"], created[1]["report"]);
    assert_eq!(created[1]["report"]["counts"]["leadingBack"], 1);
    assert_eq!(created[1]["report"]["edges"][0]["fate"], "drawn");
    Ok(())
}

#[test]
fn a_file_that_is_no_workflow_does_not_stop_the_others() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let settings = settings(folder.path());
    let (good, bad) = (folder.path().join("good.json"), folder.path().join("bad.json"));
    fs::write(&good, definition().to_string())?;
    fs::write(&bad, "{")?;

    let (code, lines) = json(&settings, &["workflow", "import", text(&bad)?, text(&good)?, "--json"])?;

    assert_eq!(
        (code, &lines[0]["problems"][0]["code"]),
        (3, &json!("DEFINITION_MALFORMED"))
    );
    assert!(lines[1]["id"].is_string());
    assert_eq!(
        settings.output(&["workflow", "export", "nothing"])?.status.code(),
        Some(3)
    );
    Ok(())
}
