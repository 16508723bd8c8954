//! The engine on a clock that the tests own, on both databases.

mod basics;
mod calls;
mod closed_won;
mod differential;
mod drip;
mod failures;
mod flow;
mod housekeeping;
mod loops;
mod waits;
