//! `createTask`: a record that is a task.

use std::sync::Arc;

use indexmap::IndexMap;
use pointsman_graph::{resolve::NewTask, step::StepId, value::Value};

use crate::engine::{Error, segment::Segment};

impl Segment<'_> {
    pub(super) async fn create_task(&mut self, step: &StepId, attempt: u32, task: &NewTask) -> Result<(), Error> {
        self.create_record(step, attempt, "task", &values(task)).await
    }
}

fn values(task: &NewTask) -> IndexMap<Arc<str>, Value> {
    let about = task
        .about
        .as_ref()
        .map(|about| (Arc::clone(&about.object), Value::Reference(about.clone())));
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    [
        ("title", Some(Value::from(task.title.as_str()))),
        ("body", text(&task.body)),
        ("dueAt", task.due_at.map(Value::Timestamp)),
        ("assignee", task.assignee.clone().map(Value::Reference)),
        ("priority", text(&task.priority)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((Arc::from(name), value?)))
    .chain(about)
    .collect()
}
