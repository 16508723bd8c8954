//! What expressions call a secret.

use std::{fmt, str::FromStr};

/// A name as an expression can write it behind `secrets.`: letters, digits and `_`, not a digit first, at most 64.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name(String);

/// The text can't be the name of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name of a secret is 1 to 64 letters, digits or `_`, and begins with none of the digits")]
pub struct InvalidName;

impl Name {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let begins = text.bytes().next().is_some_and(|first| !first.is_ascii_digit());
        if begins && text.len() <= 64 && text.bytes().all(sound) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName)
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_expression_can_write_is_a_name() {
        for name in ["stripe", "_a", "SLACK_2"] {
            assert!(name.parse::<Name>().is_ok(), "{name}");
        }
        for name in ["", "2fa", "a-b", "a b", "a.b", "ä", &"x".repeat(65)] {
            assert!(name.parse::<Name>().is_err(), "{name}");
        }
    }
}
