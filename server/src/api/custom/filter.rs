//! Filters on custom fields, which go by their keys.

use async_graphql::InputObject;
use pointsman_graph::expression::Comparison;

use super::value::{custom_field, read};
use crate::{
    api::{
        error::{Error, Result},
        filter::canonical,
        scalar::Json,
    },
    crm::{
        Value,
        filter::Test,
        object::{Field, Kind, Object},
    },
};

/// Tests on one custom field; all that are given have to hold. Values are written as in `custom`. Letters compare exactly.
#[derive(Clone, Debug, InputObject)]
pub struct CustomFilter {
    /// The field's key.
    pub field: String,
    /// The same value.
    pub eq: Option<Json>,
    /// Another value, or none.
    pub neq: Option<Json>,
    /// One of these.
    pub r#in: Option<Vec<Json>>,
    /// None of these.
    pub not_in: Option<Vec<Json>>,
    /// Less, earlier, or sorted before it.
    pub lt: Option<Json>,
    /// Less, or the same.
    pub lte: Option<Json>,
    /// Greater, later, or sorted after it.
    pub gt: Option<Json>,
    /// Greater, or the same.
    pub gte: Option<Json>,
    /// Holds this text, or has this option among others.
    pub contains: Option<String>,
    /// Begins with this text.
    pub starts_with: Option<String>,
    /// Whether the field is empty.
    pub is_null: Option<bool>,
}

impl CustomFilter {
    /// The place of the field, and the tests, each with whether it has to hold or not.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` where there is no such field, or it can't hold a value that is asked for.
    pub fn tests(self, object: &Object) -> Result<(usize, Vec<(bool, Test)>)> {
        let (index, field) = custom_field(object, &self.field)?;
        let comparisons = [
            (Comparison::Equal, self.eq),
            (Comparison::NotEqual, self.neq),
            (Comparison::Less, self.lt),
            (Comparison::LessOrEqual, self.lte),
            (Comparison::Greater, self.gt),
            (Comparison::GreaterOrEqual, self.gte),
        ];
        let mut tests = Vec::new();
        for (comparison, json) in comparisons {
            if let Some(json) = json {
                tests.push((true, Test::Compare(comparison, value(field, &json)?)));
            }
        }
        for (holds, values) in [(true, self.r#in), (false, self.not_in)] {
            if let Some(values) = values {
                let values = values.iter().map(|json| value(field, json)).collect::<Result<_>>()?;
                tests.push((holds, Test::In(values)));
            }
        }
        let contains = self.contains.map(|text| match field.kind {
            Kind::MultiSelect { .. } => Test::Holds(text),
            _ => Test::Contains(text),
        });
        tests.extend(contains.map(|test| (true, test)));
        tests.extend(self.starts_with.map(|text| (true, Test::StartsWith(text))));
        tests.extend(self.is_null.map(|is_null| (is_null, Test::IsNull)));
        Ok((index, tests))
    }
}

fn value(field: &Field, Json(json): &Json) -> Result<Value> {
    let value = read(field, json);
    let value = value.map_err(|invalid| Error::input(format!("`{}` {}.", field.name, invalid.message)))?;
    Ok(canonical(field, value))
}
