//! Sales in progress, won and lost.

use super::{Field, Kind, Object, date_time, integer, long_text, reference, select, text};

pub(super) fn object() -> Object {
    Object::new("deal", "Deal", "Sales in progress, won and lost.").with([
        text("name", "name", "").required(),
        Field::new("amount", "amount_minor", Kind::Money, "What the deal is worth."),
        select("status", "status", &["OPEN", "WON", "LOST"], "Follows the stage.")
            .default("OPEN")
            .system(),
        reference("pipeline", "pipeline_id", "pipeline", "Follows the stage.")
            .required()
            .system(),
        reference(
            "stage",
            "stage_id",
            "stage",
            "The first stage of the first pipeline where it is not given.",
        )
        .derived(),
        integer(
            "probability",
            "probability",
            0,
            100,
            "Chance of winning, in percent; follows the stage unless it is set.",
        )
        .derived(),
        Field::new(
            "closeDate",
            "close_date",
            Kind::Date,
            "The day the deal is expected to close.",
        ),
        date_time("closedAt", "closed_at", "When the deal was won or lost.").system(),
        reference("company", "company_id", "company", ""),
        reference("contact", "contact_id", "contact", "The main contact."),
        text("lostReason", "lost_reason", ""),
        text("source", "source", ""),
        long_text("description", "description", ""),
    ])
}
