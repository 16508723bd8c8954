//! Text of an order in which secrets have their places. The values are put in at the moment of the call, and whatever of
//! them comes back in the answer is taken out again. Never prints or stores a value.

use std::{borrow::Cow, collections::HashMap};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use crate::actions::egress::Answer;

/// Text as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Text {
    /// Without secrets.
    Plain(String),
    /// With places for secrets.
    Pieces(Vec<Piece>),
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Piece {
    /// As it is.
    Text(String),
    /// The place of a secret.
    Secret {
        /// Its name.
        name: String,
        /// How it is written there.
        form: Form,
    },
}

/// How a value is written so that it stays a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Form {
    /// As it is.
    Plain,
    /// As a component of a URL.
    Url,
    /// Inside of a JSON string.
    Json,
}

/// The values of an order's secrets, by name.
pub type Values = HashMap<String, SecretString>;

/// A secret that is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no secret `{0}`")]
pub struct Missing(pub String);

impl Text {
    /// Finds the places of secrets in a rendered text: each is the mark, a `~`, its name and a `~`. The mark is one that
    /// nobody could have foreseen, so no value in the text can be taken for a place.
    #[must_use]
    pub fn marked(text: &str, mark: &str, form: Form) -> Self {
        if !text.contains(mark) {
            return Self::Plain(text.to_owned());
        }
        let mut parts = text.split(mark);
        let mut pieces = vec![Piece::Text(parts.next().unwrap_or_default().to_owned())];
        for part in parts {
            let (name, rest) = part
                .strip_prefix('~')
                .and_then(|part| part.split_once('~'))
                .unwrap_or(("", part));
            pieces.push(Piece::Secret {
                name: name.to_owned(),
                form,
            });
            pieces.push(Piece::Text(rest.to_owned()));
        }
        pieces.retain(|piece| *piece != Piece::Text(String::new()));
        // A secret that is the whole text is meant as one: a URL, for instance.
        if let [Piece::Secret { form, .. }] = pieces.as_mut_slice() {
            *form = Form::Plain;
        }
        Self::Pieces(pieces)
    }

    /// The names of its secrets.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let pieces = match self {
            Self::Plain(_) => &[],
            Self::Pieces(pieces) => pieces.as_slice(),
        };
        pieces.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Secret { name, .. } => Some(name.as_str()),
        })
    }

    /// The text as people may see it: places for values.
    #[must_use]
    pub fn shown(&self) -> Cow<'_, str> {
        match self {
            Self::Plain(text) => Cow::Borrowed(text),
            Self::Pieces(pieces) => pieces.iter().map(Piece::shown).collect::<String>().into(),
        }
    }

    /// The text as it is sent.
    pub(super) fn filled(&self, values: &Values) -> Result<Cow<'_, str>, Missing> {
        match self {
            Self::Plain(text) => Ok(Cow::Borrowed(text)),
            Self::Pieces(pieces) => pieces
                .iter()
                .map(|piece| piece.filled(values))
                .collect::<Result<String, _>>()
                .map(Cow::Owned),
        }
    }
}

impl Piece {
    fn shown(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Secret { name, .. } => format!("{{{{ secrets.{name} }}}}").into(),
        }
    }

    fn filled(&self, values: &Values) -> Result<Cow<'_, str>, Missing> {
        match self {
            Self::Text(text) => Ok(Cow::Borrowed(text)),
            Self::Secret { name, form } => {
                let value = values.get(name).ok_or_else(|| Missing(name.clone()))?;
                Ok(form.write(value.expose_secret()).into())
            }
        }
    }
}

impl Form {
    fn write(self, value: &str) -> String {
        match self {
            Self::Plain => value.to_owned(),
            Self::Url => form_urlencoded::byte_serialize(value.as_bytes())
                .collect::<String>()
                .replace('+', "%20"),
            Self::Json => {
                let quoted = serde_json::Value::from(value).to_string();
                quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
            }
        }
    }
}

/// Takes the values out of an answer, as other systems like to repeat what they were sent.
pub(super) fn conceal(answer: &mut Answer, values: &Values) {
    // A value of three characters is everywhere by chance, and no secret.
    let secret = |value: &SecretString| value.expose_secret().len() > 3;
    for (name, value) in values.iter().filter(|(_, value)| secret(value)) {
        let shown = format!("[{name}]");
        let forms = [Form::Plain, Form::Url, Form::Json].map(|form| form.write(value.expose_secret()));
        for form in &forms {
            answer.body = replaced(&answer.body, form.as_bytes(), shown.as_bytes());
            for header in answer.headers.values_mut() {
                let clean = replaced(header.as_bytes(), form.as_bytes(), shown.as_bytes());
                // Only bytes of a sound header and of a name are left: it stays sound.
                if let Ok(clean) = reqwest::header::HeaderValue::from_bytes(&clean) {
                    *header = clean;
                }
            }
        }
    }
}

fn replaced(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut clean = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        match rest.strip_prefix(from).filter(|_| !from.is_empty()) {
            Some(behind) => {
                clean.extend_from_slice(to);
                rest = behind;
            }
            None => {
                clean.push(*first);
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: &str = "8d1f";

    fn values() -> Values {
        HashMap::from([("key".to_owned(), "a\"b/c d".into())])
    }

    fn filled(text: &str, form: Form) -> String {
        Text::marked(text, MARK, form).filled(&values()).unwrap().into_owned()
    }

    #[test]
    fn a_value_is_written_as_its_place_needs() {
        assert_eq!(filled("Bearer 8d1f~key~", Form::Plain), "Bearer a\"b/c d");
        assert_eq!(filled("https://x/8d1f~key~?y", Form::Url), "https://x/a%22b%2Fc%20d?y");
        assert_eq!(filled("{\"k\":\"8d1f~key~\"}", Form::Json), "{\"k\":\"a\\\"b/c d\"}");
        assert_eq!(filled("8d1f~key~", Form::Url), "a\"b/c d");
    }

    #[test]
    fn what_is_kept_and_shown_has_the_place_alone() {
        let text = Text::marked("Bearer 8d1f~key~!", MARK, Form::Plain);

        assert_eq!(text.shown(), "Bearer {{ secrets.key }}!");
        assert_eq!(text.secrets().collect::<Vec<_>>(), ["key"]);
        assert!(!serde_json::to_string(&text).unwrap().contains(MARK));
    }

    #[test]
    fn text_that_only_looks_like_a_place_is_text() {
        let text = Text::marked("~key~ {{ secrets.key }}", MARK, Form::Plain);

        assert_eq!(text.filled(&values()).unwrap(), "~key~ {{ secrets.key }}");
    }

    #[test]
    fn a_secret_that_is_gone_is_named() {
        let text = Text::marked("8d1f~other~", MARK, Form::Plain);

        assert_eq!(text.filled(&values()), Err(Missing("other".into())));
    }

    #[test]
    fn an_answer_that_repeats_a_value_does_not_show_it() {
        let mut answer = Answer {
            status: reqwest::StatusCode::OK,
            headers: [(reqwest::header::ETAG, "a%22b%2Fc%20d".parse().unwrap())]
                .into_iter()
                .collect(),
            body: b"you sent a\"b/c d and a\\\"b/c d".to_vec(),
            end: crate::actions::egress::End::Complete,
        };

        conceal(&mut answer, &values());

        assert_eq!(answer.body, b"you sent [key] and [key]");
        assert_eq!(answer.headers[reqwest::header::ETAG], "[key]");
    }
}
