//! How a record's values become GraphQL's and back: one rule a type.

use async_graphql::InputType;

use super::{
    filter::{BooleanFilter, DateFilter, DateTimeFilter, IntFilter, MoneyFilter, TextFilter, ToTests},
    money::Money,
    scalar::{Date, DateTime, EmailAddress, PhoneNumber, RoleName, TimeZone, Url},
};
use crate::crm::{Value, validate::Invalid};

/// A GraphQL type that shows and takes the values of fields.
pub trait Cell: Sized {
    /// What a filter can ask of such a field.
    type Filter: InputType + ToTests;

    /// The value as clients see it; none where the field is empty or holds another type.
    fn show(value: &Value) -> Option<Self>;

    /// The value as records hold it, not yet validated.
    ///
    /// # Errors
    /// Where no record could hold it.
    fn keep(self) -> Result<Value, Invalid>;
}

impl Cell for String {
    type Filter = TextFilter;

    fn show(value: &Value) -> Option<Self> {
        value.as_text().map(str::to_owned)
    }

    fn keep(self) -> Result<Value, Invalid> {
        Ok(Value::text(self))
    }
}

macro_rules! texts {
    ($($name:ident),+) => {$(
        impl Cell for $name {
            type Filter = TextFilter;

            fn show(value: &Value) -> Option<Self> {
                String::show(value).map(Self)
            }

            fn keep(self) -> Result<Value, Invalid> {
                self.0.keep()
            }
        }
    )+};
}

texts!(EmailAddress, PhoneNumber, RoleName, Url, TimeZone);

macro_rules! times {
    ($($name:ident by $filter:ident),+) => {$(
        impl Cell for $name {
            type Filter = $filter;

            fn show(value: &Value) -> Option<Self> {
                value.as_time().map(Self)
            }

            fn keep(self) -> Result<Value, Invalid> {
                Ok(Value::Time(self.0))
            }
        }
    )+};
}

times!(Date by DateFilter, DateTime by DateTimeFilter);

impl Cell for i32 {
    type Filter = IntFilter;

    fn show(value: &Value) -> Option<Self> {
        value.as_integer().and_then(|value| Self::try_from(value).ok())
    }

    fn keep(self) -> Result<Value, Invalid> {
        Ok(Value::Integer(self.into()))
    }
}

impl Cell for bool {
    type Filter = BooleanFilter;

    fn show(value: &Value) -> Option<Self> {
        value.as_bool()
    }

    fn keep(self) -> Result<Value, Invalid> {
        Ok(Value::Bool(self))
    }
}

impl Cell for Money {
    type Filter = MoneyFilter;

    fn show(value: &Value) -> Option<Self> {
        value.as_money().map(Self::from)
    }

    fn keep(self) -> Result<Value, Invalid> {
        self.try_into().map(Value::Money)
    }
}
