//! The choices that configs of nodes offer. Written in definitions as the catalogue has them.

use async_graphql::Enum;
use serde::{Deserialize, Serialize};

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident in $case:literal { $($(#[$about:meta])* $option:ident),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize, Deserialize)]
        #[serde(rename_all = $case)]
        pub enum $name { $($(#[$about])* $option),+ }
    )+};
}

choices! {
    /// How many records a run is started for by hand.
    RecordCount in "camelCase" {
        /// A run for one record.
        One,
        /// One run for each.
        Many,
        /// A run without a record.
        None,
    }

    /// What a join waits for.
    JoinMode in "camelCase" {
        /// Every branch that was taken.
        All,
        /// The first.
        Any,
        /// So many.
        Count,
    }

    /// What an item's failure means for the other items of its loop.
    LoopErrorMode in "camelCase" {
        /// No further item begins, and the loop fails.
        Stop,
        /// It is counted, and the loop goes on.
        Continue,
    }

    /// How a stop ends its run.
    StopResult in "camelCase" {
        /// As if nothing had been left to do.
        Succeeded,
        /// As if a step had failed.
        Failed,
        /// As if a person had ended it.
        Cancelled,
    }

    /// What can be waited for.
    WaitedEvent in "camelCase" {
        /// A record is, or becomes, such that a condition holds.
        RecordChanged,
        /// Somebody writes to us.
        MessageReceived,
        /// A signal comes.
        Signal,
    }

    /// How one of several users is chosen.
    AssignmentStrategy in "camelCase" {
        /// One after the other.
        RoundRobin,
        /// Whoever has the least to do.
        LeastBusy,
        /// The first of those named.
        User,
    }

    /// What makes a user busy.
    AssignmentLoad in "camelCase" {
        /// The open records of the same object that the user owns.
        Records,
        /// The user's open tasks.
        Tasks,
    }

    /// A day of the week.
    Weekday in "SCREAMING_SNAKE_CASE" {
        /// The first day of a week, by ISO 8601.
        Monday,
        /// The second day.
        Tuesday,
        /// The third day.
        Wednesday,
        /// The fourth day.
        Thursday,
        /// The fifth day.
        Friday,
        /// The sixth day.
        Saturday,
        /// The last day.
        Sunday,
    }

    /// What becomes of times that passed while no server ran.
    MissedTimes in "camelCase" {
        /// They are left out.
        Skip,
        /// The last of them is made up for.
        Latest,
        /// All of them are, but no more than the last hundred.
        All,
    }

    /// How a caller shows that it may call.
    WebhookVerification in "camelCase" {
        /// Signs id, time and body, as Standard Webhooks has it.
        StandardWebhooks,
        /// Signs the body with HMAC-SHA-256.
        Hmac,
        /// Sends the secret itself as a bearer token.
        Bearer,
        /// Needs nothing.
        None,
    }

    /// How a message that is waited for comes.
    MessageWay in "SCREAMING_SNAKE_CASE" {
        /// By e-mail.
        Email,
        /// By SMS.
        Sms,
    }

    /// What an e-mail or SMS is for.
    EmailPurpose in "SCREAMING_SNAKE_CASE" {
        /// Needs consent.
        Marketing,
        /// Belongs to what the recipient asked for.
        Transactional,
    }

    /// What an HTTP request asks for.
    HttpMethod in "SCREAMING_SNAKE_CASE" {
        /// To read.
        Get,
        /// To add.
        Post,
        /// To replace.
        Put,
        /// To change.
        Patch,
        /// To delete.
        Delete,
    }
}

/// What a question of a form takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FormFieldType {
    /// A text.
    #[default]
    Text,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// A day.
    Date,
    /// One of the options.
    Select,
}

/// What a value that is handed over holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ParameterType {
    /// A text.
    #[default]
    Text,
    /// A whole number.
    Integer,
    /// An exact decimal number.
    Decimal,
    /// Yes or no.
    Boolean,
    /// A day.
    Date,
    /// An instant.
    DateTime,
    /// A record of an object, by its id.
    Record,
    /// Anything at all.
    Any,
}
