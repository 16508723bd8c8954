//! `createTask`: asks a person to do something.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::kind::{Compiled, Kind, Resolve};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site},
    expression::Expression,
    key::Port,
    plan::Operation,
    resolve::{Moment, NewTask, Order, Resolution, Unresolved},
    span::Span,
    template::{Escape, Template},
    value::{Timestamp, Type},
};

/// Creates a task; its output is the task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CreateTask {
    /// A template.
    pub title: Option<String>,
    /// A template.
    pub body: Option<String>,
    /// An ISO 8601 duration from when the node runs.
    pub due_in: Option<String>,
    /// An expression whose value is a time.
    pub due_at: Option<String>,
    /// An expression: a user; absent: nobody in particular.
    pub assignee: Option<String>,
    /// A template: one of the options of the task's field.
    pub priority: Option<String>,
    /// An expression: the record it is about.
    pub about: Option<String>,
}

impl CreateTask {
    fn due(&self, site: &mut Site<'_>) -> Option<Due> {
        let span = site.span("dueIn", self.due_in.as_deref());
        let time = site.expression_of("dueAt", self.due_at.as_deref(), &[Type::Timestamp, Type::Date]);
        if self.due_in.is_some() && self.due_at.is_some() {
            let message = "a task has either `dueIn` or `dueAt`";
            site.report(Problem::error(Code::Ambiguous, message).field("dueAt"));
        }
        span.map(Due::In).or(time.map(Due::At))
    }
}

impl Kind for CreateTask {
    const DESCRIPTION: Description = Description {
        kind: "createTask",
        label: "Create task",
        family: Family::Action,
        doc: "Asks a person to do something.",
        version: 1,
        ports: &[Port::DONE, Port::ERROR],
        fields: &[
            Field::required("title", Input::Template, "what is to be done"),
            Field::optional("body", Input::Template, "what else is to be known"),
            Field::optional("dueIn", Input::Duration, "when it is due, from now on, such as `P2D`"),
            Field::optional("dueAt", Input::Expression, "when it is due, such as `record.closeDate`"),
            Field::optional("assignee", Input::Expression, "who is to do it, such as `record.owner`"),
            Field::optional(
                "priority",
                Input::Template,
                "how urgent it is: an option of the task's field",
            ),
            Field::optional("about", Input::Expression, "the record it is about, such as `record`"),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let title = site.template("title", self.title.as_deref(), Escape::None);
        let body = site.template("body", self.body.as_deref(), Escape::None);
        let due = self.due(site);
        let assignee = site.record("assignee", self.assignee.as_deref(), Some("user"));
        let priority = site.template("priority", self.priority.as_deref(), Escape::None);
        let about = site.record("about", self.about.as_deref(), None);
        let output = site.known_object("task").map_or(Type::Dyn, Type::Record);
        let task = title.and_then(|title| {
            site.unless_wrong(Task {
                title,
                body,
                due,
                assignee,
                priority,
                about,
            })
        });
        Compiled::of(output, task).writing(&Arc::from("task"), Operation::Created, Vec::new())
    }
}

#[derive(Debug)]
struct Task {
    title: Template,
    body: Option<Template>,
    due: Option<Due>,
    assignee: Option<(Arc<str>, Expression)>,
    priority: Option<Template>,
    about: Option<(Arc<str>, Expression)>,
}

#[derive(Debug)]
enum Due {
    In(Span),
    At(Expression),
}

impl Due {
    fn at(&self, moment: &mut Moment<'_>) -> Result<Option<Timestamp>, Unresolved> {
        match self {
            Due::In(span) => moment.later("dueIn", span).map(Some),
            Due::At(expression) => moment.time_if("dueAt", expression),
        }
    }
}

impl Resolve for Task {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let due_at = self.due.as_ref().map(|due| due.at(moment)).transpose()?.flatten();
        let mut record = |field, named: &Option<(Arc<str>, Expression)>| match named {
            Some((object, expression)) => moment.record_if(field, expression, object),
            None => Ok(None),
        };
        let (assignee, about) = (record("assignee", &self.assignee)?, record("about", &self.about)?);
        Ok(Resolution::Order(Order::CreateTask(NewTask {
            title: moment.text("title", &self.title)?,
            body: moment.text_if("body", self.body.as_ref())?,
            due_at,
            assignee,
            priority: moment.text_if("priority", self.priority.as_ref())?,
            about,
        })))
    }
}
