//! What happens in a run, one type a fact.

use async_graphql::{Interface, SimpleObject};

use super::{RunStatus, StepError};
use crate::api::scalar::DateTime;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })+) => { pastey::paste! {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, SimpleObject)]
            pub struct [<$name>] {
                /// The place in the run's own sequence, for `after`.
                pub seq: i32,
                /// When.
                pub at: DateTime,
                $($(#[$field_doc])* pub $field: $type,)*
            }
        )+

        /// Something that happened in a run.
        #[derive(Clone, Debug, Interface)]
        #[graphql(
            field(name = "seq", ty = "&i32", desc = "The place in the run's own sequence, for `after`."),
            field(name = "at", ty = "&DateTime", desc = "When.")
        )]
        pub enum RunEvent { $($name($name)),+ }
    }};
}

events! {
    /// A trigger, or a person, started the run.
    RunStarted {
        /// The trigger's key.
        trigger: String,
    }

    /// The run may not start yet: it waits for its turn, or for its workflow's rate.
    RunQueued {
        /// Not before then; null where it waits for its turn alone.
        until: Option<DateTime>,
    }

    /// The run never begins: workflows set each other off too often.
    RunRefused {
        /// Why. Null without the right to inspect runs.
        reason: Option<String>,
    }

    /// An attempt of a step began.
    StepStarted {
        /// The step.
        step: String,
        /// Its node's key.
        node: String,
        /// Which attempt, from 1.
        attempt: i32,
    }

    /// A step did its work.
    StepSucceeded {
        /// The step.
        step: String,
        /// Its node's key.
        node: String,
        /// The port it left by; null where it leads nowhere.
        port: Option<String>,
    }

    /// An attempt of a step failed.
    StepFailed {
        /// The step.
        step: String,
        /// Its node's key.
        node: String,
        /// Which attempt, from 1.
        attempt: i32,
        /// Why. Null without the right to inspect runs.
        error: Option<StepError>,
        /// Whether there is no other attempt.
        r#final: bool,
    }

    /// A step is tried again later.
    StepRetrying {
        /// The step.
        step: String,
        /// Its node's key.
        node: String,
        /// Which attempt is next.
        attempt: i32,
        /// When.
        due_at: DateTime,
    }

    /// A step waits.
    StepWaiting {
        /// The step.
        step: String,
        /// Its node's key.
        node: String,
        /// At most until then.
        until: Option<DateTime>,
    }

    /// No way led to a step.
    StepSkipped {
        /// The step.
        step: String,
        /// Its node's key.
        node: String,
    }

    /// The run ended before a step did.
    StepCancelled {
        /// The step.
        step: String,
        /// Its node's key.
        node: String,
    }

    /// Nobody knows whether a step's effect was carried out; a person must say.
    StepUnknown {
        /// The step.
        step: String,
        /// Its node's key.
        node: String,
        /// What is known. Null without the right to inspect runs.
        message: Option<String>,
    }

    /// The run is over.
    RunFinished {
        /// How it ended.
        status: RunStatus,
    }
}
