//! What integration tests stand on: the installations they watch, and the real servers those talk to. Never a test
//! itself, never part of the product.

pub mod app;
pub mod clock;
pub mod dump;
pub mod program;
pub mod servers;
pub mod socket;
pub mod world;
