//! Published versions as plans. A version never changes, so a plan once made is kept.

use std::sync::Arc;

use moka::sync::Cache;
use pointsman_entities::{
    ids::{UserId, VersionId, WorkflowId},
    workflow_version,
};
use pointsman_graph::{check::check, definition::Definition, plan::Plan, value::Schema};
use sea_orm::EntityTrait;

use super::Error;
use crate::{
    crm::Catalogue,
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
    catalogue: Arc<Catalogue>,
    known: Cache<VersionId, Arc<Version>>,
}

impl Versions {
    #[must_use]
    pub fn new(store: Arc<Store>, catalogue: Arc<Catalogue>) -> Self {
        Self {
            store,
            catalogue,
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
            plan: self.plan(id, &row.definition)?,
            name: row.name,
            number: row.number,
            time_zone: row.time_zone,
            publisher: row.published_by,
        });
        self.known.insert(id, Arc::clone(&version));
        Ok(version)
    }

    fn plan(&self, version: VersionId, definition: &str) -> Result<Arc<Plan>, Error> {
        let unsound = |reason: String| Error::UnsoundVersion { version, reason };
        let definition = Definition::read(definition).map_err(|error| unsound(error.to_string()))?;
        let schema: Arc<dyn Schema> = Arc::<Catalogue>::clone(&self.catalogue);
        let checked = check(&definition, &schema);
        let reason = checked
            .problems
            .iter()
            .find(|problem| problem.is_error())
            .map(|problem| problem.message.clone());
        checked.plan.ok_or_else(|| unsound(reason.unwrap_or_default()))
    }
}
