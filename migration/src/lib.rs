//! Pointsman's schema: one change a file, never edited once released; expand, backfill, contract.
//!
//! Migrations never import `pointsman-entities`: an old migration must keep its meaning while the entities move on.

mod m0001_accounts;
mod m0002_change_log;
mod m0003_records;
mod m0004_workflows;
mod m0005_engine;
mod m0006_schedules;
mod m0007_flow;
mod m0008_people;
mod m0009_messaging;
mod m0010_enrolment;
mod m0011_backtest;
mod m0012_roles;
mod m0013_custom;
mod m0014_tidying;
mod table;

use sea_orm_migration::prelude::*;

/// All changes, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_accounts::Migration),
            Box::new(m0002_change_log::Migration),
            Box::new(m0003_records::Migration),
            Box::new(m0004_workflows::Migration),
            Box::new(m0005_engine::Migration),
            Box::new(m0006_schedules::Migration),
            Box::new(m0007_flow::Migration),
            Box::new(m0008_people::Migration),
            Box::new(m0009_messaging::Migration),
            Box::new(m0010_enrolment::Migration),
            Box::new(m0011_backtest::Migration),
            Box::new(m0012_roles::Migration),
            Box::new(m0013_custom::Migration),
            Box::new(m0014_tidying::Migration),
        ]
    }
}
