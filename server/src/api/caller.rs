//! Who asks, and what one operation has loaded so far. Made anew for every operation: nothing loaded here outlives it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_graphql::{
    Context,
    dataloader::{DataLoader, HashMapCache, Loader},
};
use pointsman_entities::ids::RecordId;

use super::error::{Error, Result};
use crate::{
    crm::{Access, Crm, Record},
    store,
};

/// How long a load waits for others to join its statement. With none at all they would not be batched.
pub const GATHER: Duration = Duration::from_millis(1);

/// The principal of an operation, with its loader of records.
pub struct Caller {
    access: Access,
    loader: DataLoader<Records, HashMapCache>,
}

impl Caller {
    /// A caller who may do what the access says.
    pub fn new(access: Access, crm: Arc<Crm>) -> Self {
        let records = Records {
            access: access.clone(),
            crm,
        };
        let loader = DataLoader::with_cache(records, tokio::spawn, HashMapCache::default());
        Self {
            access,
            loader: loader.delay(GATHER),
        }
    }

    /// What the caller may see and do.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Keeps nothing that is loaded from now on: a subscription outlives what it has read.
    pub fn forget(&self) {
        self.loader.enable_all_cache(false);
    }

    /// The record, where it is there and the caller may read it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn record(&self, object: &'static str, id: RecordId) -> Result<Option<Arc<Record>>> {
        self.loader
            .load_one(Key { object, id })
            .await
            .map_err(|error| Error::from(&*error))
    }

    /// The records, where they are there and the caller may read them.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn records(&self, keys: Vec<Key>) -> Result<HashMap<Key, Arc<Record>>> {
        self.loader.load_many(keys).await.map_err(|error| Error::from(&*error))
    }
}

/// Whoever sent this operation.
///
/// # Errors
/// `UNAUTHENTICATED` where nobody is signed in.
pub fn caller<'a>(context: &Context<'a>) -> Result<&'a Caller> {
    context.data_opt::<Caller>().ok_or_else(Error::unauthenticated)
}

/// What the schema was built over.
///
/// # Errors
/// `INTERNAL` where the schema was built without it.
pub fn part<'a, T: Send + Sync + 'static>(context: &Context<'a>) -> Result<&'a Arc<T>> {
    let missing = || Error::internal(format!("the schema was built without {}", std::any::type_name::<T>()));
    context.data_opt::<Arc<T>>().ok_or_else(missing)
}

/// A record by its object's name and its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub object: &'static str,
    pub id: RecordId,
}

struct Records {
    access: Access,
    crm: Arc<Crm>,
}

impl Loader<Key> for Records {
    type Value = Arc<Record>;
    type Error = Arc<store::Error>;

    /// One statement for each object.
    async fn load(&self, keys: &[Key]) -> std::result::Result<HashMap<Key, Arc<Record>>, Arc<store::Error>> {
        let mut wanted: HashMap<&'static str, Vec<RecordId>> = HashMap::new();
        for key in keys {
            wanted.entry(key.object).or_default().push(key.id);
        }
        let mut found = HashMap::new();
        for (object, ids) in wanted {
            let Some(known) = self.crm.object(object) else {
                continue;
            };
            let records = self.crm.get(&self.access, &known, &ids).await?;
            found.extend(records.into_iter().map(|(id, record)| (Key { object, id }, record)));
        }
        Ok(found)
    }
}
