//! Anything by its global id.

use std::sync::Arc;

use async_graphql::{Context, ID, Interface, Object};
use futures_util::future::try_join_all;
use pointsman_entities::ids::RecordId;

use super::{
    approval::{APPROVAL, Approval},
    caller::{caller, part},
    custom::CustomRecord,
    error::{Error, Result},
    links::links,
    noun::Noun,
    object::{Company, Contact, Deal, Message, Note, Pipeline, Stage, Task, Team, User},
    run::{RUN, Run},
    workflow::{VERSION, WORKFLOW, Workflow, WorkflowVersion},
};
use crate::crm::{Crm, Record, id};

/// Ids that one request may ask for.
const MOST: usize = 100;

macro_rules! nodes {
    ($($name:ident),+; $($other:ident),+) => {
        /// Something that has a global id.
        #[derive(Clone, Interface)]
        #[graphql(field(name = "id", ty = "ID", desc = "The global id."))]
        pub enum Node { $($name($name),)+ CustomRecord(CustomRecord), $($other($other)),+ }

        /// The record as the object of the API that shows it.
        impl From<Arc<Record>> for Node {
            fn from(record: Arc<Record>) -> Self {
                $(if record.object.name == $name::OBJECT {
                    return $name::from(record).into();
                })+
                CustomRecord::from(record).into()
            }
        }
    };
}

nodes!(User, Team, Company, Contact, Pipeline, Stage, Deal, Task, Note, Message; Workflow, WorkflowVersion, Run, Approval);

/// Records of any object, in one list.
impl Noun for Node {
    const OBJECT: &'static str = "node";
}

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
    let found = ids.iter().map(|id| one(context, id));
    try_join_all(found).await
}

/// Joined with others, so that what is loaded at a time goes into one statement.
async fn one(context: &Context<'_>, global: &ID) -> Result<Option<Node>> {
    let (caller, crm, links) = (caller(context)?, part::<Crm>(context)?, links(context)?);
    let Some((prefix, id)) = id::split(global) else {
        return Ok(None);
    };
    Ok(match prefix {
        WORKFLOW => links.workflow(id.into()).await?.map(|row| Workflow::from(row).into()),
        VERSION => links
            .version(id.into())
            .await?
            .map(|row| WorkflowVersion::from(row).into()),
        APPROVAL => links.approval(id.into()).await?.map(|row| Approval::from(row).into()),
        RUN => links.run(id.into()).await?.map(|row| Run::from(row).into()),
        object => match crm.object(object) {
            Some(object) => caller.record(object.name, RecordId(id)).await?.map(Node::from),
            None => None,
        },
    })
}
