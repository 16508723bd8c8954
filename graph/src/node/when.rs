//! `if`: one of two ways, by a condition.

use serde::{Deserialize, Serialize};

use super::kind::{Compiled, Kind, Resolve};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::Site,
    expression::Expression,
    key::Port,
    resolve::{Moment, Resolution, Unresolved},
    value::{Type, Value},
};

/// Leaves by `yes` where the condition holds, else by `no`. (`if` is a word of Rust's own.)
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct When {
    pub condition: Option<String>,
}

impl Kind for When {
    const DESCRIPTION: Description = Description {
        kind: "if",
        label: "If",
        family: Family::Logic,
        doc: "Goes one of two ways.",
        version: 1,
        ports: &[Port::YES, Port::NO],
        fields: &[Field::required(
            "condition",
            Input::Condition,
            "goes by `yes` where it holds, else by `no`",
        )],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let condition = site.condition("condition", self.condition.as_deref());
        Compiled::of(Type::Null, condition.map(Branch))
    }
}

#[derive(Debug)]
struct Branch(Expression);

impl Resolve for Branch {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let (holds, traced) = moment.holds("condition", &self.0)?;
        let port = if holds { Port::YES } else { Port::NO };
        Ok(Resolution::Leave {
            port,
            output: Value::Null,
            traces: vec![traced],
        })
    }
}
