//! Pointsman's tables, one a file, with the typed ids and the timestamp they are made of.
//!
//! Rows only: no rule of the CRM or the engine stands here. Enumerations are stored as their UPPER_CASE names, times as
//! microseconds, documents as JSON text, so that both databases hold and order the same bytes.

pub mod activation;
pub mod api_key;
pub mod approval;
pub mod approval_assignee;
pub mod blob;
pub mod change;
pub mod company;
pub mod contact;
pub mod credential;
pub mod cursor;
pub mod deal;
pub mod effect;
pub mod enrolment_key;
pub mod epoch;
pub mod gate;
pub mod hook;
pub mod hook_delivery;
pub mod idempotency;
pub mod ids;
pub mod inbound;
pub mod job;
pub mod member;
pub mod message;
pub mod note;
pub mod notification;
pub mod pace;
pub mod pipeline;
pub mod receipt;
pub mod role;
pub mod run;
pub mod run_event;
pub mod run_inbox;
pub mod run_item;
pub mod schedule;
pub mod secret;
pub mod session;
pub mod setting;
pub mod signal;
pub mod signal_taken;
pub mod signal_wait;
pub mod stage;
pub mod step;
pub mod suppression;
pub mod task;
pub mod team;
pub mod time;
pub mod timer;
pub mod turned_away;
pub mod turnstile;
pub mod user;
pub mod wait;
pub mod workflow;
pub mod workflow_version;
