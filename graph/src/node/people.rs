//! Who is meant: users named one by one, or those of a team. Shared by the kinds that turn to people.

use super::send_email::Recipients;
use crate::{
    catalogue::{Field, Input},
    check::{Code, Problem, Site},
    resolve::{Moment, People, Unresolved},
    template::{Escape, Template},
    value::{Type, Value},
};

/// The config field that names users.
pub(super) const USERS: Field = Field::optional(
    "users",
    Input::Templates,
    "users by their e-mail address or id, or expressions for them, such as `{{ record.owner }}`",
);

/// The config field that names a team.
pub(super) const TEAM: Field = Field::optional("team", Input::Template, "a team by its name or id: all of its users");

/// People as an admin names them.
#[derive(Debug)]
pub(super) struct Named {
    users: Vec<Template>,
    team: Option<Template>,
}

impl Named {
    /// Checks who is named. Nobody at all is an error.
    pub fn compile(users: Option<&Recipients>, team: Option<&str>, site: &mut Site<'_>) -> Named {
        let sources = match users {
            Some(Recipients::One(source)) => std::slice::from_ref(source),
            Some(Recipients::Many(sources)) => sources,
            None => &[],
        };
        let named = Named {
            users: site.templates("users", sources, Escape::None),
            team: site.template("team", team, Escape::None),
        };
        if sources.is_empty() && team.is_none_or(str::is_empty) {
            site.report(Problem::error(Code::Required, "it needs `users` or `team`: who is meant").field("users"));
        }
        for (place, template) in named.users.iter().enumerate() {
            if !names_users(template.ty()) {
                let message = format!("`users` must name users, but this is {}", template.ty());
                site.report(Problem::error(Code::WrongType, message).field(format!("users[{place}]")));
            }
        }
        named
    }

    /// Who is meant now.
    ///
    /// # Errors
    /// `NO_RECIPIENT` where every name is empty.
    pub fn resolve(&self, moment: &mut Moment<'_>) -> Result<People, Unresolved> {
        let mut users = Vec::new();
        for template in &self.users {
            match moment.filled("users", template)? {
                Value::List(items) => {
                    for item in items.iter() {
                        users.extend(user(item)?);
                    }
                }
                single => users.extend(user(&single)?),
            }
        }
        let team = moment.text_if("team", self.team.as_ref())?;
        let team = team.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        if users.is_empty() && team.is_none() {
            return Err(Unresolved::NoRecipient {
                field: "users".to_owned(),
            });
        }
        Ok(People { users, team })
    }
}

fn names_users(ty: &Type) -> bool {
    match ty.without_null() {
        Type::Dyn | Type::String => true,
        Type::Reference(object) => **object == *"user",
        Type::Record(object) => *object.name == *"user",
        Type::List(element) => names_users(element),
        _ => false,
    }
}

/// A user by itself, by a reference, or by an address or id; an empty value is nobody.
fn user(value: &Value) -> Result<Option<String>, Unresolved> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        Value::Reference(reference) => &reference.id,
        Value::Map(fields) => match fields.get("id") {
            Some(Value::String(id)) => id,
            Some(_) | None => return Err(nobody(value)),
        },
        _ => return Err(nobody(value)),
    };
    Ok(Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned))
}

fn nobody(value: &Value) -> Unresolved {
    Unresolved::NotARecord {
        field: "users".to_owned(),
        found: value.type_name(),
    }
}
