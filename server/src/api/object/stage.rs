//! Stages of pipelines in the API.

use super::DealStatus;
use super::table::{creations, object};

object! {
    /// Steps of a pipeline.
    Stage stage stages;
    required {
        /// What the stage is called.
        name: String,
    }
    defaulted {
        /// Order within the pipeline, from 0.
        position: i32,
        /// Chance of winning, in percent.
        probability: i32,
        /// What a deal in this stage is.
        kind: DealStatus,
    }
    optional {}
    kept {}
    required_references {
        /// The pipeline the stage is part of.
        pipeline: Pipeline,
    }
    references {}
    kept_references {}
    lists {
        /// The deals that stand here.
        deals: Deal by "stage",
    }
    computed {}
}

creations!(Stage stage stages);
