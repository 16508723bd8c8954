//! `dateReached`: a run for each record when a date of it comes, or so long before or after it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::kind::{Compiled, Kind, Work};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site},
    key::Port,
    plan::{Occasion, Trigger},
    timetable::{CatchUp, DateRule, Offset, TimeOfDay, Timetable},
    value::{ObjectType, Type},
};

/// Starts a run for each record when a date of it comes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DateReached {
    /// Whose records start runs.
    pub object: Option<String>,
    /// The field that holds the date.
    pub date_field: Option<String>,
    /// An ISO 8601 duration, with `-` in front for before; absent: the date itself.
    pub offset: Option<String>,
    /// A time of the day; absent: the date's own, which for days is their beginning.
    pub at: Option<String>,
    /// IANA name; absent: the workflow's.
    pub zone: Option<String>,
    /// Must hold for the record when the moment comes.
    #[serde(rename = "where")]
    pub condition: Option<String>,
}

impl DateReached {
    fn rule(&self, site: &mut Site<'_>, object: &ObjectType) -> Option<DateRule> {
        let offset: Option<Offset> = site.parsed("offset", self.offset.as_deref());
        let at: Option<TimeOfDay> = site.parsed("at", self.at.as_deref());
        if at.is_some() && offset.is_some_and(|offset| !offset.is_calendar()) {
            let message = "with `at`, the offset counts whole days, weeks, months or years";
            site.report(Problem::error(Code::InvalidValue, message).field("offset"));
        }
        let (name, is_day) = self.date(site, object)?;
        Some(DateRule {
            field: name,
            is_day,
            offset: offset.unwrap_or(Offset::NONE),
            at,
        })
    }

    /// The field, and whether it holds days.
    fn date(&self, site: &mut Site<'_>, object: &ObjectType) -> Option<(Arc<str>, bool)> {
        let written = self.date_field.as_ref().filter(|name| !name.is_empty())?;
        let name = site.field_name("dateField", object, written)?;
        match &object.fields.get(&name)?.ty {
            Type::Date => Some((name, true)),
            Type::Timestamp => Some((name, false)),
            other => {
                let message = format!("`{name}` of {} is no date, but {other}", object.name);
                site.report(Problem::error(Code::WrongType, message).field("dateField"));
                None
            }
        }
    }
}

impl Kind for DateReached {
    const DESCRIPTION: Description = Description {
        kind: "dateReached",
        label: "Date reached",
        family: Family::Trigger,
        doc: "Starts a run for each record when a date of it comes; moves when the date does.",
        version: 1,
        ports: &[Port::OUT],
        fields: &[
            Field::required("object", Input::Object, "the object whose records start runs"),
            Field::required("dateField", Input::FieldName, "the field that holds the date"),
            Field::optional("offset", Input::Offset, "how long after it, or before, such as `-P3D`"),
            Field::optional("at", Input::TimeOfDay, "when on that day, such as `09:00`"),
            Field::optional(
                "zone",
                Input::TimeZone,
                "whose clocks; the workflow's if nothing is said",
            ),
            Field::optional(
                "where",
                Input::Condition,
                "must hold for the record when the moment comes",
            ),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let object = site.object("object", self.object.as_deref());
        let zone = site.zone("zone", self.zone.as_deref());
        let condition = site.condition("where", self.condition.as_deref());
        let trigger = object.and_then(|object| {
            let rule = self.rule(site, &object)?;
            let timetable = Timetable {
                cron: rule.cron().ok()?,
                zone,
                catch_up: CatchUp::Latest,
                date: Some(rule),
            };
            site.unless_wrong(Trigger {
                object: Some(Arc::clone(&object.name)),
                occasion: Occasion::Time(Box::new(timetable)),
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
