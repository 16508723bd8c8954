//! The engine on a clock that the tests own, on both databases.

mod basics;
mod closed_won;
mod dates;
mod deletions;
mod drip;
mod failures;
mod housekeeping;
mod schedules;
mod stale_deals;
mod waits;
