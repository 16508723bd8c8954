//! `delay`: goes on later.

use serde::{Deserialize, Serialize};

use super::kind::{Compiled, Kind, Resolve};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site},
    expression::Expression,
    key::Port,
    resolve::{Moment, Order, Resolution, Unresolved},
    span::Span,
    value::Type,
};

/// Waits for a while, or until a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Delay {
    /// An ISO 8601 duration; days and months are those of the calendar in the workflow's zone.
    #[serde(rename = "for")]
    pub span: Option<String>,
    /// An expression whose value is a time. One that is past goes on at once.
    pub until: Option<String>,
}

impl Kind for Delay {
    const DESCRIPTION: Description = Description {
        kind: "delay",
        label: "Delay",
        family: Family::Wait,
        doc: "Goes on after a while, or at a time.",
        version: 1,
        ports: &[Port::OUT],
        fields: &[
            Field::optional("for", Input::Duration, "how long, such as `PT2H` or `P3D`"),
            Field::optional("until", Input::Expression, "a time, such as `record.closeDate`"),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let span = site.span("for", self.span.as_deref());
        let until = site.expression_of("until", self.until.as_deref(), &[Type::Timestamp, Type::Date]);
        match (&self.span, &self.until) {
            (None, None) => site.report(Problem::error(Code::Required, "a delay needs `for` or `until`").field("for")),
            (Some(_), Some(_)) => {
                site.report(Problem::error(Code::Ambiguous, "a delay has either `for` or `until`").field("until"));
            }
            (Some(_), None) | (None, Some(_)) => {}
        }
        let end = span.map(End::After).or(until.map(End::At));
        Compiled::of(Type::Null, end.and_then(|end| site.unless_wrong(end)))
    }
}

#[derive(Debug)]
enum End {
    After(Span),
    At(Expression),
}

impl Resolve for End {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let until = match self {
            End::After(span) => moment.later("for", span)?,
            End::At(expression) => moment.time("until", expression)?,
        };
        Ok(Resolution::Order(Order::Delay { until }))
    }
}
