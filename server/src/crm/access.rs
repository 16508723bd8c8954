//! The one place that decides who may see and change what. Reading and writing records is possible only with an
//! [`Access`], and what it says holds for queries, counts, filters, subscriptions and workflow actions alike.

use pointsman_entities::ids::UserId;
use sea_orm::sea_query::{Condition, Expr, ExprTrait};

use super::{
    cause::Actor,
    object::{Field, Object},
    record::Record,
};

/// What a principal may do, by the three roles that come with an installation, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads all records.
    Viewer,
    /// Reads all records, writes all but the administrative ones, deletes its own.
    Member,
    /// Everything.
    Admin,
}

/// Which records of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    None,
    /// Those that the principal owns.
    Own,
    All,
}

/// What is done to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Read,
    Create,
    Update,
    Delete,
}

/// Rights that are about no single record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Create, change and publish workflows.
    EditWorkflows,
    /// Start workflows by hand.
    RunWorkflows,
    /// See the inputs, outputs and errors of steps; without it a run shows its status alone.
    InspectRuns,
    /// Create and revoke API keys.
    ManageKeys,
    /// Change records without starting workflows, as an import may.
    SuppressAutomation,
    /// Keep and change secrets.
    ManageSecrets,
    /// Say to whom nothing is sent.
    ManageSuppressions,
    /// Define fields and objects.
    DefineFields,
}

/// What one principal may see and do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    actor: Actor,
    role: Role,
    user: Option<UserId>,
}

impl Role {
    /// The role as it is stored and shown.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Admin => "ADMIN",
            Self::Member => "MEMBER",
            Self::Viewer => "VIEWER",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Admin, Self::Member, Self::Viewer]
            .into_iter()
            .find(|role| role.text().eq_ignore_ascii_case(text))
    }
}

impl Access {
    #[must_use]
    pub fn new(actor: Actor, role: Role) -> Self {
        let user = actor.user();
        Self { actor, role, user }
    }

    /// A key that acts for its owner: their records are its own, and it may do nothing that they may not.
    #[must_use]
    pub fn owned_by(self, user: UserId, role: Role) -> Self {
        Self {
            user: Some(user),
            role: self.role.min(role),
            ..self
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

    /// The user, or the owner of the key.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        self.user
    }

    #[must_use]
    pub fn has(&self, permission: Permission) -> bool {
        match (self.role, permission) {
            (Role::Admin, _) | (Role::Member, Permission::RunWorkflows) => true,
            (Role::Member | Role::Viewer, _) => false,
        }
    }

    /// Which of an object's records the action is allowed on.
    #[must_use]
    pub fn scope(&self, object: &Object, action: Action) -> Scope {
        match (self.role, action) {
            (Role::Admin, _) | (_, Action::Read) => Scope::All,
            (Role::Member, Action::Create | Action::Update) if object.automatable => Scope::All,
            (Role::Member, Action::Delete) if object.automatable => Scope::Own,
            (Role::Member | Role::Viewer, Action::Create | Action::Update | Action::Delete) => Scope::None,
        }
    }

    /// Whether the action is allowed on this record.
    #[must_use]
    pub fn allows(&self, action: Action, record: &Record) -> bool {
        match self.scope(&record.object, action) {
            Scope::None => false,
            Scope::Own => self.user().is_some() && record.owner() == self.user(),
            Scope::All => true,
        }
    }

    /// Whether the field may be seen.
    #[must_use]
    pub fn sees(&self, _object: &Object, _field: &Field) -> bool {
        match self.role {
            Role::Admin | Role::Member | Role::Viewer => true,
        }
    }

    /// The same decision as [`Access::allows`] for reading, as a condition on the object's table.
    #[must_use]
    pub(super) fn predicate(&self, object: &Object) -> Condition {
        match (self.scope(object, Action::Read), self.user()) {
            (Scope::All, _) => Condition::all(),
            (Scope::Own, Some(user)) => Condition::all().add(Expr::col("owner_id").eq(user.0)),
            (Scope::Own, None) | (Scope::None, _) => Condition::all().add(Expr::val(false)),
        }
    }
}
