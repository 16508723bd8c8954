//! Settles which value every variable has, by the spec (CoerceVariableValues), where the library departs from it: it
//! reads a variable that was not provided as null, which would wipe a column, and forgets defaults in `@skip` and
//! `@include`. Never changes a value that the client gave.

use std::collections::HashSet;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError, Variables};
use async_graphql_value::{ConstValue, Value};

use super::super::failure::Code;
use super::selected;

type Arguments = Vec<(Positioned<Name>, Positioned<Value>)>;

/// Gives variables their defaults, and drops the arguments and input fields whose variable has no value at all.
///
/// # Errors
/// `BAD_USER_INPUT` where a variable that must not be null is.
pub(super) fn settle(
    document: &mut ExecutableDocument,
    name: Option<&str>,
    variables: &mut Variables,
) -> Result<(), ServerError> {
    let absent = supply(selected(document, name)?, variables)?;
    if !absent.is_empty() {
        isolate(document, name);
        omit(document, &absent);
    }
    Ok(())
}

/// Fills in defaults, and finds the variables that stay without a value.
fn supply(operation: &OperationDefinition, variables: &mut Variables) -> Result<HashSet<Name>, ServerError> {
    let mut absent = HashSet::new();
    for definition in operation.variable_definitions.iter().map(|definition| &definition.node) {
        let (name, kind) = (&definition.name.node, &definition.var_type.node);
        match (variables.get(name), &definition.default_value) {
            (None, Some(default)) => {
                variables.insert(name.clone(), default.node.clone());
            }
            (None | Some(ConstValue::Null), _) if !kind.nullable => {
                return Err(
                    Code::BadUserInput.error(format!("The variable \"${name}\" of type \"{kind}\" has no value."))
                );
            }
            (None, None) => {
                absent.insert(name.clone());
            }
            (Some(_), _) => {}
        }
    }
    Ok(absent)
}

/// Leaves one operation and the fragments it reaches. The others may share fragments with it but not what it leaves
/// out, so validation would hold against them what was dropped on its behalf. A lone operation is left as it is.
fn isolate(document: &mut ExecutableDocument, name: Option<&str>) {
    let (DocumentOperations::Multiple(operations), Some(name)) = (&mut document.operations, name) else {
        return;
    };
    operations.retain(|found, _| found == name);
    let (mut reached, mut ahead) = (HashSet::new(), Vec::new());
    operations
        .values_mut()
        .for_each(|operation| spreads(&mut operation.node.selection_set.node, &mut ahead));
    while let Some(name) = ahead.pop() {
        if let Some(fragment) = document.fragments.get_mut(&name)
            && reached.insert(name)
        {
            spreads(&mut fragment.node.selection_set.node, &mut ahead);
        }
    }
    document.fragments.retain(|name, _| reached.contains(name));
}

/// Drops what is absent, and the definitions of variables that are then used nowhere, as validation wants each used.
fn omit(document: &mut ExecutableDocument, absent: &HashSet<Name>) {
    let Some(operation) = (match &mut document.operations {
        DocumentOperations::Single(operation) => Some(operation),
        DocumentOperations::Multiple(operations) => operations.values_mut().next(),
    }) else {
        return;
    };
    let (mut dropped, mut used) = (HashSet::new(), HashSet::new());
    let fragments = document
        .fragments
        .values_mut()
        .map(|fragment| &mut fragment.node.selection_set.node);
    for set in fragments.chain([&mut operation.node.selection_set.node]) {
        each(set, &mut |selection| {
            if let Selection::Field(field) = selection {
                omit_arguments(&mut field.node.arguments, absent, &mut dropped);
                mention_arguments(&field.node.arguments, &mut used);
            }
            selection
                .directives()
                .iter()
                .for_each(|found| mention_arguments(&found.node.arguments, &mut used));
        });
    }
    operation
        .node
        .directives
        .iter()
        .for_each(|found| mention_arguments(&found.node.arguments, &mut used));
    operation.node.variable_definitions.retain(|definition| {
        let name = &definition.node.name.node;
        !dropped.contains(name) || used.contains(name)
    });
}

/// Visits every selection of a set and of the sets below it, but not the fragments it spreads.
fn each(set: &mut SelectionSet, visit: &mut impl FnMut(&mut Selection)) {
    for item in &mut set.items {
        visit(&mut item.node);
        match &mut item.node {
            Selection::Field(field) => each(&mut field.node.selection_set.node, visit),
            Selection::InlineFragment(inline) => each(&mut inline.node.selection_set.node, visit),
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn spreads(set: &mut SelectionSet, names: &mut Vec<Name>) {
    each(set, &mut |selection| {
        if let Selection::FragmentSpread(spread) = selection {
            names.push(spread.node.fragment_name.node.clone());
        }
    });
}

fn omit_arguments(arguments: &mut Arguments, absent: &HashSet<Name>, dropped: &mut HashSet<Name>) {
    arguments.retain(|(_, value)| !is_absent(&value.node, absent, dropped));
    arguments
        .iter_mut()
        .for_each(|(_, value)| omit_fields(&mut value.node, absent, dropped));
}

/// An absent variable in a list stays: there the spec does read it as null.
fn omit_fields(value: &mut Value, absent: &HashSet<Name>, dropped: &mut HashSet<Name>) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !is_absent(value, absent, dropped));
            fields
                .values_mut()
                .for_each(|value| omit_fields(value, absent, dropped));
        }
        Value::List(items) => items.iter_mut().for_each(|item| omit_fields(item, absent, dropped)),
        Value::Variable(_)
        | Value::Null
        | Value::Number(_)
        | Value::String(_)
        | Value::Boolean(_)
        | Value::Binary(_)
        | Value::Enum(_) => {}
    }
}

fn is_absent(value: &Value, absent: &HashSet<Name>, dropped: &mut HashSet<Name>) -> bool {
    let Value::Variable(name) = value else {
        return false;
    };
    let is_absent = absent.contains(name);
    if is_absent {
        dropped.insert(name.clone());
    }
    is_absent
}

fn mention_arguments(arguments: &Arguments, used: &mut HashSet<Name>) {
    arguments.iter().for_each(|(_, value)| mention(&value.node, used));
}

fn mention(value: &Value, used: &mut HashSet<Name>) {
    match value {
        Value::Variable(name) => {
            used.insert(name.clone());
        }
        Value::Object(fields) => fields.values().for_each(|value| mention(value, used)),
        Value::List(items) => items.iter().for_each(|item| mention(item, used)),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Boolean(_) | Value::Binary(_) | Value::Enum(_) => {}
    }
}
