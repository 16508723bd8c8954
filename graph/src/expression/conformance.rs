//! Runs cases of cel-spec's conformance suite, one JSON line each, so that anybody can compare this language with CEL.
//!
//! A line: `{file, section, name, expr, bindings: {name: V}, disable_check, container, expect: {value: V} | {error: true}}`.
//! V is one of `{"null":null} {"bool":b} {"int":"n"} {"uint":"n"} {"double":"repr"} {"decimal":"n"} {"string":s}
//! {"bytes_hex":h} {"list":[V]} {"map":[[V,V]]} {"type":name} {"timestamp":RFC 3339} {"duration":"1.5s"}
//! {"reference":id} {"optional":V or null}`.

mod notation;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::compile::Check;
use super::{Budget, Expression, TypeScope, Variables};
use crate::value::Type;

/// What running a case gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The file of the suite.
    pub file: String,
    /// The section of the file.
    pub section: String,
    /// The case.
    pub name: String,
    /// The value in the notation of the suite, or `CODE: message`.
    pub result: Result<Json, String>,
    /// Whether that is what the case expects; none where it expects nothing.
    pub passed: Option<bool>,
}

impl Outcome {
    /// The outcome as one JSON line without what was expected.
    pub fn to_json(&self) -> Json {
        let mut line = json!({"file": self.file, "section": self.section, "name": self.name});
        match &self.result {
            Ok(value) => line["value"] = value.clone(),
            Err(error) => line["error"] = error.as_str().into(),
        }
        line
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Case {
    file: String,
    section: String,
    name: String,
    expr: String,
    bindings: Option<IndexMap<String, Json>>,
    disable_check: bool,
    container: Option<String>,
    expect: Option<Expected>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Expected {
    Value(Json),
    Error(#[expect(dead_code, reason = "always true: the case says only that there is an error")] bool),
}

/// Runs one case. A line that is none gives an outcome without a name whose result says why.
pub fn run(line: &str) -> Outcome {
    let case: Case = match serde_json::from_str(line) {
        Ok(case) => case,
        Err(error) => return Outcome::of(Case::default(), Err(format!("MALFORMED_CASE: {error}"))),
    };
    let result = evaluate(&case);
    Outcome::of(case, result)
}

impl Outcome {
    fn of(case: Case, result: Result<Json, String>) -> Outcome {
        let passed = case.expect.map(|expected| match (expected, &result) {
            (Expected::Value(expected), Ok(value)) => notation::canonical(&expected).as_ref() == Some(value),
            (Expected::Error(_), Err(_)) => true,
            (Expected::Value(_), Err(_)) | (Expected::Error(_), Ok(_)) => false,
        });
        Outcome {
            file: case.file,
            section: case.section,
            name: case.name,
            result,
            passed,
        }
    }
}

fn evaluate(case: &Case) -> Result<Json, String> {
    let mut scope = TypeScope::default().in_container(case.container.as_deref().unwrap_or_default());
    let mut variables = Variables::default();
    for (name, written) in case.bindings.iter().flatten() {
        let value = notation::read(written).ok_or_else(|| format!("MALFORMED_CASE: {name} is no value"))?;
        scope = scope.with(name, Type::of(&value));
        variables = variables.with(name, value);
    }
    let check = if case.disable_check {
        Check::SyntaxOnly
    } else {
        Check::Types
    };
    let expression = Expression::checked(&case.expr, &scope, check)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
    match expression.evaluate(&variables, &mut Budget::default()) {
        Ok(value) => Ok(notation::write(&value)),
        Err(fault) => Err(format!("{}: {fault}", fault.code())),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Cases of our own that always run; the suite itself is another test's.
    const SAMPLE: &str = include_str!("conformance/sample.jsonl");

    /// The cases that do not pass, by what they expect; docs/expressions.md says why.
    const KNOWN: [&str; 1] = [r#"{"bytes_hex": "205c3f20222027206020"}"#];

    fn failures(text: &str) -> Vec<String> {
        let outcomes = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| (run(line), line));
        let failed = outcomes.filter(|(outcome, _)| outcome.passed != Some(true));
        failed
            .map(|(outcome, line)| format!("{}\n    {line}", outcome.to_json()))
            .collect()
    }

    #[test]
    fn the_committed_sample_passes() {
        let failures = failures(SAMPLE);

        assert!(SAMPLE.lines().count() > 30);
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    }

    #[test]
    #[ignore = "needs cel-spec's cases, where CEL_SPEC_DIR says they are"]
    fn the_cases_of_cel_spec_pass() {
        let folder = std::env::var("CEL_SPEC_DIR").unwrap();
        let files = std::fs::read_dir(Path::new(&folder))
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let files: Vec<_> = files
            .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
            .collect();
        assert!(!files.is_empty(), "{folder} holds no case");

        let failed: Vec<String> = files
            .iter()
            .flat_map(|file| failures(&std::fs::read_to_string(file).unwrap()))
            .collect();
        let unknown: Vec<_> = failed
            .iter()
            .filter(|failure| !KNOWN.iter().any(|name| failure.contains(name)))
            .collect();

        assert!(unknown.is_empty(), "{} failed:\n{}", unknown.len(), failed.join("\n"));
    }

    #[test]
    fn a_line_that_is_no_case_says_so() {
        let outcome = run("{");

        assert!(outcome.result.unwrap_err().starts_with("MALFORMED_CASE"));
    }
}
