//! `delay`: a timer, or nothing where its time is past.

use pointsman_entities::time::Timestamp;
use pointsman_graph::{key::Port, step::StepId, value};
use serde_json::json;

use crate::engine::{inbox::Purpose, segment::Segment};

impl Segment<'_> {
    pub(super) fn delay(&mut self, step: &StepId, attempt: u32, until: value::Timestamp) {
        let due = Timestamp(until.micros());
        self.set_input(step, &json!({ "until": until.to_string() }));
        if due <= self.now {
            self.succeed(step, attempt, Port::OUT, value::Value::Null);
        } else {
            self.set_timer(step, Purpose::Delay, attempt, due);
            self.wait(step, Some(due));
        }
    }
}
