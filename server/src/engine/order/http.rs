//! `httpRequest`: an order in the ledger.

use std::collections::BTreeSet;

use pointsman_graph::{
    node::Method,
    resolve::{Body, HttpRequest},
    step::StepId,
};
use serde_json::json;

use crate::{
    actions::http::{Order, Verb},
    engine::{
        effect::{Delivery, What},
        segment::Segment,
    },
};

impl Segment<'_> {
    pub(super) fn request(&mut self, step: &StepId, attempt: u32, request: &HttpRequest) {
        let mut headers: Vec<(String, String)> = request
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let typed = headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let body = match &request.body {
            None => None,
            Some(Body::Text(text)) => Some(text.clone()),
            Some(Body::Json(json)) => {
                if !typed {
                    headers.push(("content-type".into(), "application/json".into()));
                }
                Some(json.to_string())
            }
        };
        let order = Order {
            method: verb(request.method),
            url: request.url.clone(),
            headers,
            body,
            expected: request.expected_status.iter().copied().collect::<BTreeSet<_>>(),
        };
        let names: Vec<&String> = request.headers.keys().collect();
        // Headers may hold secrets: their names are enough.
        self.set_input(
            step,
            &json!({ "method": order.method, "url": order.url, "headers": names, "body": order.body }),
        );
        let effect = self.engine.source.id();
        self.enter_ledger(step, attempt, effect, Delivery::AtLeastOnce, What::Http(order));
    }
}

fn verb(method: Method) -> Verb {
    match method {
        Method::Get => Verb::Get,
        Method::Post => Verb::Post,
        Method::Put => Verb::Put,
        Method::Patch => Verb::Patch,
        Method::Delete => Verb::Delete,
    }
}
