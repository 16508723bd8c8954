//! `deleteRecord`: puts a record into the bin.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::kind::{Compiled, Kind, Resolve};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site},
    expression::Expression,
    key::Port,
    plan::Operation,
    resolve::{Moment, Order, Resolution, Unresolved},
    value::Type,
};

/// Deletes a record, so that it can be restored; its output is the record as it was last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeleteRecord {
    /// Needed only where the expression does not show it.
    pub object: Option<String>,
    /// An expression: which record; absent: the run's own.
    pub record: Option<String>,
}

impl Kind for DeleteRecord {
    const DESCRIPTION: Description = Description {
        kind: "deleteRecord",
        label: "Delete record",
        family: Family::Action,
        doc: "Puts a record into the bin, from where it can be restored.",
        version: 1,
        ports: &[Port::DONE, Port::ERROR],
        fields: &[
            Field::optional(
                "object",
                Input::Object,
                "what kind of record, where `record` does not show it",
            ),
            Field::optional("record", Input::Expression, "which record; by default the run's own"),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let named = site.object("object", self.object.as_deref());
        let Some((object, record)) = site.target(self.record.as_deref(), named) else {
            return Compiled::of(Type::Dyn, None::<Deletion>);
        };
        if record.is_none() {
            let message = format!(
                "which {} to delete? The run's own record is of another object",
                object.name
            );
            site.report(Problem::error(Code::Required, message).field("record"));
        }
        let name = Arc::clone(&object.name);
        let deletion = record.and_then(|record| {
            site.unless_wrong(Deletion {
                object: Arc::clone(&object.name),
                record,
            })
        });
        Compiled::of(Type::Record(object), deletion).writing(&name, Operation::Deleted, Vec::new())
    }
}

#[derive(Debug)]
struct Deletion {
    object: Arc<str>,
    record: Expression,
}

impl Resolve for Deletion {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let target = moment.record("record", &self.record, &self.object)?;
        Ok(Resolution::Order(Order::DeleteRecord { target }))
    }
}
