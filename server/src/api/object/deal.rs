//! Deals in the API, with what follows from their amount and stage.

use async_graphql::{Context, ID, MaybeUndefined, Object, SimpleObject};

use super::table::{creations, object, options};
use crate::{
    api::{
        error::Result,
        money::Money,
        noun::{self, Act, Automation, Changes, Target, ToChanges},
        payload::UserError,
        scalar::{Date, DateTime},
    },
    crm::{Record, value},
};

options! {
    /// Whether a deal is still open.
    DealStatus { Open, Won, Lost }
}

object! {
    /// Sales in progress, won and lost.
    Deal deal deals;
    required {
        /// What the deal is called.
        name: String,
    }
    defaulted {
        /// Chance of winning, in percent; follows the stage unless it is set.
        probability: i32,
    }
    optional {
        /// What the deal is worth.
        amount: Money,
        /// The day the deal is expected to close.
        close_date: Date,
        /// Why the deal was lost.
        lost_reason: String,
        /// Where the deal came from.
        source: String,
        /// Free text.
        description: String,
    }
    kept {
        /// Follows the stage.
        status: DealStatus,
        /// When the deal was won or lost.
        closed_at: DateTime,
    }
    required_references {}
    references {
        /// The first stage of the first pipeline where it is not given.
        stage: Stage,
        /// The company that buys.
        company: Company,
        /// The main contact.
        contact: Contact,
    }
    kept_references {
        /// Follows the stage.
        pipeline: Pipeline,
    }
    lists {
        /// What is to be done about the deal.
        tasks: Task by "deal",
        /// The notes about the deal.
        notes: Note by "deal",
        /// E-mail and SMS about the deal.
        messages: Message by "deal",
    }
    computed {
        /// The amount times the probability, rounded to what the currency can hold.
        weighted_amount: Money = weighted_amount,
    }
}

creations!(Deal deal deals);

/// What became of moving a deal.
#[derive(SimpleObject)]
pub struct DealMovePayload {
    /// The deal as it is now; null where it was not moved.
    deal: Option<Deal>,
    /// Why the deal was not moved; empty where it was.
    user_errors: Vec<UserError>,
}

/// Moves deals.
#[derive(Default)]
pub struct DealMoves;

#[Object]
impl DealMoves {
    /// Moves a deal to a stage; its status, pipeline and probability follow.
    async fn deal_move(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The global id of the deal.")] id: ID,
        #[graphql(desc = "The global id of the stage.")] stage_id: ID,
        #[graphql(desc = "Refuses the change where the deal is at another version.")] expected_version: Option<i32>,
        #[graphql(default, desc = "Whether the change starts workflows.")] automation: Automation,
    ) -> Result<Option<DealMovePayload>> {
        let target = Target {
            id,
            expected: expected_version,
        };
        let written = noun::alter(context, target, Act::Update(Move(stage_id)), automation).await?;
        let (deal, user_errors) = written.single();
        Ok(Some(DealMovePayload { deal, user_errors }))
    }
}

struct Move(ID);

impl ToChanges for Move {
    fn changes(self, changes: &mut Changes<'_>) {
        changes.refer("stage", MaybeUndefined::Value(self.0));
    }
}

fn weighted_amount(deal: &Record) -> Option<Money> {
    let money = deal.get("amount").as_money()?;
    let probability = i128::from(deal.get("probability").as_integer()?);
    // Rounded half away from zero, as people do with money on paper.
    let hundredfold = i128::from(money.minor) * probability;
    let minor = (hundredfold + 50 * hundredfold.signum()) / 100;
    Some(Money::from(value::Money {
        minor: i64::try_from(minor).ok()?,
        currency: money.currency,
    }))
}
