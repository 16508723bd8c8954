//! Free text about a record.

use super::{Object, long_text, reference, text};

pub(super) fn object() -> Object {
    Object::new("note", "Note", "Free text about a record.").with([
        text("title", "title", ""),
        long_text("body", "body", "").required(),
        reference("company", "company_id", "company", "The company it is about."),
        reference("contact", "contact_id", "contact", "The contact it is about."),
        reference("deal", "deal_id", "deal", "The deal it is about."),
    ])
}
