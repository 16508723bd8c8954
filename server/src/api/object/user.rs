//! Users in the API. Creating one is with `account`, as it can take a password.

use super::table::object;
use crate::api::scalar::{DateTime, EmailAddress, RoleName, TimeZone};

object! {
    /// People who sign in, own records and are assigned tasks.
    User user users;
    required {
        /// The address the user signs in with.
        email: EmailAddress,
        /// The full name.
        name: String,
    }
    defaulted {
        /// What the user may do: `ADMIN`, `MEMBER`, `VIEWER`, or the id of another role.
        role: RoleName,
    }
    optional {
        /// The zone that times are shown in.
        time_zone: TimeZone,
        /// BCP 47 tag.
        locale: String,
        /// Set while the user may not sign in.
        disabled_at: DateTime,
    }
    kept {}
    required_references {}
    references {}
    kept_references {}
    lists {
        /// The tasks the user is to do.
        tasks: Task by "assignee",
    }
    computed {}
}
