//! Workflows that are tried out: drafts, versions and definitions that are saved nowhere, made into versions that nobody
//! publishes. Starts nothing.

use std::sync::Arc;

use pointsman_entities::ids::{UserId, VersionId, WorkflowId};
use pointsman_graph::{
    check::{Checked, Problem as Flaw},
    definition::Definition,
    key::NodeKey,
};

use super::{
    Error,
    manage::{Workflows, missing, refused},
    versions::Version,
};
use crate::crm::{Access, access::Permission, validate::Code, write::Problem};

/// What is tried out.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A workflow's draft.
    Draft(WorkflowId),
    Version(VersionId),
    /// A definition as it is drawn just now.
    Drawn {
        definition: Definition,
        time_zone: String,
    },
}

/// What came of it.
#[derive(Debug)]
pub enum Candidate {
    /// It could be published by whoever asks, or was published by somebody.
    Sound {
        version: Arc<Version>,
        definition: Definition,
        warnings: Vec<Flaw>,
    },
    /// It has errors.
    Flawed(Vec<Flaw>),
    Refused(Problem),
}

/// A definition with what surrounds it.
struct Named {
    definition: Definition,
    workflow: Option<WorkflowId>,
    name: String,
    number: i64,
    time_zone: String,
    publisher: Option<UserId>,
}

impl Workflows {
    /// Makes a version of what is to be tried out; of a node and all that leads to it, where one is named.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn candidate(
        &self,
        access: &Access,
        subject: Subject,
        up_to: Option<&NodeKey>,
    ) -> Result<Candidate, Error> {
        let permitted = access.has(Permission::EditWorkflows) || access.has(Permission::InspectRuns);
        if !permitted || !(access.may_be_acted_for() || access.rights().reads_all()) {
            let message = "your role may not try workflows out";
            return Ok(Candidate::Refused(refused(Code::Forbidden, message, None)));
        }
        let named = match self.drawn(access, subject).await? {
            Ok(named) => named,
            Err(problem) => return Ok(Candidate::Refused(problem)),
        };
        let part = up_to.map(|node| named.definition.up_to(node).ok_or_else(|| node.clone()));
        let definition = match part {
            None => named.definition.clone(),
            Some(Ok(part)) => part,
            Some(Err(node)) => {
                let problem = refused(Code::NotFound, &format!("there is no node `{node}`"), Some("node"));
                return Ok(Candidate::Refused(problem));
            }
        };
        let Checked { plan, problems } = self.check(access, &definition, named.workflow).await?;
        Ok(match plan {
            None => Candidate::Flawed(problems),
            Some(plan) => Candidate::Sound {
                version: Arc::new(Version {
                    id: self.source.id(),
                    workflow: named.workflow.unwrap_or_else(|| self.source.id()),
                    name: named.name,
                    number: named.number,
                    time_zone: named.time_zone,
                    // Who does not read everything tries it out in their own name.
                    publisher: if access.rights().reads_all() {
                        named.publisher
                    } else {
                        access.user()
                    },
                    plan,
                }),
                definition,
                warnings: problems,
            },
        })
    }

    async fn drawn(&self, access: &Access, subject: Subject) -> Result<Result<Named, Problem>, Error> {
        let (workflow, text, publisher) = match subject {
            Subject::Drawn { definition, time_zone } => {
                return Ok(Ok(Named {
                    definition,
                    workflow: None,
                    name: String::new(),
                    number: 0,
                    time_zone,
                    publisher: access.user(),
                }));
            }
            Subject::Draft(id) => match self.get(id).await? {
                Some(workflow) => {
                    let draft = workflow.draft.clone();
                    (workflow, draft, access.user())
                }
                None => return Ok(Err(missing())),
            },
            Subject::Version(id) => {
                let Some(row) = self.many_versions(&[id]).await?.remove(&id) else {
                    return Ok(Err(absent()));
                };
                match self.get(row.workflow_id).await? {
                    Some(workflow) => (workflow, row.definition, row.published_by),
                    None => return Ok(Err(absent())),
                }
            }
        };
        let unreadable = |error| refused(Code::Invalid, &format!("the draft can't be read: {error}"), None);
        Ok(Definition::read(&text).map_err(unreadable).map(|definition| Named {
            definition,
            workflow: Some(workflow.id),
            name: workflow.name,
            number: workflow.latest_number + 1,
            time_zone: workflow.time_zone,
            publisher,
        }))
    }
}

fn absent() -> Problem {
    refused(Code::NotFound, "there is no such version", None)
}
