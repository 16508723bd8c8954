//! Whether a value of one type can be written into a field of another.

use crate::value::{FieldType, Type};

/// What is written and read back without loss or guess. Text may name an option or a record: which one, only the run
/// can tell, and the write is checked once more.
pub(super) fn accepts(field: &FieldType, value: &Type) -> bool {
    match value {
        Type::Null => field.nullable,
        Type::Nullable(inner) => accepts(field, inner),
        known => fits(&field.ty, known),
    }
}

fn fits(field: &Type, value: &Type) -> bool {
    match (field, value) {
        (Type::Dyn, _) | (_, Type::Dyn) => true,
        (Type::Nullable(inner), value) => *value == Type::Null || fits(inner, value),
        (field, Type::Nullable(inner)) => fits(field, inner),
        (Type::Decimal, Type::Int | Type::Uint | Type::Decimal) => true,
        (Type::Double, number) => number.is_number(),
        (Type::Int | Type::Uint, Type::Int | Type::Uint) => true,
        (Type::Enum { options, .. }, Type::Enum { options: from, .. }) => from.iter().any(|one| options.contains(one)),
        (Type::Enum { .. } | Type::String | Type::Reference(_), Type::String) => true,
        (Type::String, Type::Enum { .. } | Type::Reference(_)) => true,
        (Type::Date | Type::Timestamp, Type::Date | Type::Timestamp) => true,
        (Type::Reference(object), Type::Record(record)) => *object == record.name,
        (Type::List(field), Type::List(value)) => fits(field, value),
        (Type::Map(_, field), Type::Map(_, value)) => fits(field, value),
        (field, value) => field == value,
    }
}
