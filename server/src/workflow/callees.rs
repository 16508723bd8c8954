//! What a check must know of the workflows that a definition calls: what each takes and gives, as it is active now.

use std::{collections::HashMap, sync::Arc};

use pointsman_entities::{ids::WorkflowId, workflow, workflow_version};
use pointsman_graph::{
    call::{Callee, Signature},
    definition::Definition,
    node::Config,
    value::{ObjectType, Schema},
};
use sea_orm::EntityTrait;

use crate::{
    crm::{Catalogue, id},
    store::{self, Store},
};

/// The CRM's objects, and the workflows that one definition calls.
struct Surroundings {
    catalogue: Arc<Catalogue>,
    callees: HashMap<String, Callee>,
}

impl Schema for Surroundings {
    fn object(&self, name: &str) -> Option<Arc<ObjectType>> {
        Schema::object(&*self.catalogue, name)
    }

    fn object_names(&self) -> Vec<Arc<str>> {
        self.catalogue.object_names()
    }

    fn callee(&self, workflow: &str) -> Callee {
        self.callees.get(workflow).cloned().unwrap_or(Callee::Absent)
    }
}

/// What `definition` is checked against. A workflow that calls itself is called as it is drawn here.
///
/// # Errors
/// Where the database fails.
pub async fn surroundings(
    store: &Store,
    catalogue: &Arc<Catalogue>,
    own: Option<WorkflowId>,
    definition: &Definition,
) -> Result<Arc<dyn Schema>, store::Error> {
    let mut callees = HashMap::new();
    for node in &definition.nodes {
        let Config::CallWorkflow(call) = &node.config else {
            continue;
        };
        let Some(name) = call.workflow.clone().filter(|name| !callees.contains_key(name)) else {
            continue;
        };
        let id = id::parse::<WorkflowId>("workflow", &name);
        let signature = match id {
            Some(id) if own == Some(id) => Signature::of(definition),
            Some(id) => active(store, id).await?,
            None => None,
        };
        callees.insert(
            name,
            signature.map_or(Callee::Absent, |known| Callee::Known(Arc::new(known))),
        );
    }
    Ok(Arc::new(Surroundings {
        catalogue: Arc::clone(catalogue),
        callees,
    }))
}

/// What the active version of a workflow takes and gives; none where there is none that can be called.
async fn active(store: &Store, id: WorkflowId) -> Result<Option<Signature>, store::Error> {
    let row = workflow::Entity::find_by_id(id).one(store.reads()).await?;
    let Some(version) = row
        .filter(|row| row.state == "ACTIVE")
        .and_then(|row| row.active_version)
    else {
        return Ok(None);
    };
    let version = workflow_version::Entity::find_by_id(version).one(store.reads()).await?;
    let definition = version.and_then(|version| Definition::read(&version.definition).ok());
    Ok(definition.as_ref().and_then(Signature::of))
}
