//! The values that records hold, and their three other forms: database columns, JSON, expression values.

use std::{collections::BTreeSet, sync::Arc};

use iso_currency::Currency;
use pointsman_entities::{ids::RecordId, time::Timestamp};
use pointsman_graph::value::{self as expression, Reference};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::{
    id,
    object::{Field, Kind},
};

/// A field's value. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// The field is empty.
    Null,
    Bool(bool),
    Integer(i64),
    /// Text, and the options of a select.
    Text(Arc<str>),
    /// An instant; a date is its midnight in UTC.
    Time(Timestamp),
    /// Another record.
    Id(RecordId),
    Money(Money),
    Decimal(Scaled),
    /// The options of a multi-select, sorted, each once, at least one.
    Choices(Arc<[Arc<str>]>),
}

/// An exact number with a fixed number of decimal places: so many units of the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scaled {
    pub units: i64,
    pub scale: u32,
}

impl Scaled {
    /// The number; none where it has more decimal places, or too many digits.
    #[must_use]
    pub fn of(number: Decimal, scale: u32) -> Option<Self> {
        let units = number
            .checked_mul(Decimal::from(10_i64.checked_pow(scale)?))?
            .normalize();
        let units = (units.scale() == 0).then(|| i64::try_from(units).ok())??;
        Some(Self { units, scale })
    }

    #[must_use]
    pub fn number(self) -> Decimal {
        Decimal::from_i128_with_scale(i128::from(self.units), self.scale)
    }
}

/// An amount in minor units of its currency (cents, yen).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    /// An amount in major units; none where it has more digits than the currency, or too many.
    #[must_use]
    pub fn of(amount: Decimal, currency: Currency) -> Option<Self> {
        let digits = u32::from(currency.exponent().unwrap_or(0));
        let scaled = amount
            .checked_mul(Decimal::from(10_i64.checked_pow(digits)?))?
            .normalize();
        if scaled.scale() != 0 {
            return None;
        }
        Some(Self {
            minor: i64::try_from(scaled).ok()?,
            currency,
        })
    }

    /// The amount in major units.
    #[must_use]
    pub fn amount(self) -> Decimal {
        let digits = u32::from(self.currency.exponent().unwrap_or(0));
        Decimal::from_i128_with_scale(i128::from(self.minor), digits)
    }
}

impl Value {
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// A multi-select's options; null where there are none.
    pub fn choices<'a>(options: impl IntoIterator<Item = &'a str>) -> Self {
        let options: BTreeSet<&str> = options.into_iter().collect();
        match options.is_empty() {
            true => Self::Null,
            false => Self::Choices(options.into_iter().map(Arc::from).collect()),
        }
    }

    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is the option, or has it among others.
    #[must_use]
    pub fn chooses(&self, option: &str) -> bool {
        match self {
            Self::Text(text) => **text == *option,
            Self::Choices(options) => options.iter().any(|chosen| **chosen == *option),
            _ => false,
        }
    }

    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_time(&self) -> Option<Timestamp> {
        match self {
            Self::Time(time) => Some(*time),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_id(&self) -> Option<RecordId> {
        match self {
            Self::Id(id) => Some(*id),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_money(&self) -> Option<Money> {
        match self {
            Self::Money(money) => Some(*money),
            _ => None,
        }
    }

    /// The value as an expression sees it.
    #[must_use]
    pub fn to_expression(&self, field: &Field) -> expression::Value {
        match self {
            Self::Null => expression::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Integer(value) => (*value).into(),
            Self::Text(text) => expression::Value::String(Arc::clone(text)),
            Self::Time(time) => to_timestamp(*time),
            Self::Id(id) => match &field.kind {
                Kind::Reference { object } => reference(object, *id).into(),
                _ => expression::Value::text(id.0.to_string()),
            },
            Self::Money(money) => money.amount().into(),
            Self::Decimal(scaled) => scaled.number().into(),
            Self::Choices(options) => expression::Value::list(
                options
                    .iter()
                    .map(|option| expression::Value::String(Arc::clone(option))),
            ),
        }
    }

    /// The value as it stands in logs, snapshots and outputs.
    #[must_use]
    pub fn to_json(&self, field: &Field) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => json!(value),
            Self::Integer(value) => json!(value),
            Self::Text(text) => json!(&**text),
            Self::Time(time) => json!(format_time(*time, &field.kind)),
            Self::Id(record) => match &field.kind {
                Kind::Reference { object } => json!(id::format(object, *record)),
                _ => json!(record.0),
            },
            Self::Money(money) => json!({ "amount": money.amount().to_string(), "currency": money.currency.code() }),
            Self::Decimal(scaled) => json!(scaled.number().to_string()),
            Self::Choices(options) => options.iter().map(|option| json!(&**option)).collect(),
        }
    }

    /// Reads what [`Value::to_json`] wrote; none where it did not write it.
    #[must_use]
    pub fn from_json(json: &Json, field: &Field) -> Option<Self> {
        if json.is_null() {
            return Some(Self::Null);
        }
        Some(match &field.kind {
            Kind::Boolean => Self::Bool(json.as_bool()?),
            Kind::Integer { .. } => Self::Integer(json.as_i64()?),
            Kind::Date | Kind::DateTime => Self::Time(parse_time(json.as_str()?)?),
            Kind::Decimal { scale } => Self::Decimal(Scaled::of(json.as_str()?.parse().ok()?, *scale)?),
            Kind::MultiSelect { .. } => Self::choices(json.as_array()?.iter().filter_map(Json::as_str)),
            Kind::Reference { object } => Self::Id(id::parse(object, json.as_str()?)?),
            Kind::Money => {
                let amount: Decimal = json.get("amount")?.as_str()?.parse().ok()?;
                Self::Money(Money::of(
                    amount,
                    Currency::from_code(json.get("currency")?.as_str()?)?,
                )?)
            }
            Kind::Text { .. }
            | Kind::Email
            | Kind::Phone
            | Kind::Url
            | Kind::Domain
            | Kind::TimeZone
            | Kind::Country
            | Kind::Select { .. } => Self::text(json.as_str()?),
        })
    }
}

/// A record as an expression refers to it.
#[must_use]
pub fn reference(object: &str, record: RecordId) -> Reference {
    Reference {
        object: object.into(),
        id: id::format(object, record).into(),
    }
}

fn to_timestamp(time: Timestamp) -> expression::Value {
    expression::Timestamp::from_micros(time.micros()).map_or(expression::Value::Null, expression::Value::from)
}

fn format_time(time: Timestamp, kind: &Kind) -> Option<String> {
    let time = expression::Timestamp::from_micros(time.micros()).ok()?;
    Some(if matches!(kind, Kind::Date) {
        time.format_date()
    } else {
        time.to_string()
    })
}

/// An RFC 3339 time or a date.
#[must_use]
pub fn parse_time(text: &str) -> Option<Timestamp> {
    let time = if text.len() == 10 {
        expression::Timestamp::parse_date(text)
    } else {
        text.parse()
    };
    time.ok().map(|time| Timestamp(time.micros()))
}
