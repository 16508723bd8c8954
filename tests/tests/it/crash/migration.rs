//! The schema's versions: programs that meet at a database which none of them has migrated yet, and the way back.

use std::thread;

use anyhow::{Result, ensure};
use pointsman::store::{Location, migrate};
use pointsman_tests::{program::Settings, servers::postgres::Database};
use sea_orm::{ConnectionTrait, Statement};

const OF_SQLITE: &str = "
    SELECT t.name || '.' || c.name || ' ' || c.type || c.\"notnull\" || c.pk AS line
    FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'
    UNION ALL SELECT sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY 1";

const OF_POSTGRES: &str = "
    SELECT table_name || '.' || column_name || ' ' || data_type || is_nullable AS line
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT tgrelid::regclass || ' ' || tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1";

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_version_changes_can_be_taken_back_and_made_again_on_sqlite() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = format!("sqlite://{}", folder.path().join("pointsman.db").display());
    each_version_goes_and_comes(Location::Folder(folder.path().to_owned()), &file, OF_SQLITE).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_version_changes_can_be_taken_back_and_made_again_on_postgres() -> Result<()> {
    let database = Database::empty()?;
    let location = Location::Postgres {
        url: database.url(),
        connections: 1,
    };
    each_version_goes_and_comes(location, &database.url(), OF_POSTGRES).await
}

/// The last version alone, the last two, and so on, until nothing but the list of versions is left.
async fn each_version_goes_and_comes(location: Location, url: &str, sql: &str) -> Result<()> {
    migrate::up(&location).await?;
    let whole = schema(url, sql).await?;
    let versions = u32::try_from(migrate::status(&location).await?.len())?;
    for steps in 1..=versions {
        migrate::down(&location, steps).await?;
        let rest = schema(url, sql).await?;
        ensure!(rest.len() < whole.len(), "{steps} versions back is no other schema");
        ensure!(
            steps < versions
                || rest
                    .iter()
                    .all(|line| line.contains("seaql_migrations") || line.contains("sqlite_")),
            "left behind: {rest:#?}"
        );

        migrate::up(&location).await?;

        let again = schema(url, sql).await?;
        let gone: Vec<_> = whole.iter().filter(|line| !again.contains(line)).collect();
        let come: Vec<_> = again.iter().filter(|line| !whole.contains(line)).collect();
        ensure!(
            gone.is_empty() && come.is_empty(),
            "{steps} back and forth: {gone:#?} became {come:#?}"
        );
    }
    Ok(())
}

async fn schema(url: &str, sql: &str) -> Result<Vec<String>> {
    let connection = sea_orm::Database::connect(url).await?;
    let select = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(select).await?;
    let lines = rows
        .iter()
        .map(|row| row.try_get("", "line"))
        .collect::<Result<_, _>>()?;
    connection.close().await?;
    Ok(lines)
}
