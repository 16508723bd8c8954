//! `sendSms`: a message in the CRM and an order in the ledger.

use pointsman_graph::{node::EmailKind, resolve::OutgoingSms, step::StepId};
use serde_json::json;

use super::{failure::failure, message::Outgoing};
use crate::{
    actions::sms::{MAX_TEXT, Number, Sms},
    engine::{
        Error,
        effect::{Delivery, What},
        segment::Segment,
    },
    messaging::Channel,
};

impl Segment<'_> {
    pub(super) async fn send_sms(&mut self, step: &StepId, attempt: u32, sms: OutgoingSms) -> Result<(), Error> {
        self.set_input(step, &json!({ "to": sms.to, "text": sms.text }));
        let to: Number = match sms.to.parse() {
            Ok(to) => to,
            Err(invalid) => {
                let message = format!("`{}` can't be written to: {invalid}", sms.to);
                self.fail(step, attempt, failure("INVALID_NUMBER", &message));
                return Ok(());
            }
        };
        if sms.text.trim().is_empty() || sms.text.chars().count() > MAX_TEXT {
            let message = format!("an SMS has 1 to {MAX_TEXT} characters");
            self.fail(step, attempt, failure("INVALID_TEXT", &message));
            return Ok(());
        }
        let marketing = sms.kind == EmailKind::Marketing;
        if marketing && self.waits_for_morning(step, attempt, &to).await? {
            return Ok(());
        }
        let effect = self.engine.source.id();
        let outgoing = Outgoing {
            channel: Channel::Sms,
            recipient: to.as_str(),
            subject: None,
            text: &sms.text,
            html: None,
        };
        let message = self.log_message(effect, &outgoing).await?;
        let callback = self.engine.links.callback(effect);
        let what = What::Sms {
            sms: Sms {
                to,
                text: sms.text,
                callback,
            },
            marketing,
            message,
        };
        self.enter_ledger(step, attempt, effect, Delivery::AtMostOnce, what);
        Ok(())
    }
}
