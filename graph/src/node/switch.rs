//! `switch`: the way of the first case that holds.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::kind::{Compiled, Kind, Resolve};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site},
    expression::Expression,
    key::Port,
    resolve::{Moment, Resolution, Unresolved},
    value::{Type, Value},
};

/// Leaves by the port named like the first case that holds, else by `otherwise`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Switch {
    pub cases: Option<Vec<Case>>,
}

/// One way of a switch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Case {
    /// Its port's name too.
    pub name: String,
    pub condition: String,
}

impl Switch {
    fn check_names(&self, site: &mut Site<'_>) {
        let otherwise = Port::OTHERWISE;
        let mut seen = HashSet::from([otherwise.as_str()]);
        for (place, case) in self.cases.iter().flatten().enumerate() {
            let at = format!("cases[{place}].name");
            if case.name.trim().is_empty() {
                site.report(Problem::error(Code::Required, "a case needs a name").field(at));
            } else if !seen.insert(case.name.as_str()) {
                let message = format!("two ways out are called `{}`", case.name);
                site.report(Problem::error(Code::DuplicateName, message).field(at));
            }
        }
    }

    fn case(site: &mut Site<'_>, place: usize, case: &Case) -> Option<(Port, String, Expression)> {
        let field = format!("cases[{place}].condition");
        if case.condition.trim().is_empty() {
            let message = format!("case `{}` needs a condition", case.name);
            site.report(Problem::error(Code::Required, message).field(&field));
        }
        let condition = site.condition(&field, Some(&case.condition))?;
        Some((Port::from(case.name.as_str()), field, condition))
    }
}

impl Kind for Switch {
    const DESCRIPTION: Description = Description {
        kind: "switch",
        label: "Switch",
        family: Family::Logic,
        doc: "Goes the way of the first case that holds.",
        version: 1,
        ports: &[Port::OTHERWISE],
        fields: &[Field::required(
            "cases",
            Input::Cases,
            "names with conditions; the first that holds is the way",
        )],
    };

    fn ports(&self) -> Vec<Port> {
        let cases = self.cases.iter().flatten().map(|case| Port::from(case.name.as_str()));
        cases.chain([Port::OTHERWISE]).collect()
    }

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        self.check_names(site);
        let cases = self.cases.iter().flatten().enumerate();
        let cases: Vec<_> = cases
            .filter_map(|(place, case)| Self::case(site, place, case))
            .collect();
        Compiled::of(Type::Null, site.unless_wrong(Ways(cases)))
    }
}

#[derive(Debug)]
struct Ways(Vec<(Port, String, Expression)>);

impl Resolve for Ways {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let mut traces = Vec::new();
        for (port, field, condition) in &self.0 {
            let (holds, traced) = moment.holds(field, condition)?;
            traces.push(traced);
            if holds {
                return Ok(Resolution::Leave {
                    port: port.clone(),
                    output: Value::Null,
                    traces,
                });
            }
        }
        Ok(Resolution::Leave {
            port: Port::OTHERWISE,
            output: Value::Null,
            traces,
        })
    }
}
