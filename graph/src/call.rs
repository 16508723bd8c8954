//! What a workflow takes and gives where another one calls it. Declared by its `called` trigger alone, so that who calls
//! need not read the rest.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    definition::Definition,
    node::{Called, Config},
    value::{FieldType, Fields, Type},
};

/// One value that is handed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Parameter {
    /// Its name in `trigger.inputs`, or in the outputs that the caller sees.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: ParameterType,
    /// With the type `record`: of which object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Whether it must be given.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
}

/// What a value that is handed over holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ParameterType {
    #[default]
    Text,
    Integer,
    Decimal,
    Boolean,
    Date,
    DateTime,
    /// A record of an object, by reference.
    Record,
    /// Anything at all, lists and groups of fields too.
    Any,
}

/// What a workflow takes and gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signature {
    /// Whose record its runs are about; none where they have none.
    pub object: Option<Arc<str>>,
    /// `trigger.inputs`.
    pub inputs: Arc<Fields>,
    /// What a `stop` hands back. All of it may be null, for a run can end without a stop.
    pub outputs: Arc<Fields>,
}

/// What is known of a workflow that is to be called.
#[derive(Clone, Debug, PartialEq)]
pub enum Callee {
    /// Nobody has looked.
    Unknown,
    /// There is no such workflow, or nothing in it can be called.
    Absent,
    /// It can be called so.
    Known(Arc<Signature>),
}

impl Signature {
    /// What the first `called` trigger of a definition declares; none where it has no such trigger.
    pub fn of(definition: &Definition) -> Option<Signature> {
        definition.nodes.iter().find_map(|node| match &node.config {
            Config::Called(called) => Some(Signature::declared(called)),
            _ => None,
        })
    }

    pub(crate) fn declared(called: &Called) -> Signature {
        let fields = |list: &Option<Vec<Parameter>>| Arc::new(list.iter().flatten().map(Parameter::field).collect());
        Signature {
            object: called.object.as_deref().filter(|name| !name.is_empty()).map(Arc::from),
            inputs: fields(&called.parameters),
            outputs: fields(&called.results),
        }
    }

    /// The type of the outputs as the caller sees them.
    pub fn output_type(&self) -> Type {
        let nullable = |(name, field): (&Arc<str>, &FieldType)| (Arc::clone(name), field.clone().nullable());
        Type::Struct(Arc::new(self.outputs.iter().map(nullable).collect()))
    }
}

impl Parameter {
    fn field(&self) -> (Arc<str>, FieldType) {
        let field = FieldType {
            nullable: !self.required,
            writable: true,
            required: self.required,
            ..FieldType::of(self.ty())
        };
        (self.name.as_str().into(), field)
    }

    fn ty(&self) -> Type {
        match self.kind {
            ParameterType::Text => Type::String,
            ParameterType::Integer => Type::Int,
            ParameterType::Decimal => Type::Decimal,
            ParameterType::Boolean => Type::Bool,
            ParameterType::Date => Type::Date,
            ParameterType::DateTime => Type::Timestamp,
            ParameterType::Record => Type::Reference(self.object.as_deref().unwrap_or_default().into()),
            ParameterType::Any => Type::Dyn,
        }
    }
}
