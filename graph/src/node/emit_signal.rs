//! `emitSignal`: tells other runs that something happened.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{
    kind::{Compiled, Kind, Resolve},
    signal,
};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::Site,
    expression::Expression,
    key::Port,
    resolve::{Moment, Order, Resolution, Setting, Signal, Unresolved},
    template::Escape,
    value::Type,
};

/// Sends a signal to the runs that wait for it, or will.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EmitSignal {
    /// The signal's name.
    pub name: Option<String>,
    /// An expression: which of the signals of that name; absent: the one without a key.
    pub key: Option<String>,
    /// JSON whose texts are templates.
    pub payload: Option<Json>,
}

impl Kind for EmitSignal {
    const DESCRIPTION: Description = Description {
        kind: "emitSignal",
        label: "Send signal",
        family: Family::Action,
        doc: "Tells the runs that wait for a signal that it has come.",
        version: 1,
        ports: &[Port::DONE, Port::ERROR],
        fields: &[
            Field::required("name", Input::Text, "the signal's name, such as `paid`"),
            Field::optional("key", Input::Expression, "which one, such as `record.id`"),
            Field::optional("payload", Input::Json, "what the waiting runs are told"),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let name = signal::name(self.name.as_deref(), site);
        let key = site.expression("key", self.key.as_deref());
        let mut template = |source: &str| site.template("payload", Some(source), Escape::None);
        let payload = self
            .payload
            .as_ref()
            .and_then(|payload| Setting::compile(payload, &mut template));
        let emission = name.and_then(|name| site.unless_wrong(Emission { name, key, payload }));
        Compiled::of(Type::Null, emission)
    }
}

#[derive(Debug)]
struct Emission {
    name: Arc<str>,
    key: Option<Expression>,
    payload: Option<Setting>,
}

impl Resolve for Emission {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let payload = match &self.payload {
            Some(payload) => payload.value("payload", moment)?.to_json(),
            None => Json::Null,
        };
        Ok(Resolution::Order(Order::EmitSignal(Signal {
            name: Arc::clone(&self.name),
            key: signal::key(self.key.as_ref(), moment)?,
            payload,
        })))
    }
}
