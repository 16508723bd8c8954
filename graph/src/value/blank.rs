//! The emptiest JSON of a type: what a step that was not carried out is taken to have found.

use serde_json::{Map, Value as Json, json};

use super::{Fields, Type};

impl Type {
    /// JSON that `decode` reads as a value of the type and that says as little as it can: null where it may be, else
    /// nothing, zero, the first option, the beginning of 1970.
    pub fn blank(&self) -> Json {
        match self {
            Type::Dyn | Type::Null | Type::Nullable(_) | Type::Optional(_) | Type::Type => Json::Null,
            Type::Bool => json!(false),
            Type::Int | Type::Uint => json!(0),
            Type::Double => json!(0.0),
            Type::Decimal => json!("0"),
            Type::String | Type::Bytes | Type::Reference(_) => json!(""),
            Type::Timestamp => json!("1970-01-01T00:00:00Z"),
            Type::Date => json!("1970-01-01"),
            Type::Duration => json!("0s"),
            Type::List(_) => json!([]),
            Type::Map(..) => json!({}),
            Type::Enum { options, .. } => options.first().map_or(json!(""), |option| json!(**option)),
            Type::Record(object) => fields(&object.fields),
            Type::Struct(known) => fields(known),
        }
    }
}

fn fields(fields: &Fields) -> Json {
    let present = fields.iter().filter(|(_, field)| !field.nullable);
    let blanks = present.map(|(name, field)| (name.to_string(), field.ty.blank()));
    Json::Object(blanks.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::value::FieldType;

    #[test]
    fn a_blank_is_read_back_as_a_value_of_its_type() {
        let options: Arc<[Arc<str>]> = Arc::from([Arc::from("OPEN"), Arc::from("WON")]);
        let status = Type::Enum {
            name: "dealStatus".into(),
            options,
        };
        let nested = Type::Struct(Arc::new(
            [
                (Arc::from("status"), FieldType::of(status)),
                (
                    Arc::from("owner"),
                    FieldType::of(Type::Reference("user".into())).nullable(),
                ),
                (Arc::from("since"), FieldType::of(Type::Date)),
            ]
            .into_iter()
            .collect(),
        ));
        let types = [
            Type::Bool,
            Type::Int,
            Type::Uint,
            Type::Double,
            Type::Decimal,
            Type::String,
            Type::Bytes,
            Type::Timestamp,
            Type::Date,
            Type::Duration,
            Type::list_of(Type::Int),
            Type::map_of(Type::Int),
            Type::Int.or_null(),
            nested,
        ];

        for ty in types {
            assert!(ty.decode(&ty.blank()).is_ok(), "{ty}: {}", ty.blank());
        }
    }
}
