//! Fields and objects that administrators define at run time: what they are, how their values are stored, and how a
//! definition changes. Whatever a definition says is enforced by `write`, as for core fields.
//!
//! Never changes a value: a retired field keeps what it held, hidden.

pub mod cache;
pub mod define;
pub mod definition;
mod existing;
pub mod fields;
pub mod index;
pub(super) mod keys;
mod naming;
pub mod objects;
pub mod sql;
pub mod stored;

/// The epoch that each change of a definition raises.
pub const EPOCH: &str = "catalogue";
