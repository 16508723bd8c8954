//! A database for each test, and clusters that can be stopped.

use anyhow::{Result, ensure};
use pointsman_tests::servers::postgres::{Cluster, Database, Stop};

#[test]
fn two_databases_do_not_see_each_other() -> Result<()> {
    let (left, right) = (Database::empty()?, Database::empty()?);

    left.sql("CREATE TABLE mark (id int)")?;

    assert_eq!(
        right.sql("SELECT count(*) FROM pg_tables WHERE tablename = 'mark'")?,
        "0"
    );
    Ok(())
}

#[test]
fn the_cluster_syncs_what_it_acknowledges() -> Result<()> {
    let database = Database::empty()?;

    assert_eq!(database.sql("SHOW fsync")?, "on");
    assert_eq!(database.sql("SHOW synchronous_commit")?, "on");
    Ok(())
}

#[tokio::test]
async fn a_template_is_migrated_once_and_copied() -> Result<()> {
    let key = format!("t{}", std::process::id());
    let first = Database::migrated(&key, async |url| migrate(url)).await?;

    let second = Database::migrated(&key, async |_| anyhow::bail!("migrated twice")).await?;

    first.sql("DELETE FROM mark")?;
    assert_eq!(second.sql("SELECT id FROM mark")?, "7");
    Ok(())
}

#[test]
fn a_database_goes_with_its_handle() -> Result<()> {
    let (kept, dropped) = (Database::empty()?, Database::empty()?);
    let name = dropped.url().rsplit('/').next().map(ToOwned::to_owned);

    drop(dropped);

    let all = kept.sql("SELECT datname FROM pg_database")?;
    assert!(!all.lines().any(|one| Some(one.to_owned()) == name));
    Ok(())
}

#[test]
fn a_private_cluster_keeps_its_data_over_restarts() -> Result<()> {
    let mut cluster = Cluster::start()?;
    cluster.sql("CREATE TABLE mark AS SELECT 7 AS id")?;

    cluster.restart(Stop::Immediate)?;
    cluster.restart(Stop::Fast)?;

    assert_eq!(cluster.sql("SELECT id FROM mark")?, "7");
    Ok(())
}

fn migrate(url: &str) -> Result<()> {
    let made = std::process::Command::new("psql")
        .args([url, "-qc", "CREATE TABLE mark AS SELECT 7 AS id"])
        .status()?;
    ensure!(made.success());
    Ok(())
}
