//! `notify`: tells users something, within Pointsman.

use serde::{Deserialize, Serialize};

use super::{
    kind::{Compiled, Kind, Resolve},
    people::{self, Named},
    send_email::Recipients,
};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Site, fields},
    key::Port,
    resolve::{Moment, Notice, Order, Resolution, Unresolved},
    template::{Escape, Template},
    value::Type,
};

/// Notifies users; its output says how many.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Notify {
    /// Templates: users by address or id.
    pub users: Option<Recipients>,
    /// A template: a team by name or id.
    pub team: Option<String>,
    /// A template.
    pub title: Option<String>,
    /// A template.
    pub body: Option<String>,
    /// A template of a URL.
    pub link: Option<String>,
}

impl Kind for Notify {
    const DESCRIPTION: Description = Description {
        kind: "notify",
        label: "Notify",
        family: Family::Action,
        doc: "Tells users something, within Pointsman.",
        version: 1,
        ports: &[Port::DONE, Port::ERROR],
        fields: &[
            people::USERS,
            people::TEAM,
            Field::required("title", Input::Template, "what it is, in a few words"),
            Field::optional("body", Input::Template, "what else is to be known"),
            Field::optional(
                "link",
                Input::Template,
                "where it leads: an http or https URL; values in it are escaped",
            ),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let people = Named::compile(self.users.as_ref(), self.team.as_deref(), site);
        let title = site.template("title", self.title.as_deref(), Escape::None);
        let body = site.template("body", self.body.as_deref(), Escape::None);
        let link = site.template("link", self.link.as_deref(), Escape::Url);
        let notice = title.and_then(|title| {
            site.unless_wrong(Message {
                people,
                title,
                body,
                link,
            })
        });
        Compiled::of(fields([("count", Type::Int)]), notice)
    }
}

#[derive(Debug)]
struct Message {
    people: Named,
    title: Template,
    body: Option<Template>,
    link: Option<Template>,
}

impl Resolve for Message {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        Ok(Resolution::Order(Order::Notify(Notice {
            people: self.people.resolve(moment)?,
            title: moment.text("title", &self.title)?,
            body: moment.text_if("body", self.body.as_ref())?,
            link: moment.text_if("link", self.link.as_ref())?,
        })))
    }
}
