//! `httpRequest`, from its first version to its fourth.

use serde_json::{Map, Value as Json, json};

use super::Mapped;
use crate::foreign::{
    n8n::{file::Node, texts::Texts},
    report::RemarkCode,
};

/// Whether its item is the whole answer and not just its body.
pub(in crate::foreign::n8n) fn gives_whole_answer(node: &Node) -> bool {
    node.flag(&["options", "response", "response", "fullResponse"]) || node.flag(&["options", "fullResponse"])
}

pub(super) fn request(node: &Node, texts: &mut Texts<'_>) -> Option<Mapped> {
    let method = node
        .text(&["method"])
        .or_else(|| node.text(&["requestMethod"]))
        .unwrap_or("GET");
    if !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method) {
        return None;
    }
    let mut config = Map::new();
    config.insert("method".to_owned(), method.into());
    let url = node
        .parameter(&["url"])
        .map(|url| texts.undivided("url", url))
        .unwrap_or_default();
    config.insert("url".to_owned(), with_query(url, node, texts).into());
    let headers = pairs(node, &["headerParameters", "headerParametersUi"]);
    if !headers.is_empty() {
        let header = |(name, value): (&str, &Json)| {
            (
                name.to_owned(),
                texts.template(&format!("headers.{name}"), value).into(),
            )
        };
        config.insert(
            "headers".to_owned(),
            Json::Object(headers.into_iter().map(header).collect()),
        );
    }
    body(node, texts, &mut config);
    let mut mapped = Mapped::action("httpRequest", Json::Object(config));
    let timeout = node.parameter(&["options", "timeout"]).and_then(Json::as_f64);
    mapped.common.timeout = timeout
        .filter(|timeout| *timeout > 0.0)
        .and_then(|timeout| super::seconds(timeout / 1_000.0));
    if node.parameter(&["options", "pagination"]).is_some() {
        texts.remark(
            RemarkCode::SettingLeftOut,
            None,
            "it asked for page after page; ours asks once",
        );
    }
    Some(mapped)
}

/// Named values, in the place of either age.
fn pairs<'n>(node: &'n Node, places: &[&str]) -> Vec<(&'n str, &'n Json)> {
    let lists = places.iter().flat_map(|place| {
        [node.list(&[place, "parameters"]), node.list(&[place, "parameter"])]
            .into_iter()
            .flatten()
    });
    lists
        .filter_map(|one| Some((one.get("name")?.as_str()?, one.get("value")?)))
        .collect()
}

fn with_query(url: String, node: &Node, texts: &mut Texts<'_>) -> String {
    let query = pairs(node, &["queryParameters", "queryParametersUi"]);
    let query: Vec<_> = query
        .into_iter()
        .map(|(name, value)| format!("{name}={}", texts.template("url", value)))
        .collect();
    match (query.is_empty(), url.contains('?')) {
        (true, _) => url,
        (false, true) => format!("{url}&{}", query.join("&")),
        (false, false) => format!("{url}?{}", query.join("&")),
    }
}

fn body(node: &Node, texts: &mut Texts<'_>, config: &mut Map<String, Json>) {
    let written = ["jsonBody", "bodyParametersJson", "body"]
        .into_iter()
        .find_map(|name| node.parameter(&[name]));
    let named = pairs(node, &["bodyParameters", "bodyParametersUi"]);
    match node
        .text(&["contentType"])
        .or_else(|| node.text(&["bodyContentType"]))
        .unwrap_or("json")
    {
        "json" => match written {
            Some(Json::String(text)) => match texts.json_text("json", text) {
                Some(json) => insert(config, "json", json),
                None => insert(config, "body", texts.template("body", &text.as_str().into()).into()),
            },
            Some(json) => insert(config, "json", texts.json("json", json)),
            None if !named.is_empty() => {
                let entry = |(name, value): (&str, &Json)| (name.to_owned(), texts.json("json", value));
                let json = named.into_iter().map(entry).collect();
                insert(config, "json", Json::Object(json));
            }
            None => {}
        },
        "form-urlencoded" => {
            let pair = |(name, value)| format!("{name}={}", texts.template("body", value));
            let pairs: Vec<String> = named.into_iter().map(pair).collect();
            insert(config, "body", pairs.join("&").into());
            with_type(config, "application/x-www-form-urlencoded");
        }
        "raw" => {
            let text = written.map(|text| texts.template("body", text)).unwrap_or_default();
            insert(config, "body", text.into());
            with_type(config, node.text(&["rawContentType"]).unwrap_or("text/plain"));
        }
        other => {
            let message = format!("a body of type {other} can't be sent");
            texts.remark(RemarkCode::SettingLeftOut, Some("body"), message);
        }
    }
}

fn insert(config: &mut Map<String, Json>, name: &str, value: Json) {
    config.insert(name.to_owned(), value);
}

fn with_type(config: &mut Map<String, Json>, content_type: &str) {
    let headers = config.entry("headers").or_insert_with(|| json!({}));
    if let Json::Object(headers) = headers {
        headers.entry("Content-Type").or_insert_with(|| content_type.into());
    }
}
