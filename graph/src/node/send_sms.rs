//! `sendSms`: a short message, rendered by its templates.

use serde::{Deserialize, Serialize};

use super::{
    kind::{Compiled, Kind, Resolve},
    send_email::EmailKind,
};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Site, fields},
    key::Port,
    resolve::{Moment, Order, OutgoingSms, Resolution, Unresolved},
    template::{Escape, Template},
    value::Type,
};

/// Sends an SMS. Its output is `message`, the record of it, and `providerId`, what the provider calls it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SendSms {
    /// A template: the number, in international form.
    pub to: Option<String>,
    /// A template: the message.
    pub text: Option<String>,
    /// Absent: transactional.
    pub kind: Option<EmailKind>,
}

impl Kind for SendSms {
    const DESCRIPTION: Description = Description {
        kind: "sendSms",
        label: "Send SMS",
        family: Family::Action,
        doc: "Sends an SMS.",
        version: 1,
        ports: &[Port::DONE, Port::ERROR],
        fields: &[
            Field::required("to", Input::Template, "the number, such as `{{ record.phone }}`"),
            Field::required("text", Input::Template, "the message"),
            Field::optional(
                "kind",
                Input::Choice(&["MARKETING", "TRANSACTIONAL"]),
                "marketing needs consent",
            ),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let to = site.template("to", self.to.as_deref(), Escape::Header);
        let text = site.template("text", self.text.as_deref(), Escape::None);
        let kind = self.kind.unwrap_or(EmailKind::Transactional);
        let sms = to.zip(text).map(|(to, text)| Sms { to, text, kind });
        let output = fields([
            ("message", Type::Reference("message".into()).or_null()),
            ("providerId", Type::String),
        ]);
        Compiled::of(output, sms.and_then(|sms| site.unless_wrong(sms)))
    }
}

#[derive(Debug)]
struct Sms {
    to: Template,
    text: Template,
    kind: EmailKind,
}

impl Resolve for Sms {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let to = moment.text("to", &self.to)?;
        if to.trim().is_empty() {
            return Err(Unresolved::NoRecipient { field: "to".to_owned() });
        }
        Ok(Resolution::Order(Order::SendSms(OutgoingSms {
            to: to.trim().to_owned(),
            text: moment.text("text", &self.text)?,
            kind: self.kind,
        })))
    }
}
