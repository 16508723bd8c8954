//! The configs of nodes in the API: one table. What a kind is and takes is the catalogue's to say; a test holds this
//! table to it.

mod choice;
mod table;
#[cfg(test)]
mod tests;

use async_graphql::{InputObject, SimpleObject};
use pointsman_graph::definition::Node;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};

use super::scalar::{Duration, Json, TimeZone};
use crate::api::connection::Direction;
pub use choice::{
    AssignmentLoad, AssignmentStrategy, EmailPurpose, FormFieldType, HttpMethod, JoinMode, LoopErrorMode, MessageWay,
    MissedTimes, ParameterType, RecordCount, StopResult, WaitedEvent, WebhookVerification, Weekday,
};
use table::configs;

configs! {
    /// Starts a run for each new record of an object.
    RecordCreated = "recordCreated", "RecordCreatedConfigInput" {
        /// The object whose records start runs.
        object: String,
        /// An expression that must hold for the new record.
        r#where: String,
    }
    /// Starts a run for each change of a record.
    RecordUpdated = "recordUpdated", "RecordUpdatedConfigInput" {
        /// The object whose records start runs.
        object: String,
        /// Any of these fields must have changed; none means any field at all.
        fields: Vec<String>,
        /// An expression that must hold; sees the record and, as it was, `previous`.
        r#where: String,
    }
    /// Starts a run for each record that is put into the bin.
    RecordDeleted = "recordDeleted", "RecordDeletedConfigInput" {
        /// The object whose records start runs.
        object: String,
        /// An expression that must hold for the record as it was.
        r#where: String,
    }
    /// Starts a run at times that repeat, or one for each record that a condition holds for then.
    Schedule = "schedule", "ScheduleConfigInput" {
        /// Minute, hour, day of the month, month, day of the week, such as `0 8 * * MON-FRI`.
        cron: String,
        /// Whose clocks, by their IANA name; the workflow's if nothing is said.
        zone: TimeZone,
        /// What becomes of times that passed while no server ran; they are left out if nothing is said.
        catch_up: MissedTimes,
        /// One run for each of its records.
        object: String,
        /// An expression that must hold for the record at that time.
        r#where: String,
    }
    /// Starts a run for each record when a date of it comes; moves when the date does.
    DateReached = "dateReached", "DateReachedConfigInput" {
        /// The object whose records start runs.
        object: String,
        /// The field that holds the date.
        date_field: String,
        /// How long after it, or before, such as `-P3D`.
        offset: String,
        /// When on that day, such as `09:00`.
        at: String,
        /// Whose clocks, by their IANA name; the workflow's if nothing is said.
        zone: TimeZone,
        /// An expression that must hold for the record when the moment comes.
        r#where: String,
    }
    /// Starts a run for each call to a path; `trigger.payload` is what was sent.
    Webhook = "webhook", "WebhookConfigInput" {
        /// What callers put behind `/hooks/`, such as `orders`.
        path: String,
        /// How a caller shows that it may.
        verification: WebhookVerification,
        /// The name of the secret that both sides know.
        secret: String,
        /// Where `HMAC` finds the signature; `X-Hub-Signature-256` if nothing is said.
        signature_header: String,
        /// What names a delivery, so that a repetition starts nothing; `webhook-id` if nothing is said.
        id_header: String,
        /// The JSON Schema of what is sent, which types `trigger.payload`.
        payload: Json,
    }
    /// Starts a run where a person asks for it.
    Manual = "manual", "ManualConfigInput" {
        /// The object of the record it is started for.
        object: String,
        /// One record, many, or none.
        cardinality: RecordCount,
        /// What is asked before the run starts.
        form: Vec<FormField>,
    }
    /// Starts a run where another workflow calls this one.
    Called = "called", "CalledConfigInput" {
        /// The object of the record it is called for.
        object: String,
        /// What it takes, in `trigger.inputs`.
        parameters: Vec<Parameter>,
        /// What it gives back, by the `outputs` of a stop.
        results: Vec<Parameter>,
    }
    /// Starts a run for each e-mail or SMS that comes in.
    MessageReceived = "messageReceived", "MessageReceivedConfigInput" {
        /// E-mail or SMS; any if nothing is said.
        channel: MessageWay,
        /// An expression that must hold for `message`, the one that came in.
        r#where: String,
    }
    /// Goes one of two ways.
    If = "if", "IfConfigInput" {
        /// An expression: goes by `yes` where it holds, else by `no`.
        condition: String,
    }
    /// Goes the way of the first case that holds.
    Switch = "switch", "SwitchConfigInput" {
        /// Names with conditions; the first that holds is the way.
        cases: Vec<SwitchCase>,
    }
    /// Gathers branches into one.
    Join = "join", "JoinConfigInput" {
        /// Which branches it waits for.
        policy: JoinMode,
        /// How many branches it waits for, where it counts them.
        count: i32,
    }
    /// Computes values for the nodes behind it.
    Set = "set", "SetConfigInput" {
        /// An object of names, with an expression each.
        values: Json,
    }
    /// Goes through what is behind `each` once for every item.
    ForEach = "forEach", "ForEachConfigInput" {
        /// An expression whose value is a list, such as `steps.find.output.records`.
        items: String,
        /// The records to go through, instead of a list.
        find: RecordSearch,
        /// Items open at once, up to 100; one after the other if nothing is said.
        concurrency: i32,
        /// What an item's failure means for the others.
        on_error: LoopErrorMode,
    }
    /// Starts a run of another workflow, and waits for it or not.
    CallWorkflow = "callWorkflow", "CallWorkflowConfigInput" {
        /// The global id of a workflow with a `called` trigger.
        workflow: String,
        /// An expression: the record that the called run is about; by default the run's own.
        record: String,
        /// An object with a literal or template for each parameter.
        inputs: Json,
        /// Whether to go on only once the called run is over; yes if nothing is said.
        wait: bool,
    }
    /// Ends the run, whatever else is open.
    Stop = "stop", "StopConfigInput" {
        /// How the run ends.
        outcome: StopResult,
        /// A template: why, for whoever looks at the run.
        message: String,
        /// What a called workflow gives back: an object with a literal or template for each result.
        outputs: Json,
    }
    /// Goes on after a while, or at a time.
    Delay = "delay", "DelayConfigInput" {
        /// How long, such as `PT2H` or `P3D`.
        r#for: Duration,
        /// An expression whose value is a time, such as `record.closeDate`.
        until: String,
        /// The next such time of day, strictly after the node's turn.
        until_time: DelayTime,
    }
    /// Goes on when something happens, or when that takes too long.
    WaitFor = "waitFor", "WaitForConfigInput" {
        /// What is waited for.
        event: WaitedEvent,
        /// Whose record; by default the object of `record`.
        object: String,
        /// An expression: which record; by default the run's own, or any of another object.
        record: String,
        /// An expression: the message that is to be answered, such as `steps.mail.output.message`; by default any will do.
        reply_to: String,
        /// How the message comes; by default any way.
        channel: MessageWay,
        /// An expression that must hold; `record` is the record waited for, `message` the message.
        r#where: String,
        /// The signal's name, such as `paid`.
        name: String,
        /// An expression: which signal of that name, such as `record.id`.
        key: String,
        /// The longest wait, such as `P7D`.
        timeout: Duration,
    }
    /// Asks people for a yes or a no; the first of them decides.
    Approval = "approval", "ApprovalConfigInput" {
        /// Templates: users by e-mail address or id, such as `{{ record.owner }}`.
        #[serde(deserialize_with = "one_or_many")]
        users: Vec<String>,
        /// A template: a team by name or id.
        team: String,
        /// A template: what is to be approved.
        title: String,
        /// A template: what else is to be known.
        body: String,
        /// What is asked of whoever approves.
        form: Vec<FormField>,
        /// The longest wait, such as `P3D`.
        deadline: Duration,
    }
    /// Creates a record.
    CreateRecord = "createRecord", "CreateRecordConfigInput" {
        /// What kind of record.
        object: String,
        /// An object of its fields: literals, or templates with `{{ }}`.
        values: Json,
    }
    /// Changes some fields of a record.
    UpdateRecord = "updateRecord", "UpdateRecordConfigInput" {
        /// What kind of record, where `record` does not show it.
        object: String,
        /// An expression: which record, such as `record.company`; by default the run's own.
        record: String,
        /// An object of the fields to change: literals, or templates with `{{ }}`.
        values: Json,
    }
    /// Finds the records of an object for which a condition holds.
    FindRecords = "findRecords", "FindRecordsConfigInput" {
        /// What kind of records.
        object: String,
        /// An expression about `record`, the candidate; the run's own record is `trigger.record` here.
        r#where: String,
        /// The first key decides, then the next.
        order_by: Vec<RecordOrder>,
        /// 1 to 1,000; 100 if nothing is said.
        limit: i32,
    }
    /// Asks a person to do something.
    CreateTask = "createTask", "CreateTaskConfigInput" {
        /// A template: what is to be done.
        title: String,
        /// A template: what else is to be known.
        body: String,
        /// When it is due, from now on, such as `P2D`.
        due_in: Duration,
        /// An expression: when it is due, such as `record.closeDate`.
        due_at: String,
        /// An expression: who is to do it, such as `record.owner`.
        assignee: String,
        /// A template: how urgent it is; an option of the task's field.
        priority: String,
        /// An expression: the record it is about, such as `record`.
        about: String,
    }
    /// Sends an e-mail.
    SendEmail = "sendEmail", "SendEmailConfigInput" {
        /// Templates: who gets it, such as `{{ record.email }}`.
        #[serde(deserialize_with = "one_or_many")]
        to: Vec<String>,
        /// Templates: who gets a copy.
        #[serde(deserialize_with = "one_or_many")]
        cc: Vec<String>,
        /// Templates: who gets a copy that nobody else sees.
        #[serde(deserialize_with = "one_or_many")]
        bcc: Vec<String>,
        /// A template: where answers go.
        reply_to: String,
        /// A template: what it is about.
        subject: String,
        /// A template: the message as plain text.
        text: String,
        /// A template: the message as HTML; values are escaped.
        html: String,
        /// Marketing needs consent.
        kind: EmailPurpose,
    }
    /// Calls another system.
    HttpRequest = "httpRequest", "HttpRequestConfigInput" {
        /// GET if nothing is said.
        method: HttpMethod,
        /// A template: where to; values in it are escaped. Here and in headers and body `{{ secrets.name }}` is a secret.
        url: String,
        /// An object of names, with a template each.
        headers: Json,
        /// A template: what is sent, as text.
        body: String,
        /// What is sent, as JSON whose texts are templates.
        json: Json,
        /// What counts as success; 200 to 299 if nothing is said.
        expected_status: Vec<i32>,
        /// The JSON Schema of the answer, which types `body`.
        response_schema: Json,
    }
    /// Makes one of several users the owner of a record.
    Assign = "assign", "AssignConfigInput" {
        /// What kind of record, where `record` does not show it.
        object: String,
        /// An expression: which record; by default the run's own.
        record: String,
        /// How the user is chosen.
        strategy: AssignmentStrategy,
        /// Templates: users by e-mail address or id, such as `{{ record.owner }}`.
        #[serde(deserialize_with = "one_or_many")]
        users: Vec<String>,
        /// A template: a team by name or id.
        team: String,
        /// What the least busy has the fewest of; open records of the object if nothing is said.
        busy_with: AssignmentLoad,
    }
    /// Changes the record that has the values to match, or creates it.
    UpsertRecord = "upsertRecord", "UpsertRecordConfigInput" {
        /// What kind of record.
        object: String,
        /// The fields whose values find the record.
        r#match: Vec<String>,
        /// An object of its fields, the matched ones too: literals, or templates with `{{ }}`.
        values: Json,
    }
    /// Puts a record into the bin.
    DeleteRecord = "deleteRecord", "DeleteRecordConfigInput" {
        /// What kind of record, where `record` does not show it.
        object: String,
        /// An expression: which record; by default the run's own.
        record: String,
    }
    /// Writes something down about a record.
    AddNote = "addNote", "AddNoteConfigInput" {
        /// A template: what it is about, in a few words.
        title: String,
        /// A template: what is to be known.
        body: String,
        /// An expression: the record it is about; by default the run's own.
        about: String,
    }
    /// Tells users something, within Pointsman.
    Notify = "notify", "NotifyConfigInput" {
        /// Templates: users by e-mail address or id, such as `{{ record.owner }}`.
        #[serde(deserialize_with = "one_or_many")]
        users: Vec<String>,
        /// A template: a team by name or id.
        team: String,
        /// A template: what it is, in a few words.
        title: String,
        /// A template: what else is to be known.
        body: String,
        /// A template: where it leads, an http or https URL.
        link: String,
    }
    /// Tells the runs that wait for a signal that it has come.
    EmitSignal = "emitSignal", "EmitSignalConfigInput" {
        /// The signal's name, such as `paid`.
        name: String,
        /// An expression: which signal of that name, such as `record.id`.
        key: String,
        /// What the waiting runs are told: JSON whose texts are templates.
        payload: Json,
    }
    /// Sends an SMS.
    SendSms = "sendSms", "SendSmsConfigInput" {
        /// A template: the number, such as `{{ record.phone }}`.
        phone: String,
        /// A template: the message.
        text: String,
        /// Marketing needs consent.
        kind: EmailPurpose,
    }
}

/// The config of a kind that this server does not know.
#[derive(Clone, Debug, Default, SimpleObject, InputObject)]
#[graphql(input_name = "UnknownConfigInput")]
pub struct UnknownConfig {
    /// The kind.
    r#type: Option<String>,
    /// The config as it is.
    json: Option<Json>,
}

/// One question of a form.
#[derive(Clone, Debug, Default, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(input_name = "FormFieldInput")]
#[serde(rename_all = "camelCase", default)]
pub struct FormField {
    /// Its name among the answers.
    name: String,
    /// What people see; absent: the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// What it takes.
    input: FormFieldType,
    /// Whether it must be answered.
    #[graphql(default)]
    required: bool,
    /// What can be selected.
    #[graphql(default)]
    options: Vec<String>,
}

/// A value that is handed over from workflow to workflow.
#[derive(Clone, Debug, Default, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(input_name = "ParameterInput")]
#[serde(rename_all = "camelCase", default)]
pub struct Parameter {
    /// Its name.
    name: String,
    /// What it holds.
    #[graphql(default)]
    r#type: ParameterType,
    /// Of a record: its object.
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    /// Whether it must be given.
    #[graphql(default)]
    required: bool,
}

/// Records to find.
#[derive(Clone, Debug, Default, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(input_name = "RecordSearchInput")]
#[serde(rename_all = "camelCase", default)]
pub struct RecordSearch {
    /// What kind of records.
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    /// An expression about `record`, the candidate; the run's own record is `trigger.record` here.
    #[serde(skip_serializing_if = "Option::is_none")]
    r#where: Option<String>,
    /// The first key decides, then the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_by: Option<Vec<RecordOrder>>,
    /// At most so many; all if nothing is said, and more than 10,000 are a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<i32>,
}

/// A time of day, by the clock on the wall.
#[derive(Clone, Debug, Default, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(input_name = "DelayTimeInput")]
#[serde(default)]
pub struct DelayTime {
    /// Such as `09:00`.
    time: String,
    /// Absent: the workflow's.
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<TimeZone>,
    /// On these days; none means every day.
    #[graphql(default)]
    weekdays: Vec<Weekday>,
}

/// One way of a switch.
#[derive(Clone, Debug, Default, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(input_name = "SwitchCaseInput")]
#[serde(default)]
pub struct SwitchCase {
    /// Its name, which is its port's too.
    name: String,
    /// An expression that is true or false.
    condition: String,
}

/// One key of an order of found records.
#[derive(Clone, Debug, Default, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(input_name = "RecordOrderInput")]
#[serde(default)]
pub struct RecordOrder {
    /// A field of the object.
    field: String,
    /// Which end comes first.
    #[graphql(default)]
    direction: Direction,
}

impl NodeConfig {
    /// The config of a node. One that these types can't show comes as it is.
    pub fn of(node: &Node) -> Self {
        let config = Value::Object(node.config.to_json());
        let kind = node.config.kind();
        Self::known(kind, &config).unwrap_or_else(|| {
            Self::Unknown(UnknownConfig {
                r#type: Some(kind.to_owned()),
                json: Some(Json(config)),
            })
        })
    }
}

impl NodeConfigInput {
    /// Adds the kind and the config to a node's JSON.
    pub fn write(self, node: &mut Map<String, Value>) {
        let (kind, config) = self.parts();
        node.insert("kind".into(), kind.into());
        node.insert("config".into(), config);
    }
}

impl UnknownConfig {
    fn parts(self) -> (String, Value) {
        let config = self.json.map_or_else(|| json!({}), |json| json.0);
        (self.r#type.unwrap_or_default(), config)
    }
}

/// A definition writes one recipient without a list around it.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        One(String),
        Many(Vec<String>),
    }
    let written = Option::deserialize(deserializer)?;
    Ok(written.map(|written| match written {
        Written::One(one) => vec![one],
        Written::Many(many) => many,
    }))
}
