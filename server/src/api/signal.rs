//! Signals in the API: telling runs that something happened.

use async_graphql::{Context, ID, Object, SimpleObject};

use super::{
    caller::{caller, part},
    error::Result,
    noun::key,
    payload::UserError,
    scalar::Json,
};
use crate::{
    crm::{id, keyed::Request},
    engine::{Engine, signals::Address},
};

/// What became of a signal.
#[derive(SimpleObject)]
pub struct SignalSendPayload {
    /// The signal's id; null where it was refused.
    signal_id: Option<ID>,
    /// How many runs waited for it and were told. Runs that are open now and wait for it later find it kept.
    told_runs: i32,
    /// Why it was refused; empty where it was sent.
    user_errors: Vec<UserError>,
}

/// Sends signals.
#[derive(Default)]
pub struct SignalMutations;

#[Object]
impl SignalMutations {
    /// Tells the runs that wait for a signal of this address that it has come, and keeps it for open ones that will.
    async fn signal_send(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The name, as the waits have it.")] name: String,
        #[graphql(desc = "Which signal of that name; absent: the one without a key.")] key: Option<String>,
        #[graphql(desc = "What the runs are told: the output of their waits.")] payload: Option<Json>,
    ) -> Result<Option<SignalSendPayload>> {
        let (access, once) = (caller(context)?.access(), self::key(context));
        let request = Request {
            access,
            key: once.as_ref(),
        };
        let address = Address {
            name: name.trim().to_owned(),
            key: key.unwrap_or_default(),
        };
        let payload = payload.map_or(serde_json::Value::Null, |json| json.0);
        let sent = part::<Engine>(context)?.send_signal(request, address, &payload).await?;
        Ok(Some(match sent {
            Ok(sent) => SignalSendPayload {
                signal_id: Some(id::format("signal", sent.id).into()),
                told_runs: i32::try_from(sent.told.len()).unwrap_or(i32::MAX),
                user_errors: Vec::new(),
            },
            Err(problem) => SignalSendPayload {
                signal_id: None,
                told_runs: 0,
                user_errors: vec![UserError::of_argument(problem, &[])?],
            },
        }))
    }
}
