//! What a provider has told of an effect by itself, while we may have lost its answer.

use sea_orm::entity::prelude::*;

use crate::{ids::EffectId, time::Timestamp};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "receipt")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub effect_id: EffectId,
    /// What the provider calls the effect; none where the row says that nobody knows what became of it.
    pub provider_id: Option<String>,
    /// The provider's word for the state, such as `delivered`.
    pub status: String,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
