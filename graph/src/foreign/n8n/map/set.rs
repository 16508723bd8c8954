//! `set`, in the shapes that it has had.

use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::Mapped;
use crate::{
    foreign::{
        n8n::{cel::Sort, file::Node, texts::Texts},
        report::RemarkCode,
    },
    key::Port,
};

/// The groups of values before the third version.
const GROUPS: [(&str, Sort); 3] = [
    ("string", Sort::Text),
    ("number", Sort::Number),
    ("boolean", Sort::Bool),
];

/// One value that is set.
struct Assignment<'n> {
    name: &'n str,
    value: &'n Json,
    sort: Sort,
}

/// Names values; without any it is only a way on. What it takes as JSON text has no counterpart.
pub(super) fn set(node: &Node, texts: &mut Texts<'_>) -> Option<Mapped> {
    if node.text(&["mode"]) == Some("raw") {
        return None;
    }
    let mut values = IndexMap::new();
    for Assignment { name, value, sort } in assignments(node) {
        let Some(name) = plain(name) else {
            let message = format!("the name `{name}` is an expression; its value is left out");
            texts.remark(RemarkCode::NotTranslated, Some("values"), message);
            continue;
        };
        values.insert(
            name.to_owned(),
            texts.expression(&format!("values.{name}"), value, sort),
        );
    }
    Some(match values.is_empty() {
        true => Mapped::passage(),
        false => Mapped::logic("set", json!({ "values": values }), [Port::OUT]),
    })
}

/// The names that it sets.
pub(in crate::foreign::n8n) fn names(node: &Node) -> Vec<String> {
    let names = assignments(node).into_iter().filter_map(|one| plain(one.name));
    names.map(str::to_owned).collect()
}

/// Whether the other fields of the item go on with it.
pub(in crate::foreign::n8n) fn passes_on(node: &Node) -> bool {
    if node.version < 3.0 {
        return !node.flag(&["keepOnlySet"]);
    }
    match node.version < 3.3 {
        true => node.text(&["include"]) != Some("none"),
        false => node.flag(&["includeOtherFields"]),
    }
}

/// A name that is no expression.
fn plain(name: &str) -> Option<&str> {
    let plain = name.strip_prefix('=').unwrap_or(name).trim();
    (!plain.contains("{{") && !plain.is_empty()).then_some(plain)
}

fn assignments(node: &Node) -> Vec<Assignment<'_>> {
    let mut found = Vec::new();
    let sort = |name: Option<&str>| match name {
        Some("number" | "numberValue") => Sort::Number,
        Some("boolean" | "booleanValue") => Sort::Bool,
        Some(_) | None => Sort::Text,
    };
    for one in node.list(&["assignments", "assignments"]) {
        found.extend(named(one, "value", sort(one.get("type").and_then(Json::as_str))));
    }
    for one in node.list(&["fields", "values"]) {
        let kind = one.get("type").and_then(Json::as_str).unwrap_or("stringValue");
        found.extend(named(one, kind, sort(Some(kind))));
    }
    for (group, sort) in GROUPS {
        for one in node.list(&["values", group]) {
            found.extend(named(one, "value", sort));
        }
    }
    found
}

fn named<'n>(json: &'n Json, value: &str, sort: Sort) -> Option<Assignment<'n>> {
    Some(Assignment {
        name: json.get("name")?.as_str()?,
        value: json.get(value)?,
        sort,
    })
}
