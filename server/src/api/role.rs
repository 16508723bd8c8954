//! Roles: what they allow, for administrators, and what the caller may do, for front ends.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};

use super::{
    caller::{caller, part},
    error::{Error, Result},
    noun,
    payload::{UserError, UserErrorCode},
};
use crate::crm::{
    Access, Catalogue, Crm,
    access::{self, Action, rights},
    roles::{Described, Draft},
    validate,
    write::Problem,
};

/// Which records of an object; each scope holds the ones before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
#[graphql(remote = "rights::Scope")]
pub enum AccessScope {
    /// None of them.
    #[default]
    None,
    /// Those that the principal owns.
    Own,
    /// Those, and those of the principal's team and of the teams below it.
    Team,
    /// All of them.
    All,
}

/// What a role takes away from a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "rights::FieldRule")]
pub enum FieldRule {
    /// It is seen and can't be given a value.
    ReadOnly,
    /// It is empty wherever it would be shown, and refused wherever it is named.
    Hidden,
}

/// A right that is about no single record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "rights::Permission")]
pub enum Permission {
    /// Change users, teams, roles, pipelines and stages.
    Administer,
    /// Create, change and publish workflows.
    EditWorkflows,
    /// Start workflows by hand, and change runs.
    RunWorkflows,
    /// See the inputs, outputs and errors of steps; only for roles that read every record and field.
    InspectRuns,
    /// Create and revoke API keys.
    ManageKeys,
    /// Change records without starting workflows.
    SuppressAutomation,
    /// Keep and change secrets.
    ManageSecrets,
    /// Say to whom nothing is sent.
    ManageSuppressions,
    /// Define fields and objects.
    DefineFields,
}

/// Which records of an object may be read, created, changed and deleted.
#[derive(Clone, Copy, Debug, SimpleObject, InputObject)]
#[graphql(input_name = "AccessScopesInput")]
pub struct AccessScopes {
    /// Which are there at all.
    #[graphql(default)]
    read: AccessScope,
    /// Which may be created.
    #[graphql(default)]
    create: AccessScope,
    /// Which may be changed.
    #[graphql(default)]
    update: AccessScope,
    /// Which may be put into the bin and taken out again.
    #[graphql(default)]
    delete: AccessScope,
}

/// The scopes of one object.
#[derive(Clone, Debug, SimpleObject, InputObject)]
#[graphql(input_name = "RoleRuleInput")]
pub struct RoleRule {
    /// The object's name, such as `contact`.
    object: String,
    /// Which of its records.
    scopes: AccessScopes,
}

/// What is taken away from one field.
#[derive(Clone, Debug, SimpleObject, InputObject)]
#[graphql(input_name = "RoleFieldRuleInput")]
pub struct RoleFieldRule {
    /// The object's name, such as `contact`.
    object: String,
    /// The field's name, such as `phone`.
    field: String,
    /// What is taken away.
    rule: FieldRule,
}

/// A role: what whoever has it may see and do.
pub struct Role(Described);

/// A role: what whoever has it may see and do.
#[Object]
impl Role {
    /// `ADMIN`, `MEMBER`, `VIEWER` or `role_…`: what users and keys name it by.
    async fn id(&self) -> ID {
        self.0.role.text().into()
    }

    /// What the role is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whom it is for.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Whether it comes with every installation, and can't be changed.
    async fn built_in(&self) -> bool {
        access::Role::BUILT_IN.contains(&self.0.role)
    }

    /// Counts the role's changes from 1.
    async fn version(&self) -> i32 {
        i32::try_from(self.0.version).unwrap_or(i32::MAX)
    }

    /// The rights that are about no single record.
    async fn permissions(&self) -> Vec<Permission> {
        self.0
            .rights
            .permissions
            .iter()
            .copied()
            .map(Permission::from)
            .collect()
    }

    /// The scopes of the objects that the role names.
    async fn rules(&self) -> Vec<RoleRule> {
        let rule = |(object, scopes): (&String, &rights::Scopes)| RoleRule {
            object: object.clone(),
            scopes: (*scopes).into(),
        };
        self.0.rights.objects.iter().map(rule).collect()
    }

    /// The scopes of all other objects.
    async fn others(&self) -> AccessScopes {
        self.0.rights.others.into()
    }

    /// What is taken away from fields.
    async fn field_rules(&self) -> Vec<RoleFieldRule> {
        let rules = self.0.rights.fields.iter();
        let each = |(object, fields): (&String, &BTreeMap<String, rights::FieldRule>)| {
            let rule = |(field, rule): (&String, &rights::FieldRule)| RoleFieldRule {
                object: object.clone(),
                field: field.clone(),
                rule: (*rule).into(),
            };
            fields.iter().map(rule).collect::<Vec<_>>()
        };
        rules.flat_map(each).collect()
    }
}

/// What somebody may do with the records of one object.
#[derive(Clone, Debug, SimpleObject)]
pub struct ObjectRights {
    /// The object's name.
    object: String,
    /// Which of its records.
    scopes: AccessScopes,
    /// The fields that are empty wherever they would be shown.
    hidden_fields: Vec<String>,
    /// The fields that can't be given a value: hidden ones, and those that only the system writes, too.
    read_only_fields: Vec<String>,
}

/// What somebody may do.
#[derive(Clone, Debug, SimpleObject)]
pub struct Rights {
    /// The rights that are about no single record.
    permissions: Vec<Permission>,
    /// The rights to the records of each object.
    objects: Vec<ObjectRights>,
}

impl Rights {
    /// What the access allows, object by object.
    pub fn of(catalogue: &Catalogue, access: &Access) -> Self {
        let permissions = access.rights().permissions.iter().copied();
        let object = |object: &std::sync::Arc<crate::crm::object::Object>| {
            let scope = |action| access.scope(object, action).into();
            let names = |taken: &dyn Fn(&crate::crm::object::Field) -> bool| {
                let fields = object.fields.iter().filter(|field| taken(field));
                fields.map(|field| field.name.to_owned()).collect()
            };
            ObjectRights {
                object: object.name.to_owned(),
                scopes: AccessScopes {
                    read: scope(Action::Read),
                    create: scope(Action::Create),
                    update: scope(Action::Update),
                    delete: scope(Action::Delete),
                },
                hidden_fields: names(&|field| !access.sees(object, field)),
                read_only_fields: names(&|field| field.system || !access.writes(object, field)),
            }
        };
        Self {
            permissions: permissions.map(Permission::from).collect(),
            objects: catalogue.objects().iter().map(object).collect(),
        }
    }
}

/// Reads roles.
#[derive(Default)]
pub struct RoleQueries;

#[Object]
impl RoleQueries {
    /// The role of that id; null where there is none.
    async fn role(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "`ADMIN`, `MEMBER`, `VIEWER` or `role_…`.")] id: ID,
    ) -> Result<Option<Role>> {
        administrator(context)?;
        match access::Role::parse(&id) {
            Some(role) => Ok(part::<Crm>(context)?.role(role).await?.map(Role)),
            None => Ok(None),
        }
    }

    /// All roles: those that come with the installation, then its own by name.
    async fn roles(&self, context: &Context<'_>) -> Result<Option<Vec<Role>>> {
        administrator(context)?;
        let roles = part::<Crm>(context)?.roles().await?;
        Ok(Some(roles.into_iter().map(Role).collect()))
    }
}

/// A role to be. What is not allowed here is not allowed.
#[derive(InputObject)]
pub struct RoleCreateInput {
    /// What it is called; no other role is.
    name: String,
    /// Whom it is for.
    description: Option<String>,
    /// The rights that are about no single record.
    #[graphql(default)]
    permissions: Vec<Permission>,
    /// The scopes of single objects.
    #[graphql(default)]
    rules: Vec<RoleRule>,
    /// The scopes of all other objects; none where it is not given.
    others: Option<AccessScopes>,
    /// What is taken away from fields.
    #[graphql(default)]
    field_rules: Vec<RoleFieldRule>,
}

/// New values of a role: what is not given stays, a list takes the place of the one before.
#[derive(InputObject)]
pub struct RoleUpdateInput {
    /// What it is called; no other role is.
    name: Option<String>,
    /// Whom it is for.
    description: Option<String>,
    /// The rights that are about no single record.
    permissions: Option<Vec<Permission>>,
    /// The scopes of single objects.
    rules: Option<Vec<RoleRule>>,
    /// The scopes of all other objects.
    others: Option<AccessScopes>,
    /// What is taken away from fields.
    field_rules: Option<Vec<RoleFieldRule>>,
}

macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The role; null where the mutation was refused.
            role: Option<Role>,
            /// Why the mutation was refused; empty where it was not.
            user_errors: Vec<UserError>,
        }

        impl $name {
            fn of(answer: std::result::Result<Described, Problem>) -> Result<Self> {
                Ok(match answer {
                    Ok(role) => Self { role: Some(Role(role)), user_errors: Vec::new() },
                    Err(problem) => Self { role: None, user_errors: vec![refused(problem)?] },
                })
            }
        }
    )+};
}

payloads! {
    /// What became of making a role.
    RoleCreatePayload;
    /// What became of changing a role.
    RoleUpdatePayload;
    /// What became of deleting a role.
    RoleDeletePayload;
}

/// Makes, changes and deletes roles.
#[derive(Default)]
pub struct RoleMutations;

#[Object]
impl RoleMutations {
    /// Makes a role.
    async fn role_create(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What it is called and allows.")] input: RoleCreateInput,
    ) -> Result<Option<RoleCreatePayload>> {
        unrepeated(context)?;
        let update = RoleUpdateInput {
            name: Some(input.name),
            description: input.description,
            permissions: Some(input.permissions),
            rules: Some(input.rules),
            others: input.others,
            field_rules: Some(input.field_rules),
        };
        let draft = update.draft(rights::Rights::default());
        let answer = part::<Crm>(context)?
            .create_role(caller(context)?.access(), draft)
            .await?;
        RoleCreatePayload::of(answer).map(Some)
    }

    /// Changes a role; whoever has it has the new rights at once, and streams that were open are closed.
    async fn role_update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The role's id.")] id: ID,
        #[graphql(desc = "The new values.")] input: RoleUpdateInput,
        #[graphql(desc = "Refuses the change where the role is at another version.")] expected_version: Option<i32>,
    ) -> Result<Option<RoleUpdatePayload>> {
        unrepeated(context)?;
        let (crm, access) = (part::<Crm>(context)?, caller(context)?.access());
        let Some(role) = named(crm, &id).await? else {
            return RoleUpdatePayload::of(Err(missing(access))).map(Some);
        };
        // The rest of the rights is as it was read: somebody who changes them in between is not overwritten.
        let expected = expected_version.map_or(role.version, i64::from);
        let draft = input.draft(role.rights);
        let answer = crm.update_role(access, role.role, Some(expected), draft).await?;
        RoleUpdatePayload::of(answer).map(Some)
    }

    /// Deletes a role that no user and no key has.
    async fn role_delete(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The role's id.")] id: ID,
        #[graphql(desc = "Refuses the deletion where the role is at another version.")] expected_version: Option<i32>,
    ) -> Result<Option<RoleDeletePayload>> {
        unrepeated(context)?;
        let (crm, access) = (part::<Crm>(context)?, caller(context)?.access());
        let Some(role) = named(crm, &id).await? else {
            return RoleDeletePayload::of(Err(missing(access))).map(Some);
        };
        let answer = crm
            .delete_role(access, role.role, expected_version.map(i64::from))
            .await?;
        RoleDeletePayload::of(answer).map(Some)
    }
}

impl RoleUpdateInput {
    fn draft(self, mut rights: rights::Rights) -> Draft {
        if let Some(permissions) = self.permissions {
            rights.permissions = permissions.into_iter().map(Into::into).collect::<BTreeSet<_>>();
        }
        if let Some(rules) = self.rules {
            rights.objects = rules
                .into_iter()
                .map(|rule| (rule.object, rule.scopes.into()))
                .collect();
        }
        if let Some(others) = self.others {
            rights.others = others.into();
        }
        if let Some(rules) = self.field_rules {
            rights.fields = BTreeMap::new();
            for rule in rules {
                let fields = rights.fields.entry(rule.object).or_default();
                fields.insert(rule.field, rule.rule.into());
            }
        }
        Draft {
            name: self.name,
            description: self.description,
            rights: Some(rights),
        }
    }
}

impl From<rights::Scopes> for AccessScopes {
    fn from(scopes: rights::Scopes) -> Self {
        Self {
            read: scopes.read.into(),
            create: scopes.create.into(),
            update: scopes.update.into(),
            delete: scopes.delete.into(),
        }
    }
}

impl From<AccessScopes> for rights::Scopes {
    fn from(scopes: AccessScopes) -> Self {
        Self {
            read: scopes.read.into(),
            create: scopes.create.into(),
            update: scopes.update.into(),
            delete: scopes.delete.into(),
        }
    }
}

async fn named(crm: &Crm, id: &ID) -> Result<Option<Described>> {
    match access::Role::parse(id) {
        Some(role) => Ok(crm.role(role).await?),
        None => Ok(None),
    }
}

fn missing(access: &Access) -> Problem {
    let (code, message) = match access.has(rights::Permission::Administer) {
        true => (validate::Code::NotFound, "there is no such role"),
        false => (validate::Code::Forbidden, "your role may not manage roles"),
    };
    Problem {
        code,
        message: message.into(),
        field: None,
    }
}

fn refused(problem: Problem) -> Result<UserError> {
    if problem.code == validate::Code::Forbidden {
        return Err(Error::forbidden("Your role may not manage roles."));
    }
    let path: &[&str] = match problem.field {
        Some("expectedVersion") => &["expectedVersion"],
        Some(field) => &["input", field],
        None => &["id"],
    };
    Ok(UserError::at(path, UserErrorCode::from(problem.code), problem.message))
}

fn administrator(context: &Context<'_>) -> Result<()> {
    match caller(context)?.access().has(rights::Permission::Administer) {
        true => Ok(()),
        false => Err(Error::forbidden("Your role may not manage roles.")),
    }
}

/// Roles are kept once however often they are sent: by their name, or by their version.
fn unrepeated(context: &Context<'_>) -> Result<()> {
    match noun::key(context) {
        Some(_) => Err(Error::input(
            "This mutation takes no Idempotency-Key: give `expectedVersion`.",
        )),
        None => Ok(()),
    }
}
