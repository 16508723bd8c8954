//! `approval`: asks people for a yes or a no, and perhaps for more.

use serde::{Deserialize, Serialize};

use super::{
    form::{self, FormField},
    kind::{Compiled, Kind, Resolve},
    people::{self, Named},
    send_email::Recipients,
};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site},
    key::Port,
    resolve::{ApprovalRequest, Moment, Order, Resolution, Unresolved},
    span::Span,
    template::{Escape, Template},
    value::{FieldType, Type},
};

/// Waits for the first of the assignees to decide. Leaves by `approved`, `rejected` or `timedOut`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Approval {
    /// Templates: users by address or id.
    pub users: Option<Recipients>,
    /// A template: a team by name or id.
    pub team: Option<String>,
    /// A template.
    pub title: Option<String>,
    /// A template.
    pub body: Option<String>,
    /// Asked of whoever decides; `steps.<key>.output.form.<name>` has the answers.
    pub form: Option<Vec<FormField>>,
    /// The longest wait, as an ISO 8601 duration.
    pub deadline: Option<String>,
}

impl Kind for Approval {
    const DESCRIPTION: Description = Description {
        kind: "approval",
        label: "Approval",
        family: Family::Wait,
        doc: "Asks people for a yes or a no; the first of them decides.",
        version: 1,
        ports: &[Port::APPROVED, Port::REJECTED, Port::TIMED_OUT],
        fields: &[
            people::USERS,
            people::TEAM,
            Field::required("title", Input::Template, "what is to be approved"),
            Field::optional("body", Input::Template, "what else is to be known"),
            Field::optional("form", Input::Form, "what is asked of whoever approves"),
            Field::optional("deadline", Input::Duration, "the longest wait, such as `P3D`"),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let people = Named::compile(self.users.as_ref(), self.team.as_deref(), site);
        let title = site.template("title", self.title.as_deref(), Escape::None);
        let body = site.template("body", self.body.as_deref(), Escape::None);
        let form = self.form.clone().unwrap_or_default();
        form::check(&form, site);
        let deadline = site.span("deadline", self.deadline.as_deref());
        if self.deadline.is_none() {
            let message = "without a deadline it may wait for ever";
            site.report(Problem::warning(Code::WaitsForever, message).field("deadline"));
        }
        let output = output(&form);
        let question = title.and_then(|title| {
            site.unless_wrong(Question {
                people,
                title,
                body,
                form,
                deadline,
            })
        });
        Compiled::of(output, question)
    }
}

/// What is known once somebody has decided. Who rejects need not answer the form.
fn output(form: &[FormField]) -> Type {
    let decision = Type::Enum {
        name: "decision".into(),
        options: ["APPROVED", "REJECTED"].map(Into::into).into(),
    };
    let fields = [
        ("decision", FieldType::of(decision)),
        ("by", FieldType::of(Type::Reference("user".into()))),
        ("comment", FieldType::of(Type::String).nullable()),
        ("form", FieldType::of(form::answers(form)).nullable()),
    ];
    let fields = fields.into_iter().map(|(name, field)| (name.into(), field));
    Type::Struct(std::sync::Arc::new(fields.collect()))
}

#[derive(Debug)]
struct Question {
    people: Named,
    title: Template,
    body: Option<Template>,
    form: Vec<FormField>,
    deadline: Option<Span>,
}

impl Resolve for Question {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let deadline = self.deadline.as_ref();
        Ok(Resolution::Order(Order::Approval(ApprovalRequest {
            people: self.people.resolve(moment)?,
            title: moment.text("title", &self.title)?,
            body: moment.text_if("body", self.body.as_ref())?,
            form: self.form.clone(),
            deadline: deadline.map(|span| moment.later("deadline", span)).transpose()?,
        })))
    }
}
