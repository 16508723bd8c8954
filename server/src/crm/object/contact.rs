//! People we talk to.

use super::{Field, Kind, Object, boolean, integer, long_text, reference, select, text};

const LIFECYCLE: &[&str] = &["SUBSCRIBER", "LEAD", "QUALIFIED", "OPPORTUNITY", "CUSTOMER", "ADVOCATE"];

pub(super) fn object() -> Object {
    Object::new("contact", "Contact", "People we talk to.").with([
        text(
            "name",
            "name",
            "The name to show; made of the first and last name, or the e-mail address, where it is not given.",
        )
        .derived(),
        text("firstName", "first_name", ""),
        text("lastName", "last_name", ""),
        Field::new("email", "email", Kind::Email, ""),
        Field::new("phone", "phone", Kind::Phone, ""),
        text("jobTitle", "job_title", ""),
        reference("company", "company_id", "company", "The company the contact works for."),
        select(
            "status",
            "status",
            &["LEAD", "ACTIVE", "CUSTOMER", "CHURNED"],
            "Where the relation stands.",
        )
        .default("LEAD"),
        select(
            "lifecycle",
            "lifecycle",
            LIFECYCLE,
            "How far the contact has come in marketing.",
        )
        .default("SUBSCRIBER"),
        integer("score", "score", -1_000_000, 1_000_000, "How promising the contact is."),
        text("source", "source", "Where the contact came from."),
        boolean(
            "emailOptOut",
            "email_opt_out",
            "True where marketing e-mail must not be sent.",
        ),
        boolean("smsOptOut", "sms_opt_out", "True where marketing SMS must not be sent."),
        Field::new("timeZone", "time_zone", Kind::TimeZone, ""),
        text("city", "city", ""),
        Field::new("country", "country", Kind::Country, "ISO 3166-1 alpha-2."),
        long_text("description", "description", ""),
    ])
}
