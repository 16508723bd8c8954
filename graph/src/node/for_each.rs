//! `forEach`: goes through what is behind `each` once for every item of a list, or for every record found.

use std::{num::NonZeroU32, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    find_records::{FindRecords, OrderBy},
    kind::{Compiled, Kind, Resolve},
};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site, fields},
    expression::Expression,
    key::Port,
    resolve::{self, Items, Moment, Order, Resolution, Unresolved},
    track::{Loop, MAX_ITEMS, OnError, Role},
    value::{Type, Value},
};

/// Items of one loop that are open at a time at most.
const MOST_AT_ONCE: u32 = 100;

/// A loop. In its items `item` and `index` are in scope; its output is `count` and `failed`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ForEach {
    /// An expression whose value is a list.
    pub items: Option<String>,
    /// A search: each record found is an item.
    pub find: Option<Find>,
    /// Items open at once, 1 to 100; absent: 1, one after the other.
    pub concurrency: Option<u32>,
    /// What an item's failure means for the others; absent: stop.
    pub on_error: Option<LoopError>,
}

/// Which records a loop goes through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Find {
    /// What kind of records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// About `record`, the candidate; the run's own record is `trigger.record` here.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// The first key decides, then the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_by: Option<Vec<OrderBy>>,
    /// At most so many; absent: all, and more than 10,000 are a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// What an item's unhandled failure means for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LoopError {
    /// No further item begins, and the loop fails.
    Stop,
    /// It is counted, and the loop goes on.
    Continue,
}

impl ForEach {
    /// A figure that is out of bounds counts as one, until the check has been heeded.
    fn concurrency(&self) -> NonZeroU32 {
        self.concurrency.and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
    }

    /// The items, and the type of one; none where nothing or the wrong thing is said.
    fn source(&self, site: &mut Site<'_>) -> Option<(Source, Type)> {
        let items = self.items.as_deref().filter(|source| !source.trim().is_empty());
        match (items, &self.find) {
            (Some(source), None) => listed(site, source),
            (None, Some(find)) => find.compile(site),
            (None, None) => {
                site.report(Problem::error(Code::Required, "a loop needs `items` or `find`").field("items"));
                None
            }
            (Some(_), Some(_)) => {
                site.report(Problem::error(Code::Ambiguous, "a loop has either `items` or `find`").field("find"));
                None
            }
        }
    }
}

/// The items of a list. One that may be null has none then.
fn listed(site: &mut Site<'_>, source: &str) -> Option<(Source, Type)> {
    let list = site.expression("items", Some(source))?;
    let item = match list.ty().without_null() {
        Type::List(item) => (**item).clone(),
        Type::Dyn => Type::Dyn,
        other => {
            let message = format!("`items` must be a list, but is {other}");
            site.report(Problem::error(Code::WrongType, message).field("items"));
            return None;
        }
    };
    Some((Source::List(list), item))
}

impl Find {
    fn compile(&self, site: &mut Site<'_>) -> Option<(Source, Type)> {
        if self.object.as_deref().is_none_or(str::is_empty) {
            site.report(
                Problem::error(Code::Required, "`find` needs `object`: what kind of records").field("find.object"),
            );
        }
        let object = site.object("find.object", self.object.as_deref())?;
        let condition = site.condition_on("find.where", self.condition.as_deref(), &object);
        let order_by = self.order_by.clone().unwrap_or_default();
        FindRecords::check_order(&order_by, site, "find.orderBy", &object);
        if self.limit.is_some_and(|limit| !(1..=MAX_ITEMS).contains(&limit)) {
            let message = format!("`limit` can be 1 to {MAX_ITEMS}");
            site.report(Problem::error(Code::InvalidValue, message).field("find.limit"));
        }
        let search = resolve::FindRecords {
            object: Arc::clone(&object.name),
            condition,
            order_by,
            // One more than can be gone through shows that there are too many.
            limit: self.limit.unwrap_or(MAX_ITEMS + 1),
        };
        Some((Source::Search(search), Type::Reference(Arc::clone(&object.name))))
    }
}

impl Kind for ForEach {
    const DESCRIPTION: Description = Description {
        kind: "forEach",
        label: "For each",
        family: Family::Logic,
        doc: "Goes through what is behind `each` once for every item.",
        version: 1,
        ports: &[Port::EACH, Port::DONE],
        fields: &[
            Field::optional(
                "items",
                Input::Expression,
                "a list, such as `steps.find.output.records`",
            ),
            Field::optional("find", Input::Search, "the records to go through, instead of a list"),
            Field::optional(
                "concurrency",
                Input::Number,
                "items open at once, up to 100; one after the other if nothing is said",
            ),
            Field::optional(
                "onError",
                Input::Choice(&["stop", "continue"]),
                "what an item's failure means for the others; stop if nothing is said",
            ),
        ],
    };

    fn role(&self) -> Role {
        Role::Loop(Loop {
            concurrency: self.concurrency(),
            on_error: match self.on_error {
                Some(LoopError::Stop) | None => OnError::Stop,
                Some(LoopError::Continue) => OnError::Continue,
            },
        })
    }

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let source = self.source(site);
        if self
            .concurrency
            .is_some_and(|count| !(1..=MOST_AT_ONCE).contains(&count))
        {
            let message = format!("`concurrency` can be 1 to {MOST_AT_ONCE}");
            site.report(Problem::error(Code::InvalidValue, message).field("concurrency"));
        }
        let output = fields([("count", Type::Int), ("failed", Type::Int)]);
        let round = source.map(|(source, item)| Round { source, item });
        Compiled::of(output, round.and_then(|round| site.unless_wrong(round)))
    }
}

#[derive(Debug)]
enum Source {
    List(Expression),
    Search(resolve::FindRecords),
}

#[derive(Debug)]
struct Round {
    source: Source,
    item: Type,
}

impl Resolve for Round {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let items = match &self.source {
            Source::List(list) => match moment.value("items", list)? {
                Value::Null => Items::Listed(Arc::from([])),
                Value::List(items) => Items::Listed(items),
                other => {
                    return Err(Unresolved::NotAList {
                        field: "items".to_owned(),
                        found: other.type_name(),
                    });
                }
            },
            Source::Search(search) => Items::Found(search.clone()),
        };
        Ok(Resolution::Order(Order::ForEach(items)))
    }

    fn item(&self) -> Option<&Type> {
        Some(&self.item)
    }
}
