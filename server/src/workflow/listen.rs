//! What an active workflow listens to besides changes, as rows: its times and its paths. They are made, moved and dropped
//! in the write set that publishes, pauses or resumes it, so that no time is acted on twice or for nothing.

use std::sync::Arc;

use pointsman_entities::{
    hook,
    ids::{VersionId, WorkflowId},
    schedule, workflow,
};
use pointsman_graph::{
    key::NodeKey,
    plan::{Plan, Trigger},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityName, EntityTrait, IntoActiveModel, QueryFilter};

use super::{
    Error,
    manage::Workflows,
    schedule::{stamp, utc, zone},
};
use crate::store::{self, Delete, Refusal, Update, Write, WriteSet};

/// What a workflow is to listen to from a commit on.
pub(super) enum Listens {
    AsBefore,
    /// To nothing: it is not active.
    Nowhere,
    /// To the triggers of the version that is its active one already.
    Again,
    /// To the triggers of a version that is just being published.
    To {
        version: VersionId,
        plan: Arc<Plan>,
    },
}

impl Workflows {
    /// Adds the rows that make it so.
    ///
    /// # Errors
    /// Where the database fails or the active version is no longer sound.
    pub(super) async fn listen(
        &self,
        workflow: &workflow::Model,
        listens: Listens,
        set: &mut WriteSet,
    ) -> Result<(), Error> {
        let found = match (listens, workflow.active_version) {
            (Listens::AsBefore, _) => return Ok(()),
            (Listens::Nowhere, _) | (Listens::Again, None) => None,
            (Listens::Again, Some(version)) => Some((version, Arc::clone(&self.versions.get(version).await?.plan))),
            (Listens::To { version, plan }, _) => Some((version, plan)),
        };
        let mut standing = self.standing(workflow.id).await?;
        set.push(Write::Delete(Delete {
            table: hook::Entity.table_name(),
            key: vec![("workflow_id", workflow.id.0.into())],
            must_match: false,
        }));
        if let Some((version, plan)) = found {
            for (node, trigger) in plan.triggers() {
                let before = standing.iter().position(|row| row.node == node.as_str());
                let before = before.map(|place| standing.swap_remove(place));
                match self.times(workflow, version, (node, trigger), before.as_ref()).await? {
                    Some(row) => put(set, row, before.is_some()),
                    None => standing.extend(before),
                }
                set_hook(set, workflow.id, version, (node, trigger));
            }
        }
        standing.iter().for_each(|row| remove(set, row));
        Ok(())
    }

    async fn standing(&self, workflow: WorkflowId) -> Result<Vec<schedule::Model>, Error> {
        let rows = schedule::Entity::find()
            .filter(schedule::Column::WorkflowId.eq(workflow))
            .all(self.store.reads())
            .await;
        Ok(rows.map_err(store::Error::from)?)
    }

    /// The row of a trigger's times; none where it has none. One that stands and whose times stay the same goes on from
    /// where it is: nothing that is due is lost.
    async fn times(
        &self,
        workflow: &workflow::Model,
        version: VersionId,
        (node, trigger): (&NodeKey, &Arc<Trigger>),
        before: Option<&schedule::Model>,
    ) -> Result<Option<schedule::Model>, Error> {
        let Some(timetable) = trigger.timetable() else {
            return Ok(None);
        };
        let name = timetable.zone.map_or(workflow.time_zone.as_str(), |zone| zone.name());
        if let Some(row) = before
            && row.zone == name
            && self.looks_alike(row, trigger).await
        {
            return Ok(Some(schedule::Model {
                version_id: version,
                ..row.clone()
            }));
        }
        let now = self.source.now();
        let next = timetable.cron.next(utc(now), zone(name)?);
        Ok(next.map(|next| schedule::Model {
            id: before.map_or_else(|| self.source.id(), |row| row.id),
            workflow_id: workflow.id,
            version_id: version,
            node: node.to_string(),
            zone: name.to_owned(),
            next_at: stamp(next),
            since: now,
            after: None,
        }))
    }

    /// Whether a trigger looks when and at what the standing row's own does.
    async fn looks_alike(&self, row: &schedule::Model, trigger: &Trigger) -> bool {
        let Ok(version) = self.versions.get(row.version_id).await else {
            return false;
        };
        let node = row.node.parse().ok();
        let standing = node.and_then(|node: NodeKey| version.plan.node(&node)?.trigger().cloned());
        let (Some(standing), Some(new)) = (&standing, trigger.timetable()) else {
            return false;
        };
        let same = |old: &pointsman_graph::timetable::Timetable| (&old.cron, &old.date) == (&new.cron, &new.date);
        standing.object == trigger.object && standing.timetable().is_some_and(same)
    }
}

/// Whether a refusal says that another active workflow has a path already.
pub(super) fn path_is_taken(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Taken { index } if index == "hook.path" || index == "hook_pkey")
}

fn put(set: &mut WriteSet, row: schedule::Model, stands: bool) {
    let id = row.id;
    let row = row.into_active_model();
    if stands {
        set.push(Write::Update(Update::of(vec![("id", id.0.into())], &row)));
    } else {
        set.insert(row);
    }
}

fn remove(set: &mut WriteSet, row: &schedule::Model) {
    set.push(Write::Delete(Delete {
        table: schedule::Entity.table_name(),
        key: vec![("id", row.id.0.into())],
        must_match: false,
    }));
}

fn set_hook(set: &mut WriteSet, workflow: WorkflowId, version: VersionId, (node, trigger): (&NodeKey, &Arc<Trigger>)) {
    if let Some(hook) = trigger.hook() {
        set.insert(hook::ActiveModel {
            path: Set(hook.path.to_string()),
            workflow_id: Set(workflow),
            version_id: Set(version),
            node: Set(node.to_string()),
        });
    }
}
