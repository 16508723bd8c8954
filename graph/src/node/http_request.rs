//! `httpRequest`: calls another system.

use indexmap::IndexMap;
use jsonschema::PatternOptions;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::kind::{Compiled, Kind, Resolve};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site, fields},
    json_schema::type_of,
    key::Port,
    resolve::{self, Body, Moment, Order, Resolution, Setting, Unresolved},
    template::{Escape, Template},
    value::{Type, Value},
};

/// Sends an HTTP request; its output is `status`, `headers` and `body`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpRequest {
    /// Absent: GET.
    pub method: Option<Method>,
    /// A template; values are escaped as components, unless one is the whole URL.
    pub url: Option<String>,
    /// Templates by name.
    pub headers: Option<IndexMap<String, String>>,
    /// A template.
    pub body: Option<String>,
    /// JSON whose texts are templates.
    pub json: Option<Json>,
    /// Absent: 200 to 299.
    pub expected_status: Option<Vec<u16>>,
    /// A JSON Schema.
    pub response_schema: Option<Json>,
}

/// What an HTTP request asks for (RFC 9110).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl HttpRequest {
    fn headers(&self, site: &mut Site<'_>) -> Vec<(String, Template)> {
        let compile = |(name, source): (&String, &String)| {
            let field = format!("headers.{name}");
            let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            if name.is_empty() || !name.bytes().all(token) {
                let message = format!("`{name}` cannot be the name of a header");
                site.report(Problem::error(Code::InvalidValue, message).field(&field));
            }
            Some((
                name.clone(),
                site.template_with_secrets(&field, Some(source), Escape::Header)?,
            ))
        };
        self.headers.iter().flatten().filter_map(compile).collect()
    }

    fn body(&self, site: &mut Site<'_>) -> Option<Content> {
        if self.body.is_some() && self.json.is_some() {
            let message = "a request has either `body` or `json`";
            site.report(Problem::error(Code::Ambiguous, message).field("json"));
        }
        let text = site
            .template_with_secrets("body", self.body.as_deref(), Escape::None)
            .map(Content::Text);
        let json = |json| {
            Setting::compile(json, &mut |source| {
                site.template_with_secrets("json", Some(source), Escape::None)
            })
        };
        text.or_else(|| self.json.as_ref().and_then(json).map(Content::Json))
    }

    fn check_status(&self, site: &mut Site<'_>) {
        for (place, status) in self.expected_status.iter().flatten().enumerate() {
            if !(100..=599).contains(status) {
                let message = format!("{status} is no HTTP status");
                site.report(Problem::error(Code::InvalidValue, message).field(format!("expectedStatus[{place}]")));
            }
        }
    }

    /// Refused here is what could hold no answer: a schema that breaks its rules, or refers to another place.
    fn check_schema(&self, site: &mut Site<'_>) {
        let read = |schema| {
            let options = jsonschema::options().offline();
            options.with_pattern_options(PatternOptions::regex()).build(schema)
        };
        if let Some(Err(error)) = self.response_schema.as_ref().map(read) {
            let message = format!("`responseSchema` is no JSON Schema that can be used: {error}");
            site.report(Problem::error(Code::InvalidValue, message).field("responseSchema"));
        }
    }
}

impl Kind for HttpRequest {
    const DESCRIPTION: Description = Description {
        kind: "httpRequest",
        label: "HTTP request",
        family: Family::Action,
        doc: "Calls another system.",
        version: 1,
        ports: &[Port::DONE, Port::ERROR],
        fields: &[
            Field::optional(
                "method",
                Input::Choice(&["GET", "POST", "PUT", "PATCH", "DELETE"]),
                "GET if nothing is said",
            ),
            Field::required(
                "url",
                Input::Template,
                "where to; values in it are escaped. Here and in headers and body `{{ secrets.name }}` is a secret",
            ),
            Field::optional("headers", Input::Values, "names, with a template each"),
            Field::optional("body", Input::Template, "what is sent, as text"),
            Field::optional("json", Input::Json, "what is sent, as JSON"),
            Field::optional(
                "expectedStatus",
                Input::Numbers,
                "what counts as success; 200 to 299 if nothing is said",
            ),
            Field::optional(
                "responseSchema",
                Input::Json,
                "the JSON Schema that the answer must keep to, which types `body`",
            ),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let url = site.template_with_secrets("url", self.url.as_deref(), Escape::Url);
        let headers = self.headers(site);
        let body = self.body(site);
        self.check_status(site);
        self.check_schema(site);
        let answer = self.response_schema.as_ref().map_or(Type::Dyn, type_of);
        let output = fields([
            ("status", Type::Int),
            ("headers", Type::map_of(Type::String)),
            ("body", answer),
        ]);
        let call = url.map(|url| Call {
            method: self.method.unwrap_or(Method::Get),
            url,
            headers,
            body,
            expected_status: self.expected_status.clone().unwrap_or_default(),
            response_schema: self.response_schema.clone(),
        });
        Compiled::of(output, call.and_then(|call| site.unless_wrong(call)))
    }
}

#[derive(Debug)]
struct Call {
    method: Method,
    url: Template,
    headers: Vec<(String, Template)>,
    body: Option<Content>,
    expected_status: Vec<u16>,
    response_schema: Option<Json>,
}

#[derive(Debug)]
enum Content {
    Text(Template),
    Json(Setting),
}

impl Resolve for Call {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let url = url(&self.url, moment)?;
        let header = |(name, template): &(String, Template)| {
            Ok((name.clone(), moment.text(&format!("headers.{name}"), template)?))
        };
        let headers = self
            .headers
            .iter()
            .map(header)
            .collect::<Result<IndexMap<_, _>, Unresolved>>()?;
        let body = match &self.body {
            Some(Content::Text(template)) => Some(Body::Text(moment.text("body", template)?)),
            Some(Content::Json(setting)) => Some(Body::Json(setting.value("json", moment)?.to_json())),
            None => None,
        };
        Ok(Resolution::Order(Order::HttpRequest(resolve::HttpRequest {
            method: self.method,
            url,
            headers,
            body,
            expected_status: self.expected_status.clone(),
            response_schema: self.response_schema.clone(),
        })))
    }
}

/// A value that is the whole URL is meant as one; a value within a URL must not add a segment or a parameter.
fn url(template: &Template, moment: &mut Moment<'_>) -> Result<String, Unresolved> {
    match moment.filled("url", template)? {
        Value::String(url) => Ok(url.to_string()),
        other => Err(Unresolved::NotAText {
            field: "url".to_owned(),
            found: other.type_name(),
        }),
    }
}
