//! Records: what kinds there are, who may see and change them, and the one way in which they change.
//!
//! Knows no workflows and no API. Nobody else touches the tables of records.

pub mod access;
pub mod catalogue;
pub mod cause;
pub mod change;
pub mod custom;
mod derive;
pub mod describe;
pub mod filter;
mod govern;
pub mod history;
pub mod id;
pub mod keyed;
pub mod mutate;
pub mod object;
pub mod past;
pub mod query;
pub mod record;
pub mod revocations;
pub mod roles;
pub mod snapshot;
pub mod standing;
pub mod validate;
pub mod value;
pub mod write;

use std::sync::Arc;

use crate::{
    source::Source,
    store::{self, Store},
};

pub use access::Access;
pub use catalogue::Catalogue;
pub use custom::cache::Catalogues;
pub use record::Record;
pub use value::Value;

/// The CRM: the records of one installation.
pub struct Crm {
    store: Arc<Store>,
    catalogues: Arc<Catalogues>,
    source: Arc<Source>,
    enrol: Arc<dyn write::Enrol>,
    committed: Arc<dyn mutate::Committed>,
    revocations: revocations::Revocations,
    standings: standing::Standings,
}

impl Crm {
    #[must_use]
    pub fn new(
        store: Arc<Store>,
        catalogues: Arc<Catalogues>,
        source: Arc<Source>,
        enrol: Arc<dyn write::Enrol>,
        committed: Arc<dyn mutate::Committed>,
    ) -> Self {
        Self {
            store,
            catalogues,
            source,
            enrol,
            committed,
            revocations: revocations::Revocations::default(),
            standings: standing::Standings::default(),
        }
    }

    /// Learns which workflows are active now. A decision that is committed need not: it is refused where it is out of date.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn refresh(&self) -> Result<(), store::Error> {
        self.enrol.refresh().await
    }

    /// The objects and fields that there are, as this server node knows them.
    #[must_use]
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogues.current()
    }

    /// The present catalogue, for whoever outlives it.
    #[must_use]
    pub fn catalogues(&self) -> &Arc<Catalogues> {
        &self.catalogues
    }

    /// The object of that name, as this server node knows it.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<Arc<object::Object>> {
        self.catalogues.current().object(name).map(Arc::clone)
    }

    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Counts the changes of users on this server node, and whatever else takes rights away.
    #[must_use]
    pub fn revocations(&self) -> &revocations::Revocations {
        &self.revocations
    }

    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }
}
