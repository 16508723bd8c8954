//! Searches of a workflow: the same records whether the database can tell them or only the evaluator, with the segment's
//! own writes on top.

use std::sync::Arc;

use pointsman_graph::{
    event::Failure,
    expression::{Budget, Expression},
    key::Port,
    node::Direction,
    resolve::FindRecords,
    step::StepId,
    value::Value,
};
use serde_json::json;

use super::failure::failure;
use crate::{
    crm::{
        Access, Record,
        filter::{self, Filter},
        object::Object,
        query::{Page, Query, Sort},
    },
    engine::{Error, segment::Segment},
};

/// Records that a search may look at one by one, where its condition can't be left to the database.
const SCAN: usize = 50_000;

/// Records read at a time while scanning.
const PAGE: u64 = 500;

impl Segment<'_> {
    pub(super) async fn find_records(
        &mut self,
        step: &StepId,
        attempt: u32,
        search: &FindRecords,
    ) -> Result<(), Error> {
        let condition = search.condition.as_ref().map(Expression::source);
        self.set_input(
            step,
            &json!({ "object": search.object, "where": condition, "limit": search.limit }),
        );
        match find(self, step, search).await? {
            Ok(records) => {
                let count = i64::try_from(records.len()).unwrap_or(i64::MAX);
                let records = Value::list(records.iter().map(|record| record.to_expression()));
                let output = Value::map([("records", records), ("count", count.into())]);
                self.succeed(step, attempt, Port::DONE, output);
            }
            Err(failure) => self.fail(step, attempt, failure),
        }
        Ok(())
    }
}

/// The records that the search finds, at most as many as it asks for, in its order.
pub(super) async fn find(
    segment: &mut Segment<'_>,
    step: &StepId,
    search: &FindRecords,
) -> Result<Result<Vec<Arc<Record>>, Failure>, Error> {
    let Some(object) = segment.engine.crm.object(&search.object) else {
        return Ok(Err(failure(
            "NOT_FOUND",
            &format!("there is no object `{}`", search.object),
        )));
    };
    let mut query = Query {
        object: Arc::clone(&object),
        filter: Filter::Always(true),
        order: sorts(segment.decision.access, &object, search),
    };
    let pushed = pushed_down(segment, step, search, &object);
    let exact = pushed.is_some();
    if let Some(filter) = pushed {
        query.filter = filter;
    }
    // Own writes: what the database says of these records is out of date.
    let own: Vec<_> = segment.decision.snapshot.written(&object).cloned().collect();
    let access = segment.decision.access;
    let limit = usize::try_from(search.limit).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for record in own.iter().filter(|record| !record.is_deleted()) {
        if let Some(record) = access.view(record) {
            match selects(segment, step, search, &query.filter, exact, &record).await? {
                Ok(true) => found.push(record),
                Ok(false) => {}
                Err(failure) => return Ok(Err(failure)),
            }
        }
    }
    let wanted = limit + own.len();
    let mut page = Page {
        size: if exact { wanted.min(SCAN) as u64 } else { PAGE },
        backward: false,
        from: None,
    };
    let (mut seen, mut taken) = (0, 0);
    loop {
        let part = segment.engine.crm.find(access, &query, &page).await?;
        seen += part.records.len();
        for record in &part.records {
            let overlaid = own.iter().any(|own| own.id == record.id);
            let selected = match exact {
                true => true,
                false => match selects(segment, step, search, &query.filter, false, record).await? {
                    Ok(selected) => selected,
                    Err(failure) => return Ok(Err(failure)),
                },
            };
            if selected && !overlaid && taken < limit {
                found.push(Arc::clone(record));
                taken += 1;
            }
        }
        let last = part.records.last().filter(|_| part.has_next && taken < limit);
        let Some(last) = last else { break };
        if seen >= SCAN {
            let message = format!("the condition can't be left to the database and looked at {SCAN} records in vain");
            return Ok(Err(failure("SCAN_LIMIT", &message)));
        }
        page.from = Some(query.cursor(last));
    }
    found.sort_by(|a, b| compare(&query, a, b));
    found.truncate(limit);
    Ok(Ok(found))
}

fn pushed_down(segment: &Segment<'_>, step: &StepId, search: &FindRecords, object: &Object) -> Option<Filter> {
    let Some(condition) = &search.condition else {
        return Some(Filter::Always(true));
    };
    let scope = segment.scope(step, segment.expression_now(), None);
    let pushed = condition.filter("record", &scope, &mut Budget::default())?;
    Filter::from_expression(object, &pushed)
}

async fn selects(
    segment: &mut Segment<'_>,
    step: &StepId,
    search: &FindRecords,
    filter: &Filter,
    exact: bool,
    record: &Arc<Record>,
) -> Result<Result<bool, Failure>, Error> {
    if exact && let Some(selected) = filter.matches(record) {
        return Ok(Ok(selected));
    }
    let Some(condition) = &search.condition else {
        return Ok(Ok(true));
    };
    let holds = segment.holds(step, condition, record).await?;
    Ok(holds.map_err(|fault| failure(fault.code(), &fault.to_string())))
}

fn sorts(access: &Access, object: &Object, search: &FindRecords) -> Vec<Sort> {
    let sort = |order: &pointsman_graph::node::OrderBy| {
        let (field, _) = object
            .field(&order.field)
            .filter(|(_, field)| access.sees(object, field))?;
        Some(Sort {
            field,
            descending: order.direction == Direction::Desc,
            nulls_first: false,
        })
    };
    search.order_by.iter().filter_map(sort).collect()
}

fn compare(query: &Query, a: &Record, b: &Record) -> std::cmp::Ordering {
    use std::cmp::Ordering;
    let by_key = |sort: &Sort| {
        let (a, b) = (a.values.get(sort.field), b.values.get(sort.field));
        let (Some(a), Some(b)) = (a, b) else {
            return Ordering::Equal;
        };
        match (a.is_null(), b.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => {
                if sort.nulls_first {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
            (false, true) => {
                if sort.nulls_first {
                    Ordering::Greater
                } else {
                    Ordering::Less
                }
            }
            (false, false) => {
                let order = filter::order(a, b).unwrap_or(Ordering::Equal);
                if sort.descending { order.reverse() } else { order }
            }
        }
    };
    let keys = query
        .order
        .iter()
        .map(by_key)
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal);
    let descending = query.order.last().is_some_and(|sort| sort.descending);
    keys.then_with(|| if descending { b.id.cmp(&a.id) } else { a.id.cmp(&b.id) })
}
