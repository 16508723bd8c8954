//! `sendEmail`: a message, rendered by its templates.

use serde::{Deserialize, Serialize};

use super::kind::{Compiled, Kind, Resolve};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site, fields},
    key::Port,
    resolve::{Moment, Order, OutgoingEmail, Resolution, Unresolved},
    template::{Escape, Template},
    value::{Type, Value},
};

/// Sends an e-mail. Its output is `message`, the record of it, and `messageId`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SendEmail {
    /// Who gets it.
    pub to: Option<Recipients>,
    /// Who gets a copy.
    pub cc: Option<Recipients>,
    /// Who gets a copy that nobody else sees.
    pub bcc: Option<Recipients>,
    /// A template.
    pub reply_to: Option<String>,
    /// A template.
    pub subject: Option<String>,
    /// A template: the message as text.
    pub text: Option<String>,
    /// A template: the message as HTML; values are escaped.
    pub html: Option<String>,
    /// Absent: transactional.
    pub kind: Option<EmailKind>,
}

/// Templates of addresses. One that is exactly one `{{ }}` may give a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Recipients {
    /// One template.
    One(String),
    /// A template each.
    Many(Vec<String>),
}

/// Whether an e-mail or SMS needs consent, and a way to withdraw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EmailKind {
    /// Needs consent; an e-mail carries a link to unsubscribe.
    Marketing,
    /// Belongs to what the recipient asked for.
    Transactional,
}

impl Recipients {
    fn compile(recipients: Option<&Self>, field: &str, site: &mut Site<'_>) -> Vec<Template> {
        match recipients {
            Some(Recipients::One(source)) => site.template(field, Some(source), Escape::Header).into_iter().collect(),
            Some(Recipients::Many(sources)) => site.templates(field, sources, Escape::Header),
            None => Vec::new(),
        }
    }
}

impl SendEmail {
    /// Not every mail program shows the header that carries the link.
    fn check_consent(&self, kind: EmailKind, site: &mut Site<'_>) {
        let says = |body: &String| {
            let body = body.to_lowercase();
            ["unsubscribe", "opt out", "opt-out", "opt_out", "optout"]
                .iter()
                .any(|word| body.contains(word))
        };
        let mut bodies = self.text.iter().chain(&self.html).peekable();
        if kind == EmailKind::Marketing && bodies.peek().is_some() && !bodies.any(says) {
            let message = "marketing must say how to unsubscribe: its text has no such word or link";
            let field = if self.html.is_some() { "html" } else { "text" };
            site.report(Problem::warning(Code::NoWayToUnsubscribe, message).field(field));
        }
    }
}

impl Kind for SendEmail {
    const DESCRIPTION: Description = Description {
        kind: "sendEmail",
        label: "Send e-mail",
        family: Family::Action,
        doc: "Sends an e-mail.",
        version: 1,
        ports: &[Port::DONE, Port::ERROR],
        fields: &[
            Field::required("to", Input::Templates, "who gets it, such as `{{ record.email }}`"),
            Field::optional("cc", Input::Templates, "who gets a copy"),
            Field::optional("bcc", Input::Templates, "who gets a copy that nobody else sees"),
            Field::optional("replyTo", Input::Template, "where answers go"),
            Field::required("subject", Input::Template, "what it is about"),
            Field::optional(
                "text",
                Input::Template,
                "the message as plain text; in marketing `{{ links.unsubscribe }}` is the link to unsubscribe",
            ),
            Field::optional("html", Input::Template, "the message as HTML"),
            Field::optional(
                "kind",
                Input::Choice(&["MARKETING", "TRANSACTIONAL"]),
                "marketing needs consent",
            ),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        if self.text.is_none() && self.html.is_none() {
            site.report(Problem::error(Code::Required, "an e-mail needs `text` or `html`").field("text"));
        }
        let to = Recipients::compile(self.to.as_ref(), "to", site);
        let cc = Recipients::compile(self.cc.as_ref(), "cc", site);
        let bcc = Recipients::compile(self.bcc.as_ref(), "bcc", site);
        let reply_to = site.template("replyTo", self.reply_to.as_deref(), Escape::Header);
        let subject = site.template("subject", self.subject.as_deref(), Escape::Header);
        let kind = self.kind.unwrap_or(EmailKind::Transactional);
        let mut body = |field: &str, source: Option<&str>, escape| match kind {
            EmailKind::Marketing => site.template_with_links(field, source, escape),
            EmailKind::Transactional => site.template(field, source, escape),
        };
        let text = body("text", self.text.as_deref(), Escape::None);
        let html = body("html", self.html.as_deref(), Escape::Html);
        self.check_consent(kind, site);
        let email = subject.map(|subject| Email {
            to,
            cc,
            bcc,
            reply_to,
            subject,
            text,
            html,
            kind,
        });
        let output = fields([
            ("message", Type::Reference("message".into()).or_null()),
            ("messageId", Type::String),
        ]);
        Compiled::of(output, email.and_then(|email| site.unless_wrong(email)))
    }
}

#[derive(Debug)]
struct Email {
    to: Vec<Template>,
    cc: Vec<Template>,
    bcc: Vec<Template>,
    reply_to: Option<Template>,
    subject: Template,
    text: Option<Template>,
    html: Option<Template>,
    kind: EmailKind,
}

impl Resolve for Email {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let to = addresses("to", &self.to, moment)?;
        if to.is_empty() {
            return Err(Unresolved::NoRecipient { field: "to".to_owned() });
        }
        Ok(Resolution::Order(Order::SendEmail(OutgoingEmail {
            to,
            cc: addresses("cc", &self.cc, moment)?,
            bcc: addresses("bcc", &self.bcc, moment)?,
            reply_to: moment.text_if("replyTo", self.reply_to.as_ref())?,
            subject: moment.text("subject", &self.subject)?,
            text: moment.text_if("text", self.text.as_ref())?,
            html: moment.text_if("html", self.html.as_ref())?,
            kind: self.kind,
        })))
    }
}

/// The addresses that a list of templates gives; a list counts as its items, and an empty value as nobody.
fn addresses(field: &str, templates: &[Template], moment: &mut Moment<'_>) -> Result<Vec<String>, Unresolved> {
    let mut found = Vec::new();
    for template in templates {
        match moment.filled(field, template)? {
            Value::List(items) => {
                for item in items.iter() {
                    found.extend(address(field, item)?);
                }
            }
            single => found.extend(address(field, &single)?),
        }
    }
    Ok(found)
}

/// A value that stands alone is not escaped by its template, and a line break in a header would begin another one.
fn address(field: &str, value: &Value) -> Result<Option<String>, Unresolved> {
    let field = field.to_owned();
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.chars().any(char::is_control) => Err(Unresolved::UnsafeHeader { field }),
        Value::String(text) => Ok(Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)),
        other => Err(Unresolved::NotAText {
            field,
            found: other.type_name(),
        }),
    }
}
