//! Checks what all actions share: retry, time-out, delivery, disabled.

use chrono::TimeDelta;

use super::{Code, Problem};
use crate::{
    catalogue::Family,
    definition::{Node, RetryConfig},
    plan::Settings,
    retry::Retry,
    span::Span,
};

/// The most attempts of one step.
const MAX_ATTEMPTS: u32 = 100;

/// The retry of a node's track and the settings of its plan.
pub(super) fn settings(node: &Node, problems: &mut Vec<Problem>) -> (Retry, Settings) {
    let Some(kind) = node.config.description() else {
        return (Retry::NEVER, Settings::default());
    };
    let common = &node.common;
    if kind.family != Family::Action {
        let given = [
            ("retry", common.retry.is_some()),
            ("timeout", common.timeout.is_some()),
            ("delivery", common.delivery.is_some()),
        ];
        for (field, _) in given.into_iter().filter(|(_, given)| *given) {
            let message = format!("`{}` has no `{field}`: only actions do", node.key);
            problems.push(Problem::error(Code::NotAnAction, message).at(&node.key).field(field));
        }
        if common.disabled {
            let message = format!("`{}` cannot be disabled: only actions can", node.key);
            problems.push(
                Problem::error(Code::CannotBeDisabled, message)
                    .at(&node.key)
                    .field("disabled"),
            );
        }
        return (Retry::NEVER, Settings::default());
    }
    let timeout = common
        .timeout
        .as_deref()
        .and_then(|text| exact(node, "timeout", text, problems));
    let retry = common
        .retry
        .as_ref()
        .map_or(Retry::DEFAULT, |retry| self::retry(node, retry, problems));
    (
        retry,
        Settings {
            timeout,
            delivery: common.delivery,
        },
    )
}

fn retry(node: &Node, config: &RetryConfig, problems: &mut Vec<Problem>) -> Retry {
    let Retry {
        max_attempts,
        initial,
        factor,
        max,
    } = Retry::DEFAULT;
    let mut span = |field, text: &Option<String>, default: TimeDelta| {
        text.as_deref()
            .and_then(|text| exact(node, field, text, problems))
            .unwrap_or(default)
    };
    let (initial, max) = (
        span("retry.initial", &config.initial, initial),
        span("retry.max", &config.max, max),
    );
    let mut within = |field, number: Option<u32>, default| match number {
        Some(number) if (1..=MAX_ATTEMPTS).contains(&number) => number,
        Some(number) => {
            let message = format!("`{field}` is {number}; it can be 1 to {MAX_ATTEMPTS}");
            problems.push(Problem::error(Code::InvalidValue, message).at(&node.key).field(field));
            default
        }
        None => default,
    };
    Retry {
        max_attempts: within("retry.maxAttempts", config.max_attempts, max_attempts),
        initial,
        factor: within("retry.factor", config.factor, factor),
        max,
    }
}

/// A duration that means the same on every day, or what is wrong with the text.
pub(super) fn exact_span(text: &str) -> Result<TimeDelta, String> {
    let span = text.parse::<Span>().map_err(|error| error.to_string())?;
    span.exact()
        .filter(|_| !span.is_zero())
        .ok_or_else(|| format!("`{text}` must be hours, minutes or seconds, more than none"))
}

/// A duration that means the same on every day: what a machine waits for, not a person.
fn exact(node: &Node, field: &str, text: &str, problems: &mut Vec<Problem>) -> Option<TimeDelta> {
    match exact_span(text) {
        Ok(found) => Some(found),
        Err(message) => {
            problems.push(Problem::error(Code::InvalidValue, message).at(&node.key).field(field));
            None
        }
    }
}
