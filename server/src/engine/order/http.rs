//! `httpRequest`: an order in the ledger.

use std::collections::BTreeSet;

use pointsman_graph::{
    node::Method,
    resolve::{Body, HttpRequest},
    step::StepId,
};
use serde_json::json;

use crate::{
    actions::http::{Form, Order, Text, Verb},
    engine::{
        effect::{Delivery, What},
        segment::Segment,
    },
};

impl Segment<'_> {
    pub(super) fn request(&mut self, step: &StepId, attempt: u32, request: &HttpRequest) {
        let text = |text: &str, form| Text::marked(text, &self.mark, form);
        let mut headers: Vec<(String, Text)> = request
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), text(value, Form::Plain)))
            .collect();
        let typed = headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let body = match &request.body {
            None => None,
            Some(Body::Text(body)) => Some(text(body, Form::Plain)),
            Some(Body::Json(json)) => {
                if !typed {
                    headers.push(("content-type".into(), Text::Plain("application/json".into())));
                }
                Some(text(&json.to_string(), Form::Json))
            }
        };
        let order = Order {
            method: verb(request.method),
            url: text(&request.url, Form::Url),
            headers,
            body,
            expected: request.expected_status.iter().copied().collect::<BTreeSet<_>>(),
            schema: request.response_schema.clone(),
        };
        let names: Vec<&String> = request.headers.keys().collect();
        // Headers may hold credentials that are no secrets of ours: their names are enough.
        self.set_input(
            step,
            &json!({
                "method": order.method,
                "url": order.url.shown(),
                "headers": names,
                "body": order.body.as_ref().map(Text::shown),
            }),
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
