//! `pointsman expression`: what an expression comes to and why, and the conformance cases of its language.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use pointsman_graph::{
    expression::{Budget, Expression, Outcome, Step, Trace, TypeScope, Variables, conformance},
    value::{Type, Value},
};
use serde_json::{Map, Value as Json, json};

use super::output::{Output, REFUSED, print, read};

#[derive(Debug, Subcommand)]
pub(super) enum Act {
    /// Prints what an expression comes to, and what each of its parts does.
    Eval(Eval),
}

#[derive(Debug, Args)]
pub(super) struct Eval {
    /// The expression.
    #[arg(required_unless_present = "batch")]
    expression: Option<String>,
    /// A JSON object of the variables that it can read.
    #[arg(long, value_name = "JSON", conflicts_with = "batch")]
    bindings: Option<String>,
    /// Runs the conformance cases of this file instead, a JSON line each; `-` is the standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "expression")]
    batch: Option<PathBuf>,
}

pub(super) fn perform(act: Act, output: Output) -> anyhow::Result<ExitCode> {
    match act {
        Act::Eval(Eval { batch: Some(file), .. }) => batch(&read(&file)?, output),
        Act::Eval(Eval {
            expression, bindings, ..
        }) => evaluate(&expression.unwrap_or_default(), bindings.as_deref(), output),
    }
}

fn evaluate(source: &str, bindings: Option<&str>, output: Output) -> anyhow::Result<ExitCode> {
    let bindings: Map<String, Json> = match serde_json::from_str(bindings.unwrap_or("{}")) {
        Ok(bindings) => bindings,
        Err(error) => {
            eprintln!("--bindings is no JSON object: {error}");
            return Ok(ExitCode::from(REFUSED));
        }
    };
    let (mut scope, mut variables) = (TypeScope::default(), Variables::default());
    for (name, json) in &bindings {
        let value = Value::from_json(json);
        scope = scope.with(name, Type::of(&value));
        variables = variables.with(name, value);
    }
    let expression = match Expression::compile(source, &scope) {
        Ok(expression) => expression,
        Err(problems) => {
            eprintln!(
                "{}",
                problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
            );
            return Ok(ExitCode::from(REFUSED));
        }
    };
    let (result, trace) = expression.trace(&variables, &mut Budget::default());
    let (first, text, code) = match result {
        Ok(value) => (
            ("value", value.to_json()),
            value.to_json().to_string(),
            ExitCode::SUCCESS,
        ),
        Err(fault) => {
            let text = format!("{}: {fault}", fault.code());
            (("error", text.as_str().into()), text, ExitCode::FAILURE)
        }
    };
    let steps: Vec<_> = trace.steps.iter().map(step).collect();
    output.show(
        &format!("{text}\n{}", lines(&trace)),
        &json!({ first.0: first.1, "trace": steps }),
    )?;
    Ok(code)
}

/// The parts, each indented below the one that it stands in.
fn lines(trace: &Trace) -> String {
    let line = |step: &Step| {
        let outcome = match &step.outcome {
            Outcome::Value(value) => value.clone(),
            Outcome::Fault(fault) => format!("{}: {fault}", fault.code()),
            Outcome::NotEvaluated => "not needed".to_owned(),
        };
        let times = if step.times > 1 {
            format!(" ({} times)", step.times)
        } else {
            String::new()
        };
        format!("{}{} → {outcome}{times}\n", "  ".repeat(step.depth + 1), step.source)
    };
    trace.steps.iter().map(line).collect()
}

fn step(step: &Step) -> Json {
    let (name, outcome) = match &step.outcome {
        Outcome::Value(value) => ("value", value.as_str().into()),
        Outcome::Fault(fault) => ("error", format!("{}: {fault}", fault.code()).into()),
        Outcome::NotEvaluated => ("evaluated", Json::Bool(false)),
    };
    json!({
        "source": &*step.source, "start": step.span.start, "end": step.span.end, "depth": step.depth, "times": step.times,
        name: outcome,
    })
}

/// Prints a line for each case; what came of all stands on the standard error. A case that expects nothing can't fail.
fn batch(cases: &str, output: Output) -> anyhow::Result<ExitCode> {
    let outcomes = cases
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(conformance::run);
    let (mut passed, mut failed) = (0_u32, 0_u32);
    for outcome in outcomes {
        match outcome.passed {
            Some(true) => passed += 1,
            None if !outcome.name.is_empty() => {}
            Some(false) | None => failed += 1,
        }
        print(&outcome.to_json().to_string())?;
    }
    match output.is_json() {
        true => eprintln!("{}", json!({ "passed": passed, "failed": failed })),
        false => eprintln!("{passed} passed, {failed} failed"),
    }
    Ok(ExitCode::from(u8::from(failed > 0)))
}
