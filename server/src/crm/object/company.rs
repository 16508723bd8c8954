//! Organisations that people work for.

use super::{Field, Kind, Object, integer, long_text, select, text};

pub(super) fn object() -> Object {
    Object::new("company", "Company", "Organisations that people work for.").with([
        text("name", "name", "What the company is called.").required(),
        Field::new("domain", "domain", Kind::Domain, "Host name of its e-mail and website."),
        Field::new("website", "website", Kind::Url, ""),
        Field::new("phone", "phone", Kind::Phone, ""),
        text("industry", "industry", ""),
        integer("employees", "employees", 0, 100_000_000, "How many people work there."),
        select(
            "lifecycle",
            "lifecycle",
            &["PROSPECT", "CUSTOMER", "FORMER", "PARTNER"],
            "What the company is to us.",
        )
        .default("PROSPECT"),
        text("street", "street", ""),
        text("city", "city", ""),
        text("region", "region", "State, province or county."),
        text("postalCode", "postal_code", ""),
        Field::new("country", "country", Kind::Country, "ISO 3166-1 alpha-2."),
        long_text("description", "description", ""),
    ])
}
