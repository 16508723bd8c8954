//! The engine on a clock that the tests own, on both databases.

mod approvals;
mod backtest;
mod basics;
mod closed_won;
mod dates;
mod deletions;
mod drip;
mod dry_run;
mod enrolment;
mod failures;
mod gates;
mod housekeeping;
mod mails;
mod people;
mod schedules;
mod shutdown;
mod signals;
mod stale_deals;
mod waits;
