//! `join`: gathers branches. The reducer decides it, from the edges alone.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::kind::{Compiled, Kind, Work};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site},
    key::Port,
    track::{Policy, Role},
    value::Type,
};

/// Goes on once the branches it gathers have come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Join {
    /// Which branches it waits for.
    pub policy: Option<JoinPolicy>,
    /// With the policy `count`: how many.
    pub count: Option<u32>,
}

/// What a join waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum JoinPolicy {
    /// Every branch that was taken.
    All,
    /// The first.
    Any,
    /// So many.
    Count,
}

impl Join {
    /// A count that is missing or none counts as one, until the check has been heeded.
    fn count(&self) -> NonZeroU32 {
        self.count.and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
    }
}

impl Kind for Join {
    const DESCRIPTION: Description = Description {
        kind: "join",
        label: "Join",
        family: Family::Logic,
        doc: "Gathers branches into one.",
        version: 1,
        ports: &[Port::OUT],
        fields: &[
            Field::required(
                "policy",
                Input::Choice(&["all", "any", "count"]),
                "which branches it waits for",
            ),
            Field::optional(
                "count",
                Input::Number,
                "how many branches it waits for, with the policy `count`",
            ),
        ],
    };

    fn role(&self) -> Role {
        Role::Join(match self.policy {
            Some(JoinPolicy::All) | None => Policy::All,
            Some(JoinPolicy::Any) => Policy::Any,
            Some(JoinPolicy::Count) => Policy::Count(self.count()),
        })
    }

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        if self.policy == Some(JoinPolicy::Count) && self.count.is_none_or(|count| count == 0) {
            let message = "a join that counts needs `count`, at least 1";
            site.report(Problem::error(Code::Required, message).field("count"));
        }
        Compiled {
            output: Type::Null,
            work: site.unless_wrong(Work::Gather),
            writes: Vec::new(),
        }
    }
}
