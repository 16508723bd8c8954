//! `createRecord` and `updateRecord`: changes that are part of the segment's own write set.

use std::sync::Arc;

use indexmap::IndexMap;
use pointsman_graph::{
    key::Port,
    step::StepId,
    value::{Reference, Value},
};
use serde_json::json;

use super::failure::{not_found, refused};
use crate::{
    crm::{
        Record, id,
        object::Object,
        validate,
        write::{Command, Problem, Verb},
    },
    engine::{Error, segment::Segment},
};

impl Segment<'_> {
    pub(super) async fn create_record(
        &mut self,
        step: &StepId,
        attempt: u32,
        object: &str,
        values: &IndexMap<Arc<str>, Value>,
    ) -> Result<(), Error> {
        self.set_input(step, &json!({ "object": object, "values": shown(values) }));
        let command = self.creation(object, values);
        self.write(step, attempt, command).await
    }

    pub(super) async fn update_record(
        &mut self,
        step: &StepId,
        attempt: u32,
        target: &Reference,
        values: &IndexMap<Arc<str>, Value>,
    ) -> Result<(), Error> {
        self.set_input(step, &json!({ "record": target.id, "values": shown(values) }));
        let command = self.update(target, values).await?;
        self.write(step, attempt, command).await
    }

    pub(super) async fn write(
        &mut self,
        step: &StepId,
        attempt: u32,
        command: Result<Command, Vec<Problem>>,
    ) -> Result<(), Error> {
        let written = match command {
            Ok(command) => self.engine.crm.write(&mut self.decision, &command).await?,
            Err(problems) => Err(problems),
        };
        match written {
            Ok(record) => {
                let seen = self.decision.access.view(&record);
                let output = seen.map_or(Value::Null, |record| record.to_expression());
                self.succeed(step, attempt, Port::DONE, output);
            }
            Err(problems) => self.fail(step, attempt, refused(&problems)),
        }
        Ok(())
    }

    pub(super) fn creation(&self, object: &str, values: &IndexMap<Arc<str>, Value>) -> Result<Command, Vec<Problem>> {
        let object = self.object(object)?;
        let values = typed(&object, values, None)?;
        Ok(Command {
            object,
            verb: Verb::Create { values },
        })
    }

    pub(super) async fn update(
        &mut self,
        target: &Reference,
        values: &IndexMap<Arc<str>, Value>,
    ) -> Result<Result<Command, Vec<Problem>>, Error> {
        let object = match self.object(&target.object) {
            Ok(object) => object,
            Err(problems) => return Ok(Err(problems)),
        };
        let Some(id) = id::parse(object.name, &target.id) else {
            return Ok(Err(vec![not_found(&object)]));
        };
        let before = self.decision.snapshot.load(&object, id).await?;
        let values = typed(&object, values, before.as_deref());
        Ok(values.map(|values| Command {
            object,
            verb: Verb::Update {
                id,
                expected: None,
                values,
            },
        }))
    }

    pub(super) fn object(&self, name: &str) -> Result<Arc<Object>, Vec<Problem>> {
        let message = || format!("there is no object `{name}`");
        let object = self.engine.crm.object(name);
        object.ok_or_else(|| {
            vec![Problem {
                code: validate::Code::NotFound,
                message: message(),
                field: None,
            }]
        })
    }
}

pub(super) fn shown(values: &IndexMap<Arc<str>, Value>) -> serde_json::Value {
    values
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_json()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// The values as the object's fields store them.
pub(in crate::engine) fn typed(
    object: &Object,
    values: &IndexMap<Arc<str>, Value>,
    before: Option<&Record>,
) -> Result<Vec<(usize, crate::crm::Value)>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut typed = Vec::with_capacity(values.len());
    for (name, value) in values {
        let Some((index, field)) = object.field(name) else {
            let message = format!("a {} has no field `{name}`", object.label.to_lowercase());
            problems.push(Problem {
                code: validate::Code::Invalid,
                message,
                field: None,
            });
            continue;
        };
        let current = before.and_then(|before| before.values.get(index));
        match validate::from_expression(field, value, current) {
            Ok(value) => typed.push((index, value)),
            Err(invalid) => {
                let message = format!("`{name}` {}", invalid.message);
                problems.push(Problem {
                    code: invalid.code,
                    message,
                    field: Some(field.name),
                });
            }
        }
    }
    if problems.is_empty() { Ok(typed) } else { Err(problems) }
}
