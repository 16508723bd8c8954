//! Nodes that start runs.

use serde_json::{Value as Json, json};

use super::Mapped;
use crate::{
    foreign::{
        n8n::{file::Node, texts::Texts},
        report::RemarkCode,
    },
    key::Port,
};

pub(super) fn manual() -> Mapped {
    Mapped::logic("manual", json!({ "cardinality": "none" }), [Port::OUT])
}

/// A form on a page of its own becomes the form of a start by hand.
pub(super) fn form(node: &Node) -> Mapped {
    let form: Vec<_> = form_fields(node)
        .map(|(name, field)| {
            let options = field.pointer("/fieldOptions/values").and_then(Json::as_array);
            let options: Vec<_> = options
                .into_iter()
                .flatten()
                .filter_map(|one| one.get("option"))
                .collect();
            let input = match field.get("fieldType").and_then(Json::as_str) {
                Some("number") => "number",
                Some("date") => "date",
                Some("dropdown") => "select",
                Some(_) | None => "text",
            };
            let required = field.get("requiredField").and_then(Json::as_bool).unwrap_or_default();
            json!({ "name": name, "input": input, "required": required, "options": options })
        })
        .collect();
    Mapped::logic("manual", json!({ "cardinality": "none", "form": form }), [Port::OUT])
}

/// The fields of a form by their names.
pub(in crate::foreign::n8n) fn form_fields(node: &Node) -> impl Iterator<Item = (&str, &Json)> {
    let name = |field: &'_ Json| -> Option<()> { field.get("fieldLabel")?.as_str().map(|_| ()) };
    let fields = node
        .list(&["formFields", "values"])
        .iter()
        .filter(move |field| name(field).is_some());
    fields.map(|field| {
        (
            field.get("fieldLabel").and_then(Json::as_str).unwrap_or_default(),
            field,
        )
    })
}

pub(super) fn webhook(node: &Node, texts: &mut Texts<'_>) -> Option<Mapped> {
    let path = node.text(&["path"])?;
    if node.text(&["authentication"]).is_some_and(|way| way != "none") {
        texts.remark(
            RemarkCode::NeedsCredentials,
            Some("verification"),
            "say how its callers are verified",
        );
    }
    if node.text(&["responseMode"]).is_some_and(|mode| mode != "onReceived") {
        texts.remark(
            RemarkCode::SettingLeftOut,
            None,
            "it answered with a result; ours answers that it has begun",
        );
    }
    Some(Mapped::logic(
        "webhook",
        json!({ "path": path, "verification": "none" }),
        [Port::OUT],
    ))
}

pub(super) fn called(node: &Node) -> Mapped {
    let parameters: Vec<_> = node
        .list(&["workflowInputs", "values"])
        .iter()
        .filter_map(|input| Some(json!({ "name": input.get("name")?.as_str()? })))
        .collect();
    Mapped::logic("called", json!({ "parameters": parameters }), [Port::OUT])
}

pub(super) fn message() -> Mapped {
    Mapped::logic("messageReceived", json!({ "channel": "EMAIL" }), [Port::OUT])
}

/// A schedule has one cron expression; of several rules the first is taken.
pub(super) fn schedule(node: &Node, texts: &mut Texts<'_>) -> Option<Mapped> {
    let rules = node.list(&["rule", "interval"]);
    one_of_several(rules.len(), texts);
    let cron = interval(rules.first()?, texts)?;
    Some(Mapped::logic("schedule", json!({ "cron": cron }), [Port::OUT]))
}

fn one_of_several(rules: usize, texts: &mut Texts<'_>) {
    if rules > 1 {
        let message = format!("it had {rules} rules; only the first is kept");
        texts.remark(RemarkCode::SettingLeftOut, Some("cron"), message);
    }
}

fn interval(rule: &Json, texts: &mut Texts<'_>) -> Option<String> {
    let mut number = |name: &str, usual: u64| match rule.get(name) {
        Some(Json::String(_)) => {
            let message = format!("`{name}` was an expression; {usual} stands in");
            texts.remark(RemarkCode::NotTranslated, Some("cron"), message);
            usual
        }
        given => given.and_then(Json::as_u64).unwrap_or(usual),
    };
    let (minute, hour) = (number("triggerAtMinute", 0), number("triggerAtHour", 0));
    let unit = rule.get("field").and_then(Json::as_str).unwrap_or("days");
    let every = number(&format!("{unit}Interval"), if unit == "minutes" { 5 } else { 1 }).max(1);
    let step = if every == 1 {
        "*".to_owned()
    } else {
        format!("*/{every}")
    };
    let cron = match unit {
        "cronExpression" => rule
            .get("expression")?
            .as_str()?
            .trim_start_matches('=')
            .trim()
            .to_owned(),
        "minutes" => format!("{step} * * * *"),
        "hours" => format!("{minute} {step} * * *"),
        "days" => format!("{minute} {hour} {step} * *"),
        "weeks" => format!("{minute} {hour} * * {}", weekdays(rule)),
        "months" => format!("{minute} {hour} {} {step} *", number("triggerAtDayOfMonth", 1)),
        _ => return None,
    };
    if matches!(unit, "days" | "weeks") && every > 1 {
        let message = format!("it counted {every} {unit} from its last run, which cron can't say");
        texts.remark(RemarkCode::SettingLeftOut, Some("cron"), message);
    }
    Some(cron)
}

fn weekdays(rule: &Json) -> String {
    let days = rule.get("triggerAtDay").and_then(Json::as_array);
    let days: Vec<_> = days
        .into_iter()
        .flatten()
        .filter_map(Json::as_u64)
        .map(|day| day.to_string())
        .collect();
    if days.is_empty() {
        "0".to_owned()
    } else {
        days.join(",")
    }
}

/// The schedule of the first versions.
pub(super) fn cron(node: &Node, texts: &mut Texts<'_>) -> Option<Mapped> {
    let rules = node.list(&["triggerTimes", "item"]);
    one_of_several(rules.len(), texts);
    let rule = rules.first()?;
    let number = |name: &str, usual: u64| match rule.get(name) {
        Some(Json::String(text)) => text.parse().unwrap_or(usual),
        given => given.and_then(Json::as_u64).unwrap_or(usual),
    };
    let (minute, hour) = (number("minute", 0), number("hour", 14));
    let cron = match rule.get("mode").and_then(Json::as_str).unwrap_or("everyDay") {
        "everyMinute" => "* * * * *".to_owned(),
        "everyHour" => format!("{minute} * * * *"),
        "everyDay" => format!("{minute} {hour} * * *"),
        "everyWeek" => format!("{minute} {hour} * * {}", number("weekday", 1)),
        "everyMonth" => format!("{minute} {hour} {} * *", number("dayOfMonth", 1)),
        "everyX" if rule.get("unit").and_then(Json::as_str) == Some("minutes") => {
            format!("*/{} * * * *", number("value", 2))
        }
        "everyX" => format!("0 */{} * * *", number("value", 2)),
        "custom" => rule.get("cronExpression")?.as_str()?.trim().to_owned(),
        _ => return None,
    };
    Some(Mapped::logic("schedule", json!({ "cron": cron }), [Port::OUT]))
}
