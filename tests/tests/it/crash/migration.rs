//! Programs that meet at a database which none of them has migrated yet.

use std::thread;

use anyhow::{Result, ensure};
use pointsman_tests::{program::Settings, servers::postgres::Database};

#[test]
fn programs_that_migrate_a_fresh_postgres_at_once_all_succeed() -> Result<()> {
    let database = Database::empty()?;
    let folder = tempfile::tempdir()?;
    let node = |number: usize| Settings {
        data: folder.path().join(number.to_string()),
        database: Some(database.url()),
        allow: Vec::new(),
    };

    let said = thread::scope(|scope| {
        let running: Vec<_> = (0..4)
            .map(|number| scope.spawn(move || node(number).run(&["migrate"])))
            .collect();
        let ended = running
            .into_iter()
            .map(|program| program.join().unwrap_or_else(|_| Err(anyhow::anyhow!("a panic"))));
        ended.collect::<Result<Vec<_>>>()
    })?;

    ensure!(
        said.iter().all(|steps| *steps == said[0] && !steps.contains("pending")),
        "{said:#?}"
    );
    Ok(())
}
