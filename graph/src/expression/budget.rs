//! What an evaluation may spend. Counts work and memory, never time, so that the same expression ends the same way on
//! any machine.

use crate::value::{Key, Tick, Value};

use super::{Fault, Limit};

/// The steps and bytes that are left. One budget may serve several evaluations, which then share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    steps: u32,
    bytes: u32,
}

impl Budget {
    /// A budget of its own size.
    pub fn new(steps: u32, bytes: u32) -> Budget {
        Budget { steps, bytes }
    }

    /// The steps that are left.
    pub fn steps_left(&self) -> u32 {
        self.steps
    }

    /// The bytes that are left.
    pub fn bytes_left(&self) -> u32 {
        self.bytes
    }

    /// Counts one step: one operator, call, element or value visited.
    pub(crate) fn step(&mut self) -> Result<(), Fault> {
        self.spend_steps(1)
    }

    /// Counts work whose size is known before it is done.
    pub(crate) fn spend_steps(&mut self, steps: usize) -> Result<(), Fault> {
        self.steps = spend(self.steps, steps).ok_or_else(|| self.exhausted(Limit::Steps))?;
        Ok(())
    }

    /// Counts going through a text: 64 bytes of it take about as long as one step.
    pub(crate) fn read(&mut self, bytes: usize) -> Result<(), Fault> {
        self.spend_steps(bytes / 64)
    }

    /// Counts memory before it is allocated. Nothing is given back: the sum bounds what exists at any moment.
    pub(crate) fn allocate(&mut self, bytes: usize) -> Result<(), Fault> {
        self.bytes = spend(self.bytes, bytes).ok_or_else(|| self.exhausted(Limit::Bytes))?;
        Ok(())
    }

    /// Counts all that is in a list or map before it leaves: sharing can make a small one a long text.
    pub(crate) fn weigh(&mut self, value: &Value) -> Result<(), Fault> {
        match value {
            Value::List(items) => items.iter().try_for_each(|item| self.weigh_item(item)),
            Value::Map(map) => map.iter().try_for_each(|(key, value)| {
                if let Key::String(key) = key {
                    self.allocate(key.len())?;
                }
                self.weigh_item(value)
            }),
            Value::Optional(Some(inner)) => self.weigh_item(inner),
            _ => Ok(()),
        }
    }

    fn weigh_item(&mut self, item: &Value) -> Result<(), Fault> {
        self.step()?;
        match item {
            Value::String(text) => self.allocate(text.len()),
            Value::Bytes(bytes) => self.allocate(bytes.len()),
            other => self.weigh(other),
        }
    }

    /// An exhausted budget stays exhausted, so that no later part can go on with what is left of it.
    pub(crate) fn exhausted(&mut self, limit: Limit) -> Fault {
        *self = Budget { steps: 0, bytes: 0 };
        Fault::Budget(limit)
    }
}

fn spend(left: u32, amount: usize) -> Option<u32> {
    left.checked_sub(u32::try_from(amount).ok()?)
}

/// 100,000 steps and 1 MB: a condition takes about ten steps.
impl Default for Budget {
    fn default() -> Self {
        Budget {
            steps: 100_000,
            bytes: 1 << 20,
        }
    }
}

impl Tick for Budget {
    type Stop = Fault;
    fn tick(&mut self, bytes: usize) -> Result<(), Fault> {
        self.step()?;
        self.read(bytes)
    }
}
