//! What integration tests stand on: the real servers they talk to. Never a test itself, never part of the product.

pub mod servers;
