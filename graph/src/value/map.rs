//! The map of expressions: keys are booleans, whole numbers or text, and keep the order in which they were written.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use indexmap::{Equivalent, IndexMap};

use super::Value;

/// A key of a map. `1` and `1u` are the same key.
#[derive(Clone, Debug)]
pub enum Key {
    /// A boolean.
    Bool(bool),
    /// A signed whole number.
    Int(i64),
    /// An unsigned whole number.
    Uint(u64),
    /// Text.
    String(Arc<str>),
}

impl Key {
    /// The key that a value stands for: a double only where it denotes a whole number. None for any other type.
    pub fn from_value(value: &Value) -> Option<Key> {
        match value {
            Value::Bool(key) => Some(Key::Bool(*key)),
            Value::Int(key) => Some(Key::Int(*key)),
            Value::Uint(key) => Some(Key::Uint(*key)),
            Value::String(key) => Some(Key::String(Arc::clone(key))),
            Value::Double(key) => whole(*key),
            _ => None,
        }
    }

    /// The key as a value.
    pub fn to_value(&self) -> Value {
        match self {
            Key::Bool(key) => Value::Bool(*key),
            Key::Int(key) => Value::Int(*key),
            Key::Uint(key) => Value::Uint(*key),
            Key::String(key) => Value::String(Arc::clone(key)),
        }
    }

    fn number(&self) -> Option<i128> {
        match self {
            Key::Int(key) => Some(i128::from(*key)),
            Key::Uint(key) => Some(i128::from(*key)),
            Key::Bool(_) | Key::String(_) => None,
        }
    }
}

/// The bounds are powers of two, so both are exact as doubles.
fn whole(number: f64) -> Option<Key> {
    const TWO_POW_63: f64 = 9_223_372_036_854_775_808.0;
    if number.fract() != 0.0 {
        None
    } else if (-TWO_POW_63..TWO_POW_63).contains(&number) {
        Some(Key::Int(number as i64))
    } else if (TWO_POW_63..2.0 * TWO_POW_63).contains(&number) {
        Some(Key::Uint(number as u64))
    } else {
        None
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        match (self, other) {
            (Key::Bool(a), Key::Bool(b)) => a == b,
            (Key::String(a), Key::String(b)) => a == b,
            _ => self.number().is_some_and(|number| Some(number) == other.number()),
        }
    }
}

impl Eq for Key {}

/// Text hashes as `str` does, so that a lookup by `&str` needs no key of its own.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Key::Bool(key) => key.hash(state),
            Key::String(key) => key.hash(state),
            Key::Int(key) => i128::from(*key).hash(state),
            Key::Uint(key) => i128::from(*key).hash(state),
        }
    }
}

impl Equivalent<Key> for str {
    fn equivalent(&self, key: &Key) -> bool {
        matches!(key, Key::String(text) if **text == *self)
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Key::Bool(key) => key.fmt(f),
            Key::Int(key) => key.fmt(f),
            Key::Uint(key) => key.fmt(f),
            Key::String(key) => key.fmt(f),
        }
    }
}

impl From<&str> for Key {
    fn from(key: &str) -> Self {
        Key::String(key.into())
    }
}

impl From<i64> for Key {
    fn from(key: i64) -> Self {
        Key::Int(key)
    }
}

impl From<u64> for Key {
    fn from(key: u64) -> Self {
        Key::Uint(key)
    }
}

/// Values by key, in the order in which they were written.
pub type Map = IndexMap<Key, Value>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_and_an_unsigned_number_are_one_key() {
        let map: Map = [(Key::Int(1), Value::Bool(true))].into_iter().collect();

        assert!(map.contains_key(&Key::Uint(1)));
        assert!(!map.contains_key(&Key::Bool(true)));
    }

    #[test]
    fn text_is_found_without_building_a_key() {
        let map: Map = [("name".into(), Value::Null)].into_iter().collect();

        assert!(map.contains_key("name"));
        assert!(!map.contains_key("mane"));
    }

    #[test]
    fn a_double_is_a_key_where_it_is_whole() {
        assert_eq!(Key::from_value(&Value::Double(3.0)), Some(Key::Int(3)));
        assert_eq!(Key::from_value(&Value::Double(3.1)), None);
        assert_eq!(Key::from_value(&Value::Double(f64::NAN)), None);
        assert_eq!(
            Key::from_value(&Value::Double(9_223_372_036_854_775_808.0)),
            Some(Key::Uint(1 << 63))
        );
    }
}
