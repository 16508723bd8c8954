//! `findRecords`: the records of an object for which a condition holds.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::kind::{Compiled, Kind, Resolve};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site, fields},
    key::Port,
    resolve::{self, Moment, Order, Resolution, Unresolved},
    value::{ObjectType, Type},
};

/// The most records that a step finds.
const MOST: u32 = 1_000;

/// Records that a step finds where it does not say.
const USUAL: u32 = 100;

/// Finds records; its output is `records`, the `first` of them, and their `count`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FindRecords {
    /// What kind of records.
    pub object: Option<String>,
    /// About `record`, the candidate; the run's own record is `trigger.record` here.
    #[serde(rename = "where")]
    pub condition: Option<String>,
    /// The first key decides, then the next.
    pub order_by: Option<Vec<OrderBy>>,
    /// 1 to 1,000; absent: 100.
    pub limit: Option<u32>,
}

/// One key of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct OrderBy {
    /// A field of the object.
    pub field: String,
    /// Absent: ascending.
    pub direction: Direction,
}

/// Which end comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Direction {
    /// The smallest.
    #[default]
    Asc,
    /// The largest.
    Desc,
}

impl FindRecords {
    /// Reports the keys of an order that are no fields of the object.
    pub(super) fn check_order(order: &[OrderBy], site: &mut Site<'_>, field: &str, object: &ObjectType) {
        for (place, key) in order.iter().enumerate() {
            if !object.fields.contains_key(key.field.as_str()) {
                let problem = Problem::error(
                    Code::UnknownRecordField,
                    format!("{} has no field `{}`", object.name, key.field),
                );
                let known = object.fields.keys().map(|name| &**name);
                site.report(
                    problem
                        .field(format!("{field}[{place}].field"))
                        .meant(&key.field, known),
                );
            }
        }
    }
}

impl Kind for FindRecords {
    const DESCRIPTION: Description = Description {
        kind: "findRecords",
        label: "Find records",
        family: Family::Action,
        doc: "Finds the records for which a condition holds.",
        version: 1,
        ports: &[Port::DONE, Port::ERROR],
        fields: &[
            Field::required("object", Input::Object, "what kind of records"),
            Field::optional(
                "where",
                Input::Condition,
                "must hold; `record` is the candidate, `trigger.record` the run's own",
            ),
            Field::optional("orderBy", Input::OrderBy, "which come first"),
            Field::optional(
                "limit",
                Input::Number,
                "at most so many, up to 1,000; 100 if nothing is said",
            ),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let Some(object) = site.object("object", self.object.as_deref()) else {
            return Compiled::of(Type::Dyn, None::<Search>);
        };
        let condition = site.condition_on("where", self.condition.as_deref(), &object);
        let order_by = self.order_by.clone().unwrap_or_default();
        Self::check_order(&order_by, site, "orderBy", &object);
        let limit = self.limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            let message = format!("`limit` is {limit}; it can be 1 to {MOST}");
            site.report(Problem::error(Code::InvalidValue, message).field("limit"));
        }
        let record = Type::Record(Arc::clone(&object));
        let output = fields([
            ("records", Type::list_of(record.clone())),
            ("first", record.or_null()),
            ("count", Type::Int),
        ]);
        let search = resolve::FindRecords {
            object: Arc::clone(&object.name),
            condition,
            order_by,
            limit,
        };
        Compiled::of(output, site.unless_wrong(Search(search)))
    }
}

#[derive(Debug)]
struct Search(resolve::FindRecords);

impl Resolve for Search {
    fn resolve(&self, _: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        Ok(Resolution::Order(Order::FindRecords(self.0.clone())))
    }
}
