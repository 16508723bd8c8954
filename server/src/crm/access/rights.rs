//! What a role allows, whoever has it: scopes by object and action, rules for single fields, permissions. Knows no record
//! and no principal.

use std::{
    cmp::{max, min},
    collections::{BTreeMap, BTreeSet},
};

use serde::{Deserialize, Serialize};

use super::role::Role;
use crate::crm::object::{Field, Object};

/// Which records of an object; each scope holds the ones before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Scope {
    #[default]
    None,
    /// Those that the principal owns.
    Own,
    /// Those, and those of the principal's team and of the teams below it.
    Team,
    All,
}

/// What is done to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Read,
    Create,
    Update,
    /// Put it into the bin, and take it out again.
    Delete,
}

/// Rights that are about no single record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Permission {
    /// Change users, teams, roles and whatever else is administrative.
    Administer,
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

/// The scopes of the actions on one object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scopes {
    pub read: Scope,
    pub create: Scope,
    pub update: Scope,
    pub delete: Scope,
}

/// What a role takes away from a field; the later takes more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FieldRule {
    /// It is seen and can't be given a value.
    ReadOnly,
    /// It is as if it weren't there.
    Hidden,
}

/// What a role allows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    pub permissions: BTreeSet<Permission>,
    /// By the object's name.
    pub objects: BTreeMap<String, Scopes>,
    /// For the objects that are not named.
    pub others: Scopes,
    /// By the object's name and the field's.
    pub fields: BTreeMap<String, BTreeMap<String, FieldRule>>,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Administer,
        Self::EditWorkflows,
        Self::RunWorkflows,
        Self::InspectRuns,
        Self::ManageKeys,
        Self::SuppressAutomation,
        Self::ManageSecrets,
        Self::ManageSuppressions,
        Self::DefineFields,
    ];
}

impl Scopes {
    /// The same for all actions.
    #[must_use]
    pub fn all(scope: Scope) -> Self {
        Self {
            read: scope,
            create: scope,
            update: scope,
            delete: scope,
        }
    }

    #[must_use]
    pub fn of(self, action: Action) -> Scope {
        match action {
            Action::Read => self.read,
            Action::Create => self.create,
            Action::Update => self.update,
            Action::Delete => self.delete,
        }
    }

    fn meet(self, other: Self) -> Self {
        Self {
            read: min(self.read, other.read),
            create: min(self.create, other.create),
            update: min(self.update, other.update),
            delete: min(self.delete, other.delete),
        }
    }
}

impl Rights {
    /// What a role that comes with every installation allows; nothing for one whose rights stand in its row.
    #[must_use]
    pub fn built_in(role: Role) -> Self {
        let (permissions, others) = match role {
            Role::Admin => (Permission::ALL.into(), Scopes::all(Scope::All)),
            Role::Member => {
                let delete = Scope::Own;
                let scopes = Scopes {
                    delete,
                    ..Scopes::all(Scope::All)
                };
                (BTreeSet::from([Permission::RunWorkflows]), scopes)
            }
            Role::Viewer => {
                let read = Scope::All;
                (
                    BTreeSet::new(),
                    Scopes {
                        read,
                        ..Scopes::default()
                    },
                )
            }
            Role::Custom(_) => (BTreeSet::new(), Scopes::default()),
        };
        Self {
            permissions,
            others,
            ..Self::default()
        }
    }

    /// What both allow.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        let names = self.objects.keys().chain(other.objects.keys());
        let scopes = |name: &String| (name.clone(), self.scopes(name).meet(other.scopes(name)));
        let mut fields = self.fields.clone();
        for (object, rules) in &other.fields {
            let known = fields.entry(object.clone()).or_default();
            for (field, rule) in rules {
                let kept = known.entry(field.clone()).or_insert(*rule);
                *kept = max(*kept, *rule);
            }
        }
        Self {
            permissions: &self.permissions & &other.permissions,
            objects: names.map(scopes).collect(),
            others: self.others.meet(other.others),
            fields,
        }
    }

    /// Which of an object's records the action is allowed on. What is administrative is changed with a permission alone:
    /// rights rest on it, and who could change it could give themselves any right.
    #[must_use]
    pub fn scope(&self, object: &Object, action: Action) -> Scope {
        match action {
            Action::Create | Action::Update | Action::Delete if !object.automatable => {
                match self.permissions.contains(&Permission::Administer) {
                    true => Scope::All,
                    false => Scope::None,
                }
            }
            Action::Read | Action::Create | Action::Update | Action::Delete => self.scopes(object.name).of(action),
        }
    }

    /// What is taken away from a field, if anything is.
    #[must_use]
    pub fn rule(&self, object: &Object, field: &Field) -> Option<FieldRule> {
        self.fields.get(object.name)?.get(field.name).copied()
    }

    /// Whether anything of the object's records is hidden.
    #[must_use]
    pub fn hides(&self, object: &Object) -> bool {
        let rules = self.fields.get(object.name);
        rules.is_some_and(|rules| rules.values().any(|rule| *rule == FieldRule::Hidden))
    }

    /// Whether every record and every field may be read.
    #[must_use]
    pub fn reads_all(&self) -> bool {
        let mut scopes = self.objects.values().chain([&self.others]);
        let mut rules = self.fields.values().flat_map(BTreeMap::values);
        scopes.all(|scopes| scopes.read == Scope::All) && !rules.any(|rule| *rule == FieldRule::Hidden)
    }

    fn scopes(&self, object: &str) -> Scopes {
        self.objects.get(object).copied().unwrap_or(self.others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hiding(object: &str, field: &str, rule: FieldRule) -> Rights {
        let fields = BTreeMap::from([(object.to_owned(), BTreeMap::from([(field.to_owned(), rule)]))]);
        Rights {
            fields,
            ..Rights::built_in(Role::Member)
        }
    }

    #[test]
    fn the_meet_of_two_built_in_roles_is_the_weaker_one() {
        let [admin, member, viewer] = Role::BUILT_IN.map(Rights::built_in);

        assert_eq!(admin.meet(&member), member);
        assert_eq!(viewer.meet(&member), viewer);
    }

    #[test]
    fn the_meet_takes_the_narrower_scope_also_where_only_one_names_the_object() {
        let mut own = Rights::built_in(Role::Admin);
        own.objects.insert("deal".into(), Scopes::all(Scope::Own));

        let met = Rights::built_in(Role::Viewer).meet(&own);

        let read = Scopes {
            read: Scope::Own,
            ..Scopes::default()
        };
        assert_eq!(met.scopes("deal"), read);
        assert_eq!(met.scopes("contact").read, Scope::All);
    }

    #[test]
    fn the_meet_hides_what_either_hides() {
        let met = hiding("deal", "amount", FieldRule::ReadOnly).meet(&hiding("deal", "amount", FieldRule::Hidden));

        assert_eq!(met.fields["deal"]["amount"], FieldRule::Hidden);
        assert!(!met.reads_all());
    }
}
