//! The way in for other systems: `POST /hooks/<path>` starts a run of the workflow that listens there. Lets nobody in that
//! does not prove that it may, and answers when the run is written down, not when it is over.

mod answer;
mod proof;

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use governor::{
    Quota, RateLimiter, clock::Clock, middleware::NoOpMiddleware, nanos::Nanos, state::keyed::HashMapStateStore,
};
use poem::{
    IntoResponse, Request, Response,
    error::ReadBodyError,
    http::{HeaderMap, Method, StatusCode},
    web::Json,
};
use pointsman_entities::ids::{MemberId, RunId};
use pointsman_graph::node::Hook;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    crm::{Crm, id},
    secrets::Secrets,
    workflow::{
        hook::{Called, Listening},
        manage::Workflows,
    },
};
use answer::Refused;
use proof::Call;

/// The largest call, in bytes.
const LARGEST: usize = 1024 * 1024;

/// The longest that a call may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// Calls to one path: so many a second in the long run…
const A_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(49);

/// … and so many at once.
const BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(499);

/// The longest id of a delivery, in bytes.
const LONGEST_ID: usize = 255;

/// What calls are answered with.
pub struct Parts {
    pub crm: Arc<Crm>,
    pub workflows: Arc<Workflows>,
    pub secrets: Arc<Secrets>,
    /// The server node that takes the runs over.
    pub member: MemberId,
}

/// The endpoint behind `/hooks/`.
pub struct Endpoint {
    parts: Parts,
    limiter: RateLimiter<String, HashMapStateStore<String>, Ticks, NoOpMiddleware<Nanos>>,
}

impl Endpoint {
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let quota = Quota::per_second(A_SECOND).allow_burst(BURST);
        let ticks = Ticks(Arc::clone(&parts.crm));
        Self {
            limiter: RateLimiter::new(quota, HashMapStateStore::default(), ticks),
            parts,
        }
    }

    async fn answer(&self, mut request: Request) -> Result<RunId, Refused> {
        if request.method() != Method::POST {
            return Err(Refused::Method);
        }
        let path = request.path_params::<String>().map_err(|_| Refused::Unknown)?;
        let mut listening = self.listening(&path).await?;
        self.admit(&path)?;
        let body = body(&mut request).await?;
        // A workflow that is published anew just now is called as it is then.
        loop {
            let hook = listening.hook().ok_or(Refused::Unknown)?;
            self.verify(hook, request.headers(), &body).await?;
            let (delivery, payload) = (delivery(hook, request.headers())?, payload(hook, &body)?);
            let Parts {
                crm, workflows, member, ..
            } = &self.parts;
            let called = workflows.call(crm, *member, &listening, delivery, &payload).await;
            match called.map_err(|error| failed(&error))? {
                Called::Started(run) | Called::Repeated(run) => return Ok(run),
                Called::TurnedAway(reason) => return Err(Refused::TurnedAway(reason)),
                Called::Gone => listening = self.listening(&path).await?,
            }
        }
    }

    async fn listening(&self, path: &str) -> Result<Listening, Refused> {
        let found = self.parts.workflows.listening(path).await;
        found.map_err(|error| failed(&error))?.ok_or(Refused::Unknown)
    }

    fn admit(&self, path: &str) -> Result<(), Refused> {
        let admitted = self.limiter.check_key(&path.to_owned());
        admitted.map_err(|limited| {
            let wait = limited.wait_time_from(self.limiter.clock().now());
            Refused::Often(wait.as_secs() + 1)
        })
    }

    async fn verify(&self, hook: &Hook, headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
        let Some(name) = proof::secret(&hook.proof) else {
            return Ok(());
        };
        let secret = self.parts.secrets.reveal(name).await.map_err(|error| failed(&error))?;
        let Some(secret) = secret else {
            tracing::warn!(path = %hook.path, secret = name, "a webhook can't be verified: there is no such secret");
            return Err(Refused::Unproven);
        };
        let now = self.parts.crm.source().now().micros() / 1_000_000;
        match proof::holds(&hook.proof, &Call { headers, body, now }, &secret.value) {
            true => Ok(()),
            false => Err(Refused::Unproven),
        }
    }
}

impl poem::Endpoint for Endpoint {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        Ok(match self.answer(request).await {
            Ok(run) => Json(json!({ "runId": id::format("run", run) }))
                .with_status(StatusCode::ACCEPTED)
                .into_response(),
            Err(refused) => refused.into_response(),
        })
    }
}

async fn body(request: &mut Request) -> Result<Vec<u8>, Refused> {
    let body = timeout(PATIENCE, request.take_body().into_bytes_limit(LARGEST)).await;
    match body.map_err(|_| Refused::Slow)? {
        Ok(body) => Ok(body.to_vec()),
        Err(ReadBodyError::PayloadTooLarge) => Err(Refused::Large),
        Err(_) => Err(Refused::Slow),
    }
}

/// The sender's id of the delivery.
fn delivery<'a>(hook: &Hook, headers: &'a HeaderMap) -> Result<Option<&'a str>, Refused> {
    let Some(value) = headers.get(&*hook.id_header) else {
        return Ok(None);
    };
    let id = value.to_str().ok().filter(|id| (1..=LONGEST_ID).contains(&id.len()));
    id.map(Some).ok_or_else(|| Refused::Payload {
        code: "INVALID_ID",
        message: format!("the id of a delivery has 1 to {LONGEST_ID} visible characters"),
        field: hook.id_header.to_string(),
    })
}

fn payload(hook: &Hook, body: &[u8]) -> Result<Value, Refused> {
    let payload = serde_json::from_slice(body).map_err(|error| Refused::Payload {
        code: "MALFORMED",
        message: format!("what was sent is not JSON: {error}"),
        field: String::new(),
    })?;
    let fits = hook.payload.as_ref().map_or(Ok(()), |schema| schema.check(&payload));
    fits.map(|()| payload).map_err(|mismatch| Refused::Payload {
        code: "INVALID_PAYLOAD",
        message: mismatch.message,
        field: mismatch.path,
    })
}

fn failed(error: &dyn std::error::Error) -> Refused {
    let source = error.source().map(ToString::to_string);
    tracing::error!(%error, source, "a call from outside could not be answered");
    Refused::Failed
}

/// The installation's clock, as the limiter reads it.
#[derive(Clone)]
struct Ticks(Arc<Crm>);

impl Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let micros = u64::try_from(self.0.source().now().micros()).unwrap_or_default();
        Nanos::new(micros.saturating_mul(1_000))
    }
}
