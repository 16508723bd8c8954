//! Why a run started, and what came of it: the chain of causes, walked both ways.

use std::sync::Arc;

use async_graphql::{Context, Object};
use pointsman_entities::run;

use super::Run;
use crate::{
    api::{
        caller::{caller, part},
        error::Result,
        links::links,
        noun::Noun,
        object::User,
        timeline::{Change, ChangeConnection, page},
    },
    crm::{Crm, cause::step, id},
};

/// Why a run started.
pub struct RunCause(Arc<run::Model>);

impl RunCause {
    /// Why this run started.
    pub fn of(run: &Arc<run::Model>) -> Self {
        Self(Arc::clone(run))
    }

    async fn found(&self, context: &Context<'_>) -> Result<Option<Change>> {
        let (Some(object), Some(record), Some(version)) = (&self.0.object, self.0.record_id, self.0.record_version)
        else {
            return Ok(None);
        };
        let crm = part::<Crm>(context)?;
        let Some(object) = crm.object(object) else {
            return Ok(None);
        };
        let Some(record) = caller(context)?.record(object.name, record).await? else {
            return Ok(None);
        };
        let row = links(context)?.change(record.id, version).await?;
        let access = caller(context)?.access();
        row.map(|row| Change::of(access, record, row)).transpose()
    }
}

/// Why a run started.
#[Object]
impl RunCause {
    /// The change that started it; null where no change did, or its record is in the bin, gone, or may not be known.
    async fn change(&self, context: &Context<'_>) -> Result<Option<Change>> {
        self.found(context).await
    }

    /// The run that made the change; null where somebody asked for it.
    async fn run(&self, context: &Context<'_>) -> Result<Option<Run>> {
        match self.0.cause_run {
            Some(run) => Ok(links(context)?.run(run).await?.map(Run::from)),
            None => Ok(None),
        }
    }

    /// The step of that run.
    async fn step(&self) -> Option<&str> {
        step(&self.0.cause)
    }

    /// The user who made the change or started the run; null where it was none, or may not be known.
    async fn user(&self, context: &Context<'_>) -> Result<Option<User>> {
        let actor = match self.found(context).await? {
            Some(change) => change.entry().actor.clone(),
            None => self.0.cause.clone(),
        };
        match id::parse(User::OBJECT, &actor) {
            Some(id) => Ok(caller(context)?.record(User::OBJECT, id).await?.map(User::from)),
            None => Ok(None),
        }
    }
}

/// The changes that a run made, in their order. Those of records that the caller may not know are left out of the page.
///
/// # Errors
/// `BAD_USER_INPUT`, or where the database fails.
pub async fn causes(
    context: &Context<'_>,
    run: &run::Model,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<ChangeConnection> {
    let page = page(first, after)?;
    let found = part::<Crm>(context)?
        .changes_of(caller(context)?.access(), run.id, &page)
        .await?;
    Ok(ChangeConnection::of(found, page.behind.is_some()))
}
