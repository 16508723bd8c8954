//! The ledger of effects in the API: what was sent, what failed, and of what nobody knows.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object};
use futures_util::future::BoxFuture;
use pointsman_entities::{effect, ids::RunId};
use uuid::Uuid;

use super::{RUN, Run, inspects};
use crate::{
    api::{
        caller::{caller, part},
        connection::Slice,
        error::{Error, Result},
        links::links,
        rows::RowConnection,
        scalar::{DateTime, Json},
    },
    crm::id,
    engine::{
        Engine,
        browse::EffectFilter as Wanted,
        effect::{Delivery, Finding as Found},
    },
    store::page::Order,
};

/// The prefix of effects' ids.
pub const EFFECT: &str = "effect";

/// An order to the outside world.
#[derive(Clone)]
pub struct Effect(Arc<effect::Model>);

impl From<effect::Model> for Effect {
    fn from(row: effect::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// Where an effect stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum EffectState {
    /// To be sent.
    Pending,
    /// Being sent.
    Sending,
    /// Carried out.
    Done,
    /// Not carried out.
    Failed,
    /// Nobody knows whether it was carried out; a person must say.
    Unknown,
    /// Withdrawn before it was sent.
    Cancelled,
}

/// What becomes of an effect whose outcome can't be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Delivery")]
pub enum EffectDelivery {
    /// It is sent again with the same key.
    AtLeastOnce,
    /// It is left to a person.
    AtMostOnce,
}

/// What somebody has found out about an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum Finding {
    /// It was carried out; the run goes on.
    Done,
    /// It was not: it is sent again with the same key, as the node's retry has it.
    SendAgain,
    /// It was not, and must not be any more: the step fails.
    GiveUp,
}

/// What is known, as the engine takes it.
pub fn finding(finding: Finding, output: Option<Json>) -> Found {
    match finding {
        Finding::Done => Found::Done(output.map_or(serde_json::Value::Null, |json| json.0)),
        Finding::SendAgain => Found::SendAgain,
        Finding::GiveUp => Found::GiveUp,
    }
}

impl EffectState {
    const ALL: [(Self, &str); 6] = [
        (Self::Pending, "PENDING"),
        (Self::Sending, "SENDING"),
        (Self::Done, "DONE"),
        (Self::Failed, "FAILED"),
        (Self::Unknown, "UNKNOWN"),
        (Self::Cancelled, "CANCELLED"),
    ];

    fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, known)| *known == text)
            .map(|(state, _)| state)
    }

    fn text(self) -> Option<&'static str> {
        Self::ALL
            .into_iter()
            .find(|(state, _)| *state == self)
            .map(|(_, text)| text)
    }
}

/// An order to the outside world, with what became of it.
#[Object]
impl Effect {
    /// The global id; also the key by which the other side can tell a repetition.
    async fn id(&self) -> ID {
        id::format(EFFECT, self.0.id).into()
    }

    /// What it is, such as `EMAIL`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// Where it stands.
    async fn state(&self) -> Result<EffectState> {
        EffectState::parse(&self.0.state).ok_or_else(|| damaged(&self.0, "state"))
    }

    /// What becomes of it where its outcome can't be known.
    async fn delivery(&self) -> Result<EffectDelivery> {
        let delivery = Delivery::parse(&self.0.delivery).map(EffectDelivery::from);
        delivery.ok_or_else(|| damaged(&self.0, "delivery"))
    }

    /// The run that ordered it.
    async fn run(&self, context: &Context<'_>) -> Result<Option<Run>> {
        Ok(links(context)?.run(self.0.run_id).await?.map(Run::from))
    }

    /// The step that ordered it.
    async fn step(&self) -> &str {
        &self.0.step
    }

    /// How often it was tried.
    async fn attempts(&self) -> i32 {
        i32::try_from(self.0.attempts).unwrap_or(i32::MAX)
    }

    /// What became of the last attempt: the output, or why it failed. Null without the right to inspect runs.
    async fn result(&self, context: &Context<'_>) -> Result<Option<Json>> {
        let text = self.0.result.as_deref().filter(|_| inspects(context));
        let json = text.map(|text| serde_json::from_str(text).map_err(|_| damaged(&self.0, "result")));
        Ok(json.transpose()?.map(Json))
    }

    /// When it was ordered.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When something last became of it.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}

fn damaged(row: &effect::Model, what: &str) -> Error {
    Error::internal(format!("effect {}: `{what}` can't be read", row.id.0))
}

/// Which effects. All that is given has to hold.
#[derive(Clone, Default, InputObject)]
pub struct EffectFilter {
    /// Of this run.
    run_id: Option<ID>,
    /// Where they stand: one of these.
    state: Option<Vec<EffectState>>,
}

impl EffectFilter {
    fn read(self) -> Wanted {
        let run = |id: ID| id::parse(RUN, &id).unwrap_or(RunId(Uuid::nil()));
        let texts = |states: Vec<EffectState>| states.into_iter().filter_map(EffectState::text).collect();
        Wanted {
            run: self.run_id.map(run),
            states: self.state.map(texts),
        }
    }
}

/// Reads effects.
#[derive(Default)]
pub struct EffectQueries;

#[Object]
impl EffectQueries {
    /// Orders to the outside world, the newest first. `UNKNOWN` ones wait for a person.
    async fn effects(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which effects.")] filter: Option<EffectFilter>,
        #[graphql(desc = "The size of the page, from its start; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Effects behind this cursor.")] after: Option<String>,
        #[graphql(desc = "The size of the page, from its end; at most 100.")] last: Option<i32>,
        #[graphql(desc = "Effects before this cursor.")] before: Option<String>,
    ) -> Result<Option<RowConnection<Effect>>> {
        let slice = Slice {
            first,
            after,
            last,
            before,
        };
        page(context, filter.unwrap_or_default().read(), &slice).await.map(Some)
    }
}

/// A page of effects, the newest first.
///
/// # Errors
/// `UNAUTHENTICATED`, `BAD_USER_INPUT`, or where the database fails.
async fn page(context: &Context<'_>, filter: Wanted, slice: &Slice) -> Result<RowConnection<Effect>> {
    caller(context)?;
    let engine = Arc::clone(part::<Engine>(context)?);
    let order = Order {
        column: effect::Column::CreatedAt,
        id: effect::Column::Id,
        descending: true,
    };
    let page = engine.effects(&filter, &order, &slice.rows(order.column)?).await?;
    let count = move || -> BoxFuture<'static, _> {
        let (engine, filter) = (Arc::clone(&engine), filter.clone());
        Box::pin(async move { engine.count_effects(&filter).await })
    };
    Ok(RowConnection::new(page, Effect::from, Box::new(count)))
}
