//! Commands about workflows. What they do goes the way of the API: the same drafts, checks and starts.

use std::error::Error as _;

use pointsman_entities::workflow;
use pointsman_graph::{check::Problem, definition::Definition};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Answer, refused};
use crate::{
    crm::{Access, id},
    installation::{Error, Installation},
    store::page::{Order, Slice},
    workflow::{
        browse::Filter,
        manage::{New, Workflows},
        start::Start,
    },
};

/// The prefix of a workflow's id.
const PREFIX: &str = "workflow";
/// Workflows read at a time.
const PAGE: u64 = 100;

/// What a command asks of workflows. One is named by its id, or by its name where no other has it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WorkflowOrder {
    /// All of them.
    List,
    /// A new draft.
    Import(NewWorkflow),
    /// The draft of one.
    Export { workflow: String },
    /// A run, started by hand.
    Run(StartOrder),
}

/// A workflow to be.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewWorkflow {
    pub name: String,
    /// IANA name; UTC where it is not given.
    pub time_zone: Option<String>,
    /// In the form of a file.
    pub definition: Json,
}

/// A run to be.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartOrder {
    pub workflow: String,
    /// The id of the record that it is to be about.
    pub record: Option<String>,
    /// The answers to the trigger's form.
    pub form: Json,
}

/// One workflow of a list.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowLine {
    pub id: String,
    pub name: String,
    pub state: String,
    pub draft_version: i64,
    /// How many versions were published.
    pub versions: i64,
}

/// A workflow's draft.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    pub id: String,
    pub name: String,
    pub time_zone: String,
    /// In the form of a file.
    pub definition: Json,
    pub problems: Vec<ProblemLine>,
}

/// One problem of a definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProblemLine {
    /// Whether it keeps the definition from being published.
    pub error: bool,
    pub code: String,
    pub message: String,
    pub node: Option<String>,
    pub edge: Option<String>,
    pub field: Option<String>,
}

impl From<Problem> for ProblemLine {
    fn from(problem: Problem) -> Self {
        Self {
            error: problem.is_error(),
            code: problem.code.as_str().to_owned(),
            message: problem.message,
            node: problem.node.map(Into::into),
            edge: problem.edge,
            field: problem.field,
        }
    }
}

/// Carries a command out.
pub(super) async fn perform(installation: &Installation, order: WorkflowOrder) -> Result<Answer, Error> {
    let workflows = &installation.workflows;
    match order {
        WorkflowOrder::List => Ok(Answer::Workflows(all(workflows).await?.iter().map(line).collect())),
        WorkflowOrder::Import(new) => import(workflows, new).await,
        WorkflowOrder::Export { workflow } => Ok(match named(workflows, &workflow).await? {
            Ok(row) => draft(workflows, &row).await?,
            Err(problem) => refused(problem),
        }),
        WorkflowOrder::Run(start) => run(installation, start).await,
    }
}

async fn import(workflows: &Workflows, new: NewWorkflow) -> Result<Answer, Error> {
    let definition = match Definition::from_json(new.definition) {
        Ok(definition) => definition,
        Err(error) => return Ok(refused(reason(&error))),
    };
    let new = New {
        name: new.name,
        description: None,
        time_zone: new.time_zone.unwrap_or_else(|| "UTC".to_owned()),
        definition,
    };
    Ok(match workflows.create(&Access::system(), new).await? {
        Ok(row) => draft(workflows, &row).await?,
        Err(problem) => refused(problem.message),
    })
}

async fn run(installation: &Installation, start: StartOrder) -> Result<Answer, Error> {
    let workflow = match named(&installation.workflows, &start.workflow).await? {
        Ok(row) => row.id,
        Err(problem) => return Ok(refused(problem)),
    };
    let (access, member) = (Access::system(), installation.engine.member());
    let start = Start {
        record: start.record,
        form: start.form,
    };
    let started = installation
        .workflows
        .start(&installation.crm, member, &access, workflow, start)
        .await?;
    Ok(match started {
        Ok(run) => Answer::Run {
            id: id::format("run", run),
        },
        Err(problem) => refused(problem.message),
    })
}

async fn all(workflows: &Workflows) -> Result<Vec<workflow::Model>, Error> {
    let order = Order {
        column: workflow::Column::Name,
        id: workflow::Column::Id,
        descending: false,
    };
    let mut slice = Slice {
        size: PAGE,
        ..Slice::default()
    };
    let mut found = Vec::new();
    loop {
        let page = workflows.list(&Filter::default(), &order, &slice).await?;
        slice.from = page.rows.last().map(|(place, _)| place.clone());
        found.extend(page.rows.into_iter().map(|(_, row)| row));
        if !page.has_next {
            return Ok(found);
        }
    }
}

/// The workflow of that id or name, or why it is not known which is meant.
pub(super) async fn named(workflows: &Workflows, text: &str) -> Result<Result<workflow::Model, String>, Error> {
    let by_id = match id::parse(PREFIX, text) {
        Some(id) => workflows.get(id).await?,
        None => None,
    };
    if let Some(row) = by_id {
        return Ok(Ok(row));
    }
    let mut rows = all(workflows).await?;
    rows.retain(|row| row.name == text);
    Ok(match (rows.pop(), rows.len()) {
        (Some(row), 0) => Ok(row),
        (Some(_), others) => Err(format!("{} workflows are called `{text}`: give the id", others + 1)),
        (None, _) => Err(format!("there is no workflow `{text}`")),
    })
}

fn line(row: &workflow::Model) -> WorkflowLine {
    WorkflowLine {
        id: id::format(PREFIX, row.id),
        name: row.name.clone(),
        state: row.state.clone(),
        draft_version: row.draft_version,
        versions: row.latest_number,
    }
}

async fn draft(workflows: &Workflows, row: &workflow::Model) -> Result<Answer, Error> {
    Ok(match Definition::read(&row.draft) {
        Ok(definition) => Answer::Draft(Draft {
            id: id::format(PREFIX, row.id),
            name: row.name.clone(),
            time_zone: row.time_zone.clone(),
            problems: workflows
                .check(&Access::system(), &definition, Some(row.id))
                .await?
                .problems
                .into_iter()
                .map(Into::into)
                .collect(),
            definition: definition.to_file(),
        }),
        Err(error) => Answer::Failed {
            message: format!(
                "the draft of {} can't be read: {}",
                id::format(PREFIX, row.id),
                reason(&error)
            ),
        },
    })
}

pub(super) fn reason(error: &pointsman_graph::definition::ReadDefinition) -> String {
    let source = error.source().map(|source| format!(": {source}")).unwrap_or_default();
    format!("{} ({error}{source})", error.code())
}
