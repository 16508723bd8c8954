//! Checks what an admin chose for the whole workflow, and compiles the expressions of its keys.

use chrono::TimeDelta;

use super::{Code, Problem, common::exact_span};
use crate::{
    definition::{self, Overflow, Reenrolment, Settings},
    expression::{Expression, TypeScope},
    plan::{Concurrency, Deduplication, Enrolment, Rate, Trigger},
};

/// The most runs of one key at a time, and the most starts in a rate's stretch.
const MAX_LIMIT: u32 = 1_000;

/// The settings as those who enrol read them; what is wrong with them is added to the problems.
pub(super) fn compile(
    settings: &Settings,
    scope: &TypeScope,
    triggers: &[&Trigger],
    problems: &mut Vec<Problem>,
) -> Enrolment {
    let reenrolment = settings.reenrolment.unwrap_or_default();
    if reenrolment == Reenrolment::WhenTurnsTrue && triggers.iter().all(|trigger| trigger.condition.is_none()) {
        let message = "`whenTurnsTrue` needs a trigger with a condition, which can turn true";
        problems.push(Problem::warning(Code::NeverTurnsTrue, message).field("settings.reenrolment"));
    }
    let mut check = Check { scope, problems };
    Enrolment {
        reenrolment,
        concurrency: settings
            .concurrency
            .as_ref()
            .and_then(|settings| check.concurrency(settings)),
        deduplication: settings
            .deduplication
            .as_ref()
            .and_then(|settings| check.deduplication(settings)),
        rate: settings.rate.as_ref().and_then(|settings| check.rate(settings)),
    }
}

struct Check<'c> {
    scope: &'c TypeScope,
    problems: &'c mut Vec<Problem>,
}

impl Check<'_> {
    fn concurrency(&mut self, settings: &definition::Concurrency) -> Option<Concurrency> {
        let key = self.key("settings.concurrency.key", settings.key.as_deref());
        let limit = self.limit("settings.concurrency.limit", settings.limit.or(Some(1)))?;
        let overflow = settings.overflow.unwrap_or_default();
        (overflow != Overflow::Parallel).then_some(Concurrency { key, limit, overflow })
    }

    fn deduplication(&mut self, settings: &definition::Deduplication) -> Option<Deduplication> {
        let field = "settings.deduplication.key";
        let written = settings.key.as_deref().filter(|key| !key.trim().is_empty());
        let key = match written {
            Some(_) => self.key(field, written),
            None => self.required(field, "which starts are the same"),
        };
        let window = settings.window.as_deref();
        let window = window.and_then(|text| self.span("settings.deduplication.window", text));
        key.map(|key| Deduplication { key, window })
    }

    fn rate(&mut self, settings: &definition::Rate) -> Option<Rate> {
        let limit = self.limit("settings.rate.limit", settings.limit);
        let per = match settings.per.as_deref() {
            Some(text) => self.span("settings.rate.per", text),
            None => self.required("settings.rate.per", "how long a stretch the limit counts in"),
        };
        Some(Rate {
            limit: limit?,
            per: per?,
        })
    }

    fn key(&mut self, field: &str, source: Option<&str>) -> Option<Expression> {
        let source = source.filter(|source| !source.trim().is_empty())?;
        match Expression::compile(source, self.scope) {
            Ok(key) => Some(key),
            Err(diagnostics) => {
                let problem = |diagnostic| Problem::from(diagnostic).field(field);
                self.problems.extend(diagnostics.into_iter().map(problem));
                None
            }
        }
    }

    fn limit(&mut self, field: &str, limit: Option<u32>) -> Option<u32> {
        match limit {
            Some(limit) if (1..=MAX_LIMIT).contains(&limit) => Some(limit),
            Some(limit) => {
                let message = format!("`{field}` is {limit}; it can be 1 to {MAX_LIMIT}");
                self.problems
                    .push(Problem::error(Code::InvalidValue, message).field(field));
                None
            }
            None => self.required(field, "how many"),
        }
    }

    fn span(&mut self, field: &str, text: &str) -> Option<TimeDelta> {
        let invalid = |message| Problem::error(Code::InvalidValue, message).field(field);
        exact_span(text)
            .map_err(|message| self.problems.push(invalid(message)))
            .ok()
    }

    fn required<T>(&mut self, field: &str, what: &str) -> Option<T> {
        let message = format!("`{field}` must be given: {what}");
        self.problems.push(Problem::error(Code::Required, message).field(field));
        None
    }
}
