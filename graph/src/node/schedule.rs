//! `schedule`: runs at times that repeat, one each time or one for each record that a condition holds for.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::kind::{Compiled, Kind, Work};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site},
    key::Port,
    plan::{Occasion, Trigger},
    timetable::{CatchUp, Timetable},
    value::Type,
};

/// Starts runs at times that repeat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Schedule {
    /// Minute, hour, day of the month, month, day of the week.
    pub cron: Option<String>,
    /// IANA name; absent: the workflow's.
    pub zone: Option<String>,
    /// Absent: skip.
    pub catch_up: Option<CatchUp>,
    /// Whose records get a run each.
    pub object: Option<String>,
    /// Must hold for the record at that time.
    #[serde(rename = "where")]
    pub condition: Option<String>,
}

impl Schedule {
    /// Whether its runs have a record.
    pub fn has_record(&self) -> bool {
        self.object.as_deref().is_some_and(|object| !object.is_empty())
    }
}

impl Kind for Schedule {
    const DESCRIPTION: Description = Description {
        kind: "schedule",
        label: "Schedule",
        family: Family::Trigger,
        doc: "Starts a run at times that repeat, or one for each record that a condition holds for then.",
        version: 1,
        ports: &[Port::OUT],
        fields: &[
            Field::required(
                "cron",
                Input::Cron,
                "minute, hour, day of the month, month, day of the week, such as `0 8 * * MON-FRI`",
            ),
            Field::optional(
                "zone",
                Input::TimeZone,
                "whose clocks; the workflow's if nothing is said",
            ),
            Field::optional(
                "catchUp",
                Input::Choice(&["skip", "latest", "all"]),
                "what becomes of times that passed while no server ran; they are left out if nothing is said",
            ),
            Field::optional("object", Input::Object, "one run for each of its records"),
            Field::optional("where", Input::Condition, "must hold for the record at that time"),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let cron = site.parsed("cron", self.cron.as_deref());
        let zone = site.zone("zone", self.zone.as_deref());
        let object = site.object("object", self.object.as_deref());
        if !self.has_record() && self.condition.is_some() {
            let message = "`where` needs `object`: whose records it is about";
            site.report(Problem::error(Code::Required, message).field("object"));
        }
        let condition = site.condition("where", self.condition.as_deref());
        let trigger = cron.and_then(|cron| {
            site.unless_wrong(Trigger {
                object: object.map(|object| Arc::clone(&object.name)),
                occasion: Occasion::Time(Box::new(Timetable {
                    cron,
                    zone,
                    catch_up: self.catch_up.unwrap_or_default(),
                    date: None,
                })),
                fields: Vec::new(),
                condition,
            })
        });
        Compiled {
            output: Type::Null,
            work: trigger.map(|trigger| Work::Trigger(Arc::new(trigger))),
            writes: Vec::new(),
        }
    }
}
