//! Pointsman's server: the CRM, its workflows, the engine that runs them, and the GraphQL API over all of it.

pub mod actions;
pub mod api;
pub mod auth;
pub mod crm;
pub mod engine;
mod facts;
pub mod source;
pub mod store;
pub mod workflow;
