//! Whether a change would start a run, and why. Also where it would not.

use std::sync::Arc;

use pointsman_graph::{
    expression::{Budget, Fault},
    plan::{self, Trigger},
    resolve::Traced,
    value::Value,
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{
    crm::{
        Crm,
        change::{Change, Operation},
        snapshot::Snapshot,
    },
    engine::order::explained,
    facts::{self, ChangeFacts},
    store,
};

/// What a trigger says to a change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether a run is started.
    pub fires: bool,
    /// Whether it is the kind of change that the trigger listens to, whatever its condition says.
    pub listens: bool,
    /// The condition's parts with what each came to, as a step shows them; none where it was not asked or there is none.
    pub trace: Option<Json>,
}

impl Verdict {
    /// A person starts the run.
    #[must_use]
    pub fn by_hand() -> Self {
        Self {
            fires: true,
            listens: true,
            trace: None,
        }
    }
}

/// Asks a trigger about a change.
///
/// # Errors
/// Where the database fails.
pub async fn verdict(
    crm: &Crm,
    trigger: &Trigger,
    change: &Change,
    snapshot: &mut Snapshot<'_>,
) -> Result<Verdict, store::Error> {
    let listens = listens(trigger, change);
    let Some(condition) = trigger.condition.as_ref().filter(|_| listens) else {
        return Ok(Verdict {
            fires: listens,
            listens,
            trace: None,
        });
    };
    loop {
        let facts = ChangeFacts {
            change,
            snapshot,
            catalogue: &crm.catalogue(),
        };
        let (value, trace) = condition.trace(&facts, &mut Budget::default());
        if let Err(Fault::Unloaded(reference)) = &value {
            facts::load(&crm.catalogue(), snapshot, reference).await?;
            continue;
        }
        let traced = Traced {
            field: "where".into(),
            trace,
        };
        return Ok(Verdict {
            fires: value == Ok(Value::Bool(true)),
            listens,
            trace: Some(explained(&traced)),
        });
    }
}

fn listens(trigger: &Trigger, change: &Change) -> bool {
    let operation = match change.operation {
        Operation::Created => plan::Operation::Created,
        Operation::Updated => plan::Operation::Updated,
        Operation::Deleted | Operation::Restored => return false,
    };
    let fields: Vec<Arc<str>> = change.fields.iter().map(|field| Arc::from(*field)).collect();
    trigger.listens_to(&plan::Change {
        operation,
        object: change.after.object.name,
        fields: &fields,
    })
}
