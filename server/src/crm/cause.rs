//! Who changed a record and why: the two texts that every change carries.

use pointsman_entities::ids::{KeyId, RunId, UserId};

use super::id;

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    User(UserId),
    Key(KeyId),
    /// Pointsman itself: set-up and seeding.
    System,
}

/// Why a record changed or a run started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Somebody asked for it.
    Request,
    /// A step of a run did it, `depth` workflow-made changes away from somebody's request.
    Run { run: RunId, node: String, depth: i64 },
}

impl Actor {
    /// `user_…`, `key_…` or `system`.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::User(user) => id::format("user", user),
            Self::Key(key) => id::format("key", key),
            Self::System => "system".into(),
        }
    }

    /// Reads what [`Actor::text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let user = || id::parse("user", text).map(Self::User);
        let key = || id::parse("key", text).map(Self::Key);
        user().or_else(key).or((text == "system").then_some(Self::System))
    }

    /// The user, where it is one.
    #[must_use]
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(user),
            Self::Key(_) | Self::System => None,
        }
    }
}

impl Cause {
    /// `request`, or `run_…/node`.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Request => "request".into(),
            Self::Run { run, node, .. } => format!("{}/{node}", id::format("run", *run)),
        }
    }

    /// Reads what [`Cause::text`] wrote.
    #[must_use]
    pub fn parse(text: &str, depth: i64) -> Option<Self> {
        let Some((run, node)) = text.split_once('/') else {
            return (text == "request").then_some(Self::Request);
        };
        let (run, node) = (id::parse("run", run)?, node.to_owned());
        Some(Self::Run { run, node, depth })
    }

    /// The run, where one is the cause.
    #[must_use]
    pub fn run(&self) -> Option<RunId> {
        match self {
            Self::Request => None,
            Self::Run { run, .. } => Some(*run),
        }
    }

    /// How many workflow-made changes lie between somebody's request and what this causes, itself included.
    #[must_use]
    pub fn depth(&self) -> i64 {
        match self {
            Self::Request => 0,
            Self::Run { depth, .. } => *depth,
        }
    }
}

/// The step that a cause names as the text that is stored; none where somebody asked for it.
#[must_use]
pub fn step(cause: &str) -> Option<&str> {
    cause.split_once('/').map(|(_, step)| step)
}
