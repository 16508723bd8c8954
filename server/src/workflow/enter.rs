//! The row of a run that no change starts: a person, a time, or a call from outside.

use pointsman_entities::{ids::MemberId, run};
use sea_orm::ActiveValue::Set;
use serde_json::json;

use crate::{
    crm::write::Enrolled,
    source::Source,
    store::{WriteSet, payload},
};

/// What a run's row says of how it came to be.
pub(super) struct Entry {
    /// The server node that starts it.
    pub member: MemberId,
    /// Who or what asked for it.
    pub cause: String,
    /// At most one run of the workflow has it.
    pub key: Option<String>,
}

/// Adds the run's row, leased to the server node that starts it.
pub(super) fn enter(set: &mut WriteSet, source: &Source, enrolled: &Enrolled, entry: Entry) {
    let record = enrolled.record.as_ref();
    let input = json!({
        "record": record.map(|record| record.to_json()),
        "form": enrolled.form,
        "payload": enrolled.payload,
        "due": enrolled.due,
    });
    let input = payload::put(set, || source.id(), input.to_string());
    set.insert(run::ActiveModel {
        id: Set(enrolled.run),
        workflow_id: Set(enrolled.workflow),
        version_id: Set(enrolled.version),
        status: Set("QUEUED".into()),
        trigger_node: Set(enrolled.trigger.clone()),
        object: Set(record.map(|record| record.object.name.into())),
        record_id: Set(record.map(|record| record.id)),
        input: Set(input),
        owner: Set(Some(entry.member)),
        epoch: Set(1),
        seq: Set(0),
        inbox: Set(0),
        drained: Set(0),
        ready: Set(true),
        dedup_key: Set(entry.key),
        cause: Set(entry.cause),
        depth: Set(enrolled.depth),
        created_at: Set(enrolled.at),
        updated_at: Set(enrolled.at),
        ..Default::default()
    });
}
