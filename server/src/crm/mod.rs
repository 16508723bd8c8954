//! Records: what kinds there are, who may see and change them, and the one way in which they change.
//!
//! Knows no workflows and no API. Nobody else touches the tables of records.

pub mod access;
pub mod catalogue;
pub mod cause;
pub mod change;
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
pub use record::Record;
pub use value::Value;

/// The CRM: the records of one installation.
pub struct Crm {
    store: Arc<Store>,
    catalogue: Arc<Catalogue>,
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
        catalogue: Arc<Catalogue>,
        source: Arc<Source>,
        enrol: Arc<dyn write::Enrol>,
        committed: Arc<dyn mutate::Committed>,
    ) -> Self {
        Self {
            store,
            catalogue,
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

    #[must_use]
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
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
