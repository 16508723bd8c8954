//! Every operation of the schema is in a test of access, or on a short list with the reason why it needs none.

use std::collections::BTreeSet;

/// Root fields whose cells the differential test compares, for each object of its own.
const DIFFERENTIAL: [&str; 4] = ["contact", "company", "task", "note"];

/// Objects that go the same way: they are made by the macros that make the ones above.
const ALIKE: [&str; 6] = ["user", "team", "pipeline", "stage", "deal", "message"];

/// Root fields that are tried one by one, by `access::rules` and the tests named.
const TRIED: &[(&str, &str)] = &[
    ("node", "differential"),
    ("nodes", "asks one by one what `node` asks"),
    ("timeline", "differential"),
    ("recordChanged", "rules"),
    ("record", "rules"),
    ("records", "rules"),
    ("recordCreate", "rules"),
    ("recordUpdate", "rules"),
    ("recordDelete", "rules"),
    ("recordRestore", "writes as `recordDelete`"),
    ("customFieldCreate", "api::custom"),
    ("customObjectCreate", "api::custom"),
    ("viewer", "rules"),
    ("role", "asks as `roles`"),
    ("roles", "roles can only be seen by who may change them"),
    ("roleCreate", "rules"),
    ("roleUpdate", "rules"),
    ("roleDelete", "rules"),
    ("run", "rules"),
    ("runs", "rules"),
    ("runChanged", "rules"),
    ("runEvents", "asks as `run`"),
    ("workflowPublish", "rules"),
    ("workflowCheck", "asks as `workflowPublish`"),
    ("dealMove", "writes as `dealUpdate`"),
    ("userCreate", "rules"),
    ("approval", "engine::approvals"),
    ("approvals", "engine::approvals"),
    ("approvalDecide", "engine::approvals"),
    ("notifications", "api::people"),
    ("notificationAdded", "api::people"),
    ("notificationMarkRead", "api::people"),
    ("signalSend", "api::people"),
    ("workflowDryRun", "api::trials"),
    ("workflowTestStep", "api::trials"),
    ("enrolmentTrace", "api::causes"),
    ("workflowBacktest", "api::trials"),
    ("workflowRun", "api::runs"),
    ("runCancel", "api::runs"),
    ("runRetry", "api::runs"),
    ("runsCancel", "api::flow"),
    ("runsRetry", "api::flow"),
    ("runReplay", "api::flow"),
    ("runMigrate", "api::flow"),
    ("effectResolve", "api::flow"),
    (
        "effects",
        "shows records by way of runs alone, and contents to who reads every record",
    ),
    (
        "failureGroups",
        "shows records by way of runs alone, and messages to who reads every record",
    ),
];

/// Root fields that neither show records nor take their ids.
const NO_RECORDS: &[&str] = &[
    "apiKeys",
    "apiKeyCreate",
    "apiKeyRevoke",
    "secrets",
    "secretCreate",
    "secretUpdate",
    "secretDelete",
    "suppressions",
    "suppressionAdd",
    "suppressionRemove",
    "job",
    "jobProgress",
    "workflow",
    "workflows",
    "workflowVersion",
    "nodeKinds",
    "customFields",
    "customFieldUpdate",
    "customFieldRetire",
    "customFieldRestore",
    "customObjects",
    "customObjectUpdate",
    "customObjectRetire",
    "customObjectRestore",
    "throughput",
    "setUp",
    "sessionCreate",
    "sessionDelete",
    "workflowCreate",
    "workflowDraftSave",
    "workflowPause",
    "workflowResume",
    "workflowArchive",
];

fn roots() -> BTreeSet<String> {
    let (schema, mut roots, mut inside) = (pointsman::api::sdl(), BTreeSet::new(), false);
    for line in schema.lines() {
        match line {
            "type Query {" | "type Mutation {" | "type Subscription {" => inside = true,
            "}" => inside = false,
            _ => {}
        }
        let name = line
            .strip_prefix("  ")
            .filter(|rest| inside && rest.starts_with(|c: char| c.is_ascii_lowercase()));
        roots.extend(name.and_then(|name| name.split(['(', ':']).next()).map(str::to_owned));
    }
    roots
}

fn of_objects(root: &str) -> bool {
    let plural = |object: &str| match object.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{object}s"),
    };
    DIFFERENTIAL.iter().chain(&ALIKE).any(|object| {
        let acts = ["Create", "Update", "Delete", "Restore"].map(|act| format!("{object}{act}"));
        root == *object
            || root == plural(object)
            || root == format!("{}Create", plural(object))
            || acts.iter().any(|act| act == root)
    })
}

#[test]
fn every_operation_is_in_a_test_of_access() {
    let roots = roots();
    let listed: BTreeSet<&str> = TRIED
        .iter()
        .map(|(root, _)| *root)
        .chain(NO_RECORDS.iter().copied())
        .collect();

    let missing: Vec<_> = roots
        .iter()
        .filter(|root| !listed.contains(root.as_str()) && !of_objects(root))
        .collect();
    let gone: Vec<_> = listed.iter().filter(|root| !roots.contains(**root)).collect();

    assert!(roots.len() > 100, "the walk found {} operations only", roots.len());
    assert!(missing.is_empty(), "in no test of access: {missing:?}");
    assert!(gone.is_empty(), "no longer in the schema: {gone:?}");
}
