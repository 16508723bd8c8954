//! `assign`: makes one of several users the owner of a record.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    kind::{Compiled, Kind, Resolve},
    people::{self, Named},
    send_email::Recipients,
};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site, fields},
    expression::Expression,
    key::Port,
    plan::Operation,
    resolve::{Assignment, Moment, Order, Resolution, Unresolved},
    value::Type,
};

/// Gives a record an owner; its output says whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Assign {
    /// Needed only where the expression does not show it.
    pub object: Option<String>,
    /// An expression: which record; absent: the run's own.
    pub record: Option<String>,
    /// How the user is chosen.
    pub strategy: Option<Strategy>,
    /// Templates: users by address or id.
    pub users: Option<Recipients>,
    /// A template: a team by name or id.
    pub team: Option<String>,
    /// What makes a user busy; absent: records.
    pub busy_with: Option<Load>,
}

/// How one of several users is chosen. Users who may not sign in are passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Strategy {
    /// One after the other.
    RoundRobin,
    /// Whoever has the least to do; among equals, one after the other.
    LeastBusy,
    /// The first of those named.
    User,
}

/// What makes a user busy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Load {
    /// The open records of the same object that the user owns.
    #[default]
    Records,
    /// The user's open tasks.
    Tasks,
}

impl Kind for Assign {
    const DESCRIPTION: Description = Description {
        kind: "assign",
        label: "Assign",
        family: Family::Action,
        doc: "Makes one of several users the owner of a record.",
        version: 1,
        ports: &[Port::DONE, Port::ERROR],
        fields: &[
            Field::optional(
                "object",
                Input::Object,
                "what kind of record, where `record` does not show it",
            ),
            Field::optional("record", Input::Expression, "which record; by default the run's own"),
            Field::required(
                "strategy",
                Input::Choice(&["roundRobin", "leastBusy", "user"]),
                "how the user is chosen",
            ),
            people::USERS,
            people::TEAM,
            Field::optional(
                "busyWith",
                Input::Choice(&["records", "tasks"]),
                "what the least busy has the fewest of: open records of the object, or open tasks",
            ),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let named = site.object("object", self.object.as_deref());
        let target = site.target(self.record.as_deref(), named);
        let people = Named::compile(self.users.as_ref(), self.team.as_deref(), site);
        if self.busy_with.is_some() && self.strategy != Some(Strategy::LeastBusy) {
            let message = "`busyWith` is for the strategy `leastBusy`";
            site.report(Problem::error(Code::Ambiguous, message).field("busyWith"));
        }
        let output = fields([("assignee", Type::Reference("user".into()))]);
        let Some((object, record)) = target else {
            return Compiled::of(output, None::<Choice>);
        };
        if record.is_none() {
            let message = format!(
                "which {} to assign? The run's own record is of another object",
                object.name
            );
            site.report(Problem::error(Code::Required, message).field("record"));
        }
        let choice = record.zip(self.strategy).and_then(|(record, strategy)| {
            site.unless_wrong(Choice {
                object: Arc::clone(&object.name),
                record,
                strategy,
                people,
                load: self.busy_with.unwrap_or_default(),
            })
        });
        Compiled::of(output, choice).writing(&object.name, Operation::Updated, vec!["owner".into()])
    }
}

#[derive(Debug)]
struct Choice {
    object: Arc<str>,
    record: Expression,
    strategy: Strategy,
    people: Named,
    load: Load,
}

impl Resolve for Choice {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        Ok(Resolution::Order(Order::Assign(Assignment {
            target: moment.record("record", &self.record, &self.object)?,
            strategy: self.strategy,
            people: self.people.resolve(moment)?,
            load: self.load,
        })))
    }
}
