//! Groups of users, in a tree.

use super::{Object, reference, text};

pub(super) fn object() -> Object {
    Object::new("team", "Team", "Groups of users, in a tree.")
        .administrative()
        .with([
            text("name", "name", "").required(),
            reference("parent", "parent", "team", "The team above."),
        ])
}
