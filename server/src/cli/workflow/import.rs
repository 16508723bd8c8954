//! `pointsman workflow import`: files of our own form, or of another system's, become drafts.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use pointsman_graph::{
    definition::Definition,
    foreign::{
        n8n,
        report::{EdgeFate, NodeFate, Report},
    },
};
use serde::Serialize;
use serde_json::Value as Json;

use super::{shown, unreadable};
use crate::{
    cli::output::{Door, Output, REFUSED, progress, read},
    config::Config,
    control::{Answer, NewWorkflow, Order, ProblemLine, WorkflowOrder},
};

#[derive(Debug, Args)]
pub(in crate::cli) struct Import {
    /// Files of definitions; `-` is the standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The system that wrote the files; our own form where it is not given.
    #[arg(long, value_enum)]
    from: Option<System>,
    /// What the workflow is to be called; by default as its file says, or as the file is called.
    #[arg(long)]
    name: Option<String>,
    /// Creates nothing: prints what would be, and what became of each part.
    #[arg(long)]
    dry_run: bool,
}

/// A system whose workflows can be read.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum System {
    #[value(name = "n8n")]
    N8n,
}

/// A workflow of a file.
struct Found {
    name: Option<String>,
    time_zone: Option<String>,
    definition: Definition,
    report: Option<Report>,
}

/// What became of it.
#[derive(Serialize)]
struct Line {
    file: PathBuf,
    name: Option<String>,
    /// The draft's id; none where none was created.
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<Report>,
    /// What is wrong with the draft; where there is none, why.
    problems: Vec<ProblemLine>,
}

impl Import {
    /// Goes through all files, whatever becomes of one.
    pub(super) async fn perform(
        self,
        config: impl FnOnce() -> anyhow::Result<Config>,
        output: Output,
    ) -> anyhow::Result<ExitCode> {
        let config = config()?;
        let (mut door, bar) = (Door::new(&config), progress(self.files.len()));
        let mut lines = Vec::new();
        for file in &self.files {
            match self.read(&read(file)?) {
                Ok(found) => {
                    for one in found {
                        lines.push(self.draft(&mut door, file, one).await?);
                    }
                }
                Err(problem) => lines.push(Line::refused(file, None, *problem)),
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        let text: String = lines.iter().map(Line::text).collect();
        output.show(&text, &serde_json::to_value(&lines)?)?;
        let refused = lines.iter().any(|line| line.id.is_none() && line.definition.is_none());
        Ok(ExitCode::from(if refused { REFUSED } else { 0 }))
    }

    fn read(&self, text: &str) -> Result<Vec<Found>, Box<ProblemLine>> {
        match self.from {
            None => match Definition::read(text) {
                Ok(definition) => Ok(vec![Found {
                    name: None,
                    time_zone: None,
                    definition,
                    report: None,
                }]),
                Err(error) => Err(Box::new(unreadable(error.code(), &anyhow::Error::new(error)))),
            },
            Some(System::N8n) => match n8n::import(text) {
                Ok(imported) => Ok(imported.into_iter().map(Found::from).collect()),
                Err(error) => Err(Box::new(unreadable(error.code(), &anyhow::Error::new(error)))),
            },
        }
    }

    async fn draft(&self, door: &mut Door<'_>, file: &Path, found: Found) -> anyhow::Result<Line> {
        let stem = || file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let name = self.name.clone().or(found.name).or_else(stem).unwrap_or_default();
        let definition = found.definition.to_file();
        let line = Line {
            file: file.to_owned(),
            name: Some(name.clone()),
            id: None,
            definition: None,
            report: found.report,
            problems: Vec::new(),
        };
        if self.dry_run {
            return Ok(Line {
                definition: Some(definition),
                problems: super::problems(&found.definition),
                ..line
            });
        }
        let order = NewWorkflow {
            name,
            time_zone: found.time_zone,
            definition,
        };
        match door.ask(Order::Workflow(WorkflowOrder::Import(order))).await? {
            Answer::Draft(draft) => Ok(Line {
                id: Some(draft.id),
                problems: draft.problems,
                ..line
            }),
            Answer::Refused { problems } => {
                let problem = unreadable("REFUSED", &anyhow::anyhow!(problems.join("; ")));
                Ok(Line {
                    problems: vec![problem],
                    ..line
                })
            }
            Answer::Failed { message } => anyhow::bail!("{message}"),
            Answer::User { .. }
            | Answer::Key { .. }
            | Answer::Seeded(_)
            | Answer::Workflows(_)
            | Answer::Run { .. }
            | Answer::DryRun(_)
            | Answer::Job(_) => {
                anyhow::bail!("the server answered something else")
            }
        }
    }
}

impl From<n8n::Imported> for Found {
    fn from(imported: n8n::Imported) -> Self {
        Self {
            name: imported.name,
            time_zone: imported.time_zone,
            definition: imported.definition,
            report: Some(imported.report),
        }
    }
}

impl Line {
    fn refused(file: &Path, name: Option<String>, problem: ProblemLine) -> Self {
        Self {
            file: file.to_owned(),
            name,
            id: None,
            definition: None,
            report: None,
            problems: vec![problem],
        }
    }

    fn text(&self) -> String {
        let name = self.name.as_deref().unwrap_or_default();
        let id = self.id.as_deref().unwrap_or("not created");
        let mut text = format!("{}: {id} {name}\n", self.file.display());
        if let Some(definition) = &self.definition {
            text.push_str(&format!("{definition:#}\n"));
        }
        text.extend(self.report.as_ref().map(account));
        let errors = self.problems.iter().filter(|problem| problem.error);
        text.extend(errors.map(|problem| format!("  {}\n", shown(problem))));
        text
    }
}

/// What is left to do by hand, and how much there was.
fn account(report: &Report) -> String {
    let counts = &report.counts;
    let mut text = format!(
        "  {} nodes: {} mapped, {} placeholders, {} parts of these, {} notes\n  {} edges: {} drawn, {} closing loops, {} \
         repeated, {} supplying parts, {} leading back, {} without a way out, {} dangling; {} added for failures\n",
        counts.nodes,
        counts.mapped,
        counts.placeholders,
        counts.parts,
        counts.notes,
        counts.edges,
        counts.drawn,
        counts.closing_loops,
        counts.repeated,
        counts.supplying,
        counts.leading_back,
        counts.without_way_out,
        counts.dangling,
        counts.added,
    );
    for node in report.nodes.iter().filter(|node| node.fate != NodeFate::Note) {
        if node.fate == NodeFate::Placeholder {
            text.push_str(&format!("  {}: a placeholder for {}\n", node.name, node.kind));
        }
        for remark in &node.remarks {
            let field = remark
                .field
                .as_ref()
                .map(|field| format!(" {field}:"))
                .unwrap_or_default();
            text.push_str(&format!("  {}:{field} {}\n", node.name, remark.message));
        }
    }
    for edge in &report.edges {
        let left_out = match edge.fate {
            EdgeFate::LeadsBack => "leads back: left out",
            EdgeFate::NoWayOut => "has no way out of ours: left out",
            EdgeFate::Dangling => "has an end that is not there: left out",
            EdgeFate::Drawn | EdgeFate::ClosesLoop | EdgeFate::Repeated | EdgeFate::Supplies => continue,
        };
        text.push_str(&format!("  {} → {} {left_out}\n", edge.from, edge.to));
    }
    text
}
