//! What every kind of node offers, so that the check and the plan treat all alike.

use std::{fmt, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value as Json};

use super::wait_for::Awaits;
use crate::{
    call::Signature,
    catalogue::{Description, Family},
    check::Site,
    key::Port,
    plan::{Operation, Trigger},
    resolve::{Moment, Resolution, Unresolved},
    track::Role,
    value::Type,
};

/// One kind of node, implemented by its config.
pub(crate) trait Kind: Serialize + DeserializeOwned {
    const DESCRIPTION: Description;

    /// Brings the config of an earlier version up to date; none for a version that is not known.
    fn upgrade(version: u32, config: Map<String, Json>) -> Option<Map<String, Json>> {
        (version == Self::DESCRIPTION.version).then_some(config)
    }

    /// The ways out; a main one, `out` or `done`, comes first.
    fn ports(&self) -> Vec<Port> {
        Self::DESCRIPTION.ports.to_vec()
    }

    /// What makes such a node go.
    fn role(&self) -> Role {
        match Self::DESCRIPTION.family {
            Family::Trigger => Role::Trigger,
            Family::Logic | Family::Wait | Family::Action => Role::Step,
        }
    }

    /// Checks the config in its place, reporting every problem, and makes of it what a run needs. Fields that are
    /// required and missing have been reported already.
    fn compile(&self, site: &mut Site<'_>) -> Compiled;
}

/// What a node's check leaves.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    /// The type of `steps.<key>.output`.
    pub output: Type,
    /// Present unless the config has problems.
    pub work: Option<Work>,
    /// What a run changes here, for warnings about loops.
    pub writes: Vec<Writes>,
}

/// What a node does when its turn comes.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    /// Starts runs.
    Trigger(Arc<Trigger>),
    /// Starts runs where another workflow asks for it.
    Called(Arc<Signature>),
    /// Nothing of its own: the reducer decides it.
    Gather,
    /// Evaluates its config.
    Resolve(Arc<dyn Resolve>),
}

/// A change that a node makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writes {
    /// Whose record.
    pub object: Arc<str>,
    /// What is done to it.
    pub operation: Operation,
    /// The fields written.
    pub fields: Vec<Arc<str>>,
}

/// A compiled config.
pub(crate) trait Resolve: fmt::Debug + Send + Sync {
    /// What the node does now: pure, from the bindings alone.
    ///
    /// # Errors
    /// [`Unresolved`] where an expression has no value or not a fitting one.
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved>;

    /// The type of one item; none for what is no loop.
    fn item(&self) -> Option<&Type> {
        None
    }

    /// What it waits for; none for what is no `waitFor`.
    fn awaits(&self) -> Option<Awaits> {
        None
    }
}

impl Compiled {
    /// The type of one item, where the node is a loop.
    pub fn item(&self) -> Option<&Type> {
        match &self.work {
            Some(Work::Resolve(work)) => work.item(),
            Some(Work::Trigger(_) | Work::Called(_) | Work::Gather) | None => None,
        }
    }

    /// A node without output or work.
    pub fn nothing() -> Compiled {
        Compiled {
            output: Type::Null,
            work: None,
            writes: Vec::new(),
        }
    }

    /// What starts runs here; none where the node is no trigger, or a wrong one.
    pub fn trigger(&self) -> Option<&Trigger> {
        match &self.work {
            Some(Work::Trigger(trigger)) => Some(trigger),
            Some(Work::Called(_) | Work::Gather | Work::Resolve(_)) | None => None,
        }
    }

    /// A node that resolves to something of this type; no work where its config has problems.
    pub fn of(output: Type, work: Option<impl Resolve + 'static>) -> Compiled {
        let work = work.map(|work| Work::Resolve(Arc::new(work)));
        Compiled {
            output,
            work,
            writes: Vec::new(),
        }
    }

    /// The same node, which makes this change too.
    #[must_use]
    pub fn writing(mut self, object: &Arc<str>, operation: Operation, fields: Vec<Arc<str>>) -> Compiled {
        self.writes.push(Writes {
            object: Arc::clone(object),
            operation,
            fields,
        });
        self
    }
}

/// Why a node's config cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadConfig {
    #[error("version {version} of `{kind}` is unknown")]
    UnknownVersion { kind: &'static str, version: u32 },
    #[error("`{kind}` does not look like this")]
    Malformed {
        kind: &'static str,
        #[source]
        source: serde_json::Error,
    },
}

/// Reads a config, the fields that the kind does not have set apart.
pub(super) fn read<K: Kind>(version: u32, config: Map<String, Json>) -> Result<(K, Map<String, Json>), ReadConfig> {
    let kind = K::DESCRIPTION.kind;
    let config = K::upgrade(version, config).ok_or(ReadConfig::UnknownVersion { kind, version })?;
    let known = |name: &str| K::DESCRIPTION.fields.iter().any(|field| field.name == name);
    let (config, unknown) = config.into_iter().partition(|(name, _)| known(name));
    match serde_json::from_value(Json::Object(config)) {
        Ok(config) => Ok((config, unknown)),
        Err(source) => Err(ReadConfig::Malformed { kind, source }),
    }
}

/// The fields that are present.
pub(super) fn write<K: Kind>(config: &K) -> Map<String, Json> {
    match serde_json::to_value(config) {
        Ok(Json::Object(fields)) => fields.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        Ok(_) | Err(_) => Map::new(),
    }
}
