//! Steps of a pipeline.

use super::{Object, integer, reference, select, text};

pub(super) fn object() -> Object {
    Object::new("stage", "Stage", "Steps of a pipeline.")
        .administrative()
        .with([
            text("name", "name", "").required(),
            reference(
                "pipeline",
                "pipeline_id",
                "pipeline",
                "The pipeline the stage is part of.",
            )
            .required(),
            integer("position", "position", 0, 10_000, "Order within the pipeline, from 0.").default("0"),
            integer("probability", "probability", 0, 100, "Chance of winning, in percent.").default("0"),
            select(
                "kind",
                "kind",
                &["OPEN", "WON", "LOST"],
                "What a deal in this stage is.",
            )
            .default("OPEN"),
        ])
}
