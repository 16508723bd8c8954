//! The scalars of the schema. They carry text; whether a field can hold it is the record's business, which answers with
//! `userErrors`, so only times and decimals are read here.

use async_graphql::{InputType, InputValueError, InputValueResult, Scalar, ScalarType, Value as Literal};
use pointsman_entities::time::Timestamp;
use pointsman_graph::value as expression;

use crate::crm::value::parse_time;

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $graphql:literal at $url:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        $(#[$doc])*
        #[Scalar(name = $graphql, specified_by_url = $url)]
        impl ScalarType for $name {
            fn parse(value: Literal) -> InputValueResult<Self> {
                text(value).map(Self)
            }

            fn to_value(&self) -> Literal {
                Literal::String(self.0.clone())
            }
        }
    )+};
}

texts! {
    /// An e-mail address; the host and the local part are kept in lower case.
    EmailAddress = "EmailAddress" at "https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address";
    /// A phone number as people write it, international where it begins with `+`.
    PhoneNumber = "PhoneNumber" at "https://www.itu.int/rec/T-REC-E.123";
    /// An absolute http or https URL.
    Url = "URL" at "https://url.spec.whatwg.org/#valid-url-string";
    /// An ISO 8601 duration, such as `P3D` or `PT2H`; days and months are those of the calendar.
    Duration = "Duration" at "https://datatracker.ietf.org/doc/html/rfc3339#appendix-A";
    /// A name of the IANA time zone database, such as `Europe/Berlin`.
    TimeZone = "TimeZone" at "https://www.iana.org/time-zones";
}

/// A role: `ADMIN`, `MEMBER`, `VIEWER`, or the id of one that the installation has made.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct RoleName(pub String);

/// A role: `ADMIN`, `MEMBER`, `VIEWER`, or the id of one that the installation has made.
#[Scalar(specified_by_url = "https://github.com/jetify-com/typeid")]
impl ScalarType for RoleName {
    /// The three may be written as the options of an enum.
    fn parse(value: Literal) -> InputValueResult<Self> {
        match value {
            Literal::Enum(name) => Ok(Self(name.to_string())),
            other => text(other).map(Self),
        }
    }

    fn to_value(&self) -> Literal {
        Literal::String(self.0.clone())
    }
}

/// An instant in RFC 3339, such as `2026-01-31T12:00:00Z`; answers are in UTC, to the microsecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime(pub Timestamp);

/// An instant in RFC 3339, such as `2026-01-31T12:00:00Z`; answers are in UTC, to the microsecond.
#[Scalar(specified_by_url = "https://scalars.graphql.org/andimarek/date-time.html")]
impl ScalarType for DateTime {
    fn parse(value: Literal) -> InputValueResult<Self> {
        let text = text(value)?;
        let time = parse_time(&text).filter(|_| text.len() > 10);
        time.map(Self)
            .ok_or_else(|| InputValueError::custom("must be an RFC 3339 time such as 2026-01-31T12:00:00Z"))
    }

    fn to_value(&self) -> Literal {
        shown(self.0, |time| time.to_string())
    }
}

/// A day without a time, such as `2026-01-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub Timestamp);

/// A day without a time, such as `2026-01-31`.
#[Scalar(specified_by_url = "https://scalars.graphql.org/andimarek/local-date.html")]
impl ScalarType for Date {
    fn parse(value: Literal) -> InputValueResult<Self> {
        let text = text(value)?;
        let day = parse_time(&text).filter(|_| text.len() == 10);
        day.map(Self)
            .ok_or_else(|| InputValueError::custom("must be a date such as 2026-01-31"))
    }

    fn to_value(&self) -> Literal {
        shown(self.0, expression::Timestamp::format_date)
    }
}

/// A decimal number as text, exact to the last digit, such as `"1234.50"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal(pub rust_decimal::Decimal);

/// A decimal number as text, exact to the last digit, such as `"1234.50"`.
#[Scalar(specified_by_url = "https://speleotrove.com/decimal/daconvs.html")]
impl ScalarType for Decimal {
    fn parse(value: Literal) -> InputValueResult<Self> {
        // Numbers are refused: many a client has already sent them through a float.
        let text = text(value)?;
        rust_decimal::Decimal::from_str_exact(&text)
            .map(Self)
            .map_err(|_| InputValueError::custom("must be a decimal number in a string, such as \"1234.50\""))
    }

    fn to_value(&self) -> Literal {
        Literal::String(self.0.to_string())
    }
}

/// Any JSON value.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Json(pub serde_json::Value);

/// Any JSON value.
#[Scalar(name = "JSON", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259")]
impl ScalarType for Json {
    fn parse(value: Literal) -> InputValueResult<Self> {
        value
            .into_json()
            .map(Self)
            .map_err(|_| InputValueError::custom("must be JSON"))
    }

    fn to_value(&self) -> Literal {
        Literal::from_json(self.0.clone()).unwrap_or_default()
    }
}

fn text<T: InputType>(value: Literal) -> Result<String, InputValueError<T>> {
    match value {
        Literal::String(text) => Ok(text),
        other => Err(InputValueError::expected_type(other)),
    }
}

fn shown(time: Timestamp, format: fn(&expression::Timestamp) -> String) -> Literal {
    match expression::Timestamp::from_micros(time.micros()) {
        Ok(time) => Literal::String(format(&time)),
        Err(_) => Literal::Null,
    }
}
