//! Anything by its global id.

use std::sync::Arc;

use async_graphql::{Context, ID, Interface, Object};
use pointsman_entities::ids::RecordId;

use super::{
    caller::{Key, caller, part},
    error::{Error, Result},
    noun::Noun,
    object::{Company, Contact, Deal, Message, Note, Pipeline, Stage, Task, Team, User},
};
use crate::crm::{Crm, Record, id};

/// Ids that one request may ask for.
const MOST: usize = 100;

macro_rules! nodes {
    ($($name:ident),+) => {
        /// Something that has a global id.
        #[derive(Clone, Interface)]
        #[graphql(field(name = "id", ty = "ID", desc = "The global id."))]
        pub enum Node { $($name($name)),+ }

        /// The record as the object of the API that shows it.
        fn node(record: Arc<Record>) -> Option<Node> {
            $(if record.object.name == $name::OBJECT {
                return Some($name::from(record).into());
            })+
            None
        }
    };
}

nodes!(User, Team, Company, Contact, Pipeline, Stage, Deal, Task, Note, Message);

/// Finds anything by its global id.
#[derive(Default)]
pub struct NodeQueries;

#[Object]
impl NodeQueries {
    /// The thing of that id; null where there is none, or it may not be known.
    async fn node(&self, context: &Context<'_>, #[graphql(desc = "The global id.")] id: ID) -> Result<Option<Node>> {
        Ok(find(context, &[id]).await?.pop().flatten())
    }

    /// The things of these ids in their order, at most 100; null where there is none, or it may not be known.
    async fn nodes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global ids.")] ids: Vec<ID>,
    ) -> Result<Option<Vec<Option<Node>>>> {
        if ids.len() > MOST {
            return Err(Error::input(format!("At most {MOST} ids go into one request.")));
        }
        find(context, &ids).await.map(Some)
    }
}

async fn find(context: &Context<'_>, ids: &[ID]) -> Result<Vec<Option<Node>>> {
    let (caller, crm) = (caller(context)?, part::<Crm>(context)?);
    let key = |global: &ID| {
        let (prefix, id) = id::split(global)?;
        let object = crm.catalogue().object(prefix)?.name;
        Some(Key {
            object,
            id: RecordId(id),
        })
    };
    let keys: Vec<Option<Key>> = ids.iter().map(key).collect();
    let found = caller.records(keys.iter().flatten().copied().collect()).await?;
    let nodes = keys.iter().map(|key| node(Arc::clone(found.get(&(*key)?)?)));
    Ok(nodes.collect())
}
