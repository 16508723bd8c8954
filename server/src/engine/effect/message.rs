//! The state of the message that an effect sends, kept up to date in the CRM.

use std::sync::Arc;

use pointsman_entities::ids::RecordId;
use serde_json::Value as Json;

use crate::{
    crm::{
        Value,
        object::Object,
        write::{Command, Decision, Verb},
    },
    engine::{Engine, Error},
};

impl Engine {
    /// Adds what became of a message to the write set that says so. What its receiver's side has told stays.
    pub(super) async fn update_message(
        &self,
        decision: &mut Decision<'_>,
        message: RecordId,
        state: &str,
        output: &Json,
    ) -> Result<(), Error> {
        let Some(object) = self.crm.object("message") else {
            return Ok(());
        };
        let Some(before) = decision.snapshot.load(&object, message).await? else {
            return Ok(());
        };
        let mut values = Vec::new();
        if !is_final(before.get("state")) {
            values.push(("state", Value::text(state)));
        }
        if let Some(id) = output.get("messageId").and_then(Json::as_str) {
            values.push(("messageId", Value::text(id.trim_matches(['<', '>']))));
        }
        if let Some(id) = output.get("providerId").and_then(Json::as_str) {
            values.push(("providerId", Value::text(id)));
        }
        if state == "SENT" && before.get("sentAt").is_null() {
            values.push(("sentAt", Value::Time(decision.now)));
        }
        let command = message_state(&object, message, &values);
        if let Err(problems) = self.crm.write(decision, &command).await? {
            tracing::debug!(?problems, "a message's state can't be kept");
        }
        Ok(())
    }
}

/// Whether the state is one that only the receiver's side can tell.
fn is_final(state: &Value) -> bool {
    state
        .as_text()
        .is_some_and(|state| ["DELIVERED", "BOUNCED"].contains(&state))
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
