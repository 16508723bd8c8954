//! `upsertRecord` and `deleteRecord`.

use std::sync::Arc;

use indexmap::IndexMap;
use pointsman_graph::{
    expression::Comparison,
    step::StepId,
    value::{Reference, Value},
};
use serde_json::json;

use super::{
    failure::{failure, not_found},
    record::{shown, typed},
};
use crate::{
    crm::{
        self, Record,
        filter::{Filter, Test},
        id,
        object::Object,
        query::{Page, Query},
        write::{Command, Verb},
    },
    engine::{Error, segment::Segment, turnstile::Turnstile},
};

impl Segment<'_> {
    pub(super) async fn upsert_record(
        &mut self,
        step: &StepId,
        attempt: u32,
        object: &str,
        keys: &[Arc<str>],
        values: &IndexMap<Arc<str>, Value>,
    ) -> Result<(), Error> {
        self.set_input(
            step,
            &json!({ "object": object, "match": keys, "values": shown(values) }),
        );
        let typed = self.object(object).and_then(|object| {
            let values = typed(&object, values, None)?;
            Ok((object, values))
        });
        let (object, new) = match typed {
            Ok(typed) => typed,
            Err(problems) => return self.write(step, attempt, Err(problems)).await,
        };
        let Some(matching) = matching(&object, keys, &new) else {
            let message = "a value to match is empty: every record without one would be meant";
            self.fail(step, attempt, failure("EMPTY_MATCH", message));
            return Ok(());
        };
        // The turnstile is looked at first: whoever makes the record meanwhile passes it.
        let turnstile = Turnstile::look(&self.engine.store, &self.decision.set, &turnstile(&object, &matching)).await?;
        let command = match self.matched(&object, matching).await? {
            Some(record) => {
                let target = Reference {
                    object: object.name.into(),
                    id: record.global_id().into(),
                };
                self.update(&target, values).await?
            }
            None => {
                turnstile.pass(&mut self.decision.set, None, self.now);
                let verb = Verb::Create { values: new };
                Ok(Command { object, verb })
            }
        };
        self.write(step, attempt, command).await
    }

    pub(super) async fn delete_record(&mut self, step: &StepId, attempt: u32, target: &Reference) -> Result<(), Error> {
        self.set_input(step, &json!({ "record": target.id }));
        let command = self.object(&target.object).and_then(|object| {
            let id = id::parse(object.name, &target.id).ok_or_else(|| vec![not_found(&object)])?;
            Ok(Command {
                object,
                verb: Verb::Delete { id, expected: None },
            })
        });
        self.write(step, attempt, command).await
    }

    /// The oldest record with these values, those that this segment writes as it leaves them.
    async fn matched(
        &self,
        object: &Arc<Object>,
        matching: Vec<(usize, crm::Value)>,
    ) -> Result<Option<Arc<Record>>, Error> {
        let tests = matching.into_iter().map(|(index, value)| Filter::Field {
            index,
            test: Test::Compare(Comparison::Equal, value),
        });
        let filter = Filter::All(tests.collect());
        let access = self.decision.access;
        let written: Vec<_> = self.decision.snapshot.written(object).cloned().collect();
        let own = written.iter().filter(|record| !record.is_deleted());
        let own = own.filter_map(|record| access.view(record));
        let own = own.filter(|record| filter.matches(record) == Some(true));
        let committed = Filter::Not(Box::new(Filter::Ids(written.iter().map(|record| record.id).collect())));
        let query = Query {
            object: Arc::clone(object),
            filter: Filter::All(vec![filter.clone(), committed]),
            order: Vec::new(),
        };
        let page = Page {
            size: 1,
            backward: false,
            from: None,
        };
        let found = self.engine.crm.find(access, &query, &page).await?.records;
        Ok(found.into_iter().chain(own).min_by_key(|record| record.id))
    }
}

/// The fields to find the record by, with their values as they are stored; none where one is empty.
fn matching(object: &Object, keys: &[Arc<str>], values: &[(usize, crm::Value)]) -> Option<Vec<(usize, crm::Value)>> {
    let value = |key: &Arc<str>| {
        let (index, _) = object.field(key)?;
        let (_, value) = values.iter().find(|(known, _)| *known == index)?;
        (!value.is_null()).then(|| (index, value.clone()))
    };
    keys.iter().map(value).collect()
}

/// One for each combination of values, in whatever order a node names them.
fn turnstile(object: &Object, matching: &[(usize, crm::Value)]) -> String {
    let mut parts: Vec<_> = matching
        .iter()
        .filter_map(|(index, value)| Some((*index, value.to_json(object.fields.get(*index)?))))
        .collect();
    parts.sort_by_key(|(index, _)| *index);
    format!("upsert\0{}\0{}", object.name, json!(parts))
}
