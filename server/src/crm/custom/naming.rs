//! What keys, labels and options may be.

use std::collections::HashSet;

use super::definition::Choice;
use crate::crm::{
    object::{Kind, Object, SHORT},
    validate::Code,
    write::Problem,
};

/// Characters of a key.
const KEY: usize = 40;

/// Characters of a description.
const DESCRIPTION: usize = 1_000;

/// Options of a choice.
const CHOICES: usize = 200;

/// What expressions read otherwise.
const WORDS: [&str; 24] = [
    "id",
    "custom",
    "object",
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// Prefixes of ids, and words of the API, that no object may have for its name.
const PREFIXES: [&str; 29] = [
    "workflow",
    "version",
    "run",
    "approval",
    "key",
    "job",
    "secret",
    "schedule",
    "signal",
    "notification",
    "effect",
    "member",
    "session",
    "record",
    "node",
    "timeline",
    "search",
    "role",
    "tag",
    "lead",
    "attachment",
    "template",
    "view",
    "import",
    "export",
    "field",
    "change",
    "custom_field",
    "custom_object",
];

/// A field's key: letters and digits, the first one small.
///
/// # Errors
/// Where it is no key, or the object has a field of that name.
pub fn field_key(object: &Object, key: &str) -> Result<(), Problem> {
    let mut characters = key.chars();
    let first = characters.next().is_some_and(|first| first.is_ascii_lowercase());
    if !first
        || !characters.all(|character| character.is_ascii_alphanumeric())
        || key.len() > KEY
        || WORDS.contains(&key)
    {
        let message = "`key` must be up to 40 letters and digits such as renewalDate, and no word of expressions";
        return Err(refused(Code::Invalid, "key", message));
    }
    let currency =
        |field: &crate::crm::object::Field| field.kind == Kind::Money && format!("{}Currency", field.name) == key;
    match object.field(key).is_some() || object.fields.iter().any(currency) {
        true => Err(refused(Code::Taken, "key", "the object has a field of this name")),
        false => Ok(()),
    }
}

/// An object's key, which begins its records' ids (<https://github.com/jetify-com/typeid>): small letters, `_` between them.
///
/// # Errors
/// Where it is none, or means something else.
pub fn object_key(key: &str) -> Result<(), Problem> {
    let letters = key
        .chars()
        .all(|character| character.is_ascii_lowercase() || character == '_');
    if !letters || key.len() < 2 || key.len() > KEY || key.starts_with('_') || key.ends_with('_') {
        return Err(refused(
            Code::Invalid,
            "key",
            "`key` must be 2 to 40 small letters, with _ between them, such as service_contract",
        ));
    }
    match PREFIXES.contains(&key) || WORDS.contains(&key) {
        true => Err(refused(Code::Taken, "key", "`key` means something else already")),
        false => Ok(()),
    }
}

/// What people see.
///
/// # Errors
/// Where there is nothing to see, or too much.
pub fn label(text: &str) -> Result<(), Problem> {
    match text.trim().chars().count() {
        0 => Err(refused(Code::Required, "label", "`label` must be given")),
        count if count > SHORT => Err(refused(
            Code::TooLong,
            "label",
            "`label` must have at most 255 characters",
        )),
        _ => Ok(()),
    }
}

/// What it means, in the administrator's words.
///
/// # Errors
/// Where it is too long.
pub fn description(text: &str) -> Result<(), Problem> {
    match text.chars().count() > DESCRIPTION {
        true => Err(refused(
            Code::TooLong,
            "description",
            "`description` must have at most 1,000 characters",
        )),
        false => Ok(()),
    }
}

/// The options of a choice. `before` are those it has: none of them may go, for records hold them.
///
/// # Errors
/// Where there are none or too many, a key is wrong or stands there twice, or one is missing.
pub fn choices(choices: &[Choice], before: &[Choice]) -> Result<(), Problem> {
    let wrong = |message: String| Err(refused(Code::Invalid, "options", &message));
    if choices.is_empty() || choices.len() > CHOICES {
        return wrong(format!("a choice has 1 to {CHOICES} options"));
    }
    let mut seen = HashSet::new();
    for choice in choices {
        let key = &choice.key;
        let mut characters = key.chars();
        let first = characters.next().is_some_and(|first| first.is_ascii_uppercase());
        let rest = characters.all(|next| next.is_ascii_uppercase() || next.is_ascii_digit() || next == '_');
        if !first || !rest || key.len() > KEY {
            return wrong(format!("`{key}` is no UPPER_CASE key of at most {KEY} characters"));
        }
        if !seen.insert(key) {
            return wrong(format!("`{key}` stands there twice"));
        }
        label(&choice.label).map_err(|problem| Problem {
            field: Some("options"),
            ..problem
        })?;
    }
    match before.iter().find(|known| !seen.contains(&known.key)) {
        Some(gone) => wrong(format!(
            "`{}` can be retired, not removed: records may have it",
            gone.key
        )),
        None => Ok(()),
    }
}

/// A problem with an argument.
pub fn refused(code: Code, argument: &'static str, message: &str) -> Problem {
    Problem {
        code,
        message: message.into(),
        field: Some(argument),
    }
}
