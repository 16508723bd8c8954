//! Brings values into the form in which a field stores them, or says what is wrong with them.

use std::{str::FromStr, sync::Arc};

use chrono_tz::Tz;
use iso_currency::Currency;
use pointsman_entities::time::Timestamp;
use pointsman_graph::value::Value as Computed;
use rust_decimal::Decimal;

use super::{
    id,
    object::{Field, Kind, SHORT},
    value::{Money, Scaled, Value, parse_time},
};

/// The currency of an amount that comes without one.
pub const DEFAULT_CURRENCY: Currency = Currency::USD;

/// What is wrong with one value: a stable code and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    pub code: Code,
    pub message: String,
}

/// Stable codes of refused input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Required,
    Invalid,
    TooLong,
    OutOfRange,
    Taken,
    NotFound,
    ReadOnly,
    Forbidden,
    /// The record is no longer at the version the caller expected.
    Conflict,
    /// Something rests on it.
    InUse,
}

impl Code {
    /// The code as clients see it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Required => "REQUIRED",
            Self::Invalid => "INVALID",
            Self::TooLong => "TOO_LONG",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::Taken => "TAKEN",
            Self::NotFound => "NOT_FOUND",
            Self::ReadOnly => "READ_ONLY",
            Self::Forbidden => "FORBIDDEN",
            Self::Conflict => "CONFLICT",
            Self::InUse => "IN_USE",
        }
    }
}

/// The value as the field stores it: trimmed, in the canonical case, empty text as null.
///
/// # Errors
/// Where the field can't hold the value.
pub fn normalize(field: &Field, value: Value) -> Result<Value, Invalid> {
    match (&field.kind, value) {
        (_, Value::Null) => Ok(Value::Null),
        (kind, Value::Text(text)) if kind.is_text() => match text.trim() {
            "" => Ok(Value::Null),
            text => normalize_text(kind, text).and_then(|text| fitting(field, text)),
        },
        (Kind::Integer { min, max }, Value::Integer(value)) if (min..=max).contains(&&value) => {
            Ok(Value::Integer(value))
        }
        (Kind::Integer { min, max }, Value::Integer(_)) => {
            Err(invalid(Code::OutOfRange, format!("must lie between {min} and {max}")))
        }
        (Kind::Date, Value::Time(time)) => Ok(Value::Time(midnight(time))),
        (Kind::Boolean, value @ Value::Bool(_))
        | (Kind::DateTime, value @ Value::Time(_))
        | (Kind::Reference { .. }, value @ Value::Id(_))
        | (Kind::Decimal { .. }, value @ Value::Decimal(_))
        | (Kind::Money, value @ Value::Money(_)) => Ok(value),
        (Kind::MultiSelect { options }, Value::Choices(chosen)) => {
            match chosen.iter().find(|chosen| !options.contains(&&***chosen)) {
                None => Ok(Value::Choices(chosen)),
                Some(_) => Err(one_of(options)),
            }
        }
        (kind, _) => Err(invalid(Code::Invalid, format!("must be {}", noun(kind)))),
    }
}

/// The result of an expression as the field stores it. `current` gives an amount without a currency the one it had.
///
/// # Errors
/// Where the field can't hold the value.
pub fn from_expression(field: &Field, value: &Computed, current: Option<&Value>) -> Result<Value, Invalid> {
    let wrong = || invalid(Code::Invalid, format!("must be {}", noun(&field.kind)));
    let converted = match (&field.kind, value) {
        (_, Computed::Null) => Value::Null,
        (Kind::Boolean, Computed::Bool(value)) => Value::Bool(*value),
        (Kind::Boolean, Computed::String(text)) => Value::Bool(bool::from_str(text).map_err(|_| wrong())?),
        (Kind::Integer { .. }, value) => Value::Integer(whole(value).ok_or_else(wrong)?),
        (Kind::Date | Kind::DateTime, Computed::Timestamp(time)) => Value::Time(Timestamp(time.micros())),
        (Kind::Date | Kind::DateTime, Computed::String(text)) => Value::Time(parse_time(text).ok_or_else(wrong)?),
        (Kind::Reference { object }, Computed::Reference(reference)) => {
            Value::Id(id::parse(object, &reference.id).ok_or_else(wrong)?)
        }
        (Kind::Reference { object }, Computed::String(text)) => Value::Id(id::parse(object, text).ok_or_else(wrong)?),
        (Kind::Money, value) => Value::Money(money(value, current).ok_or_else(wrong)?),
        (Kind::Decimal { scale }, value) => {
            let number = number(value).ok_or_else(wrong)?;
            let exact = Scaled::of(number, *scale);
            Value::Decimal(exact.ok_or_else(|| invalid(Code::OutOfRange, places(*scale)))?)
        }
        (Kind::MultiSelect { .. }, Computed::List(items)) => {
            let text = |item: &Computed| match item {
                Computed::String(text) => Some(Arc::clone(text)),
                _ => None,
            };
            let options: Vec<Arc<str>> = items.iter().map(text).collect::<Option<_>>().ok_or_else(wrong)?;
            Value::choices(options.iter().map(|option| &**option))
        }
        (Kind::MultiSelect { .. }, Computed::String(text)) => {
            Value::choices(text.split(',').map(str::trim).filter(|option| !option.is_empty()))
        }
        (kind, Computed::String(text)) if kind.is_text() => Value::text(&**text),
        (kind, Computed::Int(_) | Computed::Uint(_) | Computed::Double(_) | Computed::Decimal(_)) if kind.is_text() => {
            match value.to_json() {
                serde_json::Value::String(text) => Value::text(text),
                json => Value::text(json.to_string()),
            }
        }
        _ => return Err(wrong()),
    };
    normalize(field, converted)
}

/// A default as the catalogue writes it.
#[must_use]
pub fn default(field: &Field) -> Value {
    let text = field.default.as_deref().map(Computed::from);
    text.and_then(|text| from_expression(field, &text, None).ok())
        .unwrap_or(Value::Null)
}

fn whole(value: &Computed) -> Option<i64> {
    match value {
        Computed::Int(value) => Some(*value),
        Computed::Uint(value) => i64::try_from(*value).ok(),
        Computed::Decimal(value) => value.is_integer().then(|| i64::try_from(*value).ok())?,
        // Beyond 2^53 a double no longer tells whole numbers apart.
        Computed::Double(value) => {
            (value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0).then_some(*value as i64)
        }
        Computed::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A number as it is written: a double is what its shortest text says.
fn number(value: &Computed) -> Option<Decimal> {
    match value {
        Computed::Int(value) => Some((*value).into()),
        Computed::Uint(value) => Some((*value).into()),
        Computed::Decimal(value) => Some(*value),
        Computed::Double(value) => Decimal::from_scientific(&format!("{value:e}")).ok(),
        Computed::String(text) => Decimal::from_str_exact(text.trim()).ok(),
        _ => None,
    }
}

fn places(scale: u32) -> String {
    format!("must have at most {scale} decimal places and 18 digits")
}

fn one_of(options: &[&'static str]) -> Invalid {
    invalid(Code::Invalid, format!("must be one of {}", options.join(", ")))
}

fn money(value: &Computed, current: Option<&Value>) -> Option<Money> {
    let currency = current
        .and_then(Value::as_money)
        .map_or(DEFAULT_CURRENCY, |money| money.currency);
    let amount = match value {
        Computed::Int(value) => (*value).into(),
        Computed::Uint(value) => (*value).into(),
        Computed::Decimal(value) => *value,
        Computed::Double(value) => Decimal::from_f64_retain(*value)?.round_dp(6),
        Computed::String(text) => text.trim().parse().ok()?,
        Computed::Map(_) => {
            let Some(Computed::String(code)) = value.get("currency") else {
                return None;
            };
            let amount = money(value.get("amount")?, None)?.amount();
            return Money::of(amount, Currency::from_code(code)?);
        }
        _ => return None,
    };
    Money::of(amount, currency)
}

/// E.164, where the number says its country: so that it is found by what networks call it.
fn international(text: &str) -> Option<String> {
    let rest = text.strip_prefix('+')?;
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    Some(format!("+{digits}"))
}

fn normalize_text(kind: &Kind, text: &str) -> Result<String, Invalid> {
    let wrong = || invalid(Code::Invalid, format!("must be {}", noun(kind)));
    if text.contains('\0') {
        return Err(invalid(Code::Invalid, "must not hold a NUL character".into()));
    }
    match kind {
        Kind::Text { max } if text.chars().count() > *max => {
            Err(invalid(Code::TooLong, format!("must have at most {max} characters")))
        }
        Kind::Email => {
            let address = lettre::Address::from_str(text).map_err(|_| wrong())?;
            Ok(address.to_string().to_lowercase())
        }
        Kind::Phone => {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            let plain = text.chars().all(|c| c.is_ascii_digit() || "+-. ()/".contains(c));
            if plain && (3..=20).contains(&digits) {
                Ok(international(text).unwrap_or_else(|| text.to_owned()))
            } else {
                Err(wrong())
            }
        }
        Kind::Url => {
            let url = reqwest::Url::parse(text).map_err(|_| wrong())?;
            if ["http", "https"].contains(&url.scheme()) {
                Ok(text.to_owned())
            } else {
                Err(wrong())
            }
        }
        Kind::Domain => {
            let domain = text.trim_start_matches("www.").to_lowercase();
            let url = reqwest::Url::parse(&format!("https://{domain}/")).map_err(|_| wrong())?;
            if url.host_str() == Some(&domain) && domain.contains('.') {
                Ok(domain)
            } else {
                Err(wrong())
            }
        }
        Kind::TimeZone => Tz::from_str(text)
            .map(|zone| zone.name().to_owned())
            .map_err(|_| wrong()),
        Kind::Country => {
            let code = text.to_ascii_uppercase();
            if code.len() == 2 && code.chars().all(|c| c.is_ascii_uppercase()) {
                Ok(code)
            } else {
                Err(wrong())
            }
        }
        Kind::Select { options } => match options.iter().find(|option| **option == text) {
            Some(option) => Ok((*option).to_owned()),
            None => Err(one_of(options)),
        },
        Kind::Text { .. }
        | Kind::MultiSelect { .. }
        | Kind::Decimal { .. }
        | Kind::Integer { .. }
        | Kind::Boolean
        | Kind::Date
        | Kind::DateTime
        | Kind::Reference { .. }
        | Kind::Money => Ok(text.to_owned()),
    }
}

/// Custom texts can be made unique and indexed, and an index holds no long ones.
fn fitting(field: &Field, text: String) -> Result<Value, Invalid> {
    let bounded = field.custom.is_some() && !matches!(field.kind, Kind::Text { .. });
    match bounded && text.chars().count() > SHORT {
        true => Err(invalid(Code::TooLong, format!("must have at most {SHORT} characters"))),
        false => Ok(Value::text(text)),
    }
}

fn midnight(time: Timestamp) -> Timestamp {
    const DAY: i64 = 86_400_000_000;
    Timestamp(time.micros().div_euclid(DAY) * DAY)
}

fn invalid(code: Code, message: String) -> Invalid {
    Invalid { code, message }
}

fn noun(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text { .. } => "text",
        Kind::Email => "an e-mail address",
        Kind::Phone => "a phone number",
        Kind::Url => "an http or https URL",
        Kind::Domain => "a host name such as example.com",
        Kind::TimeZone => "an IANA time zone such as Europe/Berlin",
        Kind::Country => "an ISO 3166-1 country code such as DE",
        Kind::Integer { .. } => "a whole number",
        Kind::Boolean => "true or false",
        Kind::Select { .. } => "one of the options",
        Kind::MultiSelect { .. } => "a list of the options",
        Kind::Decimal { .. } => "a decimal number such as 1234.50",
        Kind::Date => "a date such as 2026-01-31",
        Kind::DateTime => "an RFC 3339 time such as 2026-01-31T12:00:00Z",
        Kind::Reference { .. } => "the id of a record",
        Kind::Money => "an amount that its currency can hold",
    }
}
