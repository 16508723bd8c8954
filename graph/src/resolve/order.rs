//! Orders to the world outside of the core. Only data: who carries them out decides how.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value as Json;

use crate::{
    expression::Expression,
    node::{EmailKind, FormField, Load, Method, OrderBy, Strategy},
    value::{Reference, Timestamp, Value},
};

/// What has to be done for a step.
#[derive(Clone, Debug)]
pub enum Order {
    /// A new record.
    CreateRecord {
        object: Arc<str>,
        values: IndexMap<Arc<str>, Value>,
    },
    /// New values for some fields of a record.
    UpdateRecord {
        target: Reference,
        values: IndexMap<Arc<str>, Value>,
    },
    /// A search of the CRM.
    FindRecords(FindRecords),
    /// The items of a loop.
    ForEach(Items),
    /// A run of another workflow.
    CallWorkflow(Call),
    /// A task for a person.
    CreateTask(NewTask),
    /// A message.
    SendEmail(OutgoingEmail),
    /// A short message.
    SendSms(OutgoingSms),
    /// A call of another system.
    HttpRequest(HttpRequest),
    /// Leave by `out` at that time; at once where it is past.
    Delay { until: Timestamp },
    /// Leave by `happened` once a record is so.
    WaitForRecord(RecordWait),
    /// Leave by `happened` once a signal comes, or has come.
    WaitForSignal(SignalWait),
    /// Leave by the port of what a person decides.
    Approval(ApprovalRequest),
    /// One of several users as the owner of a record.
    Assign(Assignment),
    /// New values for the record that has the values of `keys`, or a new record.
    UpsertRecord {
        object: Arc<str>,
        keys: Vec<Arc<str>>,
        values: IndexMap<Arc<str>, Value>,
    },
    /// A record into the bin.
    DeleteRecord { target: Reference },
    /// Something to know for users.
    Notify(Notice),
    /// A signal to other runs.
    EmitSignal(Signal),
    /// Leave by `happened` once a message comes.
    WaitForMessage(MessageWait),
}

/// A search.
#[derive(Clone, Debug)]
pub struct FindRecords {
    pub object: Arc<str>,
    /// About `record`, the candidate; every other variable is the run's.
    pub condition: Option<Expression>,
    /// The first key decides, then the next.
    pub order_by: Vec<OrderBy>,
    /// At most so many.
    pub limit: u32,
}

/// What a loop goes through.
#[derive(Clone, Debug)]
pub enum Items {
    /// These values.
    Listed(Arc<[Value]>),
    /// The records found, by reference. More than a loop may have are a failure.
    Found(FindRecords),
}

/// A call of another workflow. Whether it takes what it is given, only the workflow that is active then can say.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The workflow's global id.
    pub workflow: Arc<str>,
    /// The record that the run is to be about. One whose object is empty is named by its id alone.
    pub record: Option<Reference>,
    pub inputs: IndexMap<Arc<str>, Value>,
    /// Whether the step goes on only once the called run is over.
    pub wait: bool,
}

/// A task for a person.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTask {
    pub title: String,
    pub body: Option<String>,
    /// When it is due.
    pub due_at: Option<Timestamp>,
    /// Who is to do it.
    pub assignee: Option<Reference>,
    /// One of the options of the task's field.
    pub priority: Option<String>,
    /// The record it is about.
    pub about: Option<Reference>,
}

/// An e-mail, rendered. Addresses are as rendered: whoever sends it parses them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingEmail {
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub bcc: Vec<String>,
    pub reply_to: Option<String>,
    pub subject: String,
    pub text: Option<String>,
    pub html: Option<String>,
    /// Whether consent is needed.
    pub kind: EmailKind,
}

/// An SMS, rendered. The number is as rendered: whoever sends it parses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingSms {
    pub to: String,
    pub text: String,
    /// Whether consent is needed.
    pub kind: EmailKind,
}

/// An HTTP request, rendered. A secret stands in it as whatever the bindings give for it.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpRequest {
    pub method: Method,
    pub url: String,
    pub headers: IndexMap<String, String>,
    pub body: Option<Body>,
    /// Empty: any from 200 to 299.
    pub expected_status: Vec<u16>,
    /// A JSON Schema that the response's body must keep to.
    pub response_schema: Option<Json>,
}

/// What an HTTP request carries.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Sent as it is.
    Text(String),
    /// Sent as `application/json` unless a header says otherwise.
    Json(Json),
}

/// A wait for a change of a record.
#[derive(Clone, Debug)]
pub struct RecordWait {
    pub object: Arc<str>,
    /// None: any record of the object.
    pub record: Option<Reference>,
    /// About `record` and `previous`, the candidate's; every other variable is the run's. Tested against the present
    /// state first.
    pub condition: Option<Expression>,
    /// Leave by `timedOut` then.
    pub deadline: Option<Timestamp>,
}

/// Users by address or id, or the users of a team by its name or id, as rendered: whoever turns to them finds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct People {
    pub users: Vec<String>,
    pub team: Option<String>,
}

/// A record that one of several users is to own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    pub target: Reference,
    pub strategy: Strategy,
    pub people: People,
    /// What makes a user busy.
    pub load: Load,
}

/// Something that users should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub people: People,
    pub title: String,
    pub body: Option<String>,
    /// Where it leads.
    pub link: Option<String>,
}

/// A signal, by its name and a key that tells signals of one name apart; the key may be empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    pub name: Arc<str>,
    pub key: String,
    pub payload: Json,
}

/// A wait for a signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalWait {
    pub name: Arc<str>,
    pub key: String,
    /// Leave by `timedOut` then.
    pub deadline: Option<Timestamp>,
}

/// A question to people, of whom the first decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRequest {
    pub people: People,
    pub title: String,
    pub body: Option<String>,
    /// What is asked of whoever approves.
    pub form: Vec<FormField>,
    /// Leave by `timedOut` then.
    pub deadline: Option<Timestamp>,
}

/// A wait for a message that comes in.
#[derive(Clone, Debug)]
pub struct MessageWait {
    /// The message of ours that it must answer; one that has been answered already counts. None: any message from now on.
    pub answers: Option<Reference>,
    /// About `message`, the candidate; every other variable is the run's.
    pub condition: Expression,
    /// Leave by `timedOut` then.
    pub deadline: Option<Timestamp>,
}
