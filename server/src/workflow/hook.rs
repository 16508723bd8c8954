//! Runs that calls from outside start. Knows nothing of HTTP: who calls has shown that they may.

use std::sync::Arc;

use pointsman_entities::{
    hook, hook_delivery,
    ids::{MemberId, RunId},
    time::Timestamp,
};
use pointsman_graph::{key::NodeKey, node::Hook, plan::Trigger};
use sea_orm::{ActiveValue::Set, EntityName, EntityTrait};
use serde_json::Value as Json;

use super::{Error, enter::enter, manage::Workflows, reason::Reason, versions::Version};
use crate::{
    crm::{
        Access, Crm,
        cause::Cause,
        write::{Decision, Enrolled},
    },
    store::{self, Refusal, Require, Write},
};

/// A path at which an active workflow is called.
pub struct Listening {
    row: hook::Model,
    version: Arc<Version>,
    trigger: Arc<Trigger>,
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// It has started a run.
    Started(RunId),
    /// The same delivery has started this run before.
    Repeated(RunId),
    /// The workflow's settings let it start nothing.
    TurnedAway(Reason),
    /// Nobody listens any more.
    Gone,
}

impl Listening {
    /// What a call must be like.
    #[must_use]
    pub fn hook(&self) -> Option<&Hook> {
        self.trigger.hook()
    }
}

impl Workflows {
    /// Who listens at a path; none where nobody does.
    ///
    /// # Errors
    /// Where the database fails or the version is no longer sound.
    pub async fn listening(&self, path: &str) -> Result<Option<Listening>, Error> {
        let row = hook::Entity::find_by_id(path.to_owned())
            .one(self.store.reads())
            .await
            .map_err(store::Error::from)?;
        let Some(row) = row else { return Ok(None) };
        let version = self.versions.get(row.version_id).await?;
        let node: Option<NodeKey> = row.node.parse().ok();
        let trigger = node.and_then(|node| version.plan.node(&node)?.trigger().cloned());
        Ok(trigger.map(|trigger| Listening { row, version, trigger }))
    }

    /// Starts a run with what was sent, unless the delivery of that id has started one.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn call(
        &self,
        crm: &Crm,
        member: MemberId,
        listening: &Listening,
        delivery: Option<&str>,
        payload: &Json,
    ) -> Result<Called, Error> {
        loop {
            if let Some(run) = self.delivered(listening, delivery).await? {
                return Ok(Called::Repeated(run));
            }
            let access = Access::system();
            let mut decision = Decision::new(crm, &access, Cause::Request);
            let start = listening.start(crm, decision.now, payload.clone());
            let (run, workflow) = (start.run, start.workflow);
            let turned_away = enter(crm, member, &listening.version, vec![start], &mut decision).await?;
            if let Some(reason) = turned_away.first() {
                return Ok(Called::TurnedAway(*reason));
            }
            decision.set.push(listening.still());
            if let Some(delivery) = delivery {
                decision.set.insert(hook_delivery::ActiveModel {
                    workflow_id: Set(workflow),
                    delivery: Set(delivery.to_owned()),
                    run_id: Set(run),
                    at: Set(decision.now),
                });
            }
            match crm.settle(decision, None).await? {
                Ok(()) => return Ok(Called::Started(run)),
                Err(Refusal::Row { table }) if table == hook::Entity.table_name() => return Ok(Called::Gone),
                Err(_decided_again) => {}
            }
        }
    }

    async fn delivered(&self, listening: &Listening, delivery: Option<&str>) -> Result<Option<RunId>, Error> {
        let Some(delivery) = delivery else { return Ok(None) };
        let row = hook_delivery::Entity::find_by_id((listening.row.workflow_id, delivery.to_owned()))
            .one(self.store.reads())
            .await;
        Ok(row.map_err(store::Error::from)?.map(|row| row.run_id))
    }
}

impl Listening {
    fn start(&self, crm: &Crm, at: Timestamp, payload: Json) -> Enrolled {
        Enrolled {
            run: crm.source().id(),
            workflow: self.version.workflow,
            version: self.version.id,
            trigger: self.row.node.clone(),
            record: None,
            previous: None,
            form: Json::Null,
            payload,
            due: None,
            key: None,
            change: None,
            cause: "webhook".into(),
            cause_run: None,
            depth: 0,
            gate: None,
            held: false,
            at,
        }
    }

    /// Requires that the version still listens there.
    fn still(&self) -> Write {
        Write::Require(Require {
            table: hook::Entity.table_name(),
            key: vec![("path", self.row.path.clone().into())],
            guard: vec![("version_id", self.row.version_id.0.into())],
        })
    }
}
