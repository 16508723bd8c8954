//! `forEach`: the items of a loop, written once when it begins, each read when its turn comes.

use pointsman_entities::run_item;
use pointsman_graph::{
    event::RunEvent,
    key::Port,
    resolve::Items,
    run::StepState,
    step::{Scope, StepId},
    track::MAX_ITEMS,
    value::{Reference, Value},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::{failure::failure, find::find};
use crate::{
    crm::id,
    engine::{Error, live::Status, segment::Segment},
    store::{self, payload},
};

/// Items read at a time: those that follow will be asked for soon.
const AHEAD: u32 = 64;

impl Segment<'_> {
    pub(super) async fn open_loop(&mut self, step: &StepId, attempt: u32, items: Items) -> Result<(), Error> {
        let items = match items {
            Items::Listed(items) => items.to_vec(),
            Items::Found(search) => match find(self, step, &search).await? {
                Ok(records) => records
                    .iter()
                    .map(|record| {
                        Value::Reference(Reference {
                            object: record.object.name.into(),
                            id: id::format(record.object.name, record.id).into(),
                        })
                    })
                    .collect(),
                Err(failure) => {
                    self.fail(step, attempt, failure);
                    return Ok(());
                }
            },
        };
        let Some(count) = u32::try_from(items.len()).ok().filter(|count| *count <= MAX_ITEMS) else {
            let message = format!("a loop goes through {MAX_ITEMS} items at most, and there are more");
            self.fail(step, attempt, failure("TOO_MANY_ITEMS", &message));
            return Ok(());
        };
        self.set_input(step, &json!({ "count": count }));
        for (index, item) in (0..count).zip(items) {
            self.store_item(step, index, item);
        }
        let (step, at) = (step.clone(), self.at());
        self.events.push_back(RunEvent::Opened {
            step,
            attempt,
            items: count,
            at,
        });
        Ok(())
    }

    fn store_item(&mut self, step: &StepId, index: u32, item: Value) {
        let node = self.live.version.plan.node(&step.node);
        let json = match node.and_then(|node| node.item()) {
            Some(ty) => ty.encode(&item),
            None => item.to_json(),
        };
        let value = self.stored(json.to_string());
        self.decision.set.insert(run_item::ActiveModel {
            run_id: Set(self.live.id),
            step: Set(step.to_string()),
            number: Set(index.into()),
            value: Set(value),
        });
        self.live.items.insert((step.clone(), index), item);
    }

    /// Reads the items that a scope stands in, where they are not at hand.
    pub(super) async fn load_items(&mut self, scope: &Scope) -> Result<(), Error> {
        let mut around = scope.clone();
        while let Some((outer, item)) = around.split() {
            let step = outer.step(item.node);
            if !self.live.items.contains_key(&(step.clone(), item.index)) {
                self.read_items(&step, item.index).await?;
            }
            around = outer;
        }
        Ok(())
    }

    async fn read_items(&mut self, step: &StepId, from: u32) -> Result<(), Error> {
        let store = &self.engine.store;
        let rows = run_item::Entity::find()
            .filter(run_item::Column::RunId.eq(self.live.id))
            .filter(run_item::Column::Step.eq(step.to_string()))
            .filter(run_item::Column::Number.gte(from))
            .filter(run_item::Column::Number.lt(from.saturating_add(AHEAD)))
            .all(store.reads())
            .await
            .map_err(store::Error::from)?;
        for row in rows {
            let unreadable = || Error::Unreadable {
                table: "run_item",
                id: format!("{}/{}/{}", row.run_id.0, row.step, row.number),
            };
            let index = u32::try_from(row.number).map_err(|_| unreadable())?;
            let text = payload::get(store, row.value.clone()).await?;
            let json = serde_json::from_str(&text).map_err(|_| unreadable())?;
            let node = self.live.version.plan.node(&step.node);
            let typed = node.and_then(|node| node.item()?.decode(&json).ok());
            let item = typed.unwrap_or_else(|| Value::from_json(&json));
            self.live.items.insert((step.clone(), index), item);
        }
        Ok(())
    }

    /// Loops that an item's failure had stopped go on.
    pub(in crate::engine) fn resume_loops(&mut self) {
        let loops: Vec<_> = self
            .live
            .run
            .open_steps()
            .into_iter()
            .filter(|(_, state)| matches!(state, StepState::Looping(_)))
            .map(|(step, _)| step)
            .collect();
        for step in loops {
            self.set_status(&step, Status::Looping);
            self.row(&step).finished_at = Set(None);
        }
    }

    /// A loop is over.
    pub(in crate::engine) fn close_loop(&mut self, step: &StepId, items: u32, failed: u32) {
        let output = Value::map([
            ("count", Value::Int(items.into())),
            ("failed", Value::Int(failed.into())),
        ]);
        self.end_new(step, Status::Succeeded, Some(&Port::DONE));
        self.set_output(step, output);
    }
}
