//! The catalogue as this server node knows it. Whoever writes requires the epoch of the catalogue that it decided by, so an
//! old one is found out at the commit and read anew.

use std::sync::{Arc, PoisonError, RwLock};

use super::definition::{Definitions, current_epoch};
use crate::{
    crm::Catalogue,
    store::{self, Store},
};

/// The present catalogue.
pub struct Catalogues {
    store: Arc<Store>,
    current: RwLock<Arc<Catalogue>>,
}

impl Catalogues {
    /// The catalogue as the database has it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn open(store: Arc<Store>) -> Result<Self, store::Error> {
        let catalogue = Definitions::load(&store).await?.catalogue()?;
        let current = RwLock::new(Arc::new(catalogue));
        Ok(Self { store, current })
    }

    /// The catalogue as it was last read.
    #[must_use]
    pub fn current(&self) -> Arc<Catalogue> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the definitions, where they are others by now.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn refresh(&self) -> Result<(), store::Error> {
        if current_epoch(&self.store).await? == self.current().epoch() {
            return Ok(());
        }
        let catalogue = Arc::new(Definitions::load(&self.store).await?.catalogue()?);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        // Another refresh may have read later than this one.
        if current.epoch() < catalogue.epoch() {
            *current = catalogue;
        }
        Ok(())
    }
}
