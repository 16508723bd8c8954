//! The objects by name, and what expressions know of them.

use std::{collections::HashMap, sync::Arc};

use pointsman_graph::value::{FieldType, ObjectType, Schema, Type};

use super::{
    access::{Access, Action, Scope},
    object::{self, Field, Kind, Object},
};

/// All objects of the installation as they were at one epoch.
#[derive(Debug)]
pub struct Catalogue {
    epoch: i64,
    objects: Vec<Arc<Object>>,
    types: HashMap<&'static str, Arc<ObjectType>>,
}

impl Catalogue {
    /// The core objects alone.
    #[must_use]
    pub fn core() -> Self {
        Self::of(0, object::core())
    }

    /// These objects, as the definitions of that epoch have them.
    #[must_use]
    pub fn of(epoch: i64, objects: Vec<Object>) -> Self {
        let types = objects
            .iter()
            .map(|object| (object.name, Arc::new(object_type(object))))
            .collect();
        let objects = objects.into_iter().map(Arc::new).collect();
        Self { epoch, objects, types }
    }

    /// What a write set that was decided by this catalogue requires.
    #[must_use]
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// The object of that name.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<&Arc<Object>> {
        self.objects.iter().find(|object| object.name == name)
    }

    /// All objects, in the order in which people see them.
    #[must_use]
    pub fn objects(&self) -> &[Arc<Object>] {
        &self.objects
    }
}

impl Schema for Catalogue {
    fn object(&self, name: &str) -> Option<Arc<ObjectType>> {
        self.types.get(name).map(Arc::clone)
    }

    fn object_names(&self) -> Vec<Arc<str>> {
        self.objects.iter().map(|object| object.name.into()).collect()
    }
}

impl Catalogue {
    /// The objects as somebody with the access knows them: what they may not read isn't there, and what they may not
    /// write can't be written.
    #[must_use]
    pub fn seen_by(&self, access: &Access) -> Self {
        let reads = |object: &&Arc<Object>| access.scope(object, Action::Read) != Scope::None;
        let objects: Vec<_> = self.objects.iter().filter(reads).cloned().collect();
        let types = objects
            .iter()
            .map(|object| (object.name, Arc::new(seen_type(object, access))))
            .collect();
        Self {
            objects,
            types,
            epoch: self.epoch,
        }
    }
}

fn seen_type(object: &Object, access: &Access) -> ObjectType {
    let known = |name: &str| {
        let money = |(_, field): &(usize, &Field)| field.kind == Kind::Money && currency_name(field) == name;
        let field = object.field(name);
        field
            .or_else(|| object.fields.iter().enumerate().find(money))
            .map(|(_, field)| field)
    };
    let mut seen = object_type(object);
    seen.fields
        .retain(|name, _| known(name).is_none_or(|field| access.sees(object, field)));
    let may = |action| access.scope(object, action) != Scope::None;
    for (name, ty) in &mut seen.fields {
        let allowed = known(name).is_none_or(|field| access.writes(object, field));
        ty.writable &= allowed && (may(Action::Create) || may(Action::Update));
    }
    seen
}

fn object_type(object: &Object) -> ObjectType {
    let id = FieldType {
        description: "The record's global id.".into(),
        ..FieldType::of(Type::String)
    };
    let fields = object.fields.iter().flat_map(|field| field_types(object, field));
    ObjectType {
        name: object.name.into(),
        label: object.label.as_ref().into(),
        fields: [("id".into(), id)].into_iter().chain(fields).collect(),
    }
}

/// The field, and for money its currency beside it.
fn field_types(object: &Object, field: &Field) -> Vec<(Arc<str>, FieldType)> {
    let known = FieldType {
        ty: value_type(object, field),
        nullable: !field.required,
        writable: object.automatable && !field.system,
        required: field.required && field.default.is_none() && !field.system && !field.derived,
        description: field.doc.as_ref().into(),
    };
    let mut fields = vec![(field.name.into(), known)];
    if field.kind == Kind::Money {
        let description = format!("ISO 4217 code of `{}`.", field.name).into();
        let currency = FieldType {
            nullable: true,
            description,
            ..FieldType::of(Type::String)
        };
        fields.push((currency_name(field).into(), currency));
    }
    fields
}

/// What expressions call the currency of a money field.
#[must_use]
pub fn currency_name(field: &Field) -> String {
    format!("{}Currency", field.name)
}

fn value_type(object: &Object, field: &Field) -> Type {
    match &field.kind {
        Kind::Text { .. } | Kind::Email | Kind::Phone | Kind::Url | Kind::Domain | Kind::TimeZone | Kind::Country => {
            Type::String
        }
        Kind::Integer { .. } => Type::Int,
        Kind::Boolean => Type::Bool,
        Kind::Decimal { .. } | Kind::Money => Type::Decimal,
        Kind::Select { options } => choice(object, field, options),
        Kind::MultiSelect { options } => Type::list_of(choice(object, field, options)),
        Kind::Date => Type::Date,
        Kind::DateTime => Type::Timestamp,
        Kind::Reference { object } => Type::Reference((*object).into()),
    }
}

fn choice(object: &Object, field: &Field, options: &[&'static str]) -> Type {
    Type::Enum {
        name: format!("{}.{}", object.name, field.name).into(),
        options: options.iter().map(|option| Arc::from(*option)).collect(),
    }
}
