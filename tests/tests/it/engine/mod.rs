//! The engine on a clock that the tests own, on both databases.

mod approvals;
mod backtest;
mod basics;
mod calls;
mod closed_won;
mod dates;
mod deletions;
mod differential;
mod drip;
mod dry_run;
mod enrolment;
mod failures;
mod flow;
mod gates;
mod housekeeping;
mod interplay;
mod loops;
mod mails;
mod notices;
mod people;
mod readmission;
mod schedules;
mod shutdown;
mod signals;
mod stale_deals;
mod waits;
