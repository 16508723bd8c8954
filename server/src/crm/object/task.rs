//! Things to do.

use super::{Object, date_time, long_text, reference, select, text};

pub(super) fn object() -> Object {
    Object::new("task", "Task", "Things to do.").with([
        text("title", "title", "").required(),
        long_text("body", "body", ""),
        select("status", "status", &["OPEN", "DONE"], "").default("OPEN"),
        select("priority", "priority", &["LOW", "NORMAL", "HIGH"], "").default("NORMAL"),
        date_time("dueAt", "due_at", ""),
        date_time("completedAt", "completed_at", "Follows the status.").system(),
        reference("assignee", "assignee_id", "user", "Who is to do it."),
        reference("company", "company_id", "company", "The company it is about."),
        reference("contact", "contact_id", "contact", "The contact it is about."),
        reference("deal", "deal_id", "deal", "The deal it is about."),
    ])
}
