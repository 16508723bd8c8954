//! Publishing: a draft without errors becomes a version, and new runs start on it from the same commit on.

use std::sync::Arc;

use pointsman_entities::{
    ids::{VersionId, WorkflowId},
    workflow, workflow_version,
};
use pointsman_graph::{
    check::{Checked, Problem as Flaw, between},
    definition::Definition,
    plan::Plan,
};
use sea_orm::{ActiveValue::Set, EntityTrait, IntoActiveModel};
use uuid::Uuid;

use super::{
    Error,
    enrol::EPOCH,
    listen::Listens,
    manage::{Answer, State, Workflows, editor, missing, refused, stale},
};
use crate::{
    crm::{Access, custom, keyed::Request, validate::Code, write::Problem},
    store,
};

/// What came of a publication.
#[derive(Debug)]
pub enum Published {
    /// The workflow starts runs of the version from now on.
    Version {
        workflow: workflow::Model,
        version: workflow_version::Model,
        warnings: Vec<Flaw>,
    },
    /// The draft has errors; nothing was published.
    Flawed {
        workflow: workflow::Model,
        flaws: Vec<Flaw>,
    },
    Refused(Problem),
}

impl Workflows {
    /// Publishes the draft as the version that new runs start on, or says what is wrong with it.
    ///
    /// # Errors
    /// Where the database fails, or the key was used for another request.
    pub async fn publish<'a>(
        &self,
        request: impl Into<Request<'a>>,
        id: WorkflowId,
        expected: Option<i64>,
    ) -> Result<Published, Error> {
        let request = request.into();
        if let Err(problem) = editor(request.access) {
            return Ok(Published::Refused(problem));
        }
        if let Some(ids) = self.answered(request).await? {
            return self.published(request.access, &ids).await;
        }
        let Some(workflow) = self.get(id).await? else {
            return Ok(Published::Refused(missing()));
        };
        let Checked {
            plan,
            problems: mut flaws,
        } = match self.checked(request.access, &workflow).await? {
            Ok(checked) => checked,
            Err(problem) => return Ok(Published::Refused(problem)),
        };
        let Some(plan) = plan else {
            return Ok(Published::Flawed { workflow, flaws });
        };
        flaws.extend(self.rounds(&workflow, &plan));
        let version = self.next_version(request, &workflow);
        let beside = [version.id.0];
        let objects = self.catalogues.current().epoch();
        let changed = self.change(request, id, &beside, |now, row, set| {
            // Whoever saved or published meanwhile has changed what was checked.
            if expected.is_some_and(|expected| expected != now.draft_version) || now.version != workflow.version {
                return Err(stale(now));
            }
            if self.catalogues.current().epoch() != objects {
                let message = "fields or objects were changed meanwhile: look at the problems again";
                return Err(refused(Code::Conflict, message, None));
            }
            set.require_epoch(custom::EPOCH, objects);
            set.insert(version.clone().into_active_model());
            set.raise_epoch(EPOCH);
            row.state = Set(State::Active.text().into());
            row.active_version = Set(Some(version.id));
            row.latest_number = Set(version.number);
            Ok(Listens::To {
                version: version.id,
                plan: Arc::clone(&plan),
            })
        });
        Ok(match changed.await? {
            Ok(workflow) if workflow.active_version != Some(version.id) => {
                self.latest(request.access, workflow).await?
            }
            Ok(workflow) => Published::Version {
                workflow,
                version,
                warnings: flaws,
            },
            Err(problem) => Published::Refused(problem),
        })
    }

    /// What is wrong with a draft, were it published by somebody with the access.
    ///
    /// # Errors
    /// Where the database fails. A draft that can't even be read is refused.
    pub async fn flaws(&self, access: &Access, workflow: &workflow::Model) -> Answer<Vec<Flaw>> {
        Ok(self.checked(access, workflow).await?.map(|checked| checked.problems))
    }

    async fn warnings(&self, access: &Access, workflow: &workflow::Model) -> Result<Vec<Flaw>, Error> {
        let Ok(Checked { plan, problems }) = self.checked(access, workflow).await? else {
            return Ok(Vec::new());
        };
        let rounds = plan.map_or_else(Vec::new, |plan| self.rounds(workflow, &plan));
        Ok([problems, rounds].concat())
    }

    async fn checked(&self, access: &Access, workflow: &workflow::Model) -> Answer<Checked> {
        match Definition::read(&workflow.draft) {
            Ok(draft) => self.check(access, &draft, Some(workflow.id)).await.map(Ok),
            Err(error) => {
                let message = format!("the draft can't be read: {error}");
                Ok(Err(refused(Code::Invalid, &message, None)))
            }
        }
    }

    /// The warnings of other active workflows that this one, as its draft says, can set off and that can set it off again.
    fn rounds(&self, workflow: &workflow::Model, plan: &Plan) -> Vec<Flaw> {
        let active = self.triggers.active();
        let others = active.iter().filter(|version| version.workflow != workflow.id);
        let others: Vec<_> = others.map(|version| (version.name.as_str(), &*version.plan)).collect();
        between(&workflow.name, plan, &others)
    }

    fn next_version(&self, request: Request<'_>, workflow: &workflow::Model) -> workflow_version::Model {
        workflow_version::Model {
            id: self.source.id::<VersionId>(),
            workflow_id: workflow.id,
            number: workflow.latest_number + 1,
            definition: workflow.draft.clone(),
            name: workflow.name.clone(),
            time_zone: workflow.time_zone.clone(),
            published_at: self.source.now(),
            published_by: request.access.user(),
        }
    }

    /// The same request made two publications at a time: the other one was quicker.
    async fn latest(&self, access: &Access, workflow: workflow::Model) -> Result<Published, Error> {
        let version = workflow.active_version.map(|version| version.0);
        let ids: Vec<Uuid> = std::iter::once(workflow.id.0).chain(version).collect();
        self.published(access, &ids).await
    }

    async fn published(&self, access: &Access, ids: &[Uuid]) -> Result<Published, Error> {
        let [workflow, version] = ids else {
            return Ok(Published::Refused(missing()));
        };
        let version = workflow_version::Entity::find_by_id(VersionId(*version))
            .one(self.store.reads())
            .await
            .map_err(store::Error::from)?;
        match (self.get(WorkflowId(*workflow)).await?, version) {
            (Some(workflow), Some(version)) => Ok(Published::Version {
                warnings: self.warnings(access, &workflow).await?,
                workflow,
                version,
            }),
            (None, _) | (_, None) => Ok(Published::Refused(missing())),
        }
    }
}
