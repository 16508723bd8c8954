//! The list of addresses that nothing is sent to, for administrators.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use pointsman_entities::suppression as row;

use super::{
    caller::{caller, part},
    error::{Error, Result},
    object::MessageChannel,
    payload::{UserError, UserErrorCode},
    scalar::DateTime,
};
use crate::{
    actions::sms::Number,
    crm::access::Permission,
    messaging::{
        self, Channel, Messaging,
        suppression::{Entry, Reason},
    },
};

/// The most entries of a page.
const MOST: i32 = 100;

/// An address or number that nothing, or no marketing, is sent to.
pub struct Suppression(row::Model);

/// Why an address is on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum SuppressionReason {
    /// A mail came back for good.
    Bounced,
    /// The receiver has reported a mail as unwanted.
    Complained,
    /// The receiver has answered STOP.
    Stopped,
    /// The receiver has unsubscribed: only marketing is stopped.
    Unsubscribed,
    /// An administrator has entered it.
    Manual,
}

/// An address or number that nothing, or no marketing, is sent to.
#[Object]
impl Suppression {
    /// What is not sent.
    async fn channel(&self) -> Result<MessageChannel> {
        let channel = Channel::parse(&self.0.channel).map(MessageChannel::from);
        channel.ok_or_else(|| self.damaged("channel"))
    }

    /// The address in lower case, or the number in international form.
    async fn address(&self) -> &str {
        &self.0.address
    }

    /// Why it is on the list.
    async fn reason(&self) -> Result<SuppressionReason> {
        let reason = Reason::parse(&self.0.reason).map(SuppressionReason::from);
        reason.ok_or_else(|| self.damaged("reason"))
    }

    /// What the other side said.
    async fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// Since when.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

impl Suppression {
    fn damaged(&self, column: &str) -> Error {
        Error::internal(format!("suppression {}: `{column}` is none", self.0.address))
    }
}

/// Lists suppressed addresses.
#[derive(Default)]
pub struct SuppressionQueries;

#[Object]
impl SuppressionQueries {
    /// The addresses and numbers that nothing is sent to, the newest first.
    async fn suppressions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At most so many, 1 to 100.", default = 25)] first: i32,
        #[graphql(desc = "Only those that were entered before.")] before: Option<DateTime>,
    ) -> Result<Option<Vec<Suppression>>> {
        manager(context)?;
        let most = u64::try_from(first.clamp(1, MOST)).unwrap_or(1);
        let messaging = part::<Messaging>(context)?;
        let found = messaging.suppressions(most, before.map(|time| time.0)).await?;
        Ok(Some(found.into_iter().map(Suppression).collect()))
    }
}

/// An address that nothing is to be sent to.
#[derive(InputObject)]
pub struct SuppressionAddInput {
    /// What is not sent.
    channel: MessageChannel,
    /// The address, or the number in international form.
    address: String,
}

/// An address that may be written to again.
#[derive(InputObject)]
pub struct SuppressionRemoveInput {
    /// What is sent again.
    channel: MessageChannel,
    /// The address, or the number in international form.
    address: String,
}

/// What became of an entry.
#[derive(SimpleObject)]
pub struct SuppressionAddPayload {
    /// The address as it is kept.
    address: Option<String>,
    /// Why it was not entered; empty where it was.
    user_errors: Vec<UserError>,
}

/// What became of taking an entry away.
#[derive(SimpleObject)]
pub struct SuppressionRemovePayload {
    /// The address as it was kept.
    address: Option<String>,
    /// Why it was not taken away; empty where it was.
    user_errors: Vec<UserError>,
}

/// Enters addresses and takes them away.
#[derive(Default)]
pub struct SuppressionMutations;

#[Object]
impl SuppressionMutations {
    /// Stops all messages to an address.
    async fn suppression_add(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] input: SuppressionAddInput,
    ) -> Result<Option<SuppressionAddPayload>> {
        manager(context)?;
        let channel = Channel::from(input.channel);
        let address = normal(channel, &input.address);
        if let Ok(address) = &address {
            let entry = Entry {
                channel,
                address: address.clone(),
                reason: Reason::Manual,
                detail: None,
                message: None,
            };
            part::<Messaging>(context)?.suppress(&entry).await?;
        }
        Ok(Some(SuppressionAddPayload {
            user_errors: address.clone().err().into_iter().collect(),
            address: address.ok(),
        }))
    }

    /// Lets messages to an address go again. That a contact has opted out of marketing stays.
    async fn suppression_remove(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] input: SuppressionRemoveInput,
    ) -> Result<Option<SuppressionRemovePayload>> {
        manager(context)?;
        let channel = Channel::from(input.channel);
        let address = match normal(channel, &input.address) {
            Ok(address) if part::<Messaging>(context)?.unsuppress(channel, &address).await? => Ok(address),
            Ok(_) => Err(UserError::at(
                &["input", "address"],
                UserErrorCode::NotFound,
                "the address is not on the list",
            )),
            Err(error) => Err(error),
        };
        Ok(Some(SuppressionRemovePayload {
            user_errors: address.clone().err().into_iter().collect(),
            address: address.ok(),
        }))
    }
}

/// The address as the list keeps it.
fn normal(channel: Channel, text: &str) -> std::result::Result<String, UserError> {
    let invalid = |message: String| UserError::at(&["input", "address"], UserErrorCode::Invalid, message);
    match channel {
        Channel::Email => {
            let address = text.trim().parse::<lettre::Address>();
            let address = address.map_err(|_| invalid("`address` must be an e-mail address".to_owned()))?;
            Ok(address.to_string().to_lowercase())
        }
        Channel::Sms => {
            let number = text.parse::<Number>();
            number
                .map(|number| number.to_string())
                .map_err(|error| invalid(error.to_string()))
        }
    }
}

impl From<Reason> for SuppressionReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Bounced => Self::Bounced,
            Reason::Complained => Self::Complained,
            Reason::Stopped => Self::Stopped,
            Reason::Unsubscribed => Self::Unsubscribed,
            Reason::Manual => Self::Manual,
        }
    }
}

impl From<Channel> for MessageChannel {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Email => Self::Email,
            Channel::Sms => Self::Sms,
        }
    }
}

impl From<MessageChannel> for Channel {
    fn from(channel: MessageChannel) -> Self {
        match channel {
            MessageChannel::Email => Self::Email,
            MessageChannel::Sms => Self::Sms,
        }
    }
}

impl From<messaging::Error> for Error {
    fn from(error: messaging::Error) -> Self {
        Self::fault(&error)
    }
}

fn manager(context: &Context<'_>) -> Result<()> {
    if caller(context)?.access().has(Permission::ManageSuppressions) {
        Ok(())
    } else {
        Err(Error::forbidden("Your role may not manage suppressed addresses."))
    }
}
