//! Published versions as plans. A version never changes, so a plan once made is kept.

use std::sync::Arc;

use moka::sync::Cache;
use pointsman_entities::{
    ids::{UserId, VersionId, WorkflowId},
    workflow_version,
};
use pointsman_graph::{check::check, definition::Definition, plan::Plan, value::Schema};
use sea_orm::EntityTrait;

use super::{Error, callees::surroundings};
use crate::{
    crm::Catalogues,
    store::{self, Store},
};

/// Plans held in memory.
const KEPT: u64 = 1_000;

/// A published version, ready to run.
#[derive(Debug)]
pub struct Version {
    pub id: VersionId,
    pub workflow: WorkflowId,
    /// The workflow's when it was published.
    pub name: String,
    pub number: i64,
    /// IANA name; calendar durations count in it.
    pub time_zone: String,
    /// In whose name its runs act; none for a key without an owner, whose workflows act as the system.
    pub publisher: Option<UserId>,
    pub plan: Arc<Plan>,
}

/// Reads versions and makes plans of them.
pub struct Versions {
    store: Arc<Store>,
    catalogues: Arc<Catalogues>,
    known: Cache<VersionId, Arc<Version>>,
}

impl Versions {
    #[must_use]
    pub fn new(store: Arc<Store>, catalogues: Arc<Catalogues>) -> Self {
        Self {
            store,
            catalogues,
            known: Cache::new(KEPT),
        }
    }

    /// The version of that id.
    ///
    /// # Errors
    /// Where the database fails, the version is missing, or what it says is no longer sound.
    pub async fn get(&self, id: VersionId) -> Result<Arc<Version>, Error> {
        if let Some(version) = self.known.get(&id) {
            return Ok(version);
        }
        let row = workflow_version::Entity::find_by_id(id)
            .one(self.store.reads())
            .await
            .map_err(store::Error::from)?;
        let row = row.ok_or(Error::MissingVersion { version: id })?;
        let version = Arc::new(Version {
            id,
            workflow: row.workflow_id,
            plan: self.plan(&row).await?,
            name: row.name,
            number: row.number,
            time_zone: row.time_zone,
            publisher: row.published_by,
        });
        self.known.insert(id, Arc::clone(&version));
        Ok(version)
    }

    async fn plan(&self, row: &workflow_version::Model) -> Result<Arc<Plan>, Error> {
        let version = row.id;
        let unsound = |reason: String| Error::UnsoundVersion { version, reason };
        let definition = Definition::read(&row.definition).map_err(|error| unsound(error.to_string()))?;
        let catalogue = self.catalogues.current();
        let schema = surroundings(&self.store, &catalogue, Some(row.workflow_id), &definition).await?;
        if let Some(plan) = check(&definition, &schema).plan {
            return Ok(plan);
        }
        // A workflow that it calls has changed since it was published: what that gives is known at run time only.
        let schema: Arc<dyn Schema> = catalogue;
        let checked = check(&definition, &schema);
        let reason = checked
            .problems
            .iter()
            .find(|problem| problem.is_error())
            .map(|problem| problem.message.clone());
        checked.plan.ok_or_else(|| unsound(reason.unwrap_or_default()))
    }
}
