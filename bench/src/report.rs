//! The figures as a table for people, and its place in a document.

use std::{fmt, fs, path::Path, time::Duration};

use anyhow::{Context, Result};

use crate::{load::Done, server::Database, workload::Workload};

const BEGIN: &str = "<!-- written by `make bench` -->\n";
const END: &str = "<!-- end -->\n";

/// One workload on one database.
pub struct Figure {
    pub workload: Workload,
    pub database: Database,
    /// What the calls did, and how long it took until all of it was done.
    pub done: Done,
    /// Processor time of the server and the database.
    pub used: Duration,
    /// Rows that a call left in the database.
    pub rows: usize,
    /// As many rows, written by nothing but the database.
    pub limit: Done,
}

impl Figure {
    fn cpu(&self) -> f64 {
        self.used.as_secs_f64() * 1000.0 / self.done.count().max(1) as f64
    }
}

/// How long W1 takes at ten events a second.
pub struct Latency {
    pub database: Database,
    pub done: Done,
    /// One request at a time to a web server alone.
    pub request: Done,
    /// One commit at a time by the database alone.
    pub commit: Done,
}

impl Latency {
    /// What nothing durable can do without: a request and two commits, one after the other.
    fn floor(&self) -> Duration {
        self.request.percentile(50) + 2 * self.commit.percentile(50)
    }
}

/// All figures of one run.
pub struct Report {
    http: Done,
    figures: Vec<Figure>,
    latencies: Vec<Latency>,
}

impl Report {
    /// Beside what a web server alone can do.
    pub fn new(http: Done) -> Self {
        Self {
            http,
            figures: Vec::new(),
            latencies: Vec::new(),
        }
    }

    pub fn add(&mut self, figure: Figure) {
        eprintln!(
            "{} on {:?}: {:.0}/s",
            figure.workload,
            figure.database,
            figure.done.rate()
        );
        self.figures.push(figure);
    }

    pub fn add_latency(&mut self, latency: Latency) {
        self.latencies.push(latency);
    }

    /// Puts the table into the document, between its two marks.
    pub fn write(&self, document: &Path) -> Result<()> {
        let text = fs::read_to_string(document)?;
        let (before, rest) = text
            .split_once(BEGIN)
            .context("the document has no place for the table")?;
        let (_, after) = rest.split_once(END).context("the table's place has no end")?;
        Ok(fs::write(document, format!("{before}{BEGIN}{self}{END}{after}"))?)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| workload | database | a second | p50 / p99 ms | CPU ms each | rows each | the database alone | ratio |\n\
             |---|---|---|---|---|---|---|---|"
        )?;
        for figure in &self.figures {
            let (done, limit) = (&figure.done, figure.limit.rate());
            let (p50, p99) = (milliseconds(done.percentile(50)), milliseconds(done.percentile(99)));
            writeln!(
                f,
                "| {} | {:?} | {:.0} | {p50:.1} / {p99:.1} | {:.2} | {} | {limit:.0} | {:.2} |",
                figure.workload,
                figure.database,
                done.rate(),
                figure.cpu(),
                figure.rows,
                done.rate() / limit,
            )?;
        }
        writeln!(
            f,
            "\n| W1 at 10 a second | p50 / p99 ms | a request and two commits alone, ms | ratio of p50 |\n|---|---|---|---|"
        )?;
        for latency in &self.latencies {
            let (done, floor) = (&latency.done, milliseconds(latency.floor()));
            let (p50, p99) = (milliseconds(done.percentile(50)), milliseconds(done.percentile(99)));
            writeln!(
                f,
                "| {:?} | {p50:.1} / {p99:.1} | {floor:.1} | {:.1} |",
                latency.database,
                p50 / floor
            )?;
        }
        writeln!(
            f,
            "\nHTTP alone: {:.0} requests a second, p99 {:.1} ms.",
            self.http.rate(),
            milliseconds(self.http.percentile(99))
        )
    }
}

fn milliseconds(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}
