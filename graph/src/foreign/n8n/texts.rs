//! Parameters of one node as texts of ours: n8n marks an expression by a leading `=`, with JavaScript between `{{ }}`.
//!
//! What can't be translated stays as it was written behind an `=`, which no expression of ours begins with: the check then
//! points at the very place.

use serde_json::{Map, Value as Json};

use super::{
    cel::{self, Hold, Piece, Sort},
    script::{self, Script},
    translate::{Scope, translate},
};
use crate::foreign::report::{Remark, RemarkCode};

/// Reads the parameters of one node and notes what a person should look at.
pub(super) struct Texts<'a> {
    scope: Scope<'a>,
    pub remarks: Vec<Remark>,
}

/// A part of a text.
enum Part<'t> {
    Text(&'t str),
    Script(&'t str),
}

impl<'a> Texts<'a> {
    pub(super) fn new(scope: Scope<'a>) -> Self {
        Self {
            scope,
            remarks: Vec::new(),
        }
    }

    pub(super) fn remark(&mut self, code: RemarkCode, field: Option<&str>, message: impl Into<String>) {
        self.remarks.push(Remark {
            code,
            field: field.map(str::to_owned),
            message: message.into(),
        });
    }

    /// The whole item that comes in, as an expression.
    pub(super) fn incoming(&mut self) -> Option<String> {
        let found = self.scope.here?.whole()?;
        self.remark_pending(found.pending, &found.path);
        Some(found.path)
    }

    /// A parameter as a template.
    pub(super) fn template(&mut self, field: &str, parameter: &Json) -> String {
        let written = written(parameter);
        let Some(source) = written.strip_prefix('=') else {
            return literal(&written);
        };
        let parts = parts(source);
        parts.into_iter().map(|part| self.part(field, part)).collect()
    }

    /// A parameter as a template whose value is one text, not put together from escaped parts: a URL that begins with a value.
    pub(super) fn undivided(&mut self, field: &str, parameter: &Json) -> String {
        let begins_with_value = |parts: &[Part<'_>]| parts.len() > 1 && matches!(parts.first(), Some(Part::Script(_)));
        match parameter.as_str().and_then(|text| text.strip_prefix('=')) {
            Some(source) if begins_with_value(&parts(source)) => {
                let expression = self.expression(field, parameter, Sort::Text);
                format!("{{{{ {expression} }}}}")
            }
            Some(_) | None => self.template(field, parameter),
        }
    }

    /// A parameter as an expression; a literal becomes one of the sort that is wanted.
    pub(super) fn expression(&mut self, field: &str, parameter: &Json, wanted: Sort) -> String {
        match self.piece(field, parameter, wanted) {
            Some(piece) => piece.text,
            None => marked(&written(parameter)),
        }
    }

    /// As [`Texts::expression`]; none, with a remark, where it can't be translated.
    pub(super) fn piece(&mut self, field: &str, parameter: &Json, wanted: Sort) -> Option<Piece> {
        let written = written(parameter);
        let Some(source) = written.strip_prefix('=') else {
            let wanted = match (parameter, wanted) {
                (Json::Number(_), Sort::List | Sort::Any) => Sort::Number,
                (Json::Bool(_), Sort::List | Sort::Any) => Sort::Bool,
                _ => wanted,
            };
            return Some(literal_piece(&written, wanted));
        };
        let parts = parts(source.trim());
        if let [Part::Text(text)] = parts.as_slice() {
            return Some(literal_piece(text, wanted));
        }
        let mut pieces = Vec::new();
        for part in &parts {
            pieces.push(match part {
                Part::Text(text) => Piece::whole(cel::quoted(text), Sort::Text),
                Part::Script(source) => self.script(field, source)?,
            });
        }
        let join =
            |left: Piece, right: Piece| Piece::binary(&left.as_text(), "+", &right.as_text(), Hold::Sum, Sort::Text);
        Some(
            pieces
                .into_iter()
                .reduce(join)
                .unwrap_or_else(|| Piece::whole("''", Sort::Text)),
        )
    }

    /// A parameter as JSON whose texts are templates.
    pub(super) fn json(&mut self, field: &str, parameter: &Json) -> Json {
        match parameter {
            Json::String(text) => match one_script(text).and_then(script::read) {
                Some(script) => {
                    let tree = self.tree(&script);
                    tree.unwrap_or_else(|| self.template(field, parameter).into())
                }
                None => self.template(field, parameter).into(),
            },
            Json::Array(items) => items.iter().map(|item| self.json(field, item)).collect(),
            Json::Object(entries) => {
                let entry = |(name, value): (&String, &Json)| (name.clone(), self.json(field, value));
                Json::Object(entries.iter().map(entry).collect())
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => parameter.clone(),
        }
    }

    /// A JSON text with expressions in its texts, as JSON; none where it is not JSON as it stands.
    pub(super) fn json_text(&mut self, field: &str, text: &str) -> Option<Json> {
        if one_script(text).is_some() {
            return Some(self.json(field, &text.into()));
        }
        let (source, is_template) = text.strip_prefix('=').map_or((text, false), |source| (source, true));
        let json = serde_json::from_str(source).ok()?;
        Some(self.json(field, &if is_template { templated(json) } else { json }))
    }

    /// An object or list of JavaScript keeps its shape; what stands in it becomes templates. None where a part of it can't be
    /// translated.
    fn tree(&mut self, script: &Script) -> Option<Json> {
        Some(match script {
            Script::Object(entries) => {
                let entry = |(name, value): &(String, Script)| Some((name.clone(), self.tree(value)?));
                Json::Object(entries.iter().map(entry).collect::<Option<Map<_, _>>>()?)
            }
            Script::List(items) => items.iter().map(|item| self.tree(item)).collect::<Option<_>>()?,
            Script::Null => Json::Null,
            Script::Bool(value) => (*value).into(),
            Script::Text(text) => literal(text).into(),
            Script::Number(number) => serde_json::from_str(number).ok()?,
            other => format!("{{{{ {} }}}}", self.translated(other)?.text).into(),
        })
    }

    fn part(&mut self, field: &str, part: Part<'_>) -> String {
        match part {
            Part::Text(text) => literal(text),
            Part::Script(source) => match self.script(field, source) {
                Some(piece) => format!("{{{{ {} }}}}", piece.text),
                None => format!("{{{{{} }}}}", marked(source)),
            },
        }
    }

    fn script(&mut self, field: &str, source: &str) -> Option<Piece> {
        let piece = script::read(source).and_then(|script| self.translated(&script));
        if piece.is_none() {
            self.refuse(field, source.trim());
        }
        piece
    }

    fn translated(&mut self, script: &Script) -> Option<Piece> {
        let translated = translate(script, &self.scope)?;
        self.remark_pending(translated.pending, &translated.piece.text);
        Some(translated.piece)
    }

    fn remark_pending(&mut self, pending: bool, text: &str) {
        if pending {
            let message = format!("`{text}` reads what a placeholder does not give yet");
            self.remark(RemarkCode::ReadsPlaceholder, None, message);
        }
    }

    fn refuse(&mut self, field: &str, source: &str) {
        let message = format!("no exact translation: {source}");
        self.remark(RemarkCode::NotTranslated, Some(field), message);
    }
}

/// A parameter as n8n shows it.
fn written(parameter: &Json) -> String {
    match parameter {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Source that can't be taken for an expression of ours.
pub(super) fn marked(source: &str) -> String {
    format!("= {}", source.trim_start_matches('=').trim())
}

/// A text that stands for itself in a template.
fn literal(text: &str) -> String {
    text.replace("{{", "{{ '{{' }}").replace("{%", "{{ '{%' }}")
}

fn literal_piece(text: &str, wanted: Sort) -> Piece {
    let trimmed = text.trim();
    match wanted {
        Sort::Number if trimmed.parse::<f64>().is_ok_and(f64::is_finite) => Piece::whole(trimmed, Sort::Number),
        Sort::Bool if trimmed == "true" || trimmed == "false" => Piece::whole(trimmed, Sort::Bool),
        Sort::Time => Piece::whole(format!("timestamp({})", cel::quoted(trimmed)), Sort::Time),
        Sort::Bool | Sort::Number | Sort::Text | Sort::List | Sort::Any => Piece::whole(cel::quoted(text), Sort::Text),
    }
}

/// The texts between and within `{{ }}`. The first `}}` closes, as n8n has it.
fn parts(mut source: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    while let Some((text, rest)) = source.split_once("{{") {
        let Some((script, rest)) = rest.split_once("}}") else {
            break;
        };
        parts.extend((!text.is_empty()).then_some(Part::Text(text)));
        parts.push(Part::Script(script));
        source = rest;
    }
    parts.extend((!source.is_empty()).then_some(Part::Text(source)));
    parts
}

/// The source of a text that is one expression and nothing else.
fn one_script(text: &str) -> Option<&str> {
    match parts(text.strip_prefix('=')?.trim()).as_slice() {
        [Part::Script(source)] => Some(source),
        _ => None,
    }
}

/// Texts that hold expressions without saying so themselves, for the whole was said to.
fn templated(json: Json) -> Json {
    match json {
        Json::String(text) if text.contains("{{") => format!("={text}").into(),
        Json::Array(items) => items.into_iter().map(templated).collect(),
        Json::Object(entries) => Json::Object(
            entries
                .into_iter()
                .map(|(name, value)| (name, templated(value)))
                .collect(),
        ),
        other => other,
    }
}
