//! `pointsman workflow`: list, check, import, export and run. Checking needs no installation.

mod import;
mod trial;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, Subcommand};
use pointsman_graph::{check::check as find_problems, definition::Definition, value::Schema};
use serde_json::{Value as Json, json};

use super::output::{Door, Output, REFUSED, otherwise, read};
use crate::{
    config::Config,
    control::{Answer, Order, ProblemLine, StartOrder, WorkflowLine, WorkflowOrder},
    crm::Catalogue,
};

#[derive(Debug, Subcommand)]
pub(super) enum Act {
    /// Lists all workflows.
    List,
    /// Says what is wrong with definitions.
    Check {
        /// Files of definitions; `-` is the standard input.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Creates a draft of each workflow in the files.
    Import(import::Import),
    /// Prints a draft as a file.
    Export {
        /// Its id, or its name where no other has it.
        workflow: String,
    },
    /// Starts a run by hand and prints its id. A server carries it out.
    Run(Run),
    /// Tells what a run would do, and does nothing.
    DryRun(Box<trial::DryRun>),
    /// Asks the changes of the past how many runs would have started.
    Backtest(Box<trial::Backtest>),
}

#[derive(Debug, Args)]
pub(super) struct Run {
    /// Its id, or its name where no other has it.
    workflow: String,
    /// The id of the record that the run is to be about.
    #[arg(long, value_name = "ID")]
    record: Option<String>,
    /// A JSON object: the answers to the trigger's form.
    #[arg(long, value_name = "JSON", value_parser = json_object)]
    form: Option<Json>,
}

fn json_object(text: &str) -> Result<Json, String> {
    match serde_json::from_str(text) {
        Ok(json @ Json::Object(_)) => Ok(json),
        Ok(_) => Err("it is no JSON object".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

pub(super) async fn perform(
    config: impl FnOnce() -> anyhow::Result<Config>,
    act: Act,
    output: Output,
) -> anyhow::Result<ExitCode> {
    match act {
        Act::List => match ask(&config()?, WorkflowOrder::List).await? {
            Answer::Workflows(rows) => output.show(&rows.iter().map(line).collect::<String>(), &json!(rows)),
            other => otherwise(other),
        },
        Act::Check { files } => check(&files, output),
        Act::Import(import) => import.perform(config, output).await,
        Act::Export { workflow } => match ask(&config()?, WorkflowOrder::Export { workflow }).await? {
            Answer::Draft(draft) => output.show(&serde_json::to_string_pretty(&draft.definition)?, &json!(draft)),
            other => otherwise(other),
        },
        Act::DryRun(run) => run.perform(&config()?, output).await,
        Act::Backtest(backtest) => backtest.perform(&config()?, output).await,
        Act::Run(run) => {
            let order = StartOrder {
                workflow: run.workflow,
                record: run.record,
                form: run.form.unwrap_or(Json::Null),
            };
            match ask(&config()?, WorkflowOrder::Run(order)).await? {
                Answer::Run { id } => output.show(&id, &json!({ "id": id })),
                other => otherwise(other),
            }
        }
    }
}

async fn ask(config: &Config, order: WorkflowOrder) -> anyhow::Result<Answer> {
    Door::new(config).ask(Order::Workflow(order)).await
}

fn line(row: &WorkflowLine) -> String {
    format!("{}  {:<8}  {}\n", row.id, row.state, row.name)
}

fn check(files: &[PathBuf], output: Output) -> anyhow::Result<ExitCode> {
    let (mut text, mut documents, mut refused) = (String::new(), Vec::new(), false);
    for file in files {
        let found = match Definition::read(&read(file)?) {
            Ok(definition) => problems(&definition),
            Err(error) => vec![unreadable(error.code(), &anyhow::Error::new(error))],
        };
        refused |= found.iter().any(|problem| problem.error);
        text.extend(
            found
                .iter()
                .map(|problem| format!("{}: {}\n", file.display(), shown(problem))),
        );
        documents.push(json!({ "file": file, "problems": found }));
    }
    output.show(&text, &json!(documents))?;
    Ok(ExitCode::from(if refused { REFUSED } else { 0 }))
}

fn problems(definition: &Definition) -> Vec<ProblemLine> {
    let schema: Arc<dyn Schema> = Arc::new(Catalogue::core());
    let checked = find_problems(definition, &schema);
    checked.problems.into_iter().map(Into::into).collect()
}

fn unreadable(code: &str, error: &anyhow::Error) -> ProblemLine {
    ProblemLine {
        error: true,
        code: code.to_owned(),
        message: format!("{error:#}"),
        node: None,
        edge: None,
        field: None,
    }
}

/// `error at mail.subject: UNKNOWN_FIELD: …`
fn shown(problem: &ProblemLine) -> String {
    let severity = if problem.error { "error" } else { "warning" };
    let places = [&problem.node, &problem.edge, &problem.field].into_iter().flatten();
    let place = places.map(String::as_str).collect::<Vec<_>>().join(".");
    let place = if place.is_empty() {
        place
    } else {
        format!(" at {place}")
    };
    format!("{severity}{place}: {}: {}", problem.code, problem.message)
}
