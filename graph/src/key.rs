//! The names within a workflow: of a node and of the ports it leaves by. Never what people see: that is a node's label.

use std::{borrow::Cow, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// The longest key, in bytes.
const LONGEST: usize = 64;

/// A node's name within its workflow, `[A-Za-z][A-Za-z0-9_]{0,63}`. It never changes: expressions and runs refer to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeKey(Arc<str>);

impl NodeKey {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NodeKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let letters = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
        if first && letters && text.len() <= LONGEST {
            Ok(Self(text.into()))
        } else {
            Err(NotAKey(text.into()))
        }
    }
}

impl TryFrom<String> for NodeKey {
    type Error = NotAKey;

    fn try_from(text: String) -> Result<Self, NotAKey> {
        text.parse()
    }
}

impl From<NodeKey> for String {
    fn from(key: NodeKey) -> Self {
        key.as_str().into()
    }
}

impl fmt::Display for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that cannot be a node's key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a key: a letter, then up to 63 letters, digits or underscores")]
pub struct NotAKey(pub String);

/// A way out of a node. An edge names the port it starts at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Port(Cow<'static, str>);

impl Port {
    /// Of triggers and of logic that does not branch.
    pub const OUT: Port = Port::named("out");
    /// Of actions: it worked.
    pub const DONE: Port = Port::named("done");
    /// Of actions: it failed for good.
    pub const ERROR: Port = Port::named("error");
    /// Of `if`: the condition holds.
    pub const YES: Port = Port::named("yes");
    /// Of `if`: it does not hold.
    pub const NO: Port = Port::named("no");
    /// Of `switch`: no case holds.
    pub const OTHERWISE: Port = Port::named("otherwise");
    /// Of `waitFor`: what was waited for.
    pub const HAPPENED: Port = Port::named("happened");
    /// Of `waitFor`: it took too long.
    pub const TIMED_OUT: Port = Port::named("timedOut");
    /// Of `approval`: somebody said yes.
    pub const APPROVED: Port = Port::named("approved");
    /// Of `approval`: somebody said no.
    pub const REJECTED: Port = Port::named("rejected");
    /// Of loops: into an item.
    pub const EACH: Port = Port::named("each");

    /// A port of a known name.
    pub const fn named(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Port {
    fn from(name: &str) -> Self {
        Self(Cow::Owned(name.into()))
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
