//! Pipelines in the API.

use super::table::{creations, object};

object! {
    /// Ways of selling; each has its own stages.
    Pipeline pipeline pipelines;
    required {
        /// What the pipeline is called.
        name: String,
    }
    defaulted {
        /// Order in lists, from 0.
        position: i32,
    }
    optional {}
    kept {}
    required_references {}
    references {}
    kept_references {}
    lists {
        /// Its stages, in their order.
        stages: Stage by "pipeline",
        /// The deals in it.
        deals: Deal by "pipeline",
    }
    computed {}
}

creations!(Pipeline pipeline pipelines);
