//! What a user may do now: their role's rights and the teams they reach. Kept under an epoch that every change of users,
//! teams and roles raises, so what is kept is never older than the epoch that was read a moment ago.

use std::{collections::HashSet, sync::Arc};

use moka::sync::Cache;
use pointsman_entities::{
    epoch,
    ids::{RecordId, UserId},
    role, team,
    time::Timestamp,
    user,
};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::{
    Crm,
    access::{Rights, Role},
};
use crate::store;

/// The epoch that changes of users, teams and roles raise.
pub(super) const EPOCH: &str = "access";

/// Users remembered; of more, those that are used least are read again.
const KEPT: u64 = 10_000;

/// What a user may do.
#[derive(Clone, Debug)]
pub struct Standing {
    pub user: UserId,
    pub role: Role,
    pub rights: Arc<Rights>,
    /// The user's team and those below it.
    pub teams: Arc<[RecordId]>,
    /// From when on the user may not sign in.
    pub disabled_at: Option<Timestamp>,
}

/// The standings that were read, each with the epoch it was read under.
pub(super) struct Standings(Cache<UserId, (i64, Arc<Standing>)>);

impl Default for Standings {
    fn default() -> Self {
        Self(Cache::new(KEPT))
    }
}

impl Standing {
    /// Whether the user may act at that time.
    #[must_use]
    pub fn counts(&self, now: Timestamp) -> bool {
        self.disabled_at.is_none_or(|end| end > now)
    }
}

impl Crm {
    /// What the user may do; none where there is no such user, or it is deleted.
    ///
    /// # Errors
    /// Where the database fails, or a row holds what nobody writes.
    pub async fn standing(&self, user: UserId) -> Result<Option<Arc<Standing>>, store::Error> {
        let epoch = self.access_epoch().await?;
        if let Some((known, standing)) = self.standings.0.get(&user)
            && known == epoch
        {
            return Ok(Some(standing));
        }
        let standing = self.read_standing(user).await?.map(Arc::new);
        if let Some(standing) = &standing {
            self.standings.0.insert(user, (epoch, Arc::clone(standing)));
        }
        Ok(standing)
    }

    /// What a role allows; nothing where there is no such role.
    ///
    /// # Errors
    /// As [`Crm::standing`].
    pub async fn rights(&self, role: Role) -> Result<Arc<Rights>, store::Error> {
        let Role::Custom(id) = role else {
            return Ok(Arc::new(Rights::built_in(role)));
        };
        let row = role::Entity::find_by_id(id).one(self.store.reads()).await?;
        let rights = row.map(|row| read(&row)).transpose()?;
        Ok(Arc::new(rights.unwrap_or_default()))
    }

    /// Whatever is read after it and decided with must require it to be unchanged.
    pub(super) async fn access_epoch(&self) -> Result<i64, store::Error> {
        let epoch = epoch::Entity::find_by_id(EPOCH).one(self.store.reads()).await?;
        Ok(epoch.map_or(0, |epoch| epoch.value))
    }

    /// The teams by id, each with the one above it; those in the bin are left out.
    pub(super) async fn team_tree(&self) -> Result<Vec<(RecordId, Option<RecordId>)>, store::Error> {
        let select = team::Entity::find()
            .select_only()
            .columns([team::Column::Id, team::Column::Parent])
            .filter(team::Column::DeletedAt.is_null());
        Ok(select.into_tuple().all(self.store.reads()).await?)
    }

    async fn read_standing(&self, user: UserId) -> Result<Option<Standing>, store::Error> {
        let row = user::Entity::find_by_id(user).one(self.store.reads()).await?;
        let Some(row) = row.filter(|row| row.deleted_at.is_none()) else {
            return Ok(None);
        };
        let damaged = || DbErr::Type(format!("user {}: `role` is none", user.0));
        let role = Role::parse(&row.role).ok_or_else(damaged)?;
        let teams = match row.team_id {
            Some(team) => below(&self.team_tree().await?, RecordId(team.0)),
            None => Vec::new(),
        };
        Ok(Some(Standing {
            user,
            role,
            rights: self.rights(role).await?,
            teams: teams.into(),
            disabled_at: row.disabled_at,
        }))
    }
}

/// The rights that a role's row holds.
pub(super) fn read(row: &role::Model) -> Result<Rights, DbErr> {
    let damaged = |error| DbErr::Type(format!("role {}: `rights`: {error}", row.id.0));
    serde_json::from_str(&row.rights).map_err(damaged)
}

/// The team and all below it, in order of their ids; nothing where it is not in the tree.
pub(super) fn below(tree: &[(RecordId, Option<RecordId>)], top: RecordId) -> Vec<RecordId> {
    let mut reached: HashSet<RecordId> = tree.iter().map(|(team, _)| *team).filter(|team| *team == top).collect();
    let mut grew = true;
    while grew {
        let size = reached.len();
        let inside = |(team, parent): &(RecordId, Option<RecordId>)| {
            parent.is_some_and(|at| reached.contains(&at)).then_some(*team)
        };
        let more: Vec<_> = tree.iter().filter_map(inside).collect();
        reached.extend(more);
        grew = reached.len() > size;
    }
    let mut teams: Vec<_> = reached.into_iter().collect();
    teams.sort_unstable();
    teams
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn team(number: u128) -> RecordId {
        RecordId(Uuid::from_u128(number))
    }

    fn tree(edges: &[(u128, u128)]) -> Vec<(RecordId, Option<RecordId>)> {
        let parent = |number| (number > 0).then(|| team(number));
        edges
            .iter()
            .map(|(child, above)| (team(*child), parent(*above)))
            .collect()
    }

    #[test]
    fn a_team_reaches_all_below_it_and_none_beside_or_above() {
        let tree = tree(&[(1, 0), (2, 1), (3, 2), (4, 1), (5, 0)]);

        assert_eq!(below(&tree, team(1)), [1, 2, 3, 4].map(team));
        assert_eq!(below(&tree, team(2)), [2, 3].map(team));
        assert_eq!(below(&tree, team(5)), [team(5)]);
    }

    #[test]
    fn a_team_that_is_not_in_the_tree_reaches_none() {
        assert_eq!(below(&tree(&[(2, 1)]), team(1)), []);
    }
}
