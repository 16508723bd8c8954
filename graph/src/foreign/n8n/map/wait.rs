//! Nodes that let time pass.

use serde_json::{Value as Json, json};

use super::Mapped;
use crate::{
    foreign::n8n::{cel::Sort, file::Node, texts::Texts},
    key::Port,
};

/// For a while, or until a time. Waiting for a call back from outside has no counterpart.
pub(super) fn wait(node: &Node, texts: &mut Texts<'_>) -> Option<Mapped> {
    let config = match node.text(&["resume"]).unwrap_or("timeInterval") {
        "timeInterval" => json!({ "for": span(node)? }),
        "specificTime" => {
            let time = texts.piece("until", node.parameter(&["dateTime"])?, Sort::Time)?;
            let text = if time.sort == Sort::Time {
                time.text
            } else {
                format!("timestamp({})", time.text)
            };
            json!({ "until": text })
        }
        _ => return None,
    };
    Some(Mapped::logic("delay", config, [Port::OUT]))
}

/// The first version waits an hour if nothing is said, later ones five seconds.
fn span(node: &Node) -> Option<String> {
    let (amount, unit) = if node.version > 1.0 {
        (5.0, "seconds")
    } else {
        (1.0, "hours")
    };
    let amount = match node.parameter(&["amount"]) {
        Some(Json::Number(amount)) => amount.as_f64()?,
        Some(Json::String(text)) => text.parse().ok()?,
        Some(_) => return None,
        None => amount,
    };
    let of_unit = match node.text(&["unit"]).unwrap_or(unit) {
        "seconds" => 1.0,
        "minutes" => 60.0,
        "hours" => 3_600.0,
        "days" => 86_400.0,
        _ => return None,
    };
    super::seconds(amount * of_unit)
}
