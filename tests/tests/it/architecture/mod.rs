//! The architecture's directions, as a table that the code is held to. A part imports what stands beside its name and
//! nothing else of ours; so a forbidden shortcut is a red test, not a matter of taste.

mod imports;

use std::{collections::BTreeSet, path::Path};

use anyhow::Result;
use imports::{Import, of_folder};

/// Each part of the server, and what it may import of the server and of the workspace's crates. `part::self` is the
/// part's name alone, by which its error is reached.
const DIRECTIONS: &[(&str, &[&str])] = &[
    // Leaves: a clock and dice, the databases, the outside world.
    ("source", &["entities::time"]),
    ("store", &["migration", "entities::blob", "entities::ids"]),
    ("actions", &[]),
    // The CRM: the one write path and the one access layer over the records.
    (
        "crm",
        &["store", "source", "entities", "graph::value", "graph::expression"],
    ),
    ("facts", &["crm", "store", "entities::time", "graph"]),
    ("auth", &["crm", "store", "entities"]),
    ("secrets", &["actions::egress", "source", "store", "entities"]),
    (
        "messaging",
        &["crm", "secrets::keyring", "store", "entities", "graph::expression"],
    ),
    ("seed", &["crm", "store", "entities"]),
    // Automation: the CRM calls neither; `installation` hands it the enrolment.
    ("workflow", &["crm", "facts", "store", "source", "entities", "graph"]),
    (
        "engine",
        &[
            "actions",
            "crm",
            "facts",
            "messaging",
            "secrets",
            "store",
            "source",
            "entities",
            "graph",
            "workflow::schedule",
            "workflow::self",
            "workflow::admission",
            "workflow::gate",
            "workflow::keys",
            "workflow::readmission",
            "workflow::reason",
            "workflow::versions",
        ],
    ),
    // The front: nothing but the program around it knows the API.
    (
        "api",
        &[
            "actions::sms",
            "auth",
            "crm",
            "engine",
            "messaging",
            "secrets",
            "workflow",
            "store",
            "entities",
            "graph",
        ],
    ),
    (
        "inbound",
        &[
            "actions::sms",
            "crm::id",
            "crm::keyed",
            "engine::self",
            "engine::Receipt",
            "engine::Engine",
            "engine::approval_link",
            "engine::approvals",
            "graph::node",
            "messaging",
        ],
    ),
    ("hooks", &["crm", "secrets", "workflow", "entities", "graph"]),
    // The program: configuration, the open installation, commands, the server.
    ("config", &["actions", "store", "engine::housekeeping"]),
    (
        "installation",
        &[
            "actions",
            "auth",
            "config",
            "crm",
            "engine",
            "messaging",
            "secrets",
            "seed",
            "source",
            "store",
            "workflow",
            "entities",
        ],
    ),
    (
        "control",
        &[
            "auth",
            "config",
            "crm",
            "engine",
            "installation",
            "seed",
            "store",
            "workflow",
            "entities",
            "graph",
        ],
    ),
    ("console", &[]),
    (
        "app",
        &[
            "api",
            "config",
            "console",
            "control",
            "hooks",
            "inbound",
            "installation",
            "source",
        ],
    ),
    (
        "cli",
        &[
            "api",
            "app",
            "config",
            "control",
            "installation",
            "source",
            "store",
            "crm::Catalogue",
            "crm::describe",
            "engine::backtest",
            "engine::dry_run",
            "entities::time",
            "graph",
        ],
    ),
    ("main", &["server"]),
    ("lib", &[]),
];

/// Each crate of the workspace, and which others it may import.
const CRATES: &[(&str, &[&str])] = &[
    ("graph", &[]),
    ("entities", &[]),
    ("migration", &[]),
    ("server", &["graph", "entities", "migration", "server"]),
];

/// The tables that hold records. Reading them past the access layer is the CRM's alone…
const RECORDS: &[&str] = &[
    "company", "contact", "deal", "message", "note", "pipeline", "record", "stage", "task", "team", "user",
];

/// … but for these, each with its reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("auth/session.rs", "user", "who signs in has no access yet"),
    (
        "auth/set_up.rs",
        "user",
        "whether there is an administrator decides whether there is any access",
    ),
    ("seed.rs", "pipeline", "a pipeline is made before there is a principal"),
    (
        "engine/effect/consent.rs",
        "contact",
        "whether a mail's receiver has opted out is asked at the send",
    ),
    (
        "engine/effect/ask.rs",
        "message",
        "which of the provider's messages are others of ours decides whether one is sent again",
    ),
    (
        "engine/order/quiet.rs",
        "contact",
        "when it is night for an SMS's receiver decides when it may be sent",
    ),
    (
        "seed.rs",
        "stage",
        "the demonstration's deals are spread over all stages",
    ),
];

#[test]
fn every_part_of_the_server_imports_only_what_its_line_allows() -> Result<()> {
    let imports = of_folder(&source("server"))?;
    let forbidden: Vec<_> = imports.iter().filter(|import| !import.is_allowed(DIRECTIONS)).collect();

    assert!(imports.len() > 100, "the scan found {} imports only", imports.len());
    assert!(forbidden.is_empty(), "{}", listed(&forbidden));
    Ok(())
}

#[test]
fn every_crate_imports_only_what_its_line_allows() -> Result<()> {
    for (name, allowed) in CRATES {
        let imports = of_folder(&source(name))?;
        let foreign = |import: &&Import| import.krate().is_some_and(|other| !allowed.contains(&other));
        let forbidden: Vec<_> = imports.iter().filter(foreign).collect();

        assert!(forbidden.is_empty(), "{name}:\n{}", listed(&forbidden));
    }
    Ok(())
}

#[test]
fn records_are_read_past_the_access_layer_by_the_crm_and_named_exceptions_only() -> Result<()> {
    let imports = of_folder(&source("server"))?;
    let reads: BTreeSet<_> = imports
        .iter()
        .filter(|import| import.part() != "crm")
        .filter_map(|import| Some((import.file.as_str(), import.entity()?)))
        .filter(|(_, entity)| RECORDS.contains(entity))
        .collect();
    let excepted: BTreeSet<_> = EXCEPTIONS.iter().map(|(file, table, _)| (*file, *table)).collect();

    assert_eq!(reads, excepted, "left: what is read; right: what is excepted");
    Ok(())
}

fn source(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src")
}

fn listed(imports: &[&Import]) -> String {
    imports.iter().map(|import| format!("{import}\n")).collect()
}
