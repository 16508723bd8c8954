//! Notes in the API.

use super::table::{creations, object};

object! {
    /// Free text about a record.
    Note note notes;
    required {
        /// The text.
        body: String,
    }
    defaulted {}
    optional {
        /// The headline.
        title: String,
    }
    kept {}
    required_references {}
    references {
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

creations!(Note note notes);
