//! Others' opinion of the transport: the suites in `tests/suites/transport`, run with Node against the toy endpoint.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use super::toy;

/// What the script says in the end, once it has said that all is well.
async fn verdict(script: &str, arguments: &[&str]) -> String {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/suites/transport");
    let mut node = Command::new("node");
    node.arg(script)
        .args(arguments)
        .current_dir(suite)
        .stdin(Stdio::null())
        .kill_on_drop(true);

    let output = node.output().await.unwrap();

    let (told, failures) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{told}{failures}");
    told.trim().to_owned()
}

#[tokio::test]
#[ignore = "needs Node, and `npm ci` in tests/suites/transport"]
async fn all_audits_of_graphql_http_are_ok() {
    let host = toy::host().await;

    let verdict = verdict("audit.mjs", &[&format!("http://{}/graphql", host.address)]).await;

    assert_eq!(verdict, "61 of 61 audits ok");
}

#[tokio::test]
#[ignore = "needs Node, and `npm ci` in tests/suites/transport"]
async fn the_client_of_graphql_ws_is_served_and_its_protocol_kept() {
    let host = toy::host().await;

    let url = format!("ws://{}/graphql", host.address);
    let verdict = verdict("ws-client.mjs", &[&url, "subscription { silence }", "good"]).await;

    assert_eq!(verdict, "11 of 11 hold");
}
