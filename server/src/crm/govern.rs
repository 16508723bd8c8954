//! What must hold of users and teams because rights rest on them: a user's role is there, and teams form a tree. Every
//! change of either raises the epoch of access, and is refused where another one came between.

use pointsman_entities::ids::RecordId;

use super::{
    Crm, Record, Value,
    access::Role,
    derive::Draft,
    standing::{self, below},
    validate::Code,
    write::{Decision, Problem},
};
use crate::store;

impl Crm {
    /// What is wrong with a user or a team as it is to be. Anything else is none of its business.
    pub(super) async fn misgoverned(
        &self,
        decision: &mut Decision<'_>,
        draft: &Draft<'_>,
    ) -> Result<Option<Problem>, store::Error> {
        if !governs(draft.object.name) {
            return Ok(None);
        }
        let epoch = self.access_epoch().await?;
        decision.set.require_epoch(standing::EPOCH, epoch);
        if !decision.set.raised().iter().any(|raised| raised == standing::EPOCH) {
            decision.set.raise_epoch(standing::EPOCH);
        }
        match draft.object.name {
            "user" if draft.changes("role") => self.roleless(draft).await,
            "team" if draft.changes("parent") => self.cycle(decision, draft).await,
            _ => Ok(None),
        }
    }

    async fn roleless(&self, draft: &Draft<'_>) -> Result<Option<Problem>, store::Error> {
        let text = draft.get("role").as_text();
        let role = text
            .and_then(Role::parse)
            .filter(|role| Some(role.text().as_str()) == text);
        let known = match role {
            Some(role) => self.role(role).await?.is_some(),
            None => false,
        };
        Ok((!known).then(|| Problem {
            code: Code::NotFound,
            message: "there is no such role".into(),
            field: Some("role"),
        }))
    }

    async fn cycle(&self, decision: &Decision<'_>, draft: &Draft<'_>) -> Result<Option<Problem>, store::Error> {
        let (Some(team), Some(parent)) = (draft.before.map(|team| team.id), draft.get("parent").as_id()) else {
            return Ok(None);
        };
        let mut tree = self.team_tree().await?;
        if let Some((object, _)) = self.object("team").zip(draft.before) {
            // What this decision has written already counts too.
            for written in decision.snapshot.written(&object) {
                tree.retain(|(known, _)| *known != written.id);
                tree.extend((!written.is_deleted()).then(|| (written.id, above(written))));
            }
        }
        let inside = below(&tree, team).contains(&parent);
        Ok(inside.then(|| Problem {
            code: Code::Invalid,
            message: "`parent` can't be the team itself or one below it".into(),
            field: Some("parent"),
        }))
    }
}

/// Whether rights rest on records of the object.
pub(super) fn governs(object: &str) -> bool {
    matches!(object, "user" | "team")
}

fn above(team: &Record) -> Option<RecordId> {
    match team.get("parent") {
        Value::Id(parent) => Some(*parent),
        _ => None,
    }
}
