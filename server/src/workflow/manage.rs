//! What admins do with workflows: create, save, check, pause, resume, archive. Never moves a run.

use std::sync::Arc;

use pointsman_entities::{activation, ids::WorkflowId, workflow};
use pointsman_graph::{
    check::{Checked, check},
    definition::Definition,
};
use sea_orm::{ActiveValue::Set, EntityTrait, IntoActiveModel};
use uuid::Uuid;

use super::{
    Error,
    callees::surroundings,
    enrol::{EPOCH, Triggers, current_epoch},
    listen::{Listens, path_is_taken},
    versions::{Version, Versions},
};
use crate::{
    crm::{
        Access, Catalogues,
        access::Permission,
        keyed::{Request, Seen},
        validate::Code,
        write::{Enrol, Problem},
    },
    source::Source,
    store::{self, Refusal, Store, Update, Write, WriteSet},
};

pub use super::publish::Published;

/// The states of a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Never published.
    Draft,
    /// Changes start runs.
    Active,
    /// Nothing starts; runs under way go on.
    Paused,
    /// Put away.
    Archived,
}

impl State {
    /// The state as it is stored and shown.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Active => "ACTIVE",
            Self::Paused => "PAUSED",
            Self::Archived => "ARCHIVED",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Draft, Self::Active, Self::Paused, Self::Archived]
            .into_iter()
            .find(|state| state.text() == text)
    }
}

/// A new workflow.
#[derive(Clone, Debug)]
pub struct New {
    pub name: String,
    pub description: Option<String>,
    /// IANA name; calendar durations count in it.
    pub time_zone: String,
    pub definition: Definition,
}

/// What an admin changes in a draft. What is none stays.
#[derive(Clone, Debug, Default)]
pub struct Save {
    pub name: Option<String>,
    pub description: Option<Option<String>>,
    pub time_zone: Option<String>,
    pub definition: Option<Definition>,
    /// The draft's version that the admin has seen.
    pub expected: Option<i64>,
}

/// The workflows of one installation.
pub struct Workflows {
    pub(super) store: Arc<Store>,
    pub(super) catalogues: Arc<Catalogues>,
    pub(super) versions: Arc<Versions>,
    pub(super) triggers: Arc<Triggers>,
    pub(super) source: Arc<Source>,
}

pub(super) type Answer<T> = Result<Result<T, Problem>, Error>;

impl Workflows {
    #[must_use]
    pub fn new(
        store: Arc<Store>,
        catalogues: Arc<Catalogues>,
        versions: Arc<Versions>,
        triggers: Arc<Triggers>,
        source: Arc<Source>,
    ) -> Self {
        Self {
            store,
            catalogues,
            versions,
            triggers,
            source,
        }
    }

    /// The version that new runs of a workflow start on; none unless the workflow is active.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn active(&self, id: WorkflowId) -> Result<Option<Arc<Version>>, Error> {
        let workflow = self
            .get(id)
            .await?
            .filter(|workflow| workflow.state == State::Active.text());
        match workflow.and_then(|workflow| workflow.active_version) {
            Some(version) => self.versions.get(version).await.map(Some),
            None => Ok(None),
        }
    }

    /// The workflow of that id.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn get(&self, id: WorkflowId) -> Result<Option<workflow::Model>, Error> {
        Ok(workflow::Entity::find_by_id(id)
            .one(self.store.reads())
            .await
            .map_err(store::Error::from)?)
    }

    /// Finds every problem of a definition, `own` being the workflow it is of.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn check(
        &self,
        access: &Access,
        definition: &Definition,
        own: Option<WorkflowId>,
    ) -> Result<Checked, Error> {
        // What the publisher may not read or write is not there for the workflow, and named as unknown.
        let known = Arc::new(self.catalogues.current().seen_by(access));
        let schema = surroundings(&self.store, &known, own, definition).await?;
        Ok(check(definition, &schema))
    }

    /// Creates a workflow with a draft.
    ///
    /// # Errors
    /// Where the database fails, or the key was used for another request.
    pub async fn create<'a>(&self, request: impl Into<Request<'a>>, new: New) -> Answer<workflow::Model> {
        let request = request.into();
        if let Err(problem) = editor(request.access)
            .and_then(|()| named(&new.name))
            .and_then(|()| zoned(&new.time_zone))
        {
            return Ok(Err(problem));
        }
        let model = self.new_row(request.access, new);
        loop {
            if let Some(ids) = self.answered(request).await? {
                return self.named_first(&ids).await;
            }
            let mut set = WriteSet::new();
            set.insert(model.clone().into_active_model());
            request.remember(&mut set, &[model.id.0], model.created_at);
            if self.store.commit(set).await?.is_ok() {
                return Ok(Ok(model));
            }
        }
    }

    fn new_row(&self, access: &Access, new: New) -> workflow::Model {
        let now = self.source.now();
        workflow::Model {
            id: self.source.id(),
            name: new.name.trim().to_owned(),
            description: new.description,
            state: State::Draft.text().into(),
            draft: new.definition.to_file().to_string(),
            draft_version: 1,
            active_version: None,
            latest_number: 0,
            time_zone: new.time_zone,
            version: 1,
            created_at: now,
            created_by: access.user(),
            updated_at: now,
            updated_by: access.user(),
        }
    }

    /// Saves a draft, whatever its problems.
    ///
    /// # Errors
    /// Where the database fails, or the key was used for another request.
    pub async fn save<'a>(
        &self,
        request: impl Into<Request<'a>>,
        id: WorkflowId,
        save: Save,
    ) -> Answer<workflow::Model> {
        let fine = save.name.as_deref().map_or(Ok(()), named);
        if let Err(problem) = fine.and_then(|()| save.time_zone.as_deref().map_or(Ok(()), zoned)) {
            return Ok(Err(problem));
        }
        self.change(request.into(), id, &[], |workflow, row, _| {
            if save.expected.is_some_and(|expected| expected != workflow.draft_version) {
                return Err(stale(workflow));
            }
            if let Some(definition) = &save.definition {
                row.draft = Set(definition.to_file().to_string());
            }
            row.name = save
                .name
                .as_ref()
                .map_or(sea_orm::NotSet, |name| Set(name.trim().to_owned()));
            row.description = save.description.clone().map_or(sea_orm::NotSet, Set);
            row.time_zone = save.time_zone.clone().map_or(sea_orm::NotSet, Set);
            row.draft_version = Set(workflow.draft_version + 1);
            Ok(Listens::AsBefore)
        })
        .await
    }

    /// Pauses, resumes or archives a workflow.
    ///
    /// # Errors
    /// Where the database fails, or the key was used for another request.
    pub async fn set_state<'a>(
        &self,
        request: impl Into<Request<'a>>,
        id: WorkflowId,
        state: State,
    ) -> Answer<workflow::Model> {
        self.change(request.into(), id, &[], |workflow, row, set| {
            if state == State::Active && workflow.active_version.is_none() {
                return Err(refused(Code::Invalid, "the workflow was never published", None));
            }
            set.raise_epoch(EPOCH);
            row.state = Set(state.text().into());
            Ok(match state {
                State::Active => Listens::Again,
                State::Draft | State::Paused | State::Archived => Listens::Nowhere,
            })
        })
        .await
    }

    /// Changes a workflow's row under its optimistic lock, deciding anew where somebody was quicker. A repetition of the
    /// request is answered about the workflow and whatever is named `beside` it.
    pub(super) async fn change(
        &self,
        request: Request<'_>,
        id: WorkflowId,
        beside: &[Uuid],
        decide: impl Fn(&workflow::Model, &mut workflow::ActiveModel, &mut WriteSet) -> Result<Listens, Problem>,
    ) -> Answer<workflow::Model> {
        if let Err(problem) = editor(request.access) {
            return Ok(Err(problem));
        }
        loop {
            if let Some(ids) = self.answered(request).await? {
                return self.named_first(&ids).await;
            }
            let Some(workflow) = self.get(id).await? else {
                return Ok(Err(missing()));
            };
            let (mut set, now) = (WriteSet::new(), self.source.now());
            let mut row = workflow::ActiveModel {
                version: Set(workflow.version + 1),
                updated_at: Set(now),
                updated_by: Set(request.access.user()),
                ..Default::default()
            };
            match decide(&workflow, &mut row, &mut set) {
                Ok(listens) => self.listen(&workflow, listens, &mut set).await?,
                Err(problem) => {
                    // What stands in the way may be this very request, answered between the two looks.
                    return match self.answered(request).await? {
                        Some(ids) => self.named_first(&ids).await,
                        None => Ok(Err(problem)),
                    };
                }
            }
            let update = Update::of(vec![("id", id.0.into())], &row).guarded("version", workflow.version);
            set.push(Write::Update(update));
            request.remember(&mut set, &[&[id.0], beside].concat(), now);
            let raises = !set.raised().is_empty();
            if raises {
                self.log_activation(&workflow, &row, &mut set).await?;
            }
            match self.store.commit(set).await? {
                Ok(()) => {
                    if raises {
                        self.triggers.refresh().await?;
                    }
                    return Ok(self.get(id).await?.ok_or_else(missing));
                }
                Err(refusal) if path_is_taken(&refusal) => {
                    let message = "another active workflow has its webhook at the same path";
                    return Ok(Err(refused(Code::Taken, message, None)));
                }
                Err(Refusal::Epoch { .. }) => self.catalogues.refresh().await?,
                Err(Refusal::Row { .. } | Refusal::Conflict | Refusal::Taken { .. }) => {}
            }
        }
    }

    /// Writes down which version changes meet from the epoch on that the set begins, for whoever asks later why one of
    /// them started nothing.
    async fn log_activation(
        &self,
        workflow: &workflow::Model,
        row: &workflow::ActiveModel,
        set: &mut WriteSet,
    ) -> Result<(), Error> {
        let epoch = current_epoch(&self.store).await?;
        let state = row.state.try_as_ref().unwrap_or(&workflow.state);
        let version = *row.active_version.try_as_ref().unwrap_or(&workflow.active_version);
        set.require_epoch(EPOCH, epoch);
        set.insert(activation::ActiveModel {
            workflow_id: Set(workflow.id),
            epoch: Set(epoch + 1),
            version_id: Set(version.filter(|_| state == State::Active.text())),
            at: Set(self.source.now()),
        });
        Ok(())
    }

    /// What the same request was answered about before; none where it is new.
    pub(super) async fn answered(&self, request: Request<'_>) -> Result<Option<Vec<Uuid>>, Error> {
        match request.seen(&self.store).await? {
            Some(Seen::Same(ids)) => Ok(Some(ids)),
            Some(Seen::Other) => Err(Error::KeyReused),
            None => Ok(None),
        }
    }

    async fn named_first(&self, ids: &[Uuid]) -> Answer<workflow::Model> {
        match ids.first() {
            Some(id) => Ok(self.get(WorkflowId(*id)).await?.ok_or_else(missing)),
            None => Ok(Err(missing())),
        }
    }
}

pub(super) fn editor(access: &Access) -> Result<(), Problem> {
    match access.has(Permission::EditWorkflows) && access.may_be_acted_for() {
        true => Ok(()),
        false => Err(refused(Code::Forbidden, "your role may not change workflows", None)),
    }
}

fn named(name: &str) -> Result<(), Problem> {
    match name.trim().chars().count() {
        0 => Err(refused(Code::Required, "`name` must be given", Some("name"))),
        1..=255 => Ok(()),
        _ => Err(refused(
            Code::TooLong,
            "`name` must have at most 255 characters",
            Some("name"),
        )),
    }
}

fn zoned(zone: &str) -> Result<(), Problem> {
    let wrong = |_| {
        refused(
            Code::Invalid,
            "`timeZone` must be an IANA time zone such as Europe/Berlin",
            Some("timeZone"),
        )
    };
    zone.parse::<chrono_tz::Tz>().map(|_| ()).map_err(wrong)
}

pub(super) fn missing() -> Problem {
    refused(Code::NotFound, "there is no such workflow", None)
}

pub(super) fn stale(workflow: &workflow::Model) -> Problem {
    let message = format!("the draft is at version {} now", workflow.draft_version);
    refused(Code::Conflict, &message, Some("expectedVersion"))
}

pub(super) fn refused(code: Code, message: &str, field: Option<&'static str>) -> Problem {
    Problem {
        code,
        message: message.into(),
        field,
    }
}
