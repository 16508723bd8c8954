//! Teams in the API.

use super::table::{creations, object};

object! {
    /// Groups of users, in a tree.
    Team team teams;
    required {
        /// What the team is called.
        name: String,
    }
    defaulted {}
    optional {}
    kept {}
    required_references {}
    references {
        /// The team above.
        parent: Team,
    }
    kept_references {}
    lists {
        /// The users who belong to it.
        members: User by "team",
    }
    computed {}
}

creations!(Team team teams);
