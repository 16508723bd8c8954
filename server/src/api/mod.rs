//! The GraphQL API: what clients see of Pointsman, and the transport that carries it.

pub mod transport;
