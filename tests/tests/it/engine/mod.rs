//! The engine on a clock that the tests own, on both databases.

mod basics;
mod closed_won;
mod drip;
mod enrolment;
mod failures;
mod gates;
mod housekeeping;
mod waits;
