//! What expressions know of the CRM's objects: their fields and types. The objects themselves come from outside.

use std::sync::Arc;

use indexmap::IndexMap;

use super::Type;
use crate::call::Callee;

/// Fields by name, in the order in which people see them.
pub type Fields = IndexMap<Arc<str>, FieldType>;

/// A kind of record.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectType {
    /// The name in expressions and in the API, such as `deal`.
    pub name: Arc<str>,
    /// The name people see, such as `Deal`.
    pub label: Arc<str>,
    /// Its fields, custom ones included.
    pub fields: Fields,
}

/// One field of a kind of record, or of a step's output.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldType {
    /// The type of its values, without null.
    pub ty: Type,
    /// Whether it can be empty.
    pub nullable: bool,
    /// Whether a workflow may write it.
    pub writable: bool,
    /// Whether a new record must have it.
    pub required: bool,
    /// What it means, for people.
    pub description: Arc<str>,
}

impl FieldType {
    /// A field that is always there and that only the system writes.
    pub fn of(ty: Type) -> FieldType {
        FieldType {
            ty,
            nullable: false,
            writable: false,
            required: false,
            description: Arc::from(""),
        }
    }

    /// The same field, which may be empty.
    #[must_use]
    pub fn nullable(self) -> FieldType {
        FieldType { nullable: true, ..self }
    }

    /// The type of the field's values, null included where it can be empty.
    pub fn value_type(&self) -> Type {
        if self.nullable {
            self.ty.clone().or_null()
        } else {
            self.ty.clone()
        }
    }
}

/// The objects of the CRM, given from outside. Types refer to objects by name, since objects refer to each other.
pub trait Schema: Send + Sync {
    /// The object of that name.
    fn object(&self, name: &str) -> Option<Arc<ObjectType>>;
    /// All names, for suggestions and completion.
    fn object_names(&self) -> Vec<Arc<str>>;

    /// What a workflow that is to be called takes and gives, by its global id.
    fn callee(&self, workflow: &str) -> Callee {
        let _ = workflow;
        Callee::Unknown
    }
}
