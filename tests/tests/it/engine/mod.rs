//! The engine on a clock that the tests own, on both databases.

mod basics;
mod waits;
