//! Turns a node whose turn has come into what it does now: a way out, the end of the run, or an order with every text
//! rendered. Pure: it reads the bindings alone, and the same bindings give the same answer.

mod moment;
mod order;
mod setting;

use crate::{event::Outcome, expression::Trace, key::Port, value::Value};

pub use moment::{Moment, Unresolved};
pub use order::{
    ApprovalRequest, Assignment, Body, Call, FindRecords, HttpRequest, Items, MessageWait, NewTask, Notice, Order,
    OutgoingEmail, OutgoingSms, People, RecordWait, Signal, SignalWait,
};
pub use setting::Setting;

/// What a node does now.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// It is done, and leaves by a port.
    Leave {
        port: Port,
        output: Value,
        traces: Vec<Traced>,
    },
    /// It ends the run.
    Stop {
        outcome: Outcome,
        message: String,
        /// What it hands to whoever called the workflow; null where it hands over nothing.
        output: Value,
    },
    /// Somebody with a database, a timer or a network has to do it.
    Order(Order),
}

/// Why a condition held, or did not.
#[derive(Clone, Debug)]
pub struct Traced {
    /// The config's field, such as `cases[1].condition`.
    pub field: String,
    /// Each part of the condition with its value.
    pub trace: Trace,
}
