//! What a person says of an effect of which nobody knows whether it was carried out.

use pointsman_entities::{effect, ids::EffectId};
use pointsman_graph::event::Failure;
use sea_orm::EntityTrait;
use serde_json::{Value as Json, json};

use super::{perform::Held, verdict::Verdict};
use crate::{
    crm::{Access, access::Permission, keyed::Request, validate::Code},
    engine::{
        Engine,
        control::{Answer, refused},
        inbox,
    },
    store,
};

/// What became of an effect, as a person has found out.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// It was carried out; its output, where anything is known of it.
    Done(Json),
    /// It was not. It is sent again with the same key, where the node has an attempt left.
    SendAgain,
    /// It was not, and must not be sent any more: the step fails.
    GiveUp,
}

impl Finding {
    fn verdict(&self) -> Verdict {
        let not_sent = |retryable| {
            let failure = Failure {
                code: "NOT_SENT".into(),
                message: "a person has found that it was not sent".into(),
                retryable,
                retry_after_ms: None,
            };
            Verdict {
                state: "FAILED",
                result: json!(failure),
                failure: Some(failure),
            }
        };
        match self {
            Self::Done(output) => Verdict {
                state: "DONE",
                result: output.clone(),
                failure: None,
            },
            Self::SendAgain => not_sent(true),
            Self::GiveUp => not_sent(false),
        }
    }
}

impl Engine {
    /// Settles an effect whose outcome is unknown, for somebody who may start workflows.
    ///
    /// # Errors
    /// Where the database fails, or the key was used for another request.
    pub async fn resolve<'a>(
        &self,
        request: impl Into<Request<'a>>,
        id: EffectId,
        finding: &Finding,
    ) -> Answer<effect::Model> {
        let request = request.into();
        if !request.access.has(Permission::RunWorkflows) {
            return Ok(Err(refused(Code::Forbidden, "your role may not change runs")));
        }
        let (access, verdict) = (Access::system(), finding.verdict());
        let mut tell = true;
        loop {
            let answered = self.answered(request).await?.is_some();
            let row = match self.effect(id).await? {
                Some(row) if !self.seen_runs(request.access, &[row.run_id]).await?.is_empty() => row,
                Some(_) | None => return Ok(Err(refused(Code::NotFound, "there is no such effect"))),
            };
            if answered {
                return Ok(Ok(row));
            }
            if row.state != "UNKNOWN" {
                return Ok(Err(refused(Code::Invalid, "it is known what became of the effect")));
            }
            let held = Held::read(&self.store, row).await?;
            let mut decision = self.settlement(&held, &verdict, tell, &access).await?;
            request.remember(&mut decision.set, &[id.0], decision.now);
            match self.crm.settle(decision, None).await? {
                Ok(()) => {
                    self.wake(held.row.run_id);
                    return Ok(self
                        .effect(id)
                        .await?
                        .ok_or_else(|| refused(Code::NotFound, "there is no such effect")));
                }
                Err(refusal) if inbox::is_over(&refusal) => tell = false,
                Err(_) => {}
            }
        }
    }

    /// The effect of that id.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn effect(&self, id: EffectId) -> Result<Option<effect::Model>, store::Error> {
        Ok(effect::Entity::find_by_id(id).one(self.store.reads()).await?)
    }
}
