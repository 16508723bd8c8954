//! Telephone numbers as the whole world writes them. Pure.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A number in E.164: `+`, the country's code, the rest; at most 15 digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Number(String);

/// The text is no number in international form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a number is needed in international form, such as +14155550100")]
pub struct NotInternational;

impl Number {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Number {
    type Err = NotInternational;

    /// Takes what people put between the digits; a national number could be anybody's, and is refused.
    fn from_str(text: &str) -> Result<Self, NotInternational> {
        let digits = text.trim().strip_prefix('+').ok_or(NotInternational)?;
        let digits: String = digits.chars().filter(|c| !" -.()/\u{a0}".contains(*c)).collect();
        let sound = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        if sound && (7..=15).contains(&digits.len()) {
            Ok(Self(format!("+{digits}")))
        } else {
            Err(NotInternational)
        }
    }
}

impl TryFrom<String> for Number {
    type Error = NotInternational;

    fn try_from(text: String) -> Result<Self, NotInternational> {
        text.parse()
    }
}

impl From<Number> for String {
    fn from(number: Number) -> Self {
        number.0
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_put_between_the_digits_is_left_out() {
        for text in [
            "+14155550100",
            "+1 (415) 555-0100",
            " +1.415.555.0100 ",
            "+1\u{a0}415 555 0100",
        ] {
            assert_eq!(text.parse::<Number>().unwrap().as_str(), "+14155550100", "{text}");
        }
    }

    #[test]
    fn a_number_that_is_not_international_is_refused() {
        for text in [
            "",
            "+",
            "0415 5550100",
            "+0415",
            "+1415555010012345",
            "+1 415 CALL ME",
            "+12345",
            "++1415555010",
        ] {
            assert!(text.parse::<Number>().is_err(), "{text}");
        }
    }
}
