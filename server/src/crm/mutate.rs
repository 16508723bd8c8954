//! Carries commands out: decide, commit, and decide again where somebody else was quicker.

use std::sync::Arc;

use pointsman_entities::ids::RecordId;
use uuid::Uuid;

use super::{
    Access, Crm, Record,
    access::Permission,
    cause::Cause,
    custom,
    govern::governs,
    keyed::Seen,
    revocations::Revocations,
    validate::Code,
    write::{Automation, Command, Decision, Enrolled, Problem},
};
use crate::store::{self, Refusal, Row, Turn, Write, WriteSet};

pub use super::keyed::Key;

/// How often a decision is made anew before it takes a turn of its own.
const ATTEMPTS: usize = 3;

/// Is told of each commit that changed records. Must not block: it runs on the writer's way back.
pub trait Committed: Send + Sync {
    /// `enrolled` are the runs that the changes started; `logged` says that the change log grew.
    fn committed(&self, enrolled: Vec<Enrolled>, logged: bool);
}

/// Commands that succeed or fail together.
pub struct Mutation<'a> {
    pub access: &'a Access,
    pub commands: Vec<Command>,
    pub automation: Automation,
    pub key: Option<Key>,
    /// Adds rows that belong to the records, such as a new user's password.
    pub beside: Option<Beside<'a>>,
}

/// Adds rows to the write set of the records that a mutation writes.
pub type Beside<'a> = &'a (dyn Fn(&[Arc<Record>], &mut WriteSet) + Send + Sync);

/// What came of a mutation.
#[derive(Debug)]
pub enum Outcome {
    /// The records as they are now, in the order of the commands; those that may not be read are left out.
    Written(Vec<Arc<Record>>),
    /// Nothing was written; the problems of each command that has some, by its place.
    Refused(Vec<(usize, Problem)>),
    /// The same request was answered before, about these records.
    Repeated(Vec<RecordId>),
    /// The key was used for another request.
    KeyReused,
}

impl Crm {
    /// Carries the commands out in one write set, or none of them.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn mutate(&self, mutation: &Mutation<'_>) -> Result<Outcome, store::Error> {
        let mut rows: Vec<Row> = Vec::new();
        for attempt in 0.. {
            if let Some(outcome) = self.answered(mutation).await? {
                return Ok(outcome);
            }
            let turn = if attempt < ATTEMPTS {
                None
            } else {
                Some(self.store.turn(&rows).await?)
            };
            if let Some(problem) = forbidden(mutation) {
                return Ok(Outcome::Refused(vec![problem]));
            }
            let mut decision = Decision::new(self, mutation.access, Cause::Request);
            decision.automation = mutation.automation;
            let records = match self.decide(&mut decision, &mutation.commands).await? {
                Ok(records) => records,
                Err(problems) => return Ok(Outcome::Refused(problems)),
            };
            if let Some(beside) = mutation.beside {
                beside(&records, &mut decision.set);
            }
            if let Some(key) = &mutation.key {
                let ids: Vec<Uuid> = records.iter().map(|record| record.id.0).collect();
                let row = key.row(mutation.access.actor(), &ids, decision.now);
                decision.set.insert(row);
            }
            decision.close();
            rows = decision.set.updated();
            match self.settle(decision, turn).await? {
                Ok(()) => {
                    let seen = records.iter().filter_map(|record| mutation.access.view(record));
                    return Ok(Outcome::Written(seen.collect()));
                }
                Err(refusal) => {
                    if let Some(problem) = taken(&mutation.commands, &refusal) {
                        return Ok(Outcome::Refused(vec![problem]));
                    }
                    tracing::debug!(%refusal, attempt, "a mutation is decided again");
                }
            }
        }
        Err(store::Error::Stopped)
    }

    /// Commits a decision and passes on what follows from it, also where the caller is no longer there to hear of it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn settle(
        &self,
        mut decision: Decision<'_>,
        turn: Option<Turn<'_>>,
    ) -> Result<Result<(), Refusal>, store::Error> {
        decision.close();
        let Decision {
            set, enrolled, logs, ..
        } = decision;
        let sequel = Sequel {
            committed: Arc::clone(&self.committed),
            revocations: moves_rights(&set).then(|| self.revocations.clone()),
            enrolled,
            logs,
        };
        let outcome = match turn {
            Some(turn) => sequel.follow(turn.commit(set).await)?,
            None => {
                let store = Arc::clone(&self.store);
                let settled = tokio::spawn(async move { sequel.follow(store.commit(set).await) });
                settled.await.map_err(|_| store::Error::Stopped)??
            }
        };
        if let Err(Refusal::Epoch { name }) = &outcome {
            match name.as_str() {
                custom::EPOCH => self.catalogues.refresh().await?,
                _ => self.enrol.refresh().await?,
            }
        }
        Ok(outcome)
    }

    async fn decide(
        &self,
        decision: &mut Decision<'_>,
        commands: &[Command],
    ) -> Result<Result<Vec<Arc<Record>>, Vec<(usize, Problem)>>, store::Error> {
        let mut records = Vec::with_capacity(commands.len());
        let mut problems = Vec::new();
        for (place, command) in commands.iter().enumerate() {
            match self.write(decision, command).await? {
                Ok(record) => records.push(record),
                Err(found) => problems.extend(found.into_iter().map(|problem| (place, problem))),
            }
        }
        Ok(if problems.is_empty() {
            Ok(records)
        } else {
            Err(problems)
        })
    }

    async fn answered(&self, mutation: &Mutation<'_>) -> Result<Option<Outcome>, store::Error> {
        let Some(key) = &mutation.key else { return Ok(None) };
        let seen = key.seen(&self.store, mutation.access.actor()).await?;
        Ok(seen.map(|seen| match seen {
            Seen::Same(ids) => Outcome::Repeated(ids.into_iter().map(RecordId).collect()),
            Seen::Other => Outcome::KeyReused,
        }))
    }
}

/// What follows from a commit.
struct Sequel {
    committed: Arc<dyn Committed>,
    /// Where users or teams are changed: roles, who may sign in, and who reaches which records.
    revocations: Option<Revocations>,
    enrolled: Vec<Enrolled>,
    logs: bool,
}

impl Sequel {
    fn follow(self, outcome: Result<Result<(), Refusal>, store::Error>) -> Result<Result<(), Refusal>, store::Error> {
        // Also after an error: the commit may have gone through.
        if let Some(revocations) = self.revocations {
            revocations.note();
        }
        if let Ok(Ok(())) = outcome {
            self.committed.committed(self.enrolled, self.logs);
        }
        outcome
    }
}

fn moves_rights(set: &WriteSet) -> bool {
    let moves = |write: &Write| match write {
        Write::Insert(_) | Write::Update(_) | Write::Delete(_) => governs(write.table()),
        Write::Require(_) | Write::Sweep(_) => false,
    };
    set.writes().iter().any(moves)
}

/// Suppressing automation takes a right of its own: what it leaves undone nobody notices.
fn forbidden(mutation: &Mutation<'_>) -> Option<(usize, Problem)> {
    let allowed = match mutation.automation {
        Automation::Run => true,
        Automation::Suppress => mutation.access.has(Permission::SuppressAutomation),
    };
    let problem = || Problem {
        code: Code::Forbidden,
        message: "your role may not suppress automation".into(),
        field: None,
    };
    (!allowed).then(|| (0, problem()))
}

/// The unique field that a refusal is about.
fn taken(commands: &[Command], refusal: &Refusal) -> Option<(usize, Problem)> {
    let Refusal::Taken { index } = refusal else { return None };
    commands.iter().enumerate().find_map(|(place, command)| {
        let table = command.object.table;
        let unique = |column: &str| *index == format!("{table}.{column}") || *index == format!("{table}_{column}_live");
        let field = command
            .object
            .fields
            .iter()
            .find(|field| field.unique && field.custom.is_none() && unique(field.column))?;
        let message = format!("`{}` is taken already", field.name);
        Some((
            place,
            Problem {
                code: Code::Taken,
                message,
                field: Some(field.name),
            },
        ))
    })
}
