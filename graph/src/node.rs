//! The kinds of node, one file each: config, description, check and resolution of a kind stand together.
//!
//! A new kind is a new file and a line in the table below.

mod add_note;
mod approval;
mod assign;
mod call_workflow;
mod called;
mod create_record;
mod create_task;
mod date_reached;
mod delay;
mod delete_record;
mod emit_signal;
mod find_records;
mod for_each;
pub mod form;
mod http_request;
mod join;
mod kind;
mod manual;
mod message_received;
mod notify;
mod people;
mod record_created;
mod record_deleted;
mod record_updated;
mod schedule;
mod send_email;
mod send_sms;
mod set;
pub mod signal;
mod stop;
mod switch;
mod update_record;
mod upsert_record;
mod wait_for;
mod webhook;
mod when;

use serde_json::{Map, Value as Json};

use crate::{catalogue::Description, check::Site, key::Port, track::Role};

pub use add_note::AddNote;
pub use approval::Approval;
pub use assign::{Assign, Load, Strategy};
pub use call_workflow::CallWorkflow;
pub use called::Called;
pub use create_record::CreateRecord;
pub use create_task::CreateTask;
pub use date_reached::DateReached;
pub use delay::{DayOfWeek, Delay, UntilTime};
pub use delete_record::DeleteRecord;
pub use emit_signal::EmitSignal;
pub use find_records::{Direction, FindRecords, OrderBy};
pub use for_each::{Find, ForEach, LoopError};
pub use form::{FormField, FormInput};
pub use http_request::{HttpRequest, Method};
pub use join::{Join, JoinPolicy};
pub(crate) use kind::{Compiled, Kind, Work};
pub use kind::{ReadConfig, Writes};
pub use manual::{Cardinality, Manual};
pub use message_received::{Channel, MessageReceived};
pub use notify::Notify;
pub use record_created::RecordCreated;
pub use record_deleted::RecordDeleted;
pub use record_updated::RecordUpdated;
pub use schedule::Schedule;
pub use send_email::{EmailKind, Recipients, SendEmail};
pub use send_sms::SendSms;
pub use set::Set;
pub use stop::{Stop, StopOutcome};
pub use switch::{Case, Switch};
pub use update_record::UpdateRecord;
pub use upsert_record::UpsertRecord;
pub use wait_for::{Awaited, Awaits, WaitFor};
pub use webhook::{Hook, Proof, Verification, Webhook};
pub use when::When;

/// Names every kind once: its variant in [`Config`], which is its config's type too.
macro_rules! kinds {
    ($($kind:ident),* $(,)?) => {
        /// A node's config by its kind. Every field may be absent: a half-drawn node can be saved.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Config {
            $($kind($kind),)*
            /// A kind that is not ours, kept as it is.
            Unknown { kind: String, version: u32, config: Map<String, Json> },
        }

        pub(crate) const DESCRIPTIONS: &[&Description] = &[$(&$kind::DESCRIPTION),*];

        impl Config {
            /// Reads a config, upgrading one of an earlier version. The fields that the kind does not have come apart.
            ///
            /// # Errors
            /// [`ReadConfig`] where a field has another shape, or a later version wrote it.
            pub fn read(
                kind: &str,
                version: u32,
                config: Map<String, Json>,
            ) -> Result<(Config, Map<String, Json>), ReadConfig> {
                $(if kind == $kind::DESCRIPTION.kind {
                    let (config, unknown) = kind::read::<$kind>(version, config)?;
                    return Ok((Config::$kind(config), unknown));
                })*
                Ok((Config::Unknown { kind: kind.to_owned(), version, config }, Map::new()))
            }

            /// The fields that are present.
            pub fn to_json(&self) -> Map<String, Json> {
                match self {
                    $(Config::$kind(config) => kind::write(config),)*
                    Config::Unknown { config, .. } => config.clone(),
                }
            }

            /// What the kind is and takes; none for a kind that is not ours.
            pub fn description(&self) -> Option<&'static Description> {
                match self {
                    $(Config::$kind(_) => Some(&$kind::DESCRIPTION),)*
                    Config::Unknown { .. } => None,
                }
            }

            /// The ways out; a main one comes first.
            pub fn ports(&self) -> Vec<Port> {
                match self {
                    $(Config::$kind(config) => config.ports(),)*
                    Config::Unknown { .. } => Vec::new(),
                }
            }

            /// What makes such a node go.
            pub fn role(&self) -> Role {
                match self {
                    $(Config::$kind(config) => config.role(),)*
                    Config::Unknown { .. } => Role::Step,
                }
            }

            /// Checks the config in its place, and makes of it what a run needs.
            pub(crate) fn compile(&self, site: &mut Site<'_>) -> Compiled {
                match self {
                    $(Config::$kind(config) => config.compile(site),)*
                    Config::Unknown { .. } => Compiled::nothing(),
                }
            }
        }
    };
}

kinds! {
    RecordCreated, RecordUpdated, Manual, Called,
    RecordDeleted, Schedule, DateReached, Webhook, MessageReceived,
    When, Switch, Join, Set, ForEach, CallWorkflow, Stop,
    Delay, WaitFor, Approval,
    CreateRecord, UpdateRecord, FindRecords, CreateTask, SendEmail, HttpRequest,
    Assign, UpsertRecord, DeleteRecord, AddNote, Notify, EmitSignal,
    SendSms,
}

impl Config {
    /// The port that an edge leaves by which names none. Nodes that branch have no such port.
    pub fn main_port(&self) -> Option<Port> {
        self.ports()
            .into_iter()
            .next()
            .filter(|port| [Port::OUT, Port::DONE].contains(port))
    }

    /// The kind as written in a definition.
    pub fn kind(&self) -> &str {
        match self {
            Config::Unknown { kind, .. } => kind,
            known => known.description().map_or("", |description| description.kind),
        }
    }

    /// The version of the config, after any upgrade.
    pub fn version(&self) -> u32 {
        match self {
            Config::Unknown { version, .. } => *version,
            known => known.description().map_or(1, |description| description.version),
        }
    }
}
