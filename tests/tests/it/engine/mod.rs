//! The engine on a clock that the tests own, on both databases.

mod approvals;
mod basics;
mod closed_won;
mod drip;
mod failures;
mod housekeeping;
mod people;
mod signals;
mod waits;
