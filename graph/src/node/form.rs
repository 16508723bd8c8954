//! Forms: what people are asked, what may be answered, and the types of the answers. Shared by the kinds that ask.

use std::{collections::HashSet, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::{
    check::{Code, Problem, Site},
    value::{FieldType, Type},
};

/// One question of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FormField {
    /// Its name among the answers.
    pub name: String,
    /// What people see; absent: the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What it takes.
    pub input: FormInput,
    /// Whether it must be answered.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// What can be selected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

/// What a question takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FormInput {
    #[default]
    Text,
    Number,
    Boolean,
    Date,
    Select,
}

/// An answer that a form does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// The question's name.
    pub name: String,
    /// Whether it is the answer that is missing.
    pub missing: bool,
    /// For people.
    pub message: String,
}

impl FormField {
    /// The type of an answer.
    fn ty(&self) -> Type {
        match self.input {
            FormInput::Text => Type::String,
            FormInput::Number => Type::Decimal,
            FormInput::Boolean => Type::Bool,
            FormInput::Date => Type::Date,
            FormInput::Select => Type::Enum {
                name: self.name.as_str().into(),
                options: self.options.iter().map(|option| Arc::from(option.as_str())).collect(),
            },
        }
    }

    fn accept(&self, answer: Option<&Json>) -> Result<Json, Unfit> {
        let unfit = |missing, message| Unfit {
            name: self.name.clone(),
            missing,
            message,
        };
        match answer.filter(|answer| !answer.is_null() && **answer != "") {
            None if self.required => Err(unfit(true, format!("`{}` must be answered", self.name))),
            None => Ok(Json::Null),
            Some(answer) => match self.ty().decode(answer) {
                Ok(value) => Ok(self.ty().encode(&value)),
                Err(error) => Err(unfit(false, format!("`{}`: {error}", self.name))),
            },
        }
    }
}

/// The type of all answers together.
pub fn answers(form: &[FormField]) -> Type {
    let field = |question: &FormField| {
        let ty = FieldType::of(question.ty());
        let ty = if question.required { ty } else { ty.nullable() };
        (Arc::from(question.name.as_str()), ty)
    };
    Type::Struct(Arc::new(form.iter().map(field).collect()))
}

/// The answers as they are kept: one for each question, null where it was left out.
///
/// # Errors
/// Every answer that is missing, of another kind, or to no question of the form.
pub fn accept(form: &[FormField], answers: &Map<String, Json>) -> Result<Map<String, Json>, Vec<Unfit>> {
    let asked = |name: &String| form.iter().any(|question| question.name == *name);
    let mut unfit: Vec<Unfit> = answers
        .keys()
        .filter(|name| !asked(name))
        .map(|name| Unfit {
            name: name.clone(),
            missing: false,
            message: format!("the form does not ask for `{name}`"),
        })
        .collect();
    let mut kept = Map::new();
    for question in form {
        match question.accept(answers.get(&question.name)) {
            Ok(answer) => _ = kept.insert(question.name.clone(), answer),
            Err(refused) => unfit.push(refused),
        }
    }
    if unfit.is_empty() { Ok(kept) } else { Err(unfit) }
}

/// As [`accept`], of any JSON: nothing at all answers no question. Where the form asks nothing, what is given stays as it
/// is.
///
/// # Errors
/// As [`accept`]; or that these are no answers.
pub fn read(form: &[FormField], given: &Json) -> Result<Json, Vec<Unfit>> {
    match given {
        _ if form.is_empty() => Ok(given.clone()),
        Json::Null => accept(form, &Map::new()).map(Json::Object),
        Json::Object(given) => accept(form, given).map(Json::Object),
        Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => Err(vec![Unfit {
            name: String::new(),
            missing: false,
            message: "the answers are an object, by the names of the questions".to_owned(),
        }]),
    }
}

/// Reports questions without a name of their own, and choices without options.
pub(super) fn check(form: &[FormField], site: &mut Site<'_>) {
    let mut seen = HashSet::new();
    for (place, field) in form.iter().enumerate() {
        let at = format!("form[{place}].name");
        if field.name.is_empty() {
            site.report(Problem::error(Code::Required, "a field of the form needs a name").field(at));
        } else if !seen.insert(&field.name) {
            let message = format!("two fields of the form are called `{}`", field.name);
            site.report(Problem::error(Code::DuplicateName, message).field(at));
        }
        if field.input == FormInput::Select && field.options.is_empty() {
            let message = format!("`{}` needs `options` to select from", field.name);
            site.report(Problem::error(Code::Required, message).field(format!("form[{place}].options")));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form() -> Vec<FormField> {
        serde_json::from_value(json!([
            { "name": "limit", "input": "number", "required": true },
            { "name": "from", "input": "date" },
            { "name": "kind", "input": "select", "options": ["A", "B"] },
        ]))
        .unwrap()
    }

    fn accepted(answers: Json) -> Result<Map<String, Json>, Vec<(String, bool)>> {
        let given = answers.as_object().unwrap();
        accept(&form(), given).map_err(|unfit| unfit.into_iter().map(|one| (one.name, one.missing)).collect())
    }

    #[test]
    fn answers_are_kept_in_one_form_however_they_were_written() {
        let kept = accepted(json!({ "limit": 12.5, "kind": "B", "from": "" })).unwrap();

        assert_eq!(
            Json::Object(kept),
            json!({ "limit": "12.5", "from": null, "kind": "B" })
        );
    }

    #[test]
    fn every_answer_that_does_not_fit_is_named() {
        let refused = accepted(json!({ "from": "tomorrow", "kind": "C", "colour": "red" })).unwrap_err();

        let expected = [("colour", false), ("limit", true), ("from", false), ("kind", false)];
        assert_eq!(refused, expected.map(|(name, missing)| (name.to_owned(), missing)));
    }

    #[test]
    fn the_answers_types_tell_what_may_be_left_out() {
        let Type::Struct(fields) = answers(&form()) else {
            panic!("answers are fields")
        };

        assert_eq!((fields["limit"].nullable, &fields["limit"].ty), (false, &Type::Decimal));
        assert_eq!((fields["from"].nullable, &fields["from"].ty), (true, &Type::Date));
    }
}
