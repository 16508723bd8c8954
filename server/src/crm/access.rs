//! The one place that decides who may see and change what. Reading and writing records is possible only with an
//! [`Access`], and what it says holds for queries, counts, filters, subscriptions and workflow actions alike.

pub mod rights;
pub mod role;

use std::{borrow::Cow, sync::Arc};

use pointsman_entities::ids::{RecordId, UserId};

pub use self::{
    rights::{Action, FieldRule, Permission, Rights, Scope},
    role::Role,
};
use super::{
    cause::Actor,
    filter::{Filter, Test},
    object::{self, Field, Object},
    record::Record,
    standing::Standing,
    value::Value,
};

/// What one principal may see and do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    actor: Actor,
    role: Role,
    user: Option<UserId>,
    rights: Arc<Rights>,
    /// The principal's team and those below it.
    teams: Arc<[RecordId]>,
}

impl Access {
    /// A principal with a role that comes with every installation and without a team; any other role allows it nothing.
    #[must_use]
    pub fn new(actor: Actor, role: Role) -> Self {
        Self::with(actor, role, Arc::new(Rights::built_in(role)))
    }

    /// A principal with these rights and without a team.
    #[must_use]
    pub fn with(actor: Actor, role: Role, rights: Arc<Rights>) -> Self {
        Self {
            user: actor.user(),
            teams: Arc::default(),
            actor,
            role,
            rights,
        }
    }

    /// Somebody with the rights that a user has.
    #[must_use]
    pub fn of(actor: Actor, standing: &Standing) -> Self {
        Self {
            actor,
            role: standing.role,
            user: Some(standing.user),
            rights: Arc::clone(&standing.rights),
            teams: Arc::clone(&standing.teams),
        }
    }

    /// A key that acts for its owner: their records are its own, and it may do nothing that they may not.
    #[must_use]
    pub fn owned_by(self, owner: &Standing) -> Self {
        let rights = self.rights.meet(&owner.rights);
        Self {
            role: if rights == *owner.rights { owner.role } else { self.role },
            rights: Arc::new(rights),
            ..Self::of(self.actor, owner)
        }
    }

    /// Pointsman itself: set-up, seeding, and the reading that matching triggers needs.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Actor::System, Role::Admin)
    }

    #[must_use]
    pub fn actor(&self) -> Actor {
        self.actor
    }

    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// What the principal may do, whatever the record.
    #[must_use]
    pub fn rights(&self) -> &Rights {
        &self.rights
    }

    /// The user, or the owner of the key.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        self.user
    }

    #[must_use]
    pub fn has(&self, permission: Permission) -> bool {
        self.rights.permissions.contains(&permission)
    }

    /// Whether runs may act in the principal's name: a key that acts for nobody lends its runs no bounds, so it must need
    /// none.
    #[must_use]
    pub fn may_be_acted_for(&self) -> bool {
        self.user.is_some() || *self.rights == Rights::built_in(Role::Admin)
    }

    /// Which of an object's records the action is allowed on.
    #[must_use]
    pub fn scope(&self, object: &Object, action: Action) -> Scope {
        self.rights.scope(object, action)
    }

    /// The records that the action is allowed on, as a condition: in SQL and in memory the same.
    #[must_use]
    pub fn filter(&self, object: &Object, action: Action) -> Filter {
        match self.scope(object, action) {
            Scope::None => Filter::Always(false),
            Scope::Own => self.own(object),
            Scope::Team => Filter::Any(vec![self.own(object), self.of_teams(object)]),
            Scope::All => Filter::All(Vec::new()),
        }
    }

    /// Whether the action is allowed on this record.
    #[must_use]
    pub fn allows(&self, action: Action, record: &Record) -> bool {
        self.filter(&record.object, action).matches(record) == Some(true)
    }

    /// Whether the field may be seen.
    #[must_use]
    pub fn sees(&self, object: &Object, field: &Field) -> bool {
        self.rights.rule(object, field) != Some(FieldRule::Hidden)
    }

    /// Whether the field may be given a value, on records that may be changed.
    #[must_use]
    pub fn writes(&self, object: &Object, field: &Field) -> bool {
        self.rights.rule(object, field).is_none()
    }

    /// The record as it may be seen: without what is hidden. None where it may not be read.
    #[must_use]
    pub fn view(&self, record: &Arc<Record>) -> Option<Arc<Record>> {
        self.allows(Action::Read, record)
            .then(|| self.veiled(Arc::clone(record)))
    }

    /// The record without the values of hidden fields.
    pub(super) fn veiled(&self, mut record: Arc<Record>) -> Arc<Record> {
        let object = Arc::clone(&record.object);
        if self.rights.hides(&object) {
            let values = Arc::make_mut(&mut record).values.iter_mut();
            let hidden = values
                .zip(&object.fields)
                .filter(|(_, field)| !self.sees(&object, field));
            hidden.for_each(|(value, _)| *value = Value::Null);
        }
        record
    }

    /// The filter as it must be put: a hidden field is empty, and a record that may not be read isn't there.
    pub(super) fn narrowed<'f>(&self, object: &Object, filter: &'f Filter) -> Cow<'f, Filter> {
        match self.rights.reads_all() {
            true => Cow::Borrowed(filter),
            false => Cow::Owned(self.narrow(object, filter)),
        }
    }

    fn narrow(&self, object: &Object, filter: &Filter) -> Filter {
        let all = |parts: &[Filter]| parts.iter().map(|part| self.narrow(object, part)).collect();
        let sees = |index: usize| object.fields.get(index).is_some_and(|field| self.sees(object, field));
        match filter {
            Filter::All(parts) => Filter::All(all(parts)),
            Filter::Any(parts) => Filter::Any(all(parts)),
            Filter::Not(part) => Filter::Not(Box::new(self.narrow(object, part))),
            Filter::Field { index, test } if !sees(*index) => Filter::Always(test.matches(&Value::Null)),
            Filter::Related { index, .. } if !sees(*index) => Filter::Always(false),
            Filter::Related { index, object, filter } => Filter::Related {
                index: *index,
                filter: Box::new(Filter::All(vec![
                    self.filter(object, Action::Read),
                    self.narrow(object, filter),
                ])),
                object: Arc::clone(object),
            },
            Filter::Always(_) | Filter::Ids(_) | Filter::Field { .. } => filter.clone(),
        }
    }

    /// The records that the principal owns; among users themselves too.
    fn own(&self, object: &Object) -> Filter {
        let Some(user) = self.user.map(RecordId::from) else {
            return Filter::Always(false);
        };
        let owned = field_in(object::OWNER, &[user]);
        match object.name {
            "user" => Filter::Any(vec![owned, Filter::Ids(vec![user])]),
            _ => owned,
        }
    }

    /// The records of the principal's teams; among teams themselves too.
    fn of_teams(&self, object: &Object) -> Filter {
        let belonging = field_in(object::TEAM, &self.teams);
        match object.name {
            "team" => Filter::Any(vec![belonging, Filter::Ids(self.teams.to_vec())]),
            _ => belonging,
        }
    }
}

fn field_in(index: usize, ids: &[RecordId]) -> Filter {
    let ids = ids.iter().copied().map(Value::Id).collect();
    Filter::Field {
        index,
        test: Test::In(ids),
    }
}
