//! The pure core of Pointsman: what a workflow says, whether it is sound, and what a run does next.
//!
//! Nothing here reads a clock, draws a random number, opens a socket or a database: time and chance travel inside the
//! events. That is what lets the engine, the dry run and the tests share one meaning.

pub mod call;
pub mod catalogue;
pub mod check;
pub mod day_time;
pub mod decision;
pub mod definition;
pub mod event;
pub mod expression;
pub mod foreign;
pub mod json_schema;
pub mod key;
pub mod node;
pub mod plan;
pub mod resolve;
pub mod retry;
pub mod run;
pub mod span;
pub mod step;
pub mod template;
pub mod timetable;
pub mod track;
pub mod value;
