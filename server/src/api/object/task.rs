//! Tasks in the API.

use super::table::{creations, object, options};
use crate::api::scalar::DateTime;

options! {
    /// Whether a task is done.
    TaskStatus { Open, Done }
}

options! {
    /// How much a task matters.
    TaskPriority { Low, Normal, High }
}

object! {
    /// Things to do.
    Task task tasks;
    required {
        /// What is to be done.
        title: String,
    }
    defaulted {
        /// Whether it is done.
        status: TaskStatus,
        /// How much it matters.
        priority: TaskPriority,
    }
    optional {
        /// More about it.
        body: String,
        /// When it must be done.
        due_at: DateTime,
    }
    kept {
        /// Follows the status.
        completed_at: DateTime,
    }
    required_references {}
    references {
        /// Who is to do it.
        assignee: User,
        /// The company it is about.
        company: Company,
        /// The contact it is about.
        contact: Contact,
        /// The deal it is about.
        deal: Deal,
    }
    kept_references {}
    lists {}
    computed {}
}

creations!(Task task tasks);
