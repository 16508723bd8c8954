//! `messageReceived`: a run for each e-mail or SMS that comes in; and what a message that is waited for must be like.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::kind::{Compiled, Kind, Work};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site},
    expression::Expression,
    key::Port,
    plan::{Occasion, Operation, Trigger},
    value::{ObjectType, Type},
};

/// The object that messages are records of.
pub(super) const OBJECT: &str = "message";

/// Starts a run where somebody writes to us. What machines write by themselves starts none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MessageReceived {
    /// Absent: any.
    pub channel: Option<Channel>,
    /// Must hold for the message.
    #[serde(rename = "where")]
    pub condition: Option<String>,
}

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Channel {
    Email,
    Sms,
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Channel::Email => "EMAIL",
            Channel::Sms => "SMS",
        })
    }
}

impl Kind for MessageReceived {
    const DESCRIPTION: Description = Description {
        kind: "messageReceived",
        label: "Message received",
        family: Family::Trigger,
        doc: "Starts a run for each e-mail or SMS that comes in.",
        version: 1,
        ports: &[Port::OUT],
        fields: &[
            Field::optional(
                "channel",
                Input::Choice(&["EMAIL", "SMS"]),
                "e-mail or SMS; any if nothing is said",
            ),
            Field::optional(
                "where",
                Input::Condition,
                "must hold for `message`, the one that came in",
            ),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let trigger = object(site).and_then(|object| {
            let condition = condition(site, self.channel, self.condition.as_deref(), &object);
            site.unless_wrong(Trigger {
                object: Some(Arc::clone(&object.name)),
                occasion: Occasion::Change(Operation::Created),
                fields: Vec::new(),
                condition,
            })
        });
        Compiled {
            output: Type::Null,
            work: trigger.map(|trigger| Work::Trigger(Arc::new(trigger))),
            writes: Vec::new(),
        }
    }
}

/// The messages of the CRM; a problem where it keeps none.
pub(super) fn object(site: &mut Site<'_>) -> Option<Arc<ObjectType>> {
    let object = site.known_object(OBJECT);
    if object.is_none() {
        site.report(Problem::error(Code::UnknownObject, "this CRM keeps no messages"));
    }
    object
}

/// That a person has written the message to us, by that channel, and what else is asked of it. What is asked is checked
/// by itself first, so that its problems point into the text that the admin wrote.
pub(super) fn condition(
    site: &mut Site<'_>,
    channel: Option<Channel>,
    asked: Option<&str>,
    object: &Arc<ObjectType>,
) -> Option<Expression> {
    let asked = asked.filter(|asked| !asked.trim().is_empty());
    if asked.is_some() {
        site.condition_about("where", asked, OBJECT, object)?;
    }
    let channel = channel.map(|channel| format!("message.channel == '{channel}'"));
    let came_in = "message.direction == 'IN' && !message.automatic".to_owned();
    let parts = [Some(came_in), channel, asked.map(|asked| format!("({asked})"))];
    let whole = parts.into_iter().flatten().collect::<Vec<_>>().join(" && ");
    site.condition_about("where", Some(&whole), OBJECT, object)
}
