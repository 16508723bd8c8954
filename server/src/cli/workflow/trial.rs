//! `pointsman workflow dry-run` and `backtest`.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use chrono::DateTime;
use clap::Args;
use pointsman_entities::time::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::super::output::{Door, Output, otherwise, progress, read};
use crate::{
    config::Config,
    control::{Answer, DryRunOrder, JobLine, Order, Played, SubjectOrder, TrialOrder},
    engine::{
        backtest::Tally,
        dry_run::report::{Act, Effect, Step},
    },
};

/// How often a job is asked how far it has come.
const POLL: Duration = Duration::from_millis(200);

#[derive(Debug, Args)]
pub struct Subject {
    /// A file of a definition; `-` is the standard input.
    #[arg(required_unless_present = "draft", conflicts_with = "draft")]
    file: Option<PathBuf>,
    /// A workflow's draft instead: its id, or its name where no other has it.
    #[arg(long, value_name = "WORKFLOW")]
    draft: Option<String>,
    /// Where calendar days begin for the definition of a file.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    time_zone: String,
}

#[derive(Debug, Args)]
pub struct DryRun {
    #[command(flatten)]
    subject: Subject,
    /// The key of the trigger; by default the first that fits what else is given.
    #[arg(long, value_name = "KEY")]
    trigger: Option<String>,
    /// The id of the record that the run is to be about.
    #[arg(long, value_name = "ID")]
    record: Option<String>,
    /// A JSON object: what the change that starts the run writes into the record, else into a new one.
    #[arg(long, value_name = "JSON", value_parser = object)]
    values: Option<Map<String, Json>>,
    /// A JSON object: the answers to the trigger's form.
    #[arg(long, value_name = "JSON", value_parser = object)]
    payload: Option<Map<String, Json>>,
    /// A JSON object: what nodes find that wait for the outside world, by key.
    #[arg(long, value_name = "JSON", value_parser = object)]
    answers: Option<Map<String, Json>>,
    /// When it begins; now if nothing is said.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

#[derive(Debug, Args)]
pub struct Backtest {
    #[command(flatten)]
    subject: Subject,
    /// Asks the changes of so many days.
    #[arg(long, default_value_t = 30)]
    days: u32,
}

fn object(text: &str) -> Result<Map<String, Json>, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

impl Subject {
    fn order(self) -> anyhow::Result<SubjectOrder> {
        match (self.file, self.draft) {
            (_, Some(draft)) => Ok(SubjectOrder::Draft(draft)),
            (Some(file), None) => Ok(SubjectOrder::Drawn {
                definition: serde_json::from_str(&read(&file)?)?,
                time_zone: self.time_zone,
            }),
            (None, None) => anyhow::bail!("a file or a draft must be given"),
        }
    }
}

impl DryRun {
    pub(super) async fn perform(self, config: &Config, output: Output) -> anyhow::Result<ExitCode> {
        let order = TrialOrder::DryRun(Box::new(DryRunOrder {
            subject: self.subject.order()?,
            trigger: self.trigger,
            record: self.record,
            values: self.values,
            payload: self.payload.map_or(Json::Null, Json::Object),
            answers: self.answers.unwrap_or_default(),
            at: self.at,
        }));
        match Door::new(config).ask(Order::Trial(order)).await? {
            Answer::DryRun(played) => output.show(&told(&played), &json!(played)),
            other => otherwise(other),
        }
    }
}

impl Backtest {
    pub(super) async fn perform(self, config: &Config, output: Output) -> anyhow::Result<ExitCode> {
        let (mut door, bar) = (Door::new(config), progress(0));
        let subject = self.subject.order()?;
        let mut order = TrialOrder::Backtest {
            subject,
            days: self.days,
        };
        loop {
            let job = match door.ask(Order::Trial(order)).await? {
                Answer::Job(job) => job,
                other => return otherwise(other),
            };
            bar.set_length(u64::try_from(job.total).unwrap_or_default());
            bar.set_position(u64::try_from(job.done).unwrap_or_default());
            if job.state != "RUNNING" {
                bar.finish_and_clear();
                return ended(&job, output);
            }
            tokio::time::sleep(POLL).await;
            order = TrialOrder::Job { id: job.id };
        }
    }
}

fn ended(job: &JobLine, output: Output) -> anyhow::Result<ExitCode> {
    if let Some(error) = &job.error {
        anyhow::bail!("{error}");
    }
    let text = job.found.as_ref().map(counted).unwrap_or_default();
    output.show(&text, &json!(job))
}

fn counted(tally: &Tally) -> String {
    let head = format!(
        "{} runs would have started by {} changes; {} changes can't be told any more\n",
        tally.enrolled, tally.evaluated, tally.not_evaluable
    );
    let days = tally.days.iter().map(|(day, runs)| format!("{day}  {runs}\n"));
    let samples = tally.samples.iter().map(|sample| {
        let status = sample.status.as_deref().unwrap_or("HALTED");
        let effects: String = sample
            .effects
            .iter()
            .map(|effect| format!("    {}\n", shown(effect)))
            .collect();
        format!("{}  {}  {status}\n{effects}", time(sample.at), sample.record)
    });
    std::iter::once(head).chain(days).chain(samples).collect()
}

fn told(played: &Played) -> String {
    let report = &played.report;
    let fires = if report.verdict.fires {
        "It would start.\n"
    } else {
        "It would not start.\n"
    };
    let steps = report
        .steps
        .iter()
        .map(|(number, step)| format!("{number:>4}  {}\n", way(step)));
    let effects = report.effects.iter().map(|effect| format!("      {}\n", shown(effect)));
    let end = match (&report.halt, report.status()) {
        (Some(halt), _) => format!("{}: {}\n", halt.code.text(), halt.message),
        (None, status) => format!("{} at {}\n", status.unwrap_or_default(), time(report.ended)),
    };
    let warnings = played.warnings.iter().map(|warning| format!("warning: {warning}\n"));
    std::iter::once(fires.to_owned())
        .chain(steps)
        .chain(effects)
        .chain([end])
        .chain(warnings)
        .collect()
}

fn way(step: &Step) -> String {
    let status = step.status.map_or("", |status| status.text());
    let port = step.port.as_ref().map(|port| format!(" by {port}")).unwrap_or_default();
    let until = step
        .waits_until
        .map(|until| format!(", waits until {}", time(until)))
        .unwrap_or_default();
    let simulated = if step.simulated { ", made up" } else { "" };
    format!("{} {status}{port}{until}{simulated}", step.step)
}

fn shown(effect: &Effect) -> String {
    let what = match &effect.act {
        Act::Change(diff) => {
            let side = |pair: &Json, place: usize| pair.get(place).map(Json::to_string).unwrap_or_default();
            let field = |(name, pair): (&String, &Json)| format!("{name} {} → {}", side(pair, 0), side(pair, 1));
            let fields: Vec<_> = diff.fields.iter().map(field).collect();
            format!(
                "{} {}: {}",
                diff.operation.text().to_lowercase(),
                diff.object,
                fields.join(", ")
            )
        }
        Act::Email(mail) => format!("e-mail to {}: {}", mail.to.join(", "), mail.subject),
        Act::Sms { to, text, .. } => format!("SMS to {to}: {text}"),
        Act::Http { method, url, .. } => format!("{method} {url}"),
        Act::Notice { title, .. } => format!("notifies a user: {title}"),
        Act::Signal { name, key, .. } if key.is_empty() => format!("signals {name}"),
        Act::Signal { name, key, .. } => format!("signals {name} for {key}"),
        Act::Start { trigger, .. } => format!("starts another run by `{trigger}`"),
    };
    format!("{}: {what}", effect.step)
}

fn time(at: Timestamp) -> String {
    DateTime::from_timestamp_micros(at.micros())
        .map(|time| time.to_rfc3339())
        .unwrap_or_default()
}
