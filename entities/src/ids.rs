//! Typed ids. Each is a UUIDv7 inside, so that ids made later sort later; text forms (TypeIDs) are the API's concern.

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, DeriveValueType)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The id's UUID.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    )+};
}

ids! {
    /// A record of any object; which one, its table says.
    RecordId,
    /// A user.
    UserId,
    /// A team.
    TeamId,
    /// A workflow.
    WorkflowId,
    /// A published version of a workflow.
    VersionId,
    /// A run of a version.
    RunId,
    /// An order in the ledger of effects.
    EffectId,
    /// A timer of a run.
    TimerId,
    /// The times of a trigger.
    ScheduleId,
    /// A run's wait for a record.
    WaitId,
    /// A server node of the installation.
    MemberId,
    /// A role that an installation has made.
    RoleId,
    /// An API key.
    KeyId,
    /// A secret.
    SecretId,
    /// A payload that is kept out of line.
    BlobId,
    /// Long work that is done in parts.
    JobId,
    /// What let a start into a workflow, or turned it away.
    EnrolmentId,
    /// A gate that runs with one key pass.
    GateId,
    /// A turnstile.
    TurnstileId,
    /// A signal.
    SignalId,
    /// A run's wait for a signal.
    SignalWaitId,
    /// A question to people.
    ApprovalId,
    /// Something that a user was told.
    NotificationId,
    /// An object that an administrator has defined.
    CustomObjectId,
    /// A field that an administrator has defined.
    CustomFieldId,
}

impl From<UserId> for RecordId {
    fn from(user: UserId) -> Self {
        Self(user.0)
    }
}

impl From<RecordId> for UserId {
    fn from(record: RecordId) -> Self {
        Self(record.0)
    }
}
