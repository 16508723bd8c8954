//! Which variables a node's expressions see, and their types: `record`, `previous`, `trigger`, `steps`, `now`, `run`,
//! `workflow`. Whoever binds values gives every step in scope an entry, with a null output where it did not run.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use crate::{
    call::Signature,
    definition::Node,
    expression::TypeScope,
    key::NodeKey,
    node::{Compiled, Config, FormField, form},
    track::{Flow, NodeIndex, Reach, Track},
    value::{FieldType, Fields, Schema, Type},
};

/// The scopes of one definition.
pub(super) struct Scopes<'c> {
    track: &'c Track,
    nodes: &'c HashMap<&'c NodeKey, &'c Node>,
    schema: &'c Arc<dyn Schema>,
    origins: HashMap<NodeIndex, Vec<NodeIndex>>,
    /// Costs as much as the whole graph, and few workflows refer to steps: made when first asked for.
    flow: Option<Flow>,
    /// Most nodes have the same triggers before them.
    bases: HashMap<Vec<NodeIndex>, TypeScope>,
    /// The innermost loop around each node that stands in one.
    homes: HashMap<NodeIndex, NodeIndex>,
    results: Arc<Fields>,
}

/// What one node sees.
pub(crate) struct Scope {
    pub variables: TypeScope,
    /// The steps that exist, and cannot have run before.
    pub elsewhere: HashSet<NodeKey>,
    /// What the workflow gives to whoever calls it.
    pub results: Arc<Fields>,
}

impl<'c> Scopes<'c> {
    pub fn new(track: &'c Track, nodes: &'c HashMap<&'c NodeKey, &'c Node>, schema: &'c Arc<dyn Schema>) -> Scopes<'c> {
        let called = nodes.values().find_map(|node| called(&node.config));
        let results = called.map(|signature| signature.outputs).unwrap_or_default();
        Scopes {
            track,
            nodes,
            schema,
            origins: track.origins(),
            flow: None,
            bases: HashMap::new(),
            homes: track.homes(),
            results,
        }
    }

    pub fn at(&mut self, at: NodeIndex, node: &Node, compiled: &HashMap<NodeKey, Compiled>) -> Scope {
        let origins = self.origins.get(&at).cloned().unwrap_or_default();
        let base = match self.bases.get(&origins) {
            Some(base) => base.clone(),
            None => {
                let base = self.base(&origins);
                self.bases.insert(origins, base.clone());
                base
            }
        };
        let mentions_steps = node
            .config
            .to_json()
            .values()
            .any(|value| value.to_string().contains("steps"));
        let (steps, elsewhere) = if mentions_steps {
            self.steps(at, compiled)
        } else {
            Default::default()
        };
        let variables = base.with("steps", Type::Struct(Arc::new(steps)));
        Scope {
            variables: match self.item(at, compiled) {
                Some(item) => variables.with("item", item).with("index", Type::Int),
                None => variables,
            },
            elsewhere,
            results: Arc::clone(&self.results),
        }
    }

    /// The type of the innermost loop's item; none outside of loops.
    fn item(&self, at: NodeIndex, compiled: &HashMap<NodeKey, Compiled>) -> Option<Type> {
        let around = self.track.node(*self.homes.get(&at)?)?;
        let item = compiled.get(&around.key).and_then(Compiled::item);
        Some(item.cloned().unwrap_or(Type::Dyn))
    }

    /// What is known when a run is about to start, whichever trigger starts it.
    pub fn at_start(&self) -> TypeScope {
        self.started(self.track.triggers())
    }

    fn base(&self, origins: &[NodeIndex]) -> TypeScope {
        self.started(origins)
            .with("run", fields([("id", Type::String), ("startedAt", Type::Timestamp)]))
            .with("workflow", fields([("id", Type::String), ("name", Type::String)]))
    }

    fn started(&self, origins: &[NodeIndex]) -> TypeScope {
        let triggers = origins
            .iter()
            .filter_map(|at| self.nodes.get(&self.track.node(*at)?.key));
        let seen: Vec<_> = triggers.filter_map(|node| seen(&node.config, self.schema)).collect();
        let joint = |part: fn(&Seen) -> &Type| seen.iter().map(part).cloned().reduce(common).unwrap_or(Type::Dyn);
        let (record, previous) = (joint(|seen| &seen.record), joint(|seen| &seen.previous));
        let scope = TypeScope::new(Arc::clone(self.schema));
        let scope = match &record {
            Type::Record(object) if &*object.name == "message" => scope.with("message", record.clone()),
            _ => scope,
        };
        let (inputs, payload, form) = (
            self.inputs(origins),
            joint(|seen| &seen.payload),
            joint(|seen| &seen.form),
        );
        scope
            .with("trigger", trigger(&record, &previous, [form, inputs, payload]))
            .with("record", record)
            .with("previous", previous)
            .with("now", Type::Timestamp)
    }

    /// What the workflow that calls hands over, as far as all triggers agree on it.
    fn inputs(&self, origins: &[NodeIndex]) -> Type {
        let declared = origins.iter().filter_map(|at| {
            let node = self.nodes.get(&self.track.node(*at)?.key)?;
            Some(called(&node.config).map_or(Type::Null, |signature| Type::Struct(signature.inputs)))
        });
        declared.reduce(Type::join).unwrap_or(Type::Dyn)
    }

    fn steps(&mut self, at: NodeIndex, compiled: &HashMap<NodeKey, Compiled>) -> (Fields, HashSet<NodeKey>) {
        let before = self.flow.get_or_insert_with(|| self.track.flow()).before(at);
        let (mut steps, mut elsewhere) = (Fields::new(), HashSet::new());
        for node in self.track.nodes() {
            let reach = self
                .track
                .find(&node.key)
                .and_then(|at| before.get(&at))
                .copied()
                .unwrap_or(Reach::Never);
            let output = compiled
                .get(&node.key)
                .map_or(Type::Dyn, |compiled| compiled.output.clone());
            let output = match reach {
                Reach::Always => output,
                Reach::Sometimes => output.or_null(),
                Reach::Never => {
                    elsewhere.insert(node.key.clone());
                    continue;
                }
            };
            steps.insert(node.key.as_str().into(), FieldType::of(fields([("output", output)])));
        }
        (steps, elsewhere)
    }
}

/// The types of what a trigger brings.
struct Seen {
    record: Type,
    previous: Type,
    payload: Type,
    form: Type,
}

impl Seen {
    fn record(record: Type, previous: Type) -> Option<Seen> {
        Some(Seen {
            record,
            previous,
            payload: Type::Null,
            form: Type::map_of(Type::Dyn),
        })
    }

    /// A start by hand: where the trigger asks nothing, any answers may be there.
    fn asked(self, form: Option<&[FormField]>) -> Seen {
        match form {
            None | Some([]) => self,
            Some(form) => Seen {
                form: form::answers(form),
                ..self
            },
        }
    }
}

/// What a run sees that this trigger starts; none for what is no trigger.
fn seen(config: &Config, schema: &Arc<dyn Schema>) -> Option<Seen> {
    let record = |object: &Option<String>| {
        let object = object.as_deref().and_then(|name| schema.object(name));
        object.map_or(Type::Dyn, Type::Record)
    };
    match config {
        Config::RecordCreated(trigger) => Seen::record(record(&trigger.object), Type::Null),
        Config::RecordUpdated(trigger) => Seen::record(record(&trigger.object), record(&trigger.object)),
        Config::RecordDeleted(trigger) => Seen::record(record(&trigger.object), Type::Null),
        Config::Manual(trigger) => {
            let record = if trigger.has_record() {
                record(&trigger.object)
            } else {
                Type::Null
            };
            Seen::record(record, Type::Null).map(|seen| seen.asked(trigger.form.as_deref()))
        }
        Config::Schedule(trigger) if trigger.has_record() => Seen::record(record(&trigger.object), Type::Null),
        Config::Called(trigger) if trigger.object.is_some() => Seen::record(record(&trigger.object), Type::Null),
        Config::DateReached(trigger) => Seen::record(record(&trigger.object), Type::Null),
        Config::Schedule(_) | Config::Called(_) => Seen::record(Type::Null, Type::Null),
        Config::Webhook(trigger) => Some(Seen {
            record: Type::Null,
            previous: Type::Null,
            payload: trigger.payload_type(),
            form: Type::map_of(Type::Dyn),
        }),
        Config::MessageReceived(_) => Seen::record(record(&Some("message".to_owned())), Type::Null),
        Config::ForEach(_) | Config::CallWorkflow(_) => None,
        Config::When(_) | Config::Switch(_) | Config::Join(_) | Config::Set(_) | Config::Stop(_) => None,
        Config::Delay(_) | Config::WaitFor(_) | Config::Approval(_) => None,
        Config::Assign(_) | Config::UpsertRecord(_) | Config::DeleteRecord(_) | Config::AddNote(_) => None,
        Config::Notify(_) | Config::EmitSignal(_) => None,
        Config::CreateRecord(_) | Config::UpdateRecord(_) | Config::FindRecords(_) => None,
        Config::CreateTask(_) | Config::SendEmail(_) | Config::HttpRequest(_) | Config::Unknown { .. } => None,
        Config::SendSms(_) => None,
    }
}

/// What both have in common: of records of different objects, the fields of the same name.
fn common(one: Type, other: Type) -> Type {
    match (one, other) {
        (Type::Record(one), Type::Record(other)) if one.name == other.name => Type::Record(one),
        (Type::Nullable(one), other) | (other, Type::Nullable(one)) => common(*one, other).or_null(),
        (one, other) => match (fields_of(&one), fields_of(&other)) {
            (Some(left), Some(right)) => {
                let both = left
                    .iter()
                    .filter_map(|(name, field)| Some((name.clone(), shared(field, right.get(name)?))));
                Type::Struct(Arc::new(both.collect()))
            }
            (Some(_), None) | (None, Some(_)) | (None, None) => one.join(other),
        },
    }
}

fn fields_of(ty: &Type) -> Option<&Fields> {
    match ty {
        Type::Record(object) => Some(&object.fields),
        Type::Struct(fields) => Some(fields),
        _ => None,
    }
}

fn shared(one: &FieldType, other: &FieldType) -> FieldType {
    let field = FieldType::of(one.ty.clone().join(other.ty.clone()));
    if one.nullable || other.nullable {
        field.nullable()
    } else {
        field
    }
}

fn called(config: &Config) -> Option<Signature> {
    match config {
        Config::Called(called) => Some(Signature::declared(called)),
        _ => None,
    }
}

fn trigger(record: &Type, previous: &Type, [form, inputs, payload]: [Type; 3]) -> Type {
    fields([
        ("key", Type::String),
        ("kind", Type::String),
        ("at", Type::Timestamp),
        ("record", record.clone()),
        ("previous", previous.clone()),
        ("changed", Type::list_of(Type::String)),
        ("form", form),
        ("inputs", inputs),
        ("payload", payload),
    ])
}

pub(crate) fn fields<const N: usize>(fields: [(&str, Type); N]) -> Type {
    Type::Struct(Arc::new(
        fields
            .into_iter()
            .map(|(name, ty)| (name.into(), FieldType::of(ty)))
            .collect(),
    ))
}
