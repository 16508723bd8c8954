//! Puts null where a field failed: the spec wants it (section 6.4.4), the library leaves the field out, and clients with
//! generated types would find neither a value nor null. Changes nothing else.

use async_graphql::{Name, PathSegment, Response, Value, indexmap::map::Entry};

/// Gives each field that failed its null.
pub(super) fn complete(response: &mut Response) {
    for error in &response.errors {
        if let Some((PathSegment::Field(failed), above)) = error.path.split_last() {
            put_null(&mut response.data, above, failed);
        }
    }
}

/// An object whose fields have all failed comes as null itself and stays so: whether it must, only the schema could say.
fn put_null(value: &mut Value, above: &[PathSegment], failed: &str) {
    match (above.split_first(), value) {
        (None, Value::Object(fields)) => {
            if let Entry::Vacant(gap) = fields.entry(Name::new(failed)) {
                gap.insert(Value::Null);
            }
        }
        (Some((PathSegment::Field(name), below)), Value::Object(fields)) => {
            if let Some(value) = fields.get_mut(name.as_str()) {
                put_null(value, below, failed);
            }
        }
        (Some((PathSegment::Index(index), below)), Value::List(items)) => {
            if let Some(value) = items.get_mut(*index) {
                put_null(value, below, failed);
            }
        }
        // A path that leads nowhere: something above it has become null, as it should.
        (None | Some(_), _) => {}
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{ServerError, value};

    use super::*;

    fn completed(data: Value, path: Vec<PathSegment>) -> Value {
        let mut response = Response::new(data);
        response.errors = vec![ServerError::new("failed", None).with_path(path)];
        complete(&mut response);
        response.data
    }

    fn field(name: &str) -> PathSegment {
        PathSegment::Field(name.to_owned())
    }

    #[test]
    fn a_failed_field_is_null_beside_its_neighbours() {
        assert_eq!(
            completed(value!({ "a": 1 }), vec![field("b")]),
            value!({ "a": 1, "b": null })
        );
    }

    #[test]
    fn a_failed_field_of_a_list_is_null_in_its_item() {
        let path = vec![field("list"), PathSegment::Index(1), field("b")];

        assert_eq!(
            completed(value!({ "list": [{ "b": 1 }, { "a": 1 }] }), path),
            value!({ "list": [{ "b": 1 }, { "a": 1, "b": null }] })
        );
    }

    #[test]
    fn data_whose_only_field_failed_stays_null() {
        assert_eq!(completed(Value::Null, vec![field("a")]), Value::Null);
    }

    #[test]
    fn what_is_there_stays() {
        assert_eq!(completed(value!({ "a": 1 }), vec![field("a")]), value!({ "a": 1 }));
        assert_eq!(completed(value!({ "a": 1 }), Vec::new()), value!({ "a": 1 }));
    }
}
