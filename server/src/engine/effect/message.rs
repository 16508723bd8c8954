//! The state of the message that an effect sends, kept up to date in the CRM.

use std::sync::Arc;

use pointsman_entities::ids::RecordId;
use serde_json::Value as Json;

use super::verdict::Verdict;
use crate::{
    crm::{
        Value,
        object::Object,
        write::{Command, Decision, Verb},
    },
    engine::{Engine, Error},
};

impl Engine {
    /// Adds what an attempt made of a message to the write set that settles it.
    pub(super) async fn update_message(
        &self,
        decision: &mut Decision<'_>,
        message: RecordId,
        verdict: &Verdict,
    ) -> Result<(), Error> {
        let Some(object) = self.crm.catalogue().object("message") else {
            return Ok(());
        };
        let mut values = vec![("state", Value::text(verdict.message_state()))];
        if let Some(id) = verdict.result.get("messageId").and_then(Json::as_str) {
            values.push(("messageId", Value::text(id.trim_matches(['<', '>']))));
            values.push(("sentAt", Value::Time(decision.now)));
        }
        let command = message_state(object, message, &values);
        if let Err(problems) = self.crm.write(decision, &command).await? {
            tracing::debug!(?problems, "a message's state can't be kept");
        }
        Ok(())
    }
}

/// A change of a message's state.
fn message_state(object: &Arc<Object>, id: RecordId, values: &[(&str, Value)]) -> Command {
    let index = |name: &str| object.field(name).map(|(index, _)| index);
    let values = values
        .iter()
        .filter_map(|(name, value)| Some((index(name)?, value.clone())))
        .collect();
    Command {
        object: Arc::clone(object),
        verb: Verb::Update {
            id,
            expected: None,
            values,
        },
    }
}
