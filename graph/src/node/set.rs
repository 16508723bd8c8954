//! `set`: computes values for the nodes behind it.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::kind::{Compiled, Kind, Resolve};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::Site,
    expression::Expression,
    key::Port,
    resolve::{Moment, Resolution, Unresolved},
    value::{FieldType, Fields, Type, Value},
};

/// Names values: `steps.<key>.output.<name>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Set {
    /// An expression for each name.
    pub values: Option<IndexMap<String, String>>,
}

impl Kind for Set {
    const DESCRIPTION: Description = Description {
        kind: "set",
        label: "Set values",
        family: Family::Logic,
        doc: "Computes values for the nodes behind it.",
        version: 1,
        ports: &[Port::OUT],
        fields: &[Field::required(
            "values",
            Input::Expressions,
            "names, with an expression each",
        )],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let mut output = Fields::new();
        let mut values = Vec::new();
        for (name, source) in self.values.iter().flatten() {
            let field = format!("values.{name}");
            let expression = site.expression(&field, Some(source));
            let ty = expression
                .as_ref()
                .map_or(Type::Dyn, |expression| expression.ty().clone());
            output.insert(name.as_str().into(), FieldType::of(ty));
            values.extend(expression.map(|expression| (Arc::from(name.as_str()), field, expression)));
        }
        Compiled::of(Type::Struct(Arc::new(output)), site.unless_wrong(Values(values)))
    }
}

#[derive(Debug)]
struct Values(Vec<(Arc<str>, String, Expression)>);

impl Resolve for Values {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let value = |(name, field, expression): &(Arc<str>, String, Expression)| {
            Ok((Arc::clone(name), moment.value(field, expression)?))
        };
        let values = self.0.iter().map(value).collect::<Result<Vec<_>, Unresolved>>()?;
        Ok(Resolution::Leave {
            port: Port::OUT,
            output: Value::map(values),
            traces: Vec::new(),
        })
    }
}
