//! Reads a definition as a compiler would: finds every problem there is, by node and field, and makes a plan of a
//! definition that has none. Never stops at the first.

mod assign;
mod common;
mod idle;
mod loops;
mod paths;
mod problem;
mod scope;
mod settings;
mod shape;
mod site;
mod values;

use std::{collections::HashMap, sync::Arc};

use serde_json::Value as Json;

use crate::{
    catalogue::Description,
    definition::{Definition, MAX_EDGES, MAX_NODES, Node},
    key::NodeKey,
    node::Compiled,
    plan::{Plan, PlanNode},
    retry::Retry,
    value::Schema,
};
use scope::Scopes;

pub use loops::between;
pub use problem::{Code, Problem, Severity};
pub(crate) use scope::fields;
pub(crate) use site::Site;
pub(crate) use values::Target;

/// What came of a check.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Present where no problem is an error.
    pub plan: Option<Arc<Plan>>,
    /// In the order of the nodes, what concerns the whole first.
    pub problems: Vec<Problem>,
}

/// Checks a definition against the CRM's objects.
pub fn check(definition: &Definition, schema: &Arc<dyn Schema>) -> Checked {
    let mut problems = bounds(definition);
    if !problems.is_empty() {
        return Checked { plan: None, problems };
    }
    let of_nodes: Vec<_> = definition
        .nodes
        .iter()
        .map(|node| common::settings(node, &mut problems))
        .collect();
    let retry = |number: usize| of_nodes.get(number).map_or(Retry::NEVER, |(retry, _)| *retry);
    let (track, flaws) = shape::survey(definition, retry);
    problems.extend(flaws);

    let nodes: HashMap<&NodeKey, &Node> = definition.nodes.iter().map(|node| (&node.key, node)).collect();
    let mut scopes = Scopes::new(&track, &nodes, schema);
    let mut compiled: HashMap<NodeKey, Compiled> = HashMap::new();
    let mut reads = idle::Reads::new();
    for (at, node) in track.in_order() {
        let Some(node) = nodes.get(&node.key) else { continue };
        let mut site = Site::new(node, scopes.at(at, node, &compiled), schema, &mut problems);
        describe(node, &mut site);
        let outcome = node.config.compile(&mut site);
        reads.insert(node.key.clone(), site.into_reads());
        compiled.insert(node.key.clone(), outcome);
    }
    let triggers: Vec<_> = compiled.values().filter_map(Compiled::trigger).collect();
    let enrolment = settings::compile(&definition.settings, &scopes.at_start(), &triggers, &mut problems);
    problems.extend(loops::warnings(definition, &compiled));
    problems.extend(idle::warnings(definition, &reads));
    problems.extend(paths::doubled(definition));
    sort(&mut problems, definition);
    let plan = (!problems.iter().any(Problem::is_error)).then(|| {
        let settings = definition
            .nodes
            .iter()
            .map(|node| node.key.clone())
            .zip(of_nodes.into_iter().map(|(_, settings)| settings));
        let nodes = PlanNode::all(definition, compiled, settings.collect());
        Arc::new(Plan::new(track, nodes, enrolment))
    });
    Checked { plan, problems }
}

fn bounds(definition: &Definition) -> Vec<Problem> {
    let (nodes, edges) = (definition.nodes.len(), definition.edges.len());
    let too_many =
        |code, what, found, most| Problem::error(code, format!("the workflow has {found} {what}, the most is {most}"));
    let mut problems = Vec::new();
    problems.extend((nodes > MAX_NODES).then(|| too_many(Code::TooManyNodes, "nodes", nodes, MAX_NODES)));
    problems.extend((edges > MAX_EDGES).then(|| too_many(Code::TooManyEdges, "edges", edges, MAX_EDGES)));
    problems
}

/// What the kind's description alone can tell: fields that are missing, and fields that it does not have.
fn describe(node: &Node, site: &mut Site<'_>) {
    let Some(description) = node.config.description() else {
        let kind = node.config.kind();
        let known = crate::catalogue::kinds().iter().map(|description| description.kind);
        let problem = Problem::error(Code::UnknownKind, format!("there is no node kind `{kind}`")).meant(kind, known);
        return site.report(problem);
    };
    let config = node.config.to_json();
    for field in description.fields.iter().filter(|field| field.required) {
        if config.get(field.name).is_none_or(is_blank) {
            let message = format!("{} needs `{}`: {}", description.label, field.name, field.doc);
            site.report(Problem::error(Code::Required, message).field(field.name));
        }
    }
    for name in node.unknown.keys() {
        site.report(unknown_field(description, name));
    }
}

fn is_blank(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(fields) => fields.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

fn unknown_field(description: &Description, name: &str) -> Problem {
    Problem::error(
        Code::UnknownConfigField,
        format!("{} has no field `{name}`", description.label),
    )
    .field(name)
    .meant(name, description.fields.iter().map(|field| field.name))
}

fn sort(problems: &mut [Problem], definition: &Definition) {
    let places: HashMap<_, _> = definition
        .nodes
        .iter()
        .enumerate()
        .map(|(place, node)| (&node.key, place))
        .collect();
    problems.sort_by_key(|problem| problem.node.as_ref().and_then(|node| places.get(node).copied()));
}
