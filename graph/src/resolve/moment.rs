//! The circumstances of one resolution, and why it may fail.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use indexmap::IndexMap;

use super::{Setting, Traced};
use crate::{
    day_time::DayTime,
    expression::{Bindings, Budget, Expression, Fault},
    span::Span,
    template::Template,
    value::{Reference, Timestamp, Value},
};

/// When and with what a node is resolved.
pub struct Moment<'a> {
    /// The variables, and the records at hand.
    pub bindings: &'a dyn Bindings,
    /// Shared by all texts of the node.
    pub budget: &'a mut Budget,
    /// The same instant as `now` in the bindings.
    pub now: Timestamp,
    /// The workflow's: its days and months are those of the calendar there.
    pub zone: Tz,
}

/// Why a node could not be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    #[error("`{field}` has no value")]
    Faulty {
        field: String,
        #[source]
        fault: Fault,
    },
    #[error("`{field}` is no record: it is {found}")]
    NotARecord { field: String, found: &'static str },
    #[error("`{field}` is no point in time: it is {found}")]
    NotATime { field: String, found: &'static str },
    #[error("`{field}` is no list: it is {found}")]
    NotAList { field: String, found: &'static str },
    #[error("`{field}` is no text: it is {found}")]
    NotAText { field: String, found: &'static str },
    #[error("`{field}` is no key: it is {found}")]
    NotAKey { field: String, found: &'static str },
    #[error("`{field}` has a line break or another control character in it")]
    UnsafeHeader { field: String },
    #[error("`{field}` names nobody")]
    NoRecipient { field: String },
    #[error("`{field}` is beyond the end of the calendar")]
    OutOfRange { field: String },
    #[error("a `{kind}` is not executed")]
    NotExecuted { kind: Arc<str> },
}

impl Unresolved {
    /// Stable, `UPPER_SNAKE`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Faulty { fault, .. } => fault.code(),
            Self::NotARecord { .. } => "NOT_A_RECORD",
            Self::NotATime { .. } => "NOT_A_TIME",
            Self::NotAList { .. } => "NOT_A_LIST",
            Self::NotAText { .. } => "NOT_A_TEXT",
            Self::NotAKey { .. } => "NOT_A_KEY",
            Self::UnsafeHeader { .. } => "UNSAFE_HEADER",
            Self::NoRecipient { .. } => "NO_RECIPIENT",
            Self::OutOfRange { .. } => "TIME_OUT_OF_RANGE",
            Self::NotExecuted { .. } => "NOT_EXECUTED",
        }
    }

    /// The record to load before resolving again, where that is all that is missing.
    pub fn unloaded(&self) -> Option<&Reference> {
        match self {
            Self::Faulty {
                fault: Fault::Unloaded(reference),
                ..
            } => Some(reference),
            Self::Faulty { .. } | Self::NotARecord { .. } | Self::NotATime { .. } => None,
            Self::NotAList { .. } | Self::NotAText { .. } | Self::NotAKey { .. } => None,
            Self::UnsafeHeader { .. } | Self::NoRecipient { .. } => None,
            Self::OutOfRange { .. } | Self::NotExecuted { .. } => None,
        }
    }
}

fn faulty(field: &str) -> impl FnOnce(Fault) -> Unresolved {
    let field = field.to_owned();
    |fault| Unresolved::Faulty { field, fault }
}

fn within(field: &str, time: Option<DateTime<Utc>>) -> Result<Timestamp, Unresolved> {
    let time = time.and_then(|time| Timestamp::try_from(time).ok());
    time.ok_or_else(|| Unresolved::OutOfRange {
        field: field.to_owned(),
    })
}

impl Moment<'_> {
    pub(crate) fn value(&mut self, field: &str, expression: &Expression) -> Result<Value, Unresolved> {
        expression.evaluate(self.bindings, self.budget).map_err(faulty(field))
    }

    /// Whether a condition holds, and why. An empty yes-or-no field counts as no.
    pub(crate) fn holds(&mut self, field: &str, condition: &Expression) -> Result<(bool, Traced), Unresolved> {
        let (value, trace) = condition.trace(self.bindings, self.budget);
        let holds = value.map_err(faulty(field))? == Value::Bool(true);
        Ok((
            holds,
            Traced {
                field: field.to_owned(),
                trace,
            },
        ))
    }

    pub(crate) fn text(&mut self, field: &str, template: &Template) -> Result<String, Unresolved> {
        template.render(self.bindings, self.budget).map_err(faulty(field))
    }

    pub(crate) fn text_if(&mut self, field: &str, template: Option<&Template>) -> Result<Option<String>, Unresolved> {
        template.map(|template| self.text(field, template)).transpose()
    }

    /// The expression's own value where the template is exactly one, else the rendered text.
    pub(crate) fn filled(&mut self, field: &str, template: &Template) -> Result<Value, Unresolved> {
        template.value(self.bindings, self.budget).map_err(faulty(field))
    }

    /// The values of settings, by name.
    pub(crate) fn settings(
        &mut self,
        field: &str,
        settings: &IndexMap<Arc<str>, Setting>,
    ) -> Result<IndexMap<Arc<str>, Value>, Unresolved> {
        let value = |(name, setting): (&Arc<str>, &Setting)| {
            Ok((Arc::clone(name), setting.value(&format!("{field}.{name}"), self)?))
        };
        settings.iter().map(value).collect()
    }

    /// A record named by itself, by a reference to it, or by its id.
    pub(crate) fn record(
        &mut self,
        field: &str,
        expression: &Expression,
        object: &Arc<str>,
    ) -> Result<Reference, Unresolved> {
        let found = self.record_if(field, expression, object)?;
        found.ok_or_else(|| Unresolved::NotARecord {
            field: field.to_owned(),
            found: Value::Null.type_name(),
        })
    }

    /// As `record`, where there may be none.
    pub(crate) fn record_if(
        &mut self,
        field: &str,
        expression: &Expression,
        object: &Arc<str>,
    ) -> Result<Option<Reference>, Unresolved> {
        let value = self.value(field, expression)?;
        let id = match &value {
            Value::Null => return Ok(None),
            Value::Reference(reference) => return Ok(Some(reference.clone())),
            Value::String(id) => Some(id),
            Value::Map(fields) => match fields.get("id") {
                Some(Value::String(id)) => Some(id),
                Some(Value::Reference(reference)) => Some(&reference.id),
                Some(_) | None => None,
            },
            _ => None,
        };
        let id = id.ok_or_else(|| Unresolved::NotARecord {
            field: field.to_owned(),
            found: value.type_name(),
        })?;
        Ok(Some(Reference {
            object: Arc::clone(object),
            id: Arc::clone(id),
        }))
    }

    pub(crate) fn time(&mut self, field: &str, expression: &Expression) -> Result<Timestamp, Unresolved> {
        let found = self.time_if(field, expression)?;
        found.ok_or_else(|| Unresolved::NotATime {
            field: field.to_owned(),
            found: Value::Null.type_name(),
        })
    }

    /// As `time`, where there may be none.
    pub(crate) fn time_if(&mut self, field: &str, expression: &Expression) -> Result<Option<Timestamp>, Unresolved> {
        match self.value(field, expression)? {
            Value::Null => Ok(None),
            Value::Timestamp(time) => Ok(Some(time)),
            other => Err(Unresolved::NotATime {
                field: field.to_owned(),
                found: other.type_name(),
            }),
        }
    }

    /// The time that lies a span after now.
    pub(crate) fn later(&self, field: &str, span: &Span) -> Result<Timestamp, Unresolved> {
        within(field, span.after(self.now.to_chrono(), self.zone))
    }

    /// The next such time of day after now.
    pub(crate) fn next(&self, field: &str, day_time: &DayTime) -> Result<Timestamp, Unresolved> {
        within(field, day_time.next(self.now.to_chrono(), self.zone))
    }
}
