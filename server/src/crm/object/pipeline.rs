//! Ways of selling; each has its own stages.

use super::{Object, integer, text};

pub(super) fn object() -> Object {
    Object::new("pipeline", "Pipeline", "Ways of selling; each has its own stages.")
        .administrative()
        .with([
            text("name", "name", "").required(),
            integer("position", "position", 0, 10_000, "Order in lists, from 0.").default("0"),
        ])
}
