//! What admins do with workflows: create, save, check, publish, pause, resume, archive.

use std::sync::Arc;

use pointsman_entities::{
    ids::{VersionId, WorkflowId},
    workflow, workflow_version,
};
use pointsman_graph::{
    check::{Checked, Problem as Flaw, check},
    definition::Definition,
    value::Schema,
};
use sea_orm::{ActiveValue::Set, EntityTrait, IntoActiveModel};

use super::{
    Error,
    enrol::{EPOCH, Triggers},
    versions::{Version, Versions},
};
use crate::{
    crm::{
        Access, Catalogue,
        access::Permission,
        validate::Code,
        write::{Enrol, Problem},
    },
    source::Source,
    store::{self, Refusal, Store, Update, Write, WriteSet},
};

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

/// What came of a publication.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "made once a publication, and the large variant is the usual one"
)]
pub enum Published {
    /// The workflow starts runs of the version from now on.
    Version {
        workflow: workflow::Model,
        version: workflow_version::Model,
        warnings: Vec<Flaw>,
    },
    /// The draft has errors; nothing was published.
    Flawed(Vec<Flaw>),
    Refused(Problem),
}

/// The workflows of one installation.
pub struct Workflows {
    store: Arc<Store>,
    catalogue: Arc<Catalogue>,
    versions: Arc<Versions>,
    triggers: Arc<Triggers>,
    source: Arc<Source>,
}

type Answer<T> = Result<Result<T, Problem>, Error>;

impl Workflows {
    #[must_use]
    pub fn new(
        store: Arc<Store>,
        catalogue: Arc<Catalogue>,
        versions: Arc<Versions>,
        triggers: Arc<Triggers>,
        source: Arc<Source>,
    ) -> Self {
        Self {
            store,
            catalogue,
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

    /// Finds every problem of a definition.
    #[must_use]
    pub fn check(&self, definition: &Definition) -> Checked {
        let schema: Arc<dyn Schema> = Arc::<Catalogue>::clone(&self.catalogue);
        check(definition, &schema)
    }

    /// Creates a workflow with a draft.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn create(&self, access: &Access, new: New) -> Answer<workflow::Model> {
        if let Err(problem) = editor(access)
            .and_then(|()| named(&new.name))
            .and_then(|()| zoned(&new.time_zone))
        {
            return Ok(Err(problem));
        }
        let now = self.source.now();
        let model = workflow::Model {
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
        };
        let mut set = WriteSet::new();
        set.insert(model.clone().into_active_model());
        let _new_id_is_free = self.store.commit(set).await?;
        Ok(Ok(model))
    }

    /// Saves a draft, whatever its problems.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn save(&self, access: &Access, id: WorkflowId, save: Save) -> Answer<workflow::Model> {
        let fine = save.name.as_deref().map_or(Ok(()), named);
        if let Err(problem) = fine.and_then(|()| save.time_zone.as_deref().map_or(Ok(()), zoned)) {
            return Ok(Err(problem));
        }
        self.change(access, id, |workflow, row, _| {
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
            Ok(())
        })
        .await
    }

    /// Publishes the draft as the version that new runs start on, or says what is wrong with it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn publish(&self, access: &Access, id: WorkflowId, expected: Option<i64>) -> Result<Published, Error> {
        let Some(workflow) = self.get(id).await? else {
            return Ok(Published::Refused(missing()));
        };
        if let Err(problem) = editor(access) {
            return Ok(Published::Refused(problem));
        }
        let draft = match Definition::read(&workflow.draft) {
            Ok(draft) => draft,
            Err(error) => {
                return Ok(Published::Refused(refused(
                    Code::Invalid,
                    &error.to_string(),
                    Some("draft"),
                )));
            }
        };
        let checked = self.check(&draft);
        if checked.plan.is_none() {
            return Ok(Published::Flawed(checked.problems));
        }
        let version = workflow_version::Model {
            id: self.source.id::<VersionId>(),
            workflow_id: id,
            number: workflow.latest_number + 1,
            definition: workflow.draft.clone(),
            published_at: self.source.now(),
            published_by: access.user(),
        };
        let seen = (workflow.version, version.clone());
        let published = self
            .change(access, id, |workflow, row, set| {
                if expected.is_some_and(|expected| expected != workflow.draft_version) || workflow.version != seen.0 {
                    return Err(stale(workflow));
                }
                set.insert(seen.1.clone().into_active_model());
                set.raise_epoch(EPOCH);
                row.state = Set(State::Active.text().into());
                row.active_version = Set(Some(seen.1.id));
                row.latest_number = Set(seen.1.number);
                Ok(())
            })
            .await?;
        Ok(match published {
            Ok(workflow) => Published::Version {
                workflow,
                version,
                warnings: checked.problems,
            },
            Err(problem) => Published::Refused(problem),
        })
    }

    /// Pauses, resumes or archives a workflow.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn set_state(&self, access: &Access, id: WorkflowId, state: State) -> Answer<workflow::Model> {
        self.change(access, id, |workflow, row, set| {
            if state == State::Active && workflow.active_version.is_none() {
                return Err(refused(Code::Invalid, "the workflow was never published", None));
            }
            set.raise_epoch(EPOCH);
            row.state = Set(state.text().into());
            Ok(())
        })
        .await
    }

    /// Changes a workflow's row under its optimistic lock, deciding anew where somebody was quicker.
    async fn change(
        &self,
        access: &Access,
        id: WorkflowId,
        decide: impl Fn(&workflow::Model, &mut workflow::ActiveModel, &mut WriteSet) -> Result<(), Problem>,
    ) -> Answer<workflow::Model> {
        if let Err(problem) = editor(access) {
            return Ok(Err(problem));
        }
        loop {
            let Some(workflow) = self.get(id).await? else {
                return Ok(Err(missing()));
            };
            let mut set = WriteSet::new();
            let mut row = workflow::ActiveModel {
                version: Set(workflow.version + 1),
                updated_at: Set(self.source.now()),
                updated_by: Set(access.user()),
                ..Default::default()
            };
            if let Err(problem) = decide(&workflow, &mut row, &mut set) {
                return Ok(Err(problem));
            }
            let update = Update::of(vec![("id", id.0.into())], &row).guarded("version", workflow.version);
            set.push(Write::Update(update));
            let raises = !set.raised().is_empty();
            match self.store.commit(set).await? {
                Ok(()) => {
                    if raises {
                        self.triggers.refresh().await?;
                    }
                    return Ok(self.get(id).await?.ok_or_else(missing));
                }
                Err(Refusal::Row { .. } | Refusal::Conflict | Refusal::Taken { .. } | Refusal::Epoch { .. }) => {}
            }
        }
    }
}

fn editor(access: &Access) -> Result<(), Problem> {
    match access.has(Permission::EditWorkflows) {
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

fn missing() -> Problem {
    refused(Code::NotFound, "there is no such workflow", None)
}

fn stale(workflow: &workflow::Model) -> Problem {
    let message = format!("the draft is at version {} now", workflow.draft_version);
    refused(Code::Conflict, &message, Some("expectedVersion"))
}

fn refused(code: Code, message: &str, field: Option<&'static str>) -> Problem {
    Problem {
        code,
        message: message.into(),
        field,
    }
}
