//! The messages of a run that ends before they were sent: they are not sent any more, and say so.

use pointsman_entities::{
    effect,
    ids::{EffectId, RecordId},
};
use sea_orm::{EntityName, EntityTrait};
use serde_json::Value as Json;

use super::perform::Held;
use crate::{
    engine::{Error, segment::Segment},
    store::{self, Assign, Update, Write},
};

impl Segment<'_> {
    /// Marks the messages of the steps that ended with the run. One that is being sent just now is its outcome's to mark.
    pub(in crate::engine) async fn withdraw_messages(&mut self) -> Result<(), Error> {
        for step in self.abandoned.clone() {
            let message = match (self.messages.get(&step), self.live.effects.get(&step)) {
                (Some(message), _) => Some(*message),
                (None, Some(effect)) => self.unsent(*effect).await?,
                (None, None) => None,
            };
            if let Some(message) = message {
                let (engine, decision) = (self.engine, &mut self.decision);
                engine
                    .update_message(decision, message, "CANCELLED", &Json::Null)
                    .await?;
            }
        }
        Ok(())
    }

    /// The message of an effect that no attempt has begun for, or none is left for.
    async fn unsent(&mut self, id: EffectId) -> Result<Option<RecordId>, Error> {
        let store = &self.engine.store;
        let row = effect::Entity::find_by_id(id).one(store.reads()).await;
        let Some(row) = row.map_err(store::Error::from)? else {
            return Ok(None);
        };
        match row.state.as_str() {
            // The order is taken back in this write set, which is decided again where an attempt begins meanwhile.
            "PENDING" => self.decision.set.push(Write::Update(Update {
                table: effect::Entity.table_name(),
                key: vec![("run_id", row.run_id.0.into()), ("id", id.0.into())],
                set: vec![("updated_at", Assign::Value(self.now.micros().into()))],
                guard: vec![("state", "CANCELLED".into())],
                returning: None,
                must_match: true,
            })),
            "FAILED" => {}
            _ => return Ok(None),
        }
        Ok(Held::read(store, row).await?.payload.what.message())
    }
}
