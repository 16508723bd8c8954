//! Which item comes into each node, and which goes out: told from the kinds alone, before anything is mapped.

use std::sync::Arc;

use petgraph::{algo::toposort, graph::DiGraph, graph::NodeIndex, visit::EdgeRef};

use super::{
    data::{Data, Found},
    file::{File, Node},
    map,
    shape::{LOOP, Shape, item_output},
};
use crate::key::NodeKey;

/// The items of one file, by the places of its nodes. None where several could come, or nobody can tell.
pub(super) struct Flow {
    into: Vec<Option<Data>>,
    out_of: Vec<Option<Data>>,
}

impl Flow {
    pub(super) fn of(file: &File, shape: &Shape, keys: &[Option<NodeKey>]) -> Self {
        let graph = forward(file, shape);
        let mut flow = Self {
            into: vec![None; file.nodes.len()],
            out_of: vec![None; file.nodes.len()],
        };
        for at in toposort(&graph, None).unwrap_or_default() {
            let place = at.index();
            let into = flow.arriving(file, &graph, at);
            let key = keys.get(place).and_then(Option::as_ref);
            let out = file
                .nodes
                .get(place)
                .zip(key)
                .and_then(|(node, key)| leaving(node, key, into.as_ref()));
            for (slot, data) in [(flow.into.get_mut(place), into), (flow.out_of.get_mut(place), out)] {
                if let Some(slot) = slot {
                    *slot = data;
                }
            }
        }
        flow
    }

    /// The item that comes into a node.
    pub(super) fn arriving_at(&self, place: usize) -> Option<&Data> {
        self.into.get(place)?.as_ref()
    }

    /// The item that a node of that name gave, seen from another node.
    pub(super) fn of_node(&self, shape: &Shape, name: &str, from: usize) -> Option<Data> {
        let place = shape.place(name)?;
        match shape.is_within(place, from) {
            true => Some(item()),
            false => self.out_of.get(place)?.clone(),
        }
    }

    /// What comes in is known where all that leads here brings the same.
    fn arriving(&self, file: &File, graph: &DiGraph<(), usize>, at: NodeIndex) -> Option<Data> {
        let brought = |link: usize, from: usize| {
            let (link, source) = (file.links.get(link)?, file.nodes.get(from)?);
            match source.kind == LOOP && !source.settings.disabled {
                true => (link.output == item_output(source)).then(item),
                false => self.out_of.get(from)?.clone(),
            }
        };
        let mut all = graph
            .edges_directed(at, petgraph::Direction::Incoming)
            .map(|edge| brought(*edge.weight(), edge.source().index()));
        let first = all.next()??;
        all.all(|other| other.as_ref() == Some(&first)).then_some(first)
    }
}

fn item() -> Data {
    Data::At(Found::at("item"))
}

fn forward(file: &File, shape: &Shape) -> DiGraph<(), usize> {
    let mut graph = DiGraph::new();
    let nodes: Vec<_> = file.nodes.iter().map(|_| graph.add_node(())).collect();
    for (number, link) in file.links.iter().enumerate() {
        let is_forward = link.kind == super::file::MAIN && !shape.closes_loop(number) && !shape.leads_back(number);
        let ends = shape.ends(link).filter(|_| is_forward);
        if let Some((from, to)) = ends.and_then(|(from, to)| Some((nodes.get(from)?, nodes.get(to)?))) {
            graph.add_edge(*from, *to, number);
        }
    }
    graph
}

/// What a node hands on.
fn leaving(node: &Node, key: &NodeKey, into: Option<&Data>) -> Option<Data> {
    let output = format!("steps.{key}.output");
    if node.settings.disabled {
        return into.cloned();
    }
    if !node.is_basic() {
        return Some(pending(output));
    }
    match node.short_kind() {
        "manualTrigger" | "start" | "scheduleTrigger" | "cron" | "emailReadImap" | "splitInBatches"
        | "stopAndError" => None,
        "if" | "filter" | "switch" | "merge" | "noOp" | "wait" => into.cloned(),
        "webhook" => Some(Data::Named {
            fields: vec![("body".to_owned(), Found::at("trigger.payload"))],
            whole: None,
            below: None,
        }),
        "executeWorkflowTrigger" => Some(Data::At(Found::at("trigger.inputs"))),
        "formTrigger" => {
            let form = Found::at("trigger.form");
            let fields = map::form_fields(node).map(|(name, _)| (name.to_owned(), form.select(name)));
            Some(Data::Named {
                fields: fields.collect(),
                whole: Some(form),
                below: None,
            })
        }
        "set" => Some(set(node, &Found::at(output), into)),
        "httpRequest" => Some(answer(node, &Found::at(output))),
        "emailSend" | "gmail" => Some(Data::At(Found::at(output))),
        _ => Some(pending(output)),
    }
}

fn pending(path: String) -> Data {
    Data::At(Found { path, pending: true })
}

fn set(node: &Node, output: &Found, into: Option<&Data>) -> Data {
    let names = map::set_names(node);
    let fields = names.into_iter().map(|name| (name.clone(), output.select(&name)));
    let below = into.filter(|_| map::set_passes_on(node)).cloned().map(Arc::new);
    Data::Named {
        fields: fields.collect(),
        whole: below.is_none().then(|| output.clone()),
        below,
    }
}

fn answer(node: &Node, output: &Found) -> Data {
    let body = output.select("body");
    match map::gives_whole_answer(node) {
        false => Data::At(body),
        true => Data::Named {
            fields: vec![
                ("body".to_owned(), body),
                ("headers".to_owned(), output.select("headers")),
                ("statusCode".to_owned(), output.select("status")),
            ],
            whole: None,
            below: None,
        },
    }
}
