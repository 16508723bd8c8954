//! Pointsman's server: the CRM, its workflows, the engine that runs them, and the GraphQL API over all of it.

// How deep the futures of the API's merged roots lie in one another.
#![recursion_limit = "256"]

pub mod actions;
pub mod api;
pub mod app;
pub mod auth;
pub mod cli;
pub mod config;
mod console;
pub mod control;
pub mod crm;
pub mod engine;
mod facts;
pub mod hooks;
pub mod inbound;
pub mod installation;
pub mod messaging;
pub mod secrets;
pub mod seed;
pub mod source;
pub mod store;
pub mod workflow;
