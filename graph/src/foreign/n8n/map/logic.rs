//! Nodes that decide and gather.

use serde_json::{Value as Json, json};

use super::Mapped;
use crate::{
    foreign::{
        n8n::{
            cel::Sort,
            condition::{self, Comparison},
            file::Node,
            shape::item_output,
            texts::{Texts, marked},
        },
        report::{Remark, RemarkCode},
    },
    key::Port,
};

/// `if` and `filter`.
pub(super) fn decision(node: &Node, texts: &mut Texts<'_>, exits: impl Into<Vec<Port>>) -> Mapped {
    let condition = condition::of_node(node, texts);
    let condition = condition.unwrap_or_else(|| kept(node.parameter(&["conditions"]), "condition", texts));
    Mapped::logic("if", json!({ "condition": condition }), exits)
}

/// `switch`: by rules, or by an expression that gives the number of the output.
pub(super) fn switch(node: &Node, texts: &mut Texts<'_>) -> Option<Mapped> {
    let cases = match node.text(&["mode"]) {
        Some("expression") => by_number(node, texts)?,
        Some(_) | None => match node.parameter(&["rules", "values"]) {
            Some(_) => by_conditions(node, texts),
            None => by_values(node, texts)?,
        },
    };
    let mut exits: Vec<Port> = cases
        .iter()
        .filter_map(|case| case.get("name").and_then(Json::as_str).map(Port::from))
        .collect();
    exits.push(Port::OTHERWISE);
    if node.flag(&["options", "allMatchingOutputs"]) {
        let message = "it went every way that held; ours goes the first";
        texts.remark(RemarkCode::SettingLeftOut, Some("cases"), message);
    }
    let fallback = node
        .parameter(&["options", "fallbackOutput"])
        .or_else(|| node.parameter(&["fallbackOutput"]));
    if fallback.and_then(Json::as_i64).is_some_and(|output| output >= 0) {
        let message = "what held nowhere went one of the other ways; ours goes by `otherwise`";
        texts.remark(RemarkCode::SettingLeftOut, Some("cases"), message);
    }
    Some(Mapped::logic("switch", json!({ "cases": cases }), exits))
}

/// A condition that can't be said, as it was written: the check reports it.
fn kept(conditions: Option<&Json>, field: &str, texts: &mut Texts<'_>) -> String {
    let known = |remark: &Remark| remark.code == RemarkCode::NotTranslated && remark.field.as_deref() == Some(field);
    if !texts.remarks.iter().any(known) {
        texts.remark(
            RemarkCode::NotTranslated,
            Some(field),
            "the condition has no exact translation",
        );
    }
    marked(&conditions.map(Json::to_string).unwrap_or_default())
}

fn by_conditions(node: &Node, texts: &mut Texts<'_>) -> Vec<Json> {
    let mut names = Vec::new();
    let mut cases = Vec::new();
    for (place, rule) in node.list(&["rules", "values"]).iter().enumerate() {
        let field = format!("cases[{place}].condition");
        let condition = rule
            .get("conditions")
            .and_then(|group| condition::group(group, &field, texts));
        let condition = condition.unwrap_or_else(|| kept(rule.get("conditions"), &field, texts));
        let name = rule.get("outputKey").and_then(Json::as_str).unwrap_or_default();
        cases.push(json!({ "name": unused(name, place, &mut names), "condition": condition }));
    }
    cases
}

/// The rules before the third version: one value against several. None where two of them go the same way.
fn by_values(node: &Node, texts: &mut Texts<'_>) -> Option<Vec<Json>> {
    let (wanted, usual) = match node.text(&["dataType"]) {
        Some("string") => (Sort::Text, "equal"),
        Some("boolean") => (Sort::Bool, "equal"),
        Some("dateTime") => (Sort::Time, "after"),
        Some(_) | None => (Sort::Number, "smaller"),
    };
    let left = node.parameter(&["value1"])?;
    let mut cases = Vec::new();
    for (place, rule) in node.list(&["rules", "rules"]).iter().enumerate() {
        if rule.get("output").is_some_and(|output| *output != place) {
            return None;
        }
        let field = format!("cases[{place}].condition");
        let operation = rule.get("operation").and_then(Json::as_str).unwrap_or(usual);
        let comparison = Comparison {
            left,
            operation,
            right: rule.get("value2"),
            sort: wanted,
            exactly: true,
        };
        let condition = comparison.piece(&field, texts);
        let condition = condition.map(|piece| piece.text);
        let condition = condition.unwrap_or_else(|| kept(Some(rule), &field, texts));
        cases.push(json!({ "name": format!("output {place}"), "condition": condition }));
    }
    Some(cases)
}

fn by_number(node: &Node, texts: &mut Texts<'_>) -> Option<Vec<Json>> {
    let count = ["numberOutputs", "outputsAmount"]
        .into_iter()
        .find_map(|name| node.parameter(&[name])?.as_u64());
    let number = texts.piece("cases", node.parameter(&["output"])?, Sort::Number)?;
    let number = number.within(crate::foreign::n8n::cel::Hold::Sum);
    let case =
        |output: u64| json!({ "name": format!("output {output}"), "condition": format!("{number} == {output}") });
    Some((0..count.unwrap_or(4).min(50)).map(case).collect())
}

/// A name for a way out that no other has.
fn unused(name: &str, place: usize, taken: &mut Vec<String>) -> String {
    let is_free = |name: &str, taken: &[String]| {
        !name.is_empty() && name != "otherwise" && name != "error" && !taken.iter().any(|one| one == name)
    };
    let name = match is_free(name, taken) {
        true => name.to_owned(),
        false => format!("output {place}"),
    };
    taken.push(name.clone());
    name
}

/// Waits for all branches that were taken; their data stays where it is.
pub(super) fn merge(texts: &mut Texts<'_>) -> Mapped {
    let message =
        "it combined the items of its branches; ours waits for the branches, and their data stays with their steps";
    texts.remark(RemarkCode::DataNotMerged, None, message);
    Mapped::passage()
}

/// One item after the other, as it was.
pub(super) fn for_each(node: &Node, texts: &mut Texts<'_>) -> Mapped {
    let items = texts.incoming();
    let message = match &items {
        Some(_) => "see that `items` is the list that is meant",
        None => "nothing says which list it goes through: give it `items`",
    };
    texts.remark(RemarkCode::LoopItems, Some("items"), message);
    if node.parameter(&["batchSize"]).is_some_and(|size| *size != 1) {
        let message = "it took several items at a time; ours takes one";
        texts.remark(RemarkCode::SettingLeftOut, Some("concurrency"), message);
    }
    let exits = match item_output(node) {
        0 => [Port::EACH, Port::DONE],
        _ => [Port::DONE, Port::EACH],
    };
    Mapped::logic("forEach", json!({ "items": items, "concurrency": 1 }), exits)
}

pub(super) fn stop(node: &Node, texts: &mut Texts<'_>) -> Mapped {
    let message = node
        .parameter(&["errorMessage"])
        .or_else(|| node.parameter(&["errorObject"]));
    let message = message.map(|message| texts.template("message", message));
    Mapped::logic("stop", json!({ "outcome": "failed", "message": message }), [])
}
