//! Keeps the roles that an installation makes itself. The three that come with it stand in the code and can't be changed.

use pointsman_entities::{api_key, ids::RoleId, role, user};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityName, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use super::{
    Crm,
    access::{Access, FieldRule, Permission, Rights, Role},
    catalogue::Catalogue,
    object::Object,
    standing::{self, read},
    validate::Code,
    write::Problem,
};
use crate::store::{self, Delete, Refusal, Update, Write, WriteSet};

/// Letters of a name, and of a description.
const LONGEST: [usize; 2] = [255, 2_000];

/// How often a decision is made anew where somebody else was quicker.
const ATTEMPTS: usize = 5;

/// A role as people know it.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    pub role: Role,
    pub name: String,
    pub description: String,
    pub rights: Rights,
    /// Counts the changes from 1; always 1 for the roles that can't be changed.
    pub version: i64,
}

/// New values of a role; what is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub name: Option<String>,
    pub description: Option<String>,
    pub rights: Option<Rights>,
}

/// A role, or why it is none.
pub type Answer = Result<Result<Described, Problem>, store::Error>;

impl Crm {
    /// All roles: those that come with the installation, then its own by name.
    ///
    /// # Errors
    /// Where the database fails, or a row holds what nobody writes.
    pub async fn roles(&self) -> Result<Vec<Described>, store::Error> {
        let by_name = role::Entity::find().order_by_asc(role::Column::Name);
        let rows = by_name.all(self.store.reads()).await?;
        let own = rows.into_iter().map(|row| Described::of(row).map_err(Into::into));
        Role::BUILT_IN
            .into_iter()
            .filter_map(Described::built_in)
            .map(Ok)
            .chain(own)
            .collect()
    }

    /// The role, if there is such a one.
    ///
    /// # Errors
    /// As [`Crm::roles`].
    pub async fn role(&self, role: Role) -> Result<Option<Described>, store::Error> {
        let Role::Custom(id) = role else {
            return Ok(Described::built_in(role));
        };
        let row = role::Entity::find_by_id(id).one(self.store.reads()).await?;
        Ok(row.map(Described::of).transpose()?)
    }

    /// The role of that id, or of that name, however it is written: for people at a command line.
    ///
    /// # Errors
    /// As [`Crm::roles`].
    pub async fn role_named(&self, text: &str) -> Result<Option<Described>, store::Error> {
        if let Some(role) = Role::parse(text) {
            return self.role(role).await;
        }
        let roles = self.roles().await?;
        Ok(roles
            .into_iter()
            .find(|role| role.name.to_lowercase() == text.trim().to_lowercase()))
    }

    /// Makes a role.
    ///
    /// # Errors
    /// As [`Crm::roles`].
    pub async fn create_role(&self, access: &Access, draft: Draft) -> Answer {
        let now = self.source.now();
        let id: RoleId = self.source.id();
        let described = Described {
            role: Role::Custom(id),
            name: String::new(),
            description: String::new(),
            rights: Rights::default(),
            version: 1,
        };
        let role = match administrator(access).and_then(|()| described.changed(&self.catalogue(), draft)) {
            Ok(role) => role,
            Err(problem) => return Ok(Err(problem)),
        };
        let mut set = WriteSet::new();
        set.insert(role::ActiveModel {
            created_at: Set(now),
            ..role.row(id, now)
        });
        self.keep(role, set).await
    }

    /// Changes a role. Who has it has the new rights at once.
    ///
    /// # Errors
    /// As [`Crm::roles`].
    pub async fn update_role(&self, access: &Access, role: Role, expected: Option<i64>, draft: Draft) -> Answer {
        let before = match self.changeable(access, role, expected).await? {
            Ok(before) => before,
            Err(problem) => return Ok(Err(problem)),
        };
        let (Role::Custom(id), version) = (role, before.version) else {
            return Ok(Err(fixed()));
        };
        let after = Described {
            version: version + 1,
            ..before
        };
        let after = match after.changed(&self.catalogue(), draft) {
            Ok(after) => after,
            Err(problem) => return Ok(Err(problem)),
        };
        let row = after.row(id, self.source.now());
        let mut set = WriteSet::new();
        set.push(Write::Update(
            Update::of(vec![("id", id.0.into())], &row).guarded("version", version),
        ));
        self.keep(after, set).await
    }

    /// Deletes a role that no user and no key has.
    ///
    /// # Errors
    /// As [`Crm::roles`].
    pub async fn delete_role(&self, access: &Access, role: Role, expected: Option<i64>) -> Answer {
        for _ in 0..ATTEMPTS {
            let epoch = self.access_epoch().await?;
            let before = match self.changeable(access, role, expected).await? {
                Ok(before) => before,
                Err(problem) => return Ok(Err(problem)),
            };
            let Role::Custom(id) = role else {
                return Ok(Err(fixed()));
            };
            if self.is_held(role).await? {
                return Ok(Err(refused(Code::Conflict, "users or keys have this role", None)));
            }
            let mut set = WriteSet::new();
            set.require_epoch(standing::EPOCH, epoch);
            set.push(Write::Delete(Delete {
                table: role::Entity.table_name(),
                key: vec![("id", id.0.into())],
                must_match: true,
            }));
            match self.settle_role(set).await? {
                Err(Refusal::Epoch { .. } | Refusal::Conflict) => {}
                Ok(()) | Err(Refusal::Row { .. } | Refusal::Taken { .. }) => return Ok(Ok(before)),
            }
        }
        Ok(Err(refused(
            Code::Conflict,
            "users or teams were changed at the same time",
            None,
        )))
    }

    async fn changeable(&self, access: &Access, role: Role, expected: Option<i64>) -> Answer {
        if let Err(problem) = administrator(access) {
            return Ok(Err(problem));
        }
        let Some(found) = self.role(role).await? else {
            return Ok(Err(missing()));
        };
        let message = || format!("the role is at version {}", found.version);
        Ok(match expected {
            Some(expected) if expected != found.version => {
                Err(refused(Code::Conflict, &message(), Some("expectedVersion")))
            }
            _ => Ok(found),
        })
    }

    async fn is_held(&self, role: Role) -> Result<bool, store::Error> {
        let reads = self.store.reads();
        let users = user::Entity::find().filter(user::Column::Role.eq(role.text()));
        let keys = api_key::Entity::find()
            .filter(api_key::Column::Role.eq(role.text()))
            .filter(api_key::Column::RevokedAt.is_null());
        Ok(users.count(reads).await? > 0 || keys.count(reads).await? > 0)
    }

    async fn keep(&self, role: Described, set: WriteSet) -> Answer {
        Ok(match self.settle_role(set).await? {
            Ok(()) => Ok(role),
            Err(Refusal::Taken { .. }) => Err(refused(Code::Taken, "`name` is taken already", Some("name"))),
            Err(Refusal::Row { .. } | Refusal::Epoch { .. } | Refusal::Conflict) => {
                Err(refused(Code::Conflict, "the role was changed at the same time", None))
            }
        })
    }

    async fn settle_role(&self, mut set: WriteSet) -> Result<Result<(), Refusal>, store::Error> {
        set.raise_epoch(standing::EPOCH);
        let outcome = self.store.commit(set).await;
        // Also after an error: the commit may have gone through.
        self.revocations.note();
        outcome
    }
}

impl Described {
    fn built_in(role: Role) -> Option<Self> {
        let (name, description) = match role {
            Role::Admin => ("Administrator", "Everything."),
            Role::Member => (
                "Member",
                "Reads all records, writes all but the administrative ones, deletes its own.",
            ),
            Role::Viewer => ("Viewer", "Reads all records."),
            Role::Custom(_) => return None,
        };
        Some(Self {
            role,
            name: name.into(),
            description: description.into(),
            rights: Rights::built_in(role),
            version: 1,
        })
    }

    fn of(row: role::Model) -> Result<Self, sea_orm::DbErr> {
        Ok(Self {
            role: Role::Custom(row.id),
            rights: read(&row)?,
            name: row.name,
            description: row.description,
            version: row.version,
        })
    }

    fn changed(mut self, catalogue: &Catalogue, draft: Draft) -> Result<Self, Problem> {
        self.name = draft.name.unwrap_or(self.name).trim().to_owned();
        self.description = draft.description.unwrap_or(self.description).trim().to_owned();
        self.rights = draft.rights.unwrap_or(self.rights);
        let texts = [("name", &self.name), ("description", &self.description)];
        for ((field, text), most) in texts.into_iter().zip(LONGEST) {
            if text.chars().count() > most {
                let message = format!("`{field}` must have at most {most} characters");
                return Err(refused(Code::TooLong, &message, Some(field)));
            }
        }
        let built_in = Role::BUILT_IN.into_iter().filter_map(Self::built_in);
        match self.name.as_str() {
            "" => Err(refused(Code::Required, "`name` must be given", Some("name"))),
            name if Role::parse(name).is_some() || built_in.into_iter().any(|role| role.name == name) => {
                Err(refused(Code::Taken, "`name` is taken already", Some("name")))
            }
            _ => check(catalogue, &self.rights).map(|()| self),
        }
    }

    fn row(&self, id: RoleId, now: pointsman_entities::time::Timestamp) -> role::ActiveModel {
        role::ActiveModel {
            id: Set(id),
            name: Set(self.name.clone()),
            description: Set(self.description.clone()),
            rights: Set(serde_json::json!(self.rights).to_string()),
            version: Set(self.version),
            updated_at: Set(now),
            ..Default::default()
        }
    }
}

/// Rules about objects and fields that are there, and no right that would undo another rule.
fn check(catalogue: &Catalogue, rights: &Rights) -> Result<(), Problem> {
    let object = |name: &String, at| {
        let unknown = || refused(Code::NotFound, &format!("there is no object `{name}`"), Some(at));
        catalogue.object(name).ok_or_else(unknown)
    };
    for name in rights.objects.keys() {
        object(name, "rules")?;
    }
    for (name, rules) in &rights.fields {
        let object = object(name, "fieldRules")?;
        for (field, rule) in rules {
            check_field(object, field, *rule)?;
        }
    }
    if rights.permissions.contains(&Permission::InspectRuns) && !rights.reads_all() {
        let message = "INSPECT_RUNS shows what workflows have seen: it needs a role that reads every record and field";
        return Err(refused(Code::Invalid, message, Some("permissions")));
    }
    Ok(())
}

fn check_field(object: &Object, name: &str, rule: FieldRule) -> Result<(), Problem> {
    let at = Some("fieldRules");
    let Some((index, field)) = object.field(name) else {
        let message = format!("a {} has no field `{name}`", object.label.to_lowercase());
        return Err(refused(Code::NotFound, &message, at));
    };
    match rule {
        FieldRule::Hidden if !object.can_hide(index) => {
            let message = format!("`{name}` can't be hidden: it is never empty, or kept by the system");
            Err(refused(Code::Invalid, &message, at))
        }
        FieldRule::ReadOnly if field.system => {
            Err(refused(Code::Invalid, &format!("`{name}` is kept by the system"), at))
        }
        FieldRule::Hidden | FieldRule::ReadOnly => Ok(()),
    }
}

fn administrator(access: &Access) -> Result<(), Problem> {
    match access.has(Permission::Administer) {
        true => Ok(()),
        false => Err(refused(Code::Forbidden, "your role may not manage roles", None)),
    }
}

fn missing() -> Problem {
    refused(Code::NotFound, "there is no such role", None)
}

fn fixed() -> Problem {
    refused(
        Code::ReadOnly,
        "the roles ADMIN, MEMBER and VIEWER can't be changed",
        None,
    )
}

fn refused(code: Code, message: &str, field: Option<&'static str>) -> Problem {
    Problem {
        code,
        message: message.into(),
        field,
    }
}
