//! Money as clients see it: major units as text, beside the currency.

use async_graphql::{InputObject, SimpleObject};
use iso_currency::Currency;

use super::scalar::Decimal;
use crate::crm::{
    validate::{Code, Invalid},
    value,
};

/// An amount of money.
#[derive(Clone, Debug, PartialEq, SimpleObject, InputObject)]
#[graphql(input_name = "MoneyInput")]
pub struct Money {
    /// The amount in major units, such as `"1234.50"`.
    pub amount: Decimal,
    /// The ISO 4217 code, such as `EUR`.
    pub currency: String,
}

impl From<value::Money> for Money {
    fn from(money: value::Money) -> Self {
        Self {
            amount: Decimal(money.amount()),
            currency: money.currency.code().to_owned(),
        }
    }
}

impl TryFrom<Money> for value::Money {
    type Error = Invalid;

    fn try_from(money: Money) -> Result<Self, Invalid> {
        let invalid = |message: &str| Invalid {
            code: Code::Invalid,
            message: message.to_owned(),
        };
        let currency = Currency::from_code(&money.currency)
            .ok_or_else(|| invalid("must have the ISO 4217 code of a currency, such as EUR"))?;
        Self::of(money.amount.0, currency).ok_or_else(|| invalid("must be an amount that its currency can hold"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(amount: &str, currency: &str) -> Result<value::Money, Invalid> {
        let amount = Decimal(amount.parse().unwrap());
        let currency = currency.to_owned();
        Money { amount, currency }.try_into()
    }

    #[test]
    fn no_digit_of_an_amount_is_lost() {
        let money = stored("12345678901234.57", "EUR").unwrap();

        assert_eq!(Money::from(money).amount.0.to_string(), "12345678901234.57");
    }

    #[test]
    fn an_amount_that_the_currency_cannot_hold_is_refused() {
        assert!(stored("1.005", "EUR").is_err());
        assert!(stored("1.5", "JPY").is_err());
        assert!(stored("1", "ABC").is_err());
    }
}
