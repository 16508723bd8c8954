//! The engine on a clock that the tests own, on both databases.

mod basics;
mod closed_won;
mod drip;
mod failures;
mod housekeeping;
mod mails;
mod shutdown;
mod waits;
