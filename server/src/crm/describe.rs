//! The objects and their fields as a document for people: `docs/objects.md`.

use std::fmt::Write;

use super::{
    Catalogue,
    object::{DELETED_AT, Field, Kind, Object},
};

const INTRODUCTION: &str = "# Objects and their fields

Printed by `pointsman schema --objects`; a test compares it.

*required*: never empty. *given*: a new record must be given it. *system*: only Pointsman writes it. *derived*: filled from
other fields where it is not given. A money field is an amount with its currency.
";

/// The objects as Markdown, one table each.
#[must_use]
pub fn markdown(catalogue: &Catalogue) -> String {
    let mut text = INTRODUCTION.to_owned();
    if let Some(object) = catalogue.objects().first() {
        let fields = object.fields.iter().take(DELETED_AT + 1);
        table(&mut text, "Every object", "Fields that all records have.", fields);
    }
    for object in catalogue.objects() {
        let fields = object.fields.iter().skip(DELETED_AT + 1);
        table(
            &mut text,
            &format!("{} (`{}`)", object.label, object.name),
            summary(object).as_str(),
            fields,
        );
    }
    text
}

fn summary(object: &Object) -> String {
    let administrative = " Only administrators change its records; workflows can't.";
    format!("{}{}", object.doc, if object.automatable { "" } else { administrative })
}

fn table<'a>(text: &mut String, title: &str, summary: &str, fields: impl Iterator<Item = &'a Field>) {
    let rows = fields.map(row).collect::<String>();
    // Writing to a `String` can't fail.
    let _infallible = write!(
        text,
        "\n## {title}\n\n{summary}\n\n| field | type | | about |\n|---|---|---|---|\n{rows}"
    );
}

fn row(field: &Field) -> String {
    let given = field.required && field.default.is_none() && !field.derived && !field.system;
    let marks = [
        (field.required, "required"),
        (given, "given"),
        (field.system, "system"),
        (field.derived, "derived"),
        (field.unique, "unique"),
    ];
    let marks = marks
        .into_iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, mark)| mark.to_owned());
    let marks = marks.chain(field.default.as_ref().map(|value| format!("default `{value}`")));
    let marks: Vec<String> = marks.collect();
    format!(
        "| `{}` | {} | {} | {} |\n",
        field.name,
        kind(&field.kind),
        marks.join(", "),
        field.doc
    )
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Text { max } => format!("text, at most {max}"),
        Kind::Email => "e-mail address".into(),
        Kind::Phone => "phone number".into(),
        Kind::Url => "URL".into(),
        Kind::Domain => "host name".into(),
        Kind::TimeZone => "time zone".into(),
        Kind::Country => "country".into(),
        Kind::Integer { min, max: i64::MAX } => format!("integer from {min}"),
        Kind::Integer { min, max } => format!("integer, {min} to {max}"),
        Kind::Boolean => "yes or no".into(),
        Kind::Select { options } => format!("one of {}", options.join(", ")),
        Kind::MultiSelect { options } => format!("any of {}", options.join(", ")),
        Kind::Decimal { scale } => format!("number with {scale} decimal places"),
        Kind::Date => "date".into(),
        Kind::DateTime => "time".into(),
        Kind::Reference { object } => format!("a {object}"),
        Kind::Money => "money".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_says_what_the_catalogue_says() {
        let document = include_str!("../../../docs/objects.md");

        assert_eq!(
            document,
            markdown(&Catalogue::core()),
            "print it anew: pointsman schema --objects > docs/objects.md"
        );
    }
}
